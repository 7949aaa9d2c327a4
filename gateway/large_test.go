package gateway_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carekey/consent"
)

// BenchmarkLargeTransfer moves a record of 64 MB and reports the time from
// approval to received, and the most heap that both gateways and the ledger
// together held, per byte of the record.
func BenchmarkLargeTransfer(b *testing.B) {
	for range b.N {
		largeTransfer(b)
	}
}

func largeTransfer(b *testing.B) {
	w := newWorld(b)
	text := largeRecord(64 << 20)
	size := len(text)
	w.source.load("S-1", text)
	w.dest.load("R-1", medicalRecord("pr", 0))
	w.source.start()
	w.dest.start()
	at, from := w.dest.join("R-1"), w.source.join("S-1")
	a := &approval{at: at, from: from, scope: labScope}
	request, key := a.prepare(w.ask())
	runtime.GC()
	debug.FreeOSMemory()
	var most atomic.Uint64
	done := make(chan bool)
	go watchHeap(&most, done)
	start := time.Now()
	a.open(request, key)
	w.until(func() bool { return a.state().Stored == consent.TransferReceived })
	b.ReportMetric(time.Since(start).Seconds(), "s/transfer")
	close(done)
	b.ReportMetric(float64(most.Load())/float64(size), "heap/record")
	b.ReportMetric(float64(size)/(1<<20), "MiB")
}

// largeRecord has results of about two kilobytes, as real ones are.
func largeRecord(size int) string {
	note := `"note":[{"text":"` + strings.Repeat("Lorem ipsum dolor sit amet. ", 64) + `"}],"status"`
	small := len(medicalRecord("ps", 1)) - len(medicalRecord("ps", 0))
	return strings.ReplaceAll(medicalRecord("ps", size/(small+len(note))), `"status"`, note)
}

// watchHeap keeps the largest heap seen.
func watchHeap(most *atomic.Uint64, done chan bool) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if held := m.HeapInuse; held > most.Load() {
				most.Store(held)
			}
		}
	}
}
