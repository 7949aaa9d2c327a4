package gateway_test

import (
	"bytes"
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
)

// provings counts how often a node proves one key.
type provings struct {
	client.Node
	key   atomic.Pointer[[]byte]
	count atomic.Int64
}

func (p *provings) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	if wanted := p.key.Load(); wanted != nil && slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, *wanted) }) {
		p.count.Add(1)
	}
	return p.Node.Prove(ctx, height, keys)
}

// TestOneBlocksStateIsProvenOnce: many calls while no block comes cost the node
// one proof, and the first after a block is answered by that block's state.
func TestOneBlocksStateIsProvenOnce(t *testing.T) {
	w, node := newWorld(t), &provings{}
	w.source.tweak = func(c *gateway.Config) {
		node.Node, c.Node = c.Node, node
	}
	w.source.load("S-1", medicalRecord("ps", 1))
	w.source.start()
	c := w.source.join("S-1")
	key := consent.HeadKey(c.log)
	height := func() int64 {
		h, err := w.node.WaitHeight(w.soon(), 0)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	node.key.Store(&key)
	const calls = 100
	before := height()
	for range calls {
		if log, err := w.source.gateway.LogOf(w.soon(), c.tls.Public()); err != nil || log != c.log {
			t.Fatalf("%s, %v", log, err)
		}
	}
	// Whatever else the gateway does may prove it at the same time.
	if most := 4 * (height() - before + 1); node.count.Load() > most || most >= calls {
		t.Errorf("%d proofs for %d calls, at most %d were needed", node.count.Load(), calls, most)
	}
	size := c.size()
	c.write(consent.ClassSay, consent.SayFields{Side: consent.SidePatient}, detailOf(t, &consent.Blocking{}))
	if got, err := w.source.gateway.WaitLog(w.soon(), c.log, size); err != nil || got <= size {
		t.Errorf("after an entry it has %d entries, %v", got, err)
	}
}
