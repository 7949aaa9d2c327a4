package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"carekey/consent"
	"carekey/ledger"
	"carekey/ledger/engine"
)

// replica is an application that a test drives in the engine's place.
type replica struct {
	testing.TB
	*ledger.App
	*network
	dir    string
	keep   time.Duration
	height int64
	now    time.Time
}

func newReplica(t testing.TB, n *network, keep time.Duration) *replica {
	t.Helper()
	r := &replica{TB: t, network: n, dir: t.TempDir(), keep: keep, now: n.genesis.Time}
	r.open()
	t.Cleanup(r.close)
	return r
}

// open opens the application as a start of the engine would.
func (r *replica) open() {
	r.Helper()
	light := func(height int64) ([]byte, error) { return []byte{byte(height)}, nil }
	app, err := ledger.OpenApp(r.dir, r.file, r.keep, light)
	if err != nil {
		r.Fatal(err)
	}
	r.App = app
	r.SetNow(func() time.Time { return r.now })
	info, err := app.Info(context.Background(), &abci.RequestInfo{})
	if err != nil || info.LastBlockHeight != r.height {
		r.Fatalf("height %d after opening, want %d, %v", info.LastBlockHeight, r.height, err)
	}
	if r.height == 0 {
		request := &abci.RequestInitChain{ChainId: chainName, Time: r.genesis.Time}
		if _, err := app.InitChain(context.Background(), request); err != nil {
			r.Fatal(err)
		}
	}
}

func (r *replica) close() {
	r.Helper()
	if err := r.Close(); err != nil {
		r.Error(err)
	}
}

// finalize executes a block that comes after d and does not commit it.
func (r *replica) finalize(d time.Duration, txs ...[]byte) *abci.ResponseFinalizeBlock {
	r.Helper()
	response, err := r.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{
		Height: r.height + 1, Time: r.now.Add(d), Txs: txs, NextValidatorsHash: []byte("validators"),
	})
	if err != nil {
		r.Fatal(err)
	}
	return response
}

// block executes and commits a block that comes after d.
func (r *replica) block(d time.Duration, txs ...[]byte) (*abci.ResponseFinalizeBlock, int64) {
	r.Helper()
	response := r.finalize(d, txs...)
	commit, err := r.Commit(context.Background(), &abci.RequestCommit{})
	if err != nil {
		r.Fatal(err)
	}
	r.height++
	r.now = r.now.Add(d)
	return response, commit.RetainHeight
}

// chart is a chart whose transactions are dated by the replica's blocks.
func (r *replica) chart() *chart {
	r.Helper()
	c := r.newChart(r)
	c.now = func() consent.Time { return consent.At(r.now) }
	return c
}

// story makes the transactions of one random block.
func story(t *testing.T, charts []*chart, random *rand.Rand) [][]byte {
	var txs [][]byte
	for range random.IntN(4) {
		c := charts[random.IntN(len(charts))]
		switch random.IntN(6) {
		case 0:
			txs = append(txs, c.open(t))
		case 1:
			txs = append(txs, c.accesses(t, 1+random.IntN(20)))
		case 2:
			txs = append(txs, c.grant(t))
		case 3:
			txs = append(txs, c.revoke(t, random.Uint64N(8)))
		case 4:
			tx := c.grant(t)
			tx[random.IntN(len(tx))] ^= 1 << random.IntN(8)
			txs = append(txs, tx)
		case 5:
			txs = append(txs, []byte("not a transaction"), nil)
		}
	}
	return txs
}

// TestNodesAgree feeds one chain to two applications. The second is closed
// again and again, with and without a block in hand, as a crash would.
func TestNodesAgree(t *testing.T) {
	n := newNetwork(t, time.Now().Add(-time.Hour))
	steady, shaken := newReplica(t, n, 0), newReplica(t, n, 0)
	charts := []*chart{steady.chart(), steady.chart(), steady.chart()}
	random := rand.New(rand.NewPCG(1, 2))
	for range 150 {
		txs := story(t, charts, random)
		step := time.Duration(1+random.IntN(5000)) * time.Millisecond
		if random.IntN(3) == 0 {
			shaken.finalize(step, txs...)
			shaken.close()
			shaken.open()
		}
		want, _ := steady.block(step, txs...)
		got, _ := shaken.block(step, txs...)
		if !bytes.Equal(want.AppHash, got.AppHash) {
			t.Fatalf("height %d: application hashes differ", steady.height)
		}
		for i := range want.TxResults {
			if want.TxResults[i].String() != got.TxResults[i].String() {
				t.Fatalf("height %d: results of transaction %d differ", steady.height, i)
			}
		}
	}
}

func TestIdleBlocksChangeNoHash(t *testing.T) {
	r := newReplica(t, newNetwork(t, time.Now().Add(-time.Hour)), 0)
	c := r.chart()
	first, _ := r.block(0)
	for range 3 {
		idle, _ := r.block(3 * time.Second)
		if !bytes.Equal(first.AppHash, idle.AppHash) {
			t.Fatal("a block without transactions changes the application hash")
		}
		r.close()
		r.open()
	}
	busy, _ := r.block(time.Minute, c.open(t))
	if bytes.Equal(first.AppHash, busy.AppHash) {
		t.Fatal("a transaction does not change the application hash")
	}
	raw, err := r.State(consent.ClockKey())
	if err != nil {
		t.Fatal(err)
	}
	clock, err := consent.DecodeClock(raw)
	if err != nil {
		t.Fatal(err)
	}
	if want := consent.Live(3*3*time.Second + 4*time.Second); clock.Live != want {
		t.Errorf("live time %d, want %d: idle blocks do not count", clock.Live, want)
	}
}

func TestOldThingsArePruned(t *testing.T) {
	n := newNetwork(t, time.Now().Add(-1000*24*time.Hour))
	r := newReplica(t, n, time.Hour)
	c := r.chart()
	r.block(0)
	open := c.open(t)
	r.block(time.Second, open)
	_, head, err := consent.DecodeTx(open)
	if err != nil {
		t.Fatal(err)
	}
	nonce := head.Spends()
	retain := int64(0)
	for range 2200 {
		if _, keep := r.block(time.Second); keep > 0 {
			retain = keep
		}
	}
	if retain != 0 {
		t.Errorf("blocks before %d are dropped within the hour", retain)
	}
	r.block(2 * time.Hour)
	for range 320 {
		if _, keep := r.block(time.Second); keep > 0 {
			retain = keep
		}
	}
	if retain < 1000 || r.height-retain < 1000 || r.HasState(retain-1) || !r.HasState(retain) || !r.HasState(r.height) {
		t.Errorf("at height %d blocks before %d are dropped", r.height, retain)
	}
	if count, _ := r.Leaves(c.log, 0); count != 1 {
		t.Error("an entry is dropped before its time")
	}
	if spent, _ := r.Spent(nonce.Bucket, nonce.Nonce); !spent {
		t.Error("a nonce is dropped before its time")
	}
	r.block(401 * 24 * time.Hour)
	r.block(time.Second, c.accesses(t, 1))
	for range 64 {
		r.block(time.Second)
	}
	if spent, _ := r.Spent(nonce.Bucket, nonce.Nonce); spent {
		t.Error("a nonce of an ended bucket is kept")
	}
	// The second entry is young, so that the first one's place must not be taken.
	if count, err := r.Leaves(c.log, 0); !errors.Is(err, consent.ErrPruned) {
		t.Errorf("from an entry that is kept no longer: %d, %v", count, err)
	}
	if count, err := r.Leaves(c.log, 1); count != 1 || err != nil {
		t.Errorf("a young entry: %d, %v", count, err)
	}
	if count, err := r.Leaves(c.log, 2); count != 0 || err != nil {
		t.Errorf("after the last entry: %d, %v", count, err)
	}
	if count, _ := r.Leaves(consent.RegistryLogID(n.genesis.Network), 0); count != 1 {
		t.Error("the registry's entries are not kept")
	}
	if _, err := r.State(consent.HeadKey(c.log)); err != nil {
		t.Errorf("the head is gone: %v", err)
	}
}

func TestDiskFailureStopsTheNode(t *testing.T) {
	n := newNetwork(t, time.Now().Add(-time.Hour))
	r := &replica{TB: t, network: n, dir: t.TempDir(), now: n.genesis.Time}
	r.open()
	c := r.chart()
	r.block(0)
	tx := c.open(t)
	r.close() // every read fails from here on
	_, err := r.FinalizeBlock(context.Background(), &abci.RequestFinalizeBlock{Height: 2, Time: r.now, Txs: [][]byte{tx}})
	if err == nil {
		t.Fatal("a block is executed without a disk")
	}
	if err := r.Halted(); !errors.Is(err, engine.ErrHalted) {
		t.Errorf("whoever waits is told %v", err)
	}
}

func TestInitChainOfAnotherChain(t *testing.T) {
	r := newReplica(t, newNetwork(t, time.Now()), 0)
	_, err := r.InitChain(context.Background(), &abci.RequestInitChain{ChainId: "another"})
	if !errors.Is(err, engine.ErrOtherGenesis) {
		t.Errorf("another chain: %v", err)
	}
}
