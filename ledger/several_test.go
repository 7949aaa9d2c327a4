package ledger_test

import (
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"testing"
	"time"

	"carekey/consent"
	"carekey/ledger"
	"carekey/ledger/engine"
)

// freeAddress is a loopback address that nobody listens on. Its port is none of
// those that connections take by themselves, or one might before it is used.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 10_000+mathrand.IntN(20_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// several makes the homes of a network of four validators.
func several(t *testing.T, n *network) []ledger.Config {
	t.Helper()
	var configs []ledger.Config
	var keys []consent.PublicKey
	var peers []string
	for range 4 {
		c := ledger.Config{Home: t.TempDir(), Listen: freeAddress(t)}
		key, err := ledger.NewValidator(c.Home)
		if err != nil {
			t.Fatal(err)
		}
		id, err := engine.NodeID(c.Home)
		if err != nil {
			t.Fatal(err)
		}
		configs, keys, peers = append(configs, c), append(keys, key), append(peers, id+"@"+c.Listen)
	}
	file, err := ledger.NewGenesis(n.genesis, keys...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range configs {
		configs[i].Peers = append(append([]string(nil), peers[:i]...), peers[i+1:]...)
		if err := ledger.InstallGenesis(configs[i].Home, file); err != nil {
			t.Fatal(err)
		}
	}
	return configs
}

func TestSeveralValidatorsAgree(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, time.Now())
	var nodes []*ledger.Node
	for _, c := range several(t, n) {
		node, err := ledger.Start(soon(t), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stop(t, node) })
		nodes = append(nodes, node)
	}
	c := n.newChart(t)
	accept(t, nodes[0], c.open(t))
	tx := c.accesses(t, 5)
	height, _ := accept(t, nodes[1], tx)
	stop(t, nodes[3])
	last, _ := accept(t, nodes[2], c.accesses(t, 1))
	for _, node := range nodes[:3] {
		if _, _, err := node.Await(soon(t), ledger.TxID(tx)); err != nil {
			t.Fatal(err)
		}
		if a, b := header(t, node, height+1).AppHash, header(t, nodes[0], height+1).AppHash; a.String() != b.String() {
			t.Errorf("application hashes differ at height %d", height+1)
		}
		if head, _ := wholeLog(t, node, last, c.log, 1<<20); head.Tree.Size != 7 {
			t.Errorf("the log has %d entries, want 7", head.Tree.Size)
		}
	}
}
