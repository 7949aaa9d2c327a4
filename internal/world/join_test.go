package world

import (
	"testing"

	"carekey/wallet"
	"carekey/wallet/keys"
)

// TestJoining: the first chart of a wallet that knows nothing yet is opened with
// an invitation, and proven.
func TestJoining(t *testing.T) {
	w, _ := newWorld(t, true, Options{})
	p := patient(t, w, keys.NewMaster())
	hospital := w.House(Hospital)
	invitation, err := hospital.Gateway.Invite(deadline(t), hospital.Record)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Join(deadline(t), invitation, p.Network); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(deadline(t)); err != nil {
		t.Fatal(err)
	}
	s := sees(t, p, "her chart", func(s wallet.Snapshot) bool { return s.Proof.Level == wallet.ProofGreen })
	if len(s.Institutions) != 1 || s.Institutions[0].Record != hospital.Record || s.Proof.Entries != 1 {
		t.Errorf("charts %+v, proof %+v", s.Institutions, s.Proof)
	}
}
