package ledger_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"carekey/consent"
)

func (r *replica) prepare(at time.Time, txs ...[]byte) [][]byte {
	r.Helper()
	response, err := r.PrepareProposal(context.Background(), &abci.RequestPrepareProposal{Time: at, Txs: txs})
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
