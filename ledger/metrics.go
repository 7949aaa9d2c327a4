package ledger

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"carekey/consent"
)

// counters count what the application did since it started.
type counters struct {
	height     atomic.Int64
	blockTime  atomic.Int64 // nanoseconds since 1970
	accepted   atomic.Uint64
	refused    atomic.Uint64
	items      atomic.Uint64
	turnedAway atomic.Uint64
	executing  atomic.Int64 // nanoseconds
}

// block counts an executed block.
func (c *counters) block(b consent.Block, results []consent.Result, took time.Duration) {
	c.height.Store(b.Height)
	c.blockTime.Store(int64(b.Time))
	c.executing.Add(int64(took))
	for _, r := range results {
		if r.Code == consent.CodeOK {
			c.accepted.Add(1)
		} else {
			c.refused.Add(1)
		}
		c.items.Add(uint64(len(r.Items)))
	}
}

// checked counts a transaction that was judged before its block.
func (c *counters) checked(r consent.Result) {
	if r.Code != consent.CodeOK {
		c.turnedAway.Add(1)
	}
}

// Collector offers a node's counters to Prometheus. They name no log and no
// institution.
func (n *Node) Collector() prometheus.Collector {
	r := prometheus.NewRegistry()
	c := &n.app.count
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	counter := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	gauge("carekey_ledger_height", "Height of the newest block.",
		func() float64 { return float64(c.height.Load()) })
	gauge("carekey_ledger_block_time_seconds", "Time of the newest block, since 1970.",
		func() float64 { return time.Duration(c.blockTime.Load()).Seconds() })
	gauge("carekey_ledger_pending", "Transactions that wait for a block.",
		func() float64 { return float64(n.pending()) })
	counter("carekey_ledger_accepted_total", "Transactions accepted in blocks.",
		func() float64 { return float64(c.accepted.Load()) })
	counter("carekey_ledger_refused_total", "Transactions refused in blocks.",
		func() float64 { return float64(c.refused.Load()) })
	counter("carekey_ledger_items_total", "Items of transactions in blocks.",
		func() float64 { return float64(c.items.Load()) })
	counter("carekey_ledger_turned_away_total", "Transactions refused before a block.",
		func() float64 { return float64(c.turnedAway.Load()) })
	counter("carekey_ledger_executing_seconds_total", "Time spent executing blocks.",
		func() float64 { return time.Duration(c.executing.Load()).Seconds() })
	return r
}
