package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

// Following a chart: its entries are read, proven, as soon as there is a reason
// to look, and all charts in turn besides.

const (
	sweepEvery = 5 * time.Second
	sweepSize  = 60 // charts whose heads one state proof covers
)

// followed is a chart at a proven moment. Head is nil while it is not on the
// ledger.
type followed struct {
	store.Chart
	Head *consent.Head
	Tip  consent.Tip
}

// follow reads a chart on to its proven head and acts on what is new.
func (g *Gateway) follow(ctx context.Context, log consent.LogID) (followed, error) {
	unlock, err := g.locks.lock(ctx, log)
	if err != nil {
		return followed{}, err
	}
	defer unlock()
	f := followed{}
	if f.Tip, f.Head, err = g.head(ctx, log); err != nil {
		return f, err
	}
	if f.Chart, err = g.chart(ctx, log); err != nil || f.Head == nil {
		return f, err
	}
	if f.Head.Tree.Size == f.Remembered.Tree.Size {
		return f, nil
	}
	reading, err := g.ledger.Follow(ctx, log, f.Remembered)
	if err != nil {
		return f, err
	}
	f.Tip, f.Head = reading.Tip, &reading.Head
	err = g.store.Update(ctx, func(tx *store.Tx) error { return g.fold(tx, &f.Chart, reading) })
	g.changed.tell()
	return f, err
}

func (g *Gateway) chart(ctx context.Context, log consent.LogID) (c store.Chart, err error) {
	err = g.store.View(ctx, func(tx *store.Tx) error {
		c, err = tx.Chart(log)
		return err
	})
	if store.IsNotFound(err) {
		err = ErrNoChart
	}
	return c, err
}

// chartOf finds the chart of a record and follows it. One that was only just
// opened may not have been seen yet.
func (g *Gateway) chartOf(ctx context.Context, record string) (followed, error) {
	c, pending, err := g.chartsOf(ctx, record)
	if err != nil {
		return followed{}, err
	}
	if c != nil {
		return g.follow(ctx, c.Log)
	}
	for _, p := range pending {
		f, err := g.follow(ctx, p.Log)
		if err != nil {
			return f, err
		}
		if f.State == store.ChartOpen || f.State == store.ChartClosed {
			return f, nil
		}
	}
	return followed{}, ErrNoChart
}

// chartsOf returns the chart of a record, if it was seen on the ledger, or
// those that may come.
func (g *Gateway) chartsOf(ctx context.Context, record string) (seen *store.Chart, pending []store.Chart, err error) {
	err = g.store.View(ctx, func(tx *store.Tx) error {
		c, err := tx.ChartOf(record)
		if err == nil {
			seen = &c
			return nil
		}
		if !store.IsNotFound(err) {
			return err
		}
		pending, err = tx.Pending(record)
		return err
	})
	return seen, pending, err
}

// fold adds proven entries to a chart and keeps it.
func (g *Gateway) fold(tx *store.Tx, c *store.Chart, r consent.Reading) error {
	c.View.Log = c.Log
	for _, v := range r.New {
		if err := g.withDetail(tx, &v); err != nil {
			return err
		}
		if err := c.View.Fold(v); err != nil {
			return fmt.Errorf("chart %s: %w", c.Log, err)
		}
		if err := tx.PutEntry(v); err != nil {
			return err
		}
	}
	c.Remembered = r.Remembered
	c.View.Expire(r.Tip.Time)
	return g.keepChart(tx, c, r.Head.Chart.Closed)
}

// keepChart writes a chart down with the state it now has, and queues what the
// patient is owed an answer for.
func (g *Gateway) keepChart(tx *store.Tx, c *store.Chart, closed bool) error {
	switch {
	case closed:
		c.State = store.ChartClosed
	case c.State == store.ChartPending:
		c.State = store.ChartOpen
	}
	err := tx.PutChart(*c)
	if errors.Is(err, store.ErrRecordTaken) {
		c.State = store.ChartSuperseded
		err = errors.Join(tx.PutChart(*c), g.audit(tx, refusedChart, consent.LogID{},
			"a second chart was opened for a record; it is not linked to it"))
	}
	if err != nil {
		return err
	}
	return g.acknowledge(tx, c)
}

// withDetail fills in an entry's private part, if it is here.
func (g *Gateway) withDetail(tx *store.Tx, v *consent.Verified) error {
	if v.Item.Commitment == (consent.Hash{}) {
		return nil
	}
	d, err := tx.Detail(v.Entry.Log, v.Item.Commitment)
	if store.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	content, err := d.Open(g.genesis.Network, v.Item)
	if err != nil {
		g.log.Warn("an entry's private part is not usable", "class", v.Item.Class.String(), "error", err)
		return nil // the entry stands; what it means stays unknown
	}
	v.Detail, v.Content = &d, content
	return nil
}

// disclose acts on the private part of an entry that was followed without it.
func (g *Gateway) disclose(ctx context.Context, log consent.LogID, number uint64) error {
	unlock, err := g.locks.lock(ctx, log)
	if err != nil {
		return err
	}
	defer unlock()
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		c, err := tx.Chart(log)
		if store.IsNotFound(err) {
			return nil // a transfer: nothing hangs on it
		}
		if err != nil {
			return err
		}
		e, err := tx.Entry(log, number)
		if err != nil {
			return err
		}
		v := consent.Verified{Leaf: e.Leaf}
		if v.Entry, v.Item, err = consent.DecodeEntry(e.Leaf); err != nil {
			return err
		}
		if err := g.withDetail(tx, &v); err != nil {
			return err
		}
		if err := c.View.Disclose(v); err != nil {
			return err
		}
		return g.keepChart(tx, &c, c.State == store.ChartClosed)
	})
	g.changed.tell()
	return err
}

// acknowledge answers what the patient took back, refused or blocked: nothing
// here remembers a permission, so it holds from this moment.
func (g *Gateway) acknowledge(tx *store.Tx, c *store.Chart) error {
	for _, u := range c.View.Unconfirmed {
		first, err := tx.Once(c.Log, u.Number)
		if err != nil {
			return err
		}
		if !first {
			continue
		}
		if _, err := g.queueSay(tx, c.Log, &u.Number, 0, &consent.Acknowledgement{}); err != nil {
			return err
		}
		nudge(g.flushNow)
	}
	return nil
}

// followSoon asks for a chart to be followed when there is time.
func (g *Gateway) followSoon(log consent.LogID) {
	select {
	case g.followNow <- log:
	default: // the sweep will come by
	}
}

func (g *Gateway) followLoop(ctx context.Context) {
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	var after consent.LogID
	for {
		select {
		case <-ctx.Done():
			return
		case log := <-g.followNow:
			g.followOnce(ctx, log)
		case <-sweep.C:
			after = g.sweep(ctx, after)
		}
	}
}

func (g *Gateway) followOnce(ctx context.Context, log consent.LogID) {
	if _, err := g.follow(ctx, log); err != nil && ctx.Err() == nil && !errors.Is(err, ErrNoChart) {
		g.log.Warn("a chart could not be followed", "error", err)
	}
}

// sweep looks at the heads of some charts after one and follows those that
// grew. It returns where to go on, the beginning after the last.
func (g *Gateway) sweep(ctx context.Context, after consent.LogID) consent.LogID {
	var charts []store.ChartSize
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		charts, err = tx.Charts(after, sweepSize)
		return err
	})
	if err != nil || len(charts) == 0 {
		return consent.LogID{}
	}
	keys := make([][]byte, len(charts))
	for i, c := range charts {
		keys[i] = consent.HeadKey(c.Log)
	}
	_, values, err := g.ledger.Prove(ctx, keys...)
	if err != nil {
		return after
	}
	for i, c := range charts {
		head, err := decode(values[i], consent.DecodeHead)
		if err == nil && head != nil && head.Tree.Size > c.Size {
			g.followOnce(ctx, c.Log)
		}
	}
	if len(charts) < sweepSize {
		return consent.LogID{}
	}
	return charts[len(charts)-1].Log
}
