package world

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/consent"
	"carekey/gateway"
	"carekey/wallet"
)

// answered tells whether the history says, in answer to a request, that
// nothing was received, and why.
func (p *person) answered(r wallet.Request, why string) bool {
	p.t.Helper()
	rows, _, err := p.History(wallet.Filter{Institution: p.on.House(Clinic).ID, Classes: []consent.Class{consent.ClassSay}}, 0, 99)
	if err != nil {
		p.t.Fatal(err)
	}
	return slices.ContainsFunc(rows, func(row wallet.Row) bool {
		a, ok := row.Content.(*consent.Answer)
		return ok && strings.HasPrefix(a.Text, "Nothing was received") && strings.Contains(a.Text, why)
	})
}

// nothingMoved: nothing was released, and nothing of it is at the destination.
func (p *person) nothingMoved(id consent.LogID) {
	p.t.Helper()
	if log := classes(p.on.log(p.t, id)); slices.Contains(log, consent.ClassRelease) {
		p.t.Errorf("entries %v", log)
	}
	if filed := p.filed(Clinic); len(filed) != 1 {
		p.t.Errorf("filed %v", filed)
	}
}

// TestWrongPatientIsRefused: the destination holds somebody else, or somebody
// who may be somebody else, under the number to which the chart is linked.
func TestWrongPatientIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := func(change func(*identity)) identity {
		i := anna()
		change(&i)
		return i
	}
	tests := map[string]identity{
		"twin":                  other(func(i *identity) { i.given, i.number = "Berta", "700302-1185" }),
		"changed surname":       other(func(i *identity) { i.family = "Weber" }),
		"swapped day and month": other(func(i *identity) { i.born = "1970-02-03" }),
	}
	for name, elsewhere := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.person(t, illnesses(), elsewhere).opens().joins(Hospital, Clinic)
			r := p.isAsked(labAndMedicines())
			id := p.approves(r)
			const why = "not certainly the same patient"
			p.sees("why", func(wallet.Snapshot) bool { return p.answered(r, why) })
			for _, role := range []Role{Hospital, Clinic} {
				if !s.audited(t, role, why) {
					t.Errorf("%s has no note of it", role)
				}
			}
			p.nothingMoved(id)
		})
	}
}

// TestPatientWhoChangedMeanwhileIsRefused: between request and arrival the
// destination's Patient has become another one.
func TestPatientWhoChangedMeanwhileIsRefused(t *testing.T) {
	t.Parallel()
	at := &pause{}
	s := newStage(t, pausing(at))
	p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	reached, goOn := at.at(gateway.DestinationFetched)
	defer goOn()
	id := p.approves(p.isAsked(labAndMedicines()))
	<-reached
	i := anna()
	i.born = "1970-02-03"
	p.loads(Clinic, i)
	goOn()
	got := p.seesTransfer("the verdict", id, func(t wallet.Transfer) bool { return t.Verdict != 0 })
	if got.Verdict != consent.VerdictWrongPatient || len(p.filed(Clinic)) != 1 {
		t.Errorf("transfer %+v, filed %v", got, p.filed(Clinic))
	}
	if !s.audited(t, Clinic, "not certainly about this patient") {
		t.Error("there is no note of it")
	}
}

// TestAlteredInFlightIsRefused: somebody who has the source's own TLS key
// changes one bit of what it sends.
func TestAlteredInFlightIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, append(illnesses(), manyResults(20)...), anna()).opens().joins(Hospital, Clinic)
	s.takesOver(t, Hospital, func(r io.ReadCloser) io.ReadCloser { return &flipped{ReadCloser: r} })
	id := p.approves(p.isAsked(labAndMedicines()))
	got := p.seesTransfer("the verdict", id, func(t wallet.Transfer) bool { return t.Verdict != 0 })
	if got.Verdict != consent.VerdictAltered || len(p.filed(Clinic)) != 1 {
		t.Errorf("transfer %+v, filed %v", got, p.filed(Clinic))
	}
	if !s.audited(t, Clinic, "what arrived is not what was offered") {
		t.Error("there is no note of it")
	}
}

// TestExpiredTransferIsRefused: the time that the patient gave is over before
// the destination comes to ask.
func TestExpiredTransferIsRefused(t *testing.T) {
	t.Parallel()
	at := &pause{}
	s := newStage(t, pausing(at))
	p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	reached, goOn := at.at(gateway.DestinationAsked)
	defer goOn()
	until := time.Now().Add(20 * time.Second) // a slow machine has approved by then
	id := p.approves(p.isAsked(labAndMedicines()), func(c *wallet.Choice) { c.Until = until })
	<-reached
	s.until(t, "its end", func() bool {
		_ = p.Refresh(soon(t)) // what it cannot read it shows
		got, _ := transferIn(p.Snapshot(), id)
		return got.State == consent.TransferExpired
	})
	goOn()
	s.until(t, "rest", func() bool { return s.atRest(t, Clinic, id) })
	if !s.audited(t, Clinic, "the transfer ended before it began") {
		t.Error("there is no note of it")
	}
	p.nothingMoved(id)
}

// TestRemovedInstitutionIsRefused: the destination leaves the network between
// approval and request.
func TestRemovedInstitutionIsRefused(t *testing.T) {
	t.Parallel()
	at := &pause{}
	end := time.Now().Add(20 * time.Second)
	s := newStage(t, pausing(at), func(b *Birth, _ *Options) { b.Leaves = map[Role]time.Time{Clinic: end} })
	p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	reached, goOn := at.at(gateway.DestinationAsked)
	defer goOn()
	id := p.approves(p.isAsked(labAndMedicines()))
	<-reached
	if time.Now().After(end) {
		t.Fatal("this machine is too slow for this test")
	}
	s.until(t, "the end", func() bool { return time.Now().After(end.Add(2 * time.Second)) })
	goOn()
	s.until(t, "a refusal", func() bool { return s.logged(Hospital, "an unregistered or ended institution asked") })
	p.nothingMoved(id)
	p.sees("that only two institutions vouch for it", func(s wallet.Snapshot) bool { return s.Proof.Institutions == 2 })
	_, err := s.House(Hospital).Gateway.Request(soon(t), p.records[Hospital], gateway.RequestSpec{
		Kind: consent.Move, Purpose: consent.PurposeTreatment, Scope: labAndMedicines(), From: s.House(Clinic).ID,
	})
	if err == nil || !strings.Contains(err.Error(), "not active in the registry") {
		t.Errorf("records were asked of an institution that has left: %v", err)
	}
}
