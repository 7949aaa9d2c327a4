package ledger_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/types"

	"carekey/consent"
	"carekey/ledger"
	"carekey/ledger/engine"
)

func (r *replica) prepare(at time.Time, txs ...[]byte) [][]byte {
	r.Helper()
	response, err := r.PrepareProposal(context.Background(), &abci.RequestPrepareProposal{Time: at, Txs: txs, MaxTxBytes: 1 << 20})
	if err != nil {
		r.Fatal(err)
	}
	return response.Txs
}

func (r *replica) accepts(txs ...[]byte) bool {
	r.Helper()
	response, err := r.ProcessProposal(context.Background(), &abci.RequestProcessProposal{Txs: txs})
	if err != nil {
		r.Fatal(err)
	}
	return response.Status == abci.ResponseProcessProposal_ACCEPT
}

func TestStopsComeFirst(t *testing.T) {
	r := newReplica(t, newNetwork(t, time.Now()), 0)
	c := r.chart()
	open, grant := c.open(t), c.grant(t)
	revoke, freeze := c.revoke(t, 1), c.patient(t, consent.ClassFreeze, consent.FreezeFields{Until: 1})
	junk := []byte("not a transaction")

	got := r.prepare(r.now, open, revoke, junk, grant, freeze)
	want := [][]byte{revoke, freeze, open, junk, grant}
	if len(got) != len(want) {
		t.Fatalf("%d transactions proposed, want %d", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("transaction %d is out of order", i)
		}
	}
	for name, test := range map[string]struct {
		txs  [][]byte
		want bool
	}{
		"empty":                 {nil, true},
		"as prepared":           {want, true},
		"stops alone":           {[][]byte{freeze, revoke}, true},
		"stop after another":    {[][]byte{open, revoke}, false},
		"stop after junk":       {[][]byte{junk, revoke}, false},
		"stop between others":   {[][]byte{revoke, open, freeze}, false},
		"empty transaction":     {[][]byte{revoke, {}}, false},
		"oversized transaction": {[][]byte{make([]byte, consent.MaxTxBytes+1)}, false},
	} {
		if r.accepts(test.txs...) != test.want {
			t.Errorf("%s: accepted is %v, want %v", name, !test.want, test.want)
		}
	}
}

// A stop does not wait behind a crowd: it comes into the next block although the
// engine hands out only what came first, and it takes the place of others.
func TestStopsOvertakeWhatWaits(t *testing.T) {
	r := newReplica(t, newNetwork(t, time.Now()), 0)
	c := r.chart()
	r.block(0)
	r.block(time.Second, c.open(t), c.grant(t))
	check := func(tx []byte) uint32 {
		t.Helper()
		response, err := r.CheckTx(context.Background(), &abci.RequestCheckTx{Tx: tx})
		if err != nil {
			t.Fatal(err)
		}
		return response.Code
	}
	revoke, freeze := c.revoke(t, 1), c.patient(t, consent.ClassFreeze, consent.FreezeFields{Until: c.now().Add(time.Hour)})
	refused, word := c.revoke(t, 9), c.grant(t)
	for _, tx := range [][]byte{revoke, freeze, revoke, word} {
		if code := check(tx); code != 0 {
			t.Fatalf("code %d", code)
		}
	}
	if check(refused) == 0 {
		t.Fatal("a stop of nothing is taken")
	}
	crowd := [][]byte{bytes.Repeat([]byte{1}, 1<<19), bytes.Repeat([]byte{2}, 1<<18), bytes.Repeat([]byte{3}, 1<<18-100)}
	want := func(what string, got [][]byte, txs ...[]byte) {
		t.Helper()
		if len(got) != len(txs) {
			t.Fatalf("%s: %d transactions proposed, want %d", what, len(got), len(txs))
		}
		for i := range txs {
			if !bytes.Equal(got[i], txs[i]) {
				t.Errorf("%s: transaction %d is another", what, i)
			}
		}
	}
	want("a crowd", r.prepare(r.now, crowd...), revoke, freeze, crowd[0], crowd[1])
	want("a stop of the crowd itself", r.prepare(r.now, word, freeze), revoke, freeze, word)
	want("a stale block", r.prepare(r.now.Add(-time.Minute), crowd...))
	r.block(time.Second, revoke)
	want("one is in a block", r.prepare(r.now, word), freeze, word)
	r.block(consent.MaxValidFor)
	want("the other is out of date", r.prepare(r.now, word), word)
}

// A block that the engine filled to the last byte stays as it is.
func TestFullBlockStaysFull(t *testing.T) {
	r := newReplica(t, newNetwork(t, time.Now()), 0)
	var txs [][]byte
	left := 1 << 20
	for _, n := range []int{1, 127, 128, 16383, 16384, 100_000, 500_000} {
		txs = append(txs, make([]byte, n))
		left -= int(types.ComputeProtoSizeForTxs([]types.Tx{make([]byte, n)}))
	}
	last := make([]byte, left-4) // its tag, and three bytes of length
	if got := r.prepare(r.now, append(txs, last)...); len(got) != len(txs)+1 {
		t.Errorf("%d of %d transactions are proposed", len(got), len(txs)+1)
	}
	if got := r.prepare(r.now, append(txs, append(last, 0))...); len(got) != len(txs) {
		t.Errorf("%d transactions are proposed, want %d: a byte too many", len(got), len(txs))
	}
}

// However many wait, one block has room for them.
func TestWaitingStopsFitOneBlock(t *testing.T) {
	largest := consent.MaxItemBytes + 512 // see consent.StopClass
	if all := ledger.MaxWaitingStops * (largest + 6); all > engine.MaxBlockBytes*3/4 {
		t.Errorf("%d bytes of stops", all)
	}
}

func TestStaleBlockIsProposedEmpty(t *testing.T) {
	r := newReplica(t, newNetwork(t, time.Now()), 0)
	tx := r.chart().open(t)
	for age, want := range map[time.Duration]int{
		-time.Second: 1, 0: 1, 10 * time.Second: 1, 10*time.Second + 1: 0, time.Hour: 0,
	} {
		if got := len(r.prepare(r.now.Add(-age), tx)); got != want {
			t.Errorf("a block %s old is proposed with %d transactions, want %d", age, got, want)
		}
	}
}
