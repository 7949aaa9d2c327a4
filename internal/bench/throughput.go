package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"carekey/consent"
	"carekey/ledger"
)

// Throughput: how many entries a second the ledger takes, from the first submit
// to the last commit, with as many callers as a few gateways make.

const (
	throughputRuns = 5
	submitters     = 4
	singles        = 8000 // signed entries of a run
	batchSize      = 1000
	oneChart       = 40   // batches of a run, all in one chart
	manyCharts     = 5000 // each access of a run falls in another
)

func measureThroughput(ctx context.Context, dir string) (rows []row, err error) {
	bare, err := startBare(ctx, filepath.Join(dir, "bare"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.Stop()) }()
	t, err := newTown(filepath.Join(dir, "ledger"), time.Now().Add(-time.Second))
	if err != nil {
		return nil, err
	}
	node, err := ledger.Start(ctx, ledger.Config{Home: t.home})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	l := &load{town: t, node: node}
	if err := l.openCharts(ctx, manyCharts); err != nil {
		return nil, err
	}
	var rates [4][]float64
	for range throughputRuns {
		if err := l.run(ctx, bare, &rates); err != nil {
			return nil, err
		}
	}
	floor, single, one, many := median(rates[0]), median(rates[1]), median(rates[2]), median(rates[3])
	return []row{
		atLeast("single signed entries vs bare engine", single, floor, 0.5),
		atLeast(fmt.Sprintf("accesses in batches of %d, one chart, vs single entries", batchSize), one, single, 10),
		atLeast(fmt.Sprintf("accesses in batches of %d, each in another chart, vs single entries", batchSize), many, single, 2),
	}, nil
}

// load is a ledger under load.
type load struct {
	*town
	node   *ledger.Node
	charts []*chart
	serial int
}

func (l *load) openCharts(ctx context.Context, count int) error {
	opens := make([][]byte, count)
	for i := range opens {
		c, err := l.newChart()
		if err != nil {
			return err
		}
		if opens[i], err = c.open(time.Now()); err != nil {
			return err
		}
		l.charts = append(l.charts, c)
	}
	_, err := l.rate(ctx, opens, 1)
	return err
}

// run measures each kind of load once.
func (l *load) run(ctx context.Context, bare *bareChain, rates *[4][]float64) error {
	bytes := make([][]byte, singles)
	for i := range bytes {
		bytes[i] = bare.tx()
	}
	rate, err := bare.rate(ctx, bytes)
	if err != nil {
		return err
	}
	rates[0] = append(rates[0], rate)
	for i, kind := range []struct{ txs, size, charts int }{{singles, 1, 1}, {oneChart, batchSize, 1}, {manyCharts / batchSize, batchSize, manyCharts}} {
		txs, err := l.batches(kind.txs, kind.size, kind.charts)
		if err != nil {
			return err
		}
		if rate, err = l.rate(ctx, txs, kind.size); err != nil {
			return err
		}
		rates[i+1] = append(rates[i+1], rate)
	}
	return nil
}

// batches makes transactions of size accesses, which fall in the charts in
// turn.
func (l *load) batches(count, size, charts int) ([][]byte, error) {
	txs := make([][]byte, count)
	for i := range txs {
		items := make([]consent.Item, size)
		for j := range items {
			items[j] = l.charts[(i*size+j)%charts].access(l.serial)
			l.serial++
		}
		var err error
		if txs[i], err = l.batch(time.Now(), items...); err != nil {
			return nil, err
		}
	}
	return txs, nil
}

// rate is how many items a second are committed.
func (l *load) rate(ctx context.Context, txs [][]byte, size int) (float64, error) {
	started := time.Now()
	err := submitAll(txs, func(tx []byte) error {
		r, err := l.node.Submit(ctx, tx)
		if err == nil && r.Code != consent.CodeOK {
			err = fmt.Errorf("the ledger refuses a transaction: %s", r.Text)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, tx := range txs {
		_, r, err := l.node.Await(ctx, ledger.TxID(tx))
		if err := written([]consent.Result{r}, err); err != nil {
			return 0, err
		}
	}
	return float64(len(txs)*size) / time.Since(started).Seconds(), nil
}

// rate is how many transactions a second are committed.
func (b *bareChain) rate(ctx context.Context, txs [][]byte) (float64, error) {
	started := time.Now()
	if err := submitAll(txs, func(tx []byte) error { return b.Submit(ctx, tx) }); err != nil {
		return 0, err
	}
	for _, tx := range txs {
		if _, err := b.Committed(ctx, tx); err != nil {
			return 0, err
		}
	}
	return float64(len(txs)) / time.Since(started).Seconds(), nil
}

// submitAll hands transactions in from several callers at once.
func submitAll(txs [][]byte, submit func([]byte) error) error {
	failed := make([]error, submitters)
	var all sync.WaitGroup
	for w := range submitters {
		all.Go(func() {
			for i := w; i < len(txs) && failed[w] == nil; i += submitters {
				failed[w] = submit(txs[i])
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}
