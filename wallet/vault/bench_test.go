package vault

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"

	"carekey/consent"
	"carekey/wallet/internal/durable/durabletest"
)

// buildVault makes a vault as years of use leave it: 40 logs, records of the
// size real ones have, the last rows committed a few at a time.
func buildVault(b *testing.B, rows int) (string, Seal) {
	b.Helper()
	dir, seal := b.TempDir(), newSeal(b)
	v, err := open(durabletest.Unsynced{}, dir, seal, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer v.Close()
	for from := 0; from < rows; {
		n := 10
		if rows-from > 1000 {
			n = min(8192, rows-from-500)
		}
		var batch Batch
		for i := from; i < from+n; i++ {
			batch.New = append(batch.New, benchEntry(i))
		}
		commit(b, v, batch)
		if err := v.Merge(b.Context()); err != nil {
			b.Fatal(err)
		}
		from += n
	}
	commit(b, v, Batch{Summary: make([]byte, 48<<10)})
	return dir, seal
}

func benchEntry(i int) Entry {
	e := testEntry(i%40, i/40, int64(i)*1e9)
	e.Record = Record{Entry: bytes.Repeat([]byte{1}, 330), Companion: bytes.Repeat([]byte{2}, 420), Detail: bytes.Repeat([]byte{3}, 350)}
	return e
}

func BenchmarkFirstPage(b *testing.B) {
	for _, rows := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			if rows > 100_000 && testing.Short() {
				b.Skip("skipped: -short")
			}
			dir, seal := buildVault(b, rows)
			segments, _ := os.ReadDir(dir + "/segments")
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var kept *Vault
			for b.Loop() {
				v, err := Open(dir, seal)
				if err != nil {
					b.Fatal(err)
				}
				if len(v.Summary()) == 0 || firstPage(b, v) != 40 {
					b.Fatal("nothing to paint")
				}
				if kept != nil {
					kept.Close()
				}
				kept = v
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB-kept")
			b.ReportMetric(float64(len(segments)), "segments")
			kept.Close()
		})
	}
}

// firstPage reads what a tall screen shows.
func firstPage(b *testing.B, v *Vault) int {
	view, shown := v.View(), 0
	for i := range min(40, view.Len()) {
		if view.Row(i).Log != (consent.LogID{}) {
			shown++
		}
	}
	return shown
}

func BenchmarkInLongHistory(b *testing.B) {
	for _, rows := range []int{1_000, 100_000} {
		dir, seal := buildVault(b, rows)
		v := openTest(b, dir, seal)
		next := rows
		b.Run(fmt.Sprintf("commit10/%d", rows), func(b *testing.B) {
			for b.Loop() {
				var batch Batch
				for range 10 {
					batch.New = append(batch.New, benchEntry(next))
					next++
				}
				commit(b, v, batch)
			}
		})
		view := v.View()
		b.Run(fmt.Sprintf("record/%d", rows), func(b *testing.B) {
			i := 0
			for b.Loop() {
				i = (i*7919 + 13) % rows
				if _, err := v.Record(view.Row(i)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("filter/%d", rows), func(b *testing.B) {
			for b.Loop() {
				view.Where(Filter{Institution: instID(1), Bases: []uint8{1}})
			}
		})
	}
}
