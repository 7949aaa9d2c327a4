package client

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"carekey/consent"
)

const longHistory = 100_000

// longChart is a chart of 100,000 entries that came in batches of a size.
func longChart(b *testing.B, perBatch int) *testChart {
	b.Helper()
	c := newChain(b)
	c.pageMax = 900 << 10
	p := c.openChart("patient")
	for n := 1; n < longHistory; {
		txs := make([][]byte, 0, 64)
		for ; len(txs) < 64 && n < longHistory; n += perBatch {
			items := make([]consent.Item, min(perBatch, longHistory-n))
			for i := range items {
				items[i] = consent.NewItem(p.log, consent.ClassAccess, consent.AccessFields{}, consent.Sum(fmt.Append(nil, n, i)))
			}
			txs = append(txs, c.tx(c.author(consent.SignerInstitution, named("hospital"), consent.LogID{}, "hospital"), items...))
		}
		c.block(txs...)
	}
	if len(c.leaves[p.log]) != longHistory {
		b.Fatalf("%d entries", len(c.leaves[p.log]))
	}
	return p
}

// BenchmarkFollow reads a long chart, and reports how that compares with
// twice the hashing of its bytes plus 1.1 times its signatures.
func BenchmarkFollow(b *testing.B) {
	for _, perBatch := range []int{1000, 20, 1} {
		b.Run(fmt.Sprintf("batches of %d", perBatch), func(b *testing.B) {
			p := longChart(b, perBatch)
			l := p.light()
			registry := p.registry(l)
			source := printed{chain: p.chain, pages: map[uint64]consent.Page{}}
			if _, err := l.Follow(b.Context(), source, registry, p.log, consent.Remembered{}); err != nil {
				b.Fatal(err)
			}
			floor := 2*hashing(p.leaves[p.log]) + verifying(len(p.batches))*11/10
			b.ReportAllocs()
			used := cpu(b)
			for b.Loop() {
				if _, err := l.Follow(b.Context(), source, registry, p.log, consent.Remembered{}); err != nil {
					b.Fatal(err)
				}
			}
			took := b.Elapsed() / time.Duration(b.N)
			busy := (cpu(b) - used) / time.Duration(b.N*runtime.GOMAXPROCS(0))
			b.ReportMetric(float64(floor.Milliseconds()), "bound-ms")
			b.ReportMetric(float64(took)/float64(floor), "of-bound")
			b.ReportMetric(float64(busy)/float64(floor), "cpu-of-bound") // on an idle machine the two are alike
		})
	}
}

// printed makes each page once, so that the server's work is not counted.
type printed struct {
	*chain
	pages map[uint64]consent.Page
}

func (s printed) Entries(ctx context.Context, log consent.LogID, from uint64, most int) (consent.Page, error) {
	if p, ok := s.pages[from]; ok && p.Log == log {
		return p, nil
	}
	p, err := s.chain.Entries(ctx, log, from, most)
	if len(p.Leaves) > 1000 {
		s.pages[from] = p
	}
	return p, err
}

// cpu is the processor time this process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func hashing(leaves [][]byte) time.Duration {
	best := time.Hour
	for range 5 {
		start := time.Now()
		var tree consent.Frontier
		hashes := make([]consent.Hash, len(leaves))
		for i, leaf := range leaves {
			hashes[i] = consent.LeafHash(leaf)
		}
		tree.AppendAll(hashes)
		best = min(best, time.Since(start))
	}
	return best
}

func verifying(signatures int) time.Duration {
	key := named("someone")
	message := make([]byte, 300)
	sig := ed25519.Sign(key.key, message)
	pub := key.Public()
	best := time.Hour
	const some = 100
	for range 20 {
		start := time.Now()
		for range some {
			ed25519.Verify(pub[:], message, sig)
		}
		best = min(best, time.Since(start))
	}
	return best / some * time.Duration(signatures) / time.Duration(runtime.GOMAXPROCS(0))
}

// BenchmarkRefresh reads ten new entries after histories of different length.
func BenchmarkRefresh(b *testing.B) {
	for _, length := range []int{1000, longHistory} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			c := newChain(b)
			p := c.openChart("patient")
			for n := 1; n < length; n += 1000 {
				p.accesses(1000)
			}
			c.idle(1, time.Hour) // so that no transaction of the past could come again
			l := c.light()
			registry := p.registry(l)
			before, err := l.Follow(b.Context(), p, registry, p.log, consent.Remembered{})
			if err != nil {
				b.Fatal(err)
			}
			p.accesses(10)
			for b.Loop() {
				if _, err := l.Follow(b.Context(), p, registry, p.log, before.Keep); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
