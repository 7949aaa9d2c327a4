package bareengine_test

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"time"

	"carekey/internal/bench/bareengine"
)

func start(t testing.TB) (*bareengine.Engine, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	e, err := bareengine.Start(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(); err != nil {
			t.Error(err)
		}
	})
	return e, ctx
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func payload(n int) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 200), uint64(n))
}

func provable(t testing.TB, ctx context.Context, e *bareengine.Engine, tx []byte) {
	t.Helper()
	if err := e.Submit(ctx, tx); err != nil {
		t.Fatal(err)
	}
	height, err := e.Committed(ctx, tx)
	if err == nil {
		err = e.Provable(ctx, height)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestTransactionBecomesProvable(t *testing.T) {
	e, ctx := start(t)
	tx := bareengine.NewTx(newKey(t), payload(0))
	provable(t, ctx, e, tx)
	tx[len(tx)-1]++
	if e.Submit(ctx, tx) == nil {
		t.Error("a transaction with a wrong signature is taken")
	}
}

func BenchmarkProvable(b *testing.B) {
	e, ctx := start(b)
	key, n := newKey(b), 0
	provable(b, ctx, e, bareengine.NewTx(key, payload(n)))
	var times []time.Duration
	for b.Loop() {
		n++
		started := time.Now()
		provable(b, ctx, e, bareengine.NewTx(key, payload(n)))
		times = append(times, time.Since(started))
	}
	slices.Sort(times)
	b.ReportMetric(times[len(times)/2].Seconds()*1e3, "p50-ms")
	b.ReportMetric(times[len(times)*99/100].Seconds()*1e3, "p99-ms")
}

func BenchmarkThroughput(b *testing.B) {
	e, ctx := start(b)
	key := newKey(b)
	txs := make([][]byte, b.N)
	for i := range txs {
		txs[i] = bareengine.NewTx(key, payload(i))
	}
	b.ResetTimer()
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := w; i < len(txs); i += 4 {
				if err := e.Submit(ctx, txs[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, tx := range txs {
		if _, err := e.Committed(ctx, tx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}
