package wallet

import (
	"errors"
	"testing"

	"carekey/consent"
	"carekey/wallet/vault"
)

// marked is what a keyring remembers.
type marked struct {
	height int64
	header consent.Hash
}

func (marked) Raise(consent.Tip, uint64) {}

func (m marked) Newest(consent.NetworkID) (int64, consent.Hash) { return m.height, m.header }

func TestALedgerTurnedBackIsNamed(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	kept := must(tn.Header(ctx, Reader{}, tn.height))(t)
	for name, c := range map[string]struct {
		mark marked
		lie  bool
		fine bool
	}{
		"no marks":                {marked{}, false, true},
		"the same ledger":         {marked{tn.height, kept}, false, true},
		"another ledger":          {marked{tn.height, consent.Hash{9}}, true, false},
		"ends before what we saw": {marked{tn.height + 100, kept}, true, false},
	} {
		config := w.Config
		config.Marks = c.mark
		config.Vault = must(vault.Open(t.TempDir(), must(w.Agent.VaultSeals())(t)[0]))(t)
		again := must(Open(config))(t)
		if err := again.Seek(w.Anchor(), must(tn.Registry(ctx))(t).Institutions()); err != nil {
			t.Fatal(err)
		}
		err := again.Refresh(ctx)
		if c.mark.height > tn.height && (!errors.Is(err, errLagging) || hasProblem(again, ProblemLie)) {
			t.Errorf("%s: a moment behind is no lie: %v", name, err)
		}
		tn.pass(2 * lagLimit)
		err = again.Refresh(ctx)
		if hasProblem(again, ProblemLie) != c.lie || (err == nil) != c.fine {
			t.Errorf("%s: %v, %+v", name, err, again.Snapshot().Problems)
		}
		if green := again.Snapshot().Proof.Level == ProofGreen; green != c.fine {
			t.Errorf("%s: green is %v", name, green)
		}
		config.Vault.Close()
	}
}

// A running transfer that was not read in this run keeps the line from green.
func TestARunningTransferMustBeRead(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	clinic := tn.house("Heart Clinic")
	clinic.asksMove(tn.chartAt(w, clinic.name), tn.house("City Hospital").id, newKey(90))
	tn.settle(w)
	if err := w.Approve(ctx, w.Snapshot().Requests[0].ID, choose(w.Snapshot().Requests[0])); err != nil {
		t.Fatal(err)
	}
	tn.settle2(w)
	if level := w.Snapshot().Proof.Level; level != ProofGreen {
		t.Fatalf("level %d", level)
	}
	delete(w.readings, w.book.Transfers[0].Log)
	w.project()
	if level := w.Snapshot().Proof.Level; level != ProofAmber {
		t.Errorf("level %d with a transfer unread", level)
	}
}
