package fhir_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"sync"
	"testing"
	"time"

	"carekey/consent"
	"carekey/fhir"
	"carekey/internal/synth"
)

const benchBytes = 64 << 20

var large = sync.OnceValue(func() []byte { return synth.Large(benchBytes) })

// floor is what nothing that reads and sends JSON can do without: one scan of
// it, and one copy.
func floor(b *testing.B, raw []byte) time.Duration {
	start := time.Now()
	if !json.Valid(raw) {
		b.Fatal("not JSON")
	}
	if len(bytes.Clone(raw)) != len(raw) {
		b.Fatal("no copy")
	}
	return time.Since(start)
}

// againstFloor reports the quickest of all runs of work as a ratio to the
// quickest floor, measured in turns: so a machine with other work tells least
// lies.
func againstFloor(b *testing.B, raw []byte, work func()) {
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	least, best := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for b.Loop() {
		b.StopTimer()
		least = min(least, floor(b, raw))
		b.StartTimer()
		start := time.Now()
		work()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best)/float64(least), "×floor")
	b.ReportMetric(float64(best.Milliseconds()), "best-ms")
}

func BenchmarkFloor(b *testing.B) {
	raw := large()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		floor(b, raw)
	}
}

func BenchmarkRead(b *testing.B) {
	raw := large()
	againstFloor(b, raw, func() { mustRead(b, raw) })
}

func BenchmarkReadNarrowWrite(b *testing.B) {
	raw := large()
	someScope := consent.Scope{Types: consent.RecordTypes(), From: "2000-01-01"}
	againstFloor(b, raw, func() {
		kept, _ := fhir.Narrow(mustRead(b, raw), someScope)
		if err := fhir.Write(io.Discard, kept); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkRefile(b *testing.B) {
	raw := large()
	bundle := mustRead(b, raw)
	againstFloor(b, raw, func() {
		t, err := fhir.Refile(bundle, refileKey())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := t.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	d := rosa()
	for b.Loop() {
		if !fhir.Match(d, d).Certain() {
			b.Fatal("not oneself")
		}
	}
}

func mustRead(b *testing.B, raw []byte) fhir.Bundle {
	bundle, omitted, err := fhir.ReadBundle(bytes.NewReader(raw), fhir.Limits{})
	if err != nil || len(omitted) > 0 {
		b.Fatal(err, omitted)
	}
	return bundle
}
