package ledger_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"carekey/consent"
	"carekey/ledger"
)

// BenchmarkProvable: from submitting one signed entry to its state proof.
func BenchmarkProvable(b *testing.B) {
	n := newNetwork(b, time.Now())
	node := n.start(b)
	c := n.newChart(b)
	accept(b, node, c.open(b))
	var times []time.Duration
	defer func() { reportPercentiles(b, times) }()
	for b.Loop() {
		started := time.Now()
		height, _ := accept(b, node, c.accesses(b, 1))
		if _, _, err := node.Wait(soon(b), height+1); err != nil {
			b.Fatal(err)
		}
		if _, err := node.LightBlock(soon(b), height+1); err != nil {
			b.Fatal(err)
		}
		if _, err := node.Prove(soon(b), height, consent.HeadKey(c.log)); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(started))
	}
}

func reportPercentiles(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(times[len(times)/2].Seconds()*1e3, "p50-ms")
	b.ReportMetric(times[len(times)*99/100].Seconds()*1e3, "p99-ms")
}

// BenchmarkThroughput: accesses per second, in one chart or in 1,000, one or many
// to a transaction.
func BenchmarkThroughput(b *testing.B) {
	for _, charts := range []int{1, 1000} {
		for _, size := range []int{1, 1000} {
			b.Run(fmt.Sprintf("charts=%d/batch=%d", charts, size), func(b *testing.B) {
				benchmarkThroughput(b, charts, size)
			})
		}
	}
}

func openCharts(b *testing.B, n *network, node *ledger.Node, count int) []*chart {
	b.Helper()
	var logs []*chart
	var opens [][]byte
	for i := range count {
		logs = append(logs, n.newChart(b))
		opens = append(opens, logs[i].open(b))
		if r, err := node.Submit(soon(b), opens[i]); err != nil || r.Code != consent.CodeOK {
			b.Fatal(r, err)
		}
	}
	for _, tx := range opens {
		if _, r, err := node.Await(soon(b), ledger.TxID(tx)); err != nil || r.Code != consent.CodeOK {
			b.Fatal(r, err)
		}
	}
	return logs
}

func benchmarkThroughput(b *testing.B, charts, size int) {
	n := newNetwork(b, time.Now())
	node := n.start(b)
	logs := openCharts(b, n, node, charts)
	txs := make([][]byte, b.N)
	for i := range txs {
		items := make([]consent.Item, size)
		for j := range items {
			items[j] = consent.NewItem(logs[(i+j)%charts].log, consent.ClassAccess, consent.AccessFields{}, consent.Sum(fmt.Append(nil, i, j)))
		}
		txs[i] = logs[0].tx(b, logs[0].author(b, consent.SignerInstitution, n.hospital), items...)
	}
	b.ResetTimer()
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := w; i < len(txs); i += 4 {
				if r, err := node.Submit(soon(b), txs[i]); err != nil || r.Code != consent.CodeOK {
					b.Error(r, err)
				}
			}
		})
	}
	all.Wait()
	for _, tx := range txs {
		if _, r, err := node.Await(soon(b), ledger.TxID(tx)); err != nil || r.Code != consent.CodeOK {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "items/s")
}
