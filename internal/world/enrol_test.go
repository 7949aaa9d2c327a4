package world

import (
	"errors"
	"strings"
	"testing"

	"carekey/consent"
	"carekey/gateway"
	"carekey/gateway/store"
	"carekey/wallet"
)

// invited gives somebody an invitation to an institution.
func (p *person) invited(role Role) consent.Invitation {
	p.t.Helper()
	inv, err := p.on.House(role).Gateway.Invite(soon(p.t), p.records[role])
	if err != nil {
		p.t.Fatal(err)
	}
	return inv
}

// refusedWith expects a sentence.
func refusedWith(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want %q", err, text)
	}
}

// TestInvitations: an invitation opens one chart for one record, once, in
// time, at its own institution.
func TestInvitations(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna()).opens()
	thief := s.person(t, nil, anna()).opens()

	inv := p.invited(Clinic)
	if err := p.Join(soon(t), inv, p.Network); err != nil {
		t.Fatal(err)
	}
	chart := p.sees("her chart", func(s wallet.Snapshot) bool { return len(s.Institutions) == 1 && s.Institutions[0].Entries == 1 })
	if got := chart.Institutions[0]; got.Record != p.records[Clinic] || got.Name != "Northside Heart Clinic" {
		t.Errorf("chart %+v", got)
	}
	refusedWith(t, thief.Join(soon(t), inv, thief.Network), "was used already")

	_, err := s.House(Clinic).Gateway.Invite(soon(t), p.records[Clinic])
	refusedWith(t, err, "has an open chart already")
	_, err = s.House(Clinic).Gateway.Invite(soon(t), "nobody's")
	refusedWith(t, err, "no patient has this record number")

	first := thief.invited(Clinic)
	second := thief.invited(Clinic) // takes the place of the first
	refusedWith(t, thief.Join(soon(t), first, thief.Network), "is not known here")
	elsewhere := second
	elsewhere.Ticket = p.invited(Hospital).Ticket
	refusedWith(t, thief.Join(soon(t), elsewhere, thief.Network), "is not known here")

	if n := len(thief.Snapshot().Institutions); n != 0 {
		t.Errorf("the thief has %d charts", n)
	}
	if st := s.status(t, Clinic); st.Charts.Open != 1 || st.Charts.Pending != 0 {
		t.Errorf("the clinic has charts %+v", st.Charts)
	}
}

// TestExpiredInvitation: after its seven days an invitation opens nothing.
func TestExpiredInvitation(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna()).opens()
	inv := p.invited(Lab)
	s.stop()
	kept := s.storeOf(t, Lab)
	err := kept.Update(t.Context(), func(tx *store.Tx) error {
		return tx.PutInvitation(store.Invitation{
			Hash: consent.Sum(inv.Ticket[:]), Record: p.records[Lab], Expiry: inv.Expiry.Add(-consent.InvitationLife),
		})
	})
	if err := errors.Join(err, kept.Close()); err != nil {
		t.Fatal(err)
	}
	s.start(s.Dir)
	refusedWith(t, p.Join(soon(t), inv, p.Network), "has expired")
	if st := s.status(t, Lab); st.Charts != (gateway.ChartStatus{}) {
		t.Errorf("charts %+v", st.Charts)
	}
}

// TestInvitationOfSomebodyElse: an invitation whose key, anchor or institution
// is another one than who answers opens nothing.
func TestInvitationOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna()).opens()
	good := p.invited(Clinic)
	tests := map[string]func(*consent.Invitation){
		"key":         func(i *consent.Invitation) { i.TLS = s.targetOf(t, Lab).Key },
		"network":     func(i *consent.Invitation) { i.Anchor.Network[0]++ },
		"genesis":     func(i *consent.Invitation) { i.Anchor.Genesis[0]++ },
		"institution": func(i *consent.Invitation) { i.Institution = s.House(Lab).ID },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			other := good
			change(&other)
			before := p.Snapshot()
			if err := p.Join(soon(t), other, p.Network); err == nil {
				t.Error("it was accepted")
			}
			if after := p.Snapshot(); len(after.Institutions) != len(before.Institutions) || p.Anchor() != (consent.Anchor{}) {
				t.Errorf("the wallet took over %+v, %+v", after.Institutions, p.Anchor())
			}
		})
	}
	if err := p.Join(soon(t), good, p.Network); err != nil {
		t.Errorf("the good one after all that: %v", err)
	}
}
