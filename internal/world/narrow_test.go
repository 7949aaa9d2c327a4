package world

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/gateway/records"
	"carekey/wallet"
)

// rosa is the world's own patient, whose long record lies at the hospital.
func (s *stage) rosa(t testing.TB) *person {
	p := s.person(t, nil, anna())
	for _, role := range Gateways() {
		p.records[role] = s.House(role).Record
	}
	return p
}

// held reads what an institution holds of somebody.
func (p *person) held(role Role) fhir.Bundle {
	p.t.Helper()
	b, _, err := p.on.House(role).Records.Read(soon(p.t), p.records[role])
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// TestOnlyWhatWasApprovedArrives: of a long record, with sensitive matters in
// it, the destination files what the patient's narrower yes covers, and nothing
// else; and her screen counts exactly that.
func TestOnlyWhatWasApprovedArrives(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.rosa(t).opens().joins(Hospital, Clinic)
	asked := consent.Scope{Types: []consent.RecordType{consent.Medicines, consent.Conditions, consent.TestResults, consent.Letters}}
	narrow := consent.Scope{
		Types: []consent.RecordType{consent.Conditions, consent.TestResults, consent.Letters},
		From:  consent.Date(time.Now().AddDate(-4, 0, 0).Format(time.DateOnly)),
	}
	whole := p.held(Hospital)
	id := p.approves(p.isAsked(asked), func(c *wallet.Choice) { c.Scope = narrow })
	got := p.seesTransfer("the match", id, matched)

	filed := p.held(Clinic)
	records := 0
	for _, r := range filed.Entries {
		kind, clinical := r.RecordType()
		switch {
		case r.Type == "Provenance" || r.Type == "AuditEvent" || r.Type == "Patient" || !clinical:
			continue
		case kind == consent.Medicines || kind == consent.Imaging || kind == consent.Vaccinations:
			t.Errorf("%s was filed, which was not approved", r.Type)
		}
		records++
	}
	if records == 0 || uint64(records) != got.Records {
		t.Errorf("%d records filed, the screen says %d", records, got.Records)
	}
	if again, _ := fhir.Narrow(filed, narrow); len(again.Entries) < records {
		t.Errorf("of %d records filed, the approval covers %d", records, len(again.Entries))
	}
	checkSensitive(t, whole, filed)
	counts := countTypes(filed)
	if counts["Patient"] != 1 || counts["Provenance"] != 1 || counts["AuditEvent"] != 1 {
		t.Errorf("filed %v", counts)
	}
	if got.Scope.From != narrow.From || !slices.Equal(got.Scope.Types, narrow.Types) || len(got.Scope.Sensitive) != 0 {
		t.Errorf("scope %+v", got.Scope)
	}
}

// checkSensitive: the hospital holds sensitive records, and none of them, nor
// their words, is at the destination.
func checkSensitive(t *testing.T, whole, filed fhir.Bundle) {
	t.Helper()
	secret := 0
	for i, classes := range whole.Sensitive() {
		if len(classes) == 0 {
			continue
		}
		secret++
		id := whole.Entries[i].ID
		for _, r := range filed.Entries {
			if r.Type != "Provenance" && strings.Contains(string(r.Raw), id) {
				t.Errorf("%s mentions %s %s, which is %v", r.Type, whole.Entries[i].Type, id, classes)
			}
		}
	}
	if secret == 0 {
		t.Error("the record holds nothing sensitive, so this test shows nothing")
	}
	for i, classes := range filed.Sensitive() {
		if len(classes) > 0 {
			t.Errorf("%s of class %v was filed", filed.Entries[i].Type, classes)
		}
	}
}

// TestSensitiveArrivesWhenTicked: a class that the patient ticked comes, others
// stay.
func TestSensitiveArrivesWhenTicked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	results := consent.Scope{Types: []consent.RecordType{consent.TestResults}}
	for _, tt := range []struct {
		class consent.Sensitive
		want  int
	}{{consent.MentalHealth, 2}, {consent.HIV, 3}} {
		id := p.approves(p.isAsked(results), func(c *wallet.Choice) { c.Scope.Sensitive = []consent.Sensitive{tt.class} })
		if got := p.seesTransfer("the match", id, matched); got.Records != uint64(tt.want) {
			t.Errorf("%s ticked: %d records, want %d", tt.class, got.Records, tt.want)
		}
	}
	if filed := p.filed(Clinic); filed["Observation"] != 5 || filed["Provenance"] != 2 {
		t.Errorf("filed %v", filed) // two transfers, each under ids of its own
	}
}

// forgetful files what it is given and, the first time, says that it could not.
type forgetful struct {
	records.Records
	times atomic.Int32
}

func (f *forgetful) File(ctx context.Context, record string, t fhir.Transaction) error {
	err := f.Records.File(ctx, record, t)
	if f.times.Add(1) == 1 && err == nil {
		return records.ErrUnavailable
	}
	return err
}

// TestFiledTwiceIsOnce: the record system took the records and its answer was
// lost, so they are filed again.
func TestFiledTwiceIsOnce(t *testing.T) {
	t.Parallel()
	kept := &forgetful{}
	s := newStage(t, func(_ *Birth, o *Options) {
		o.Change = func(role Role, c *gateway.Config) {
			if role == Clinic {
				kept.Records = c.Records
				c.Records = kept
			}
		}
	})
	p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	checkMoved(t, p, p.approves(p.isAsked(labAndMedicines())))
	if n := kept.times.Load(); n != 2 {
		t.Errorf("filed %d times", n)
	}
}
