package ledger_test

import (
	"testing"
	"time"
)

func TestIdleLedgerRests(t *testing.T) {
	n := newNetwork(t, time.Now(), emptyBlocks(500*time.Millisecond))
	node := n.start(t)
	c := n.newChart(t)
	height, _ := accept(t, node, c.open(t))
	header(t, node, height+1)
	before, at, err := node.Wait(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	after, then, err := node.Wait(soon(t), before+2)
	if err != nil {
		t.Fatal(err)
	}
	if after != before+2 {
		t.Errorf("%d blocks passed, want 2", after-before)
	}
	if passed := then.Sub(at); passed < n.genesis.Params.EmptyBlocks {
		t.Errorf("two idle blocks within %s: an idle ledger changes its state", passed)
	}
}
