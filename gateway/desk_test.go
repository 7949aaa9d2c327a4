package gateway

import (
	"errors"
	"testing"

	"carekey/client"
	"carekey/consent"
)

// An invitation ends after seven days, used or not: who has lost the answer to
// a used one gets it again until then, and never a word that counts longer.
func TestInvitationEnds(t *testing.T) {
	h := newFakeHouse(t)
	unused, used := h.invites("1"), h.invites("2")
	enrolled, err := h.Enrol(t.Context(), used.EnrolRequest)
	if err != nil {
		t.Fatal(err)
	}
	if left := enrolled.Until - h.now(); left > consent.Time(consent.InvitationLife) || left <= 0 {
		t.Errorf("the gateway's word counts until %s", enrolled.Until.Time())
	}
	at := func(now consent.Time) { h.ledger.set(func() { h.ledger.tip.Time = now }) }
	at(enrolled.Until - 1)
	if _, err := h.Enrol(t.Context(), used.EnrolRequest); err != nil {
		t.Errorf("just before its end: %v", err)
	}
	at(enrolled.Until)
	if again, err := h.Enrol(t.Context(), used.EnrolRequest); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("a used one at its end: %+v, %v", again, err)
	}
	at(enrolled.Until.Add(consent.InvitationLife))
	if again, err := h.Enrol(t.Context(), unused.EnrolRequest); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("an unused one after its end: %+v, %v", again, err)
	}
}
