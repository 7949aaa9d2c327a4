//go:build soak

package world

import (
	"io"
	"testing"

	"carekey/consent"
	"carekey/wallet"
)

// TestAlteredInFlightIsRefused: somebody who has the source's own TLS key
// changes one bit of what it sends.
func TestAlteredInFlightIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, append(illnesses(), manyResults(20)...), anna()).opens().joins(Hospital, Clinic)
	p.close()
	s.takesOver(t, Hospital).data = func(r io.ReadCloser) io.ReadCloser { return &flipped{ReadCloser: r} }
	p.opens()
	id := p.approves(p.isAsked(labAndMedicines()))
	got := p.seesTransfer("the verdict", id, func(t wallet.Transfer) bool { return t.Verdict != 0 })
	if got.Verdict != consent.VerdictAltered || len(p.filed(Clinic)) != 1 {
		t.Errorf("transfer %+v, filed %v", got, p.filed(Clinic))
	}
	if !s.audited(t, Clinic, "what arrived is not what was offered") {
		t.Error("there is no note of it")
	}
}
