package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
	lightdb "github.com/cometbft/cometbft/light/store/db"
	"github.com/cometbft/cometbft/types"

	"carekey/consent"
	"carekey/ledger"
	"carekey/ledger/engine"
)

// server lets CometBFT's light client read from a node.
type server struct {
	t    *testing.T
	node *ledger.Node
}

func (s server) ChainID() string { return chainName }

func (s server) LightBlock(ctx context.Context, height int64) (*types.LightBlock, error) {
	raw, err := s.node.LightBlock(ctx, height)
	if errors.Is(err, engine.ErrNoBlock) {
		return nil, provider.ErrLightBlockNotFound
	}
	if err != nil {
		return nil, err
	}
	return decodeLight(s.t, raw), nil
}

func (s server) ReportEvidence(context.Context, types.Evidence) error { return nil }

// lightClient trusts nothing but the hash of block 1.
func lightClient(t *testing.T, node *ledger.Node) *light.Client {
	t.Helper()
	s := server{t: t, node: node}
	first, err := s.LightBlock(soon(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	options := light.TrustOptions{Period: 400 * 24 * time.Hour, Height: 1, Hash: first.Hash()}
	client, err := light.NewClient(soon(t), chainName, options, s, []provider.Provider{s}, lightdb.New(dbm.NewMemDB(), chainName))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// openPast begins a past that ends now.
func openPast(t testing.TB, age time.Duration) (*network, *ledger.Past) {
	t.Helper()
	n := newNetwork(t, time.Now().Add(-age))
	past, err := ledger.OpenPast(ledger.Config{Home: n.home})
	if err != nil {
		t.Fatal(err)
	}
	return n, past
}

// write commits transactions that must be accepted.
func write(t testing.TB, past *ledger.Past, at time.Time, txs ...[]byte) []consent.Result {
	t.Helper()
	results, err := past.Write(at, txs...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		if r.Code != consent.CodeOK || r.Items[0].Code != consent.CodeOK {
			t.Fatalf("transaction %d at %s: %+v", i, at, r)
		}
	}
	return results
}

func TestOrdinaryNodeContinuesThePast(t *testing.T) {
	const year = 360 * 24 * time.Hour
	n, past := openPast(t, year)
	c, at := n.newChart(t), time.Now().Add(-year)
	c.now = func() consent.Time { return consent.At(at) }
	blocks := 360
	for i := range blocks {
		at = at.Add(year / time.Duration(blocks+1))
		if i == 0 {
			write(t, past, at, c.open(t))
			continue
		}
		results := write(t, past, at, c.accesses(t, 1), c.grant(t))
		if want := uint64(2*i - 1); results[0].Items[0].Number != want {
			t.Fatalf("block %d: entry %d, want %d", i, results[0].Items[0].Number, want)
		}
	}
	if past.Height() != int64(blocks+1) || past.Time().Time().Sub(at).Abs() > time.Second {
		t.Errorf("the past ends at height %d, %s", past.Height(), past.Time().Time())
	}
	if err := past.Finish(); err != nil {
		t.Fatal(err)
	}
	node := n.start(t)
	c.now = func() consent.Time { return consent.At(time.Now()) }
	height, _ := accept(t, node, c.accesses(t, 1))
	head, _ := wholeLog(t, node, height, c.log, 1<<16)
	if want := uint64(2 * blocks); head.Tree.Size != want {
		t.Errorf("the log has %d entries, want %d", head.Tree.Size, want)
	}
	newest := header(t, node, height+1)
	if age := time.Since(newest.Time); age > 5*time.Second {
		t.Errorf("the first block of the present is %s old", age)
	}
	client := lightClient(t, node)
	verified, err := client.VerifyLightBlockAtHeight(soon(t), height+1, time.Now())
	if err != nil || verified.AppHash.String() != newest.AppHash.String() {
		t.Fatalf("the light client does not follow from height 1: %v", err)
	}
	checkAnchors(t, node, 355)
	if _, err := node.LightBlock(soon(t), height+1000); !errors.Is(err, engine.ErrNoBlock) {
		t.Errorf("a height that is not reached: %v", err)
	}
}

func TestPrunedHeightsLeadToWhatIsKept(t *testing.T) {
	const age = 20 * 24 * time.Hour
	n, past := openPast(t, age)
	at := time.Now().Add(-age)
	for range 2000 {
		at = at.Add(age / 2001)
		write(t, past, at)
	}
	if err := past.Finish(); err != nil {
		t.Fatal(err)
	}
	node := n.start(t)
	header(t, node, past.Height()+1)
	client := lightClient(t, node)
	if _, err := client.VerifyLightBlockAtHeight(soon(t), past.Height()+1, time.Now()); err != nil {
		t.Fatal(err)
	}
	anchors, err := node.Anchors(soon(t), 0, 100)
	if err != nil || len(anchors) < 20 {
		t.Fatalf("anchors %v, %v", anchors, err)
	}
	for height, want := range map[int64]int64{
		1: 1, 2: anchors[1], anchors[1]: anchors[1], anchors[1] + 1: anchors[2], past.Height(): past.Height(),
	} {
		raw, err := node.LightBlock(soon(t), height)
		if err != nil {
			t.Fatal(err)
		}
		if got := decodeLight(t, raw).Height; got != want {
			t.Errorf("height %d leads to %d, want %d", height, got, want)
		}
	}
	if _, err := node.Prove(soon(t), 2, consent.ClockKey()); !errors.Is(err, ledger.ErrNoState) {
		t.Errorf("a state that is pruned: %v", err)
	}
}

// checkAnchors walks the anchors: one a day, each a light block that verifies.
func checkAnchors(t *testing.T, node *ledger.Node, atLeast int) {
	t.Helper()
	heights, err := node.Anchors(soon(t), 0, 1000)
	if err != nil || len(heights) < atLeast || heights[0] != 1 {
		t.Fatalf("%d anchors, %v", len(heights), err)
	}
	day := int64(-1)
	for _, height := range heights {
		raw, err := node.LightBlock(soon(t), height)
		if err != nil {
			t.Fatal(err)
		}
		at := consent.At(decodeLight(t, raw).Time)
		if at.Day() <= day {
			t.Fatalf("two anchors on day %d", day)
		}
		day = at.Day()
	}
	some, err := node.Anchors(soon(t), heights[3], 2)
	if err != nil || fmt.Sprint(some) != fmt.Sprint(heights[4:6]) {
		t.Errorf("anchors after %d: %v, %v", heights[3], some, err)
	}
}

func TestPastNeverRunsAheadOrBack(t *testing.T) {
	n, past := openPast(t, time.Hour)
	c := n.newChart(t)
	first := past.Time().Time()
	for _, at := range []time.Time{first, first.Add(-time.Minute), time.Now().Add(time.Minute)} {
		if _, err := past.Write(at, c.open(t)); !errors.Is(err, engine.ErrNotPast) {
			t.Errorf("a block at %s: %v", at, err)
		}
	}
	if past.Height() != 1 {
		t.Errorf("height %d, want 1", past.Height())
	}
	if err := past.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.OpenPast(ledger.Config{Home: n.home}); err == nil {
		t.Error("a chain that has begun takes another past")
	}
}

func TestPastStopsFirst(t *testing.T) {
	n, past := openPast(t, time.Hour)
	c, at := n.newChart(t), time.Now().Add(-30*time.Minute)
	c.now = func() consent.Time { return consent.At(at) }
	write(t, past, at, c.open(t))
	at = at.Add(time.Minute)
	number := write(t, past, at, c.grant(t))[0].Items[0].Number
	at = at.Add(time.Minute)
	under := c.tx(t, c.author(t, consent.SignerInstitution, n.hospital),
		consent.NewItem(c.log, consent.ClassAccess, consent.AccessFields{Grant: &number}, consent.Hash{}))
	results, err := past.Write(at, under, c.revoke(t, number))
	if err != nil {
		t.Fatal(err)
	}
	if results[0].Code != consent.CodeNotLive || results[1].Code != consent.CodeOK {
		t.Errorf("access and revocation in one block: codes %d and %d", results[0].Code, results[1].Code)
	}
	if err := past.Finish(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkPast(b *testing.B) {
	n, past := openPast(b, 360*24*time.Hour)
	c, at := n.newChart(b), past.Time().Time()
	c.now = func() consent.Time { return consent.At(at) }
	at = at.Add(time.Hour)
	write(b, past, at, c.open(b))
	for b.Loop() {
		at = at.Add(time.Hour)
		write(b, past, at, c.accesses(b, 1), c.accesses(b, 1), c.grant(b))
	}
	if err := past.Finish(); err != nil {
		b.Fatal(err)
	}
}
