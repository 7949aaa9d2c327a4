package ledger_test

import (
	"bytes"
	"testing"
	"time"

	"carekey/consent"
)

func TestEntriesAreProven(t *testing.T) {
	n := newNetwork(t, time.Now())
	node := n.start(t)
	c := n.newChart(t)
	accept(t, node, c.open(t))
	accept(t, node, c.grant(t))
	height, number := accept(t, node, c.accesses(t, 300))
	if number != 2 {
		t.Errorf("first access is entry %d, want 2", number)
	}
	for _, page := range []int{1, 5_000, 1 << 20} {
		head, batches := wholeLog(t, node, height, c.log, page)
		if head.Tree.Size != 302 {
			t.Errorf("the log has %d entries, want 302", head.Tree.Size)
		}
		if page == 1<<20 && batches != 3 {
			t.Errorf("%d companions for 3 transactions", batches)
		}
	}
	if proven(t, node, height, consent.GrantKey(c.log, 1)) == nil {
		t.Error("the grant is not in the state")
	}
	if proven(t, node, height, consent.GrantKey(c.log, 7)) != nil {
		t.Error("a grant that nobody gave is in the state")
	}
}

func TestGenesisIsProven(t *testing.T) {
	n := newNetwork(t, time.Now())
	node := n.start(t)
	raw := proven(t, node, 1, consent.HeadKey(consent.RegistryLogID(n.genesis.Network)))
	head, err := consent.DecodeHead(raw)
	if err != nil || head.Tree.Size != 1 {
		t.Fatalf("registry head %+v, %v", head, err)
	}
	leaves, companions, err := node.Entries(soon(t), consent.RegistryLogID(n.genesis.Network), 0, 1<<20)
	if err != nil || len(leaves) != 1 || len(companions) != 0 {
		t.Fatalf("%d registry entries, %d companions, %v", len(leaves), len(companions), err)
	}
	if !bytes.Equal(node.Genesis(), n.file) {
		t.Error("the node shows another genesis file")
	}
}
