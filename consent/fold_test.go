package consent_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

// reader folds entries of a chart as a wallet reads them.
type reader struct {
	testing.TB
	chart
	view consent.View
	now  consent.Time
	all  []consent.Verified
}

func newReader(t testing.TB) *reader {
	n := newNetwork(t)
	r := &reader{TB: t, chart: n.newChart("ann", n.hospital), now: 1000}
	r.folds(r.open(), &consent.Opened{Record: "MRN-1"})
	return r
}

func (r *reader) next(item consent.Item, c consent.Content) consent.Verified {
	r.now++
	number := r.view.Size
	return consent.Verified{
		Entry: consent.Entry{Version: 1, Log: r.LogID, Number: number, Height: int64(number) + 1, Time: r.now},
		Item:  item, Content: c,
	}
}

// folds adds an entry and returns its number.
func (r *reader) folds(item consent.Item, c consent.Content) uint64 {
	r.Helper()
	e := r.next(item, c)
	if err := r.view.Fold(e); err != nil {
		r.Fatal(err)
	}
	r.all = append(r.all, e)
	return e.Entry.Number
}

func (r *reader) discloses(number uint64, c consent.Content) {
	r.Helper()
	e := r.all[number]
	e.Content = c
	if err := r.view.Disclose(e); err != nil {
		r.Fatal(err)
	}
}

// counts are requests, grants, queries, unconfirmed and withheld.
func (r *reader) counts(requests, grants, queries, unconfirmed, withheld int) {
	r.Helper()
	v := r.view
	got := [...]int{len(v.Requests), len(v.Grants), len(v.Queries), len(v.Unconfirmed), len(v.Withheld)}
	if want := [...]int{requests, grants, queries, unconfirmed, withheld}; got != want {
		r.Errorf("requests, permissions, queries, unconfirmed, withheld: %v, want %v", got, want)
	}
}

func look() *consent.Request {
	q := request()
	q.Kind, q.Ticket, q.Proof = consent.Look, nil, nil
	return q
}

func TestFoldBegins(t *testing.T) {
	r := newReader(t)
	v := r.view
	if v.Log != r.LogID || v.Institution != r.at.ID || v.Record != "MRN-1" || v.Opened != 1001 || v.Size != 1 {
		t.Errorf("%+v", v)
	}
	again := r.next(r.looks(), nil)
	for _, number := range []uint64{0, 2} {
		again.Entry.Number = number
		if err := r.view.Fold(again); err == nil || r.view.Size != 1 {
			t.Errorf("entry %d was folded in the place of entry 1", number)
		}
	}
}

func TestFoldRequests(t *testing.T) {
	r := newReader(t)
	first := r.folds(r.item(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: 5000}), look())
	r.folds(r.says(consent.SidePatient), look()) // a patient asks nothing
	r.counts(1, 0, 0, 0, 0)
	if q := r.view.Requests[0]; q.Number != first || q.Due != 5000 || q.Time != r.all[first].Entry.Time || q.Request.Why != look().Why {
		t.Errorf("%+v", q)
	}
	r.folds(r.answers(consent.SideInstitution, first), &consent.Denial{}) // nor does an institution deny
	r.counts(1, 0, 0, 0, 0)
	r.folds(r.says(consent.SidePatient), &consent.Denial{}) // of nothing
	r.counts(1, 0, 0, 0, 0)
	denial := r.folds(r.answers(consent.SidePatient, first), &consent.Denial{})
	r.counts(0, 0, 0, 1, 0)
	r.folds(r.answers(consent.SidePatient, denial), &consent.Acknowledgement{}) // not the institution's
	r.counts(0, 0, 0, 1, 0)
	r.folds(r.says(consent.SideInstitution), &consent.Acknowledgement{}) // of nothing
	r.counts(0, 0, 0, 1, 0)
	r.folds(r.answers(consent.SideInstitution, denial), &consent.Acknowledgement{})
	r.counts(0, 0, 0, 0, 0)

	second := r.folds(r.says(consent.SideInstitution), look())
	r.folds(r.grants(9000, 0), &consent.Granted{Request: &second})
	r.counts(0, 1, 0, 0, 0)
}

func TestFoldPermissions(t *testing.T) {
	r := newReader(t)
	granted := &consent.Granted{Purpose: consent.PurposeResearch, Sentences: []string{"To see"}, Consent: []byte("{}")}
	kept := consent.Granted{Purpose: consent.PurposeResearch, Sentences: []string{"To see"}} // the FHIR form stays in the history
	twice := r.folds(r.grants(9000, 2), granted)
	free := r.folds(r.grants(9000, 0), granted)
	short := r.folds(r.grants(r.now+5, 0), granted)
	if g := r.view.Grants[0]; g.Number != twice || g.Expiry != 9000 || g.Uses != 2 || !reflect.DeepEqual(*g.Granted, kept) {
		t.Errorf("%+v", g)
	}
	r.folds(r.looks(), nil)
	r.folds(r.uses(twice), nil)
	if r.view.Grants[0].Used != 1 || r.view.Accesses != 2 {
		t.Errorf("%+v", r.view)
	}
	r.folds(r.uses(twice), nil)
	r.counts(0, 2, 0, 0, 3)
	r.folds(r.uses(free), nil)
	r.folds(r.uses(free), nil) // as often as wanted
	r.counts(0, 2, 0, 0, 5)
	r.dead(r.uses(twice), "used up")
	r.dead(r.uses(short), "expired")
	r.folds(r.revokes(free), &consent.Revoked{})
	r.counts(0, 1, 0, 1, 7) // the dead uses stand in the history all the same
	if u := r.view.Unconfirmed[0]; u.Grant != free || u.Class != consent.ClassRevoke {
		t.Errorf("%+v", u)
	}
	r.dead(r.uses(free), "revoked")
	r.dead(r.uses(0), "never granted")
	last := r.folds(r.grants(r.now+3, 0), granted)
	r.folds(r.uses(last), nil)
	r.dead(r.uses(last), "at its end") // to the nanosecond
}

// dead folds a use that the ledger should have refused.
func (r *reader) dead(item consent.Item, why string) {
	r.Helper()
	e := r.next(item, nil)
	if err := r.view.Fold(e); !errors.Is(err, consent.ErrDeadGrant) {
		r.Errorf("the use of a permission that was %s: %v", why, err)
	}
	r.all = append(r.all, e)
}

func TestFoldQueriesBlocksFreezesAndTheEnd(t *testing.T) {
	r := newReader(t)
	access := r.folds(r.looks(), &consent.Accessed{})
	query := r.folds(r.answers(consent.SidePatient, access), &consent.Query{})
	r.folds(r.says(consent.SidePatient), &consent.Query{})                 // about nothing
	r.folds(r.answers(consent.SideInstitution, access), &consent.Query{})  // not the patient's
	r.folds(r.answers(consent.SidePatient, query), &consent.Answer{})      // not the institution's
	r.folds(r.answers(consent.SideInstitution, access), &consent.Answer{}) // to something else
	r.folds(r.says(consent.SideInstitution), &consent.Answer{})            // to nothing
	r.counts(0, 0, 1, 0, 0)
	if q := r.view.Queries[0]; q.Number != query || q.About != access {
		t.Errorf("%+v", q)
	}
	r.folds(r.answers(consent.SideInstitution, query), &consent.Answer{})
	r.counts(0, 0, 0, 0, 0)

	r.folds(r.says(consent.SideInstitution), &consent.Blocking{}) // an institution blocks nobody
	if r.view.Blocked {
		t.Error("blocked by the institution")
	}
	r.folds(r.says(consent.SidePatient), &consent.Blocking{})
	r.folds(r.says(consent.SideInstitution), look())
	r.counts(0, 0, 0, 1, 0)
	if !r.view.Blocked || r.view.Unwanted != 1 {
		t.Errorf("%+v", r.view)
	}
	r.folds(r.says(consent.SidePatient), &consent.Blocking{Off: true})
	r.folds(r.says(consent.SideInstitution), look())
	if r.view.Blocked || len(r.view.Requests) != 1 {
		t.Errorf("%+v", r.view)
	}
	r.folds(r.freezes(7000), &consent.Reason{})
	r.folds(r.closes(), &consent.Reason{})
	if r.view.FrozenUntil != 7000 || !r.view.Closed {
		t.Errorf("%+v", r.view)
	}
}

func TestFoldWhatIsWithheldAndThenDisclosed(t *testing.T) {
	n := newNetwork(t)
	r := &reader{TB: t, chart: n.newChart("ann", n.hospital)}
	opening := r.folds(r.open(), nil)
	asked := r.folds(r.says(consent.SideInstitution), nil)
	granted := r.folds(r.grants(9000, 0), nil)
	access := r.folds(r.looks(), nil)
	r.counts(0, 1, 0, 0, 4)
	noDetail := r.looks()
	noDetail.Commitment = consent.Hash{}
	r.folds(noDetail, nil) // commits to nothing, so nothing is withheld
	r.counts(0, 1, 0, 0, 4)

	r.discloses(asked, look())
	r.counts(1, 1, 0, 0, 3)
	r.discloses(granted, &consent.Granted{Request: &asked})
	r.counts(0, 1, 0, 0, 2)
	if r.view.Grants[0].Granted == nil {
		t.Error("the permission has no words")
	}
	r.discloses(opening, &consent.Opened{Record: "MRN-2"})
	r.discloses(access, &consent.Accessed{})
	r.counts(0, 1, 0, 0, 0)
	if r.view.Record != "MRN-2" {
		t.Errorf("record %q", r.view.Record)
	}
	r.discloses(asked, look()) // twice is once
	r.counts(0, 1, 0, 0, 0)
	more := r.folds(r.looks(), nil)
	r.discloses(more, nil) // still nothing
	r.counts(0, 1, 0, 0, 1)
}

// A detail may come after the answer to its entry; what was over stays over,
// and only the right kind of answer ends anything.
func TestFoldLateDetailOpensNothingAgain(t *testing.T) {
	block := func(off bool) *consent.Blocking { return &consent.Blocking{Off: off} }
	for name, tt := range map[string]struct {
		play                                     func(*reader)
		requests, queries, unconfirmed, unwanted int
		blocked                                  bool
	}{
		"a request that was denied": {play: func(r *reader) {
			asked := r.folds(r.says(consent.SideInstitution), nil)
			r.folds(r.answers(consent.SidePatient, asked), &consent.Denial{})
			r.discloses(asked, look())
		}, unconfirmed: 1},
		"a request whose denial came late, too": {play: func(r *reader) {
			asked := r.folds(r.says(consent.SideInstitution), nil)
			denied := r.folds(r.answers(consent.SidePatient, asked), nil)
			r.discloses(denied, &consent.Denial{})
			r.discloses(asked, look())
		}, unconfirmed: 1},
		"a request that was granted": {play: func(r *reader) {
			asked := r.folds(r.says(consent.SideInstitution), nil)
			r.folds(r.grants(9000, 0), &consent.Granted{Request: &asked})
			r.folds(r.revokes(2), &consent.Revoked{})
			r.discloses(asked, look())
		}, unconfirmed: 1},
		"a request that was only questioned": {play: func(r *reader) {
			asked := r.folds(r.says(consent.SideInstitution), nil)
			r.folds(r.answers(consent.SidePatient, asked), &consent.Query{})
			r.folds(r.answers(consent.SideInstitution, asked), &consent.Acknowledgement{})
			r.folds(r.answers(consent.SideInstitution, asked), &consent.Answer{})
			r.folds(r.answers(consent.SideInstitution, asked), &consent.Denial{})
			r.discloses(asked, look())
		}, requests: 1, queries: 1},
		"a request while all is blocked": {play: func(r *reader) {
			r.folds(r.says(consent.SidePatient), block(false))
			r.discloses(r.folds(r.says(consent.SideInstitution), nil), look())
		}, unconfirmed: 1, unwanted: 1, blocked: true},
		"a question that was answered": {play: func(r *reader) {
			query := r.folds(r.answers(consent.SidePatient, 0), nil)
			r.folds(r.answers(consent.SideInstitution, query), &consent.Answer{})
			r.discloses(query, &consent.Query{})
		}},
		"a question that was only acknowledged": {play: func(r *reader) {
			query := r.folds(r.answers(consent.SidePatient, 0), nil)
			r.folds(r.answers(consent.SideInstitution, query), &consent.Acknowledgement{})
			r.discloses(query, &consent.Query{})
		}, queries: 1},
		"a denial that was acknowledged": {play: func(r *reader) {
			asked := r.folds(r.says(consent.SideInstitution), look())
			denied := r.folds(r.answers(consent.SidePatient, asked), nil)
			r.folds(r.answers(consent.SideInstitution, denied), &consent.Acknowledgement{})
			r.discloses(denied, &consent.Denial{})
		}},
		"a denial that got another word": {play: func(r *reader) {
			asked := r.folds(r.says(consent.SideInstitution), look())
			denied := r.folds(r.answers(consent.SidePatient, asked), nil)
			r.folds(r.answers(consent.SideInstitution, denied), &consent.Answer{})
			r.discloses(denied, &consent.Denial{})
		}, unconfirmed: 1},
		"a block that was lifted": {play: func(r *reader) {
			blocked := r.folds(r.says(consent.SidePatient), nil)
			lifted := r.folds(r.says(consent.SidePatient), block(true))
			r.folds(r.answers(consent.SideInstitution, blocked), &consent.Acknowledgement{})
			r.folds(r.answers(consent.SideInstitution, lifted), &consent.Acknowledgement{})
			r.discloses(blocked, block(false))
		}},
		"a lifting that was followed by a block": {play: func(r *reader) {
			r.folds(r.says(consent.SidePatient), block(false))
			lifted := r.folds(r.says(consent.SidePatient), nil)
			r.folds(r.says(consent.SidePatient), block(false))
			r.discloses(lifted, block(true))
		}, unconfirmed: 3, blocked: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader(t)
			tt.play(r)
			r.view.Grants = nil
			r.counts(tt.requests, 0, tt.queries, tt.unconfirmed, 0)
			if v := r.view; len(v.Settled) != 0 || int(v.Unwanted) != tt.unwanted || v.Blocked != tt.blocked {
				t.Errorf("%+v", v)
			}
		})
	}
}

// What is remembered of withheld entries goes with them.
func TestFoldRemembersNoMoreThanIsWithheld(t *testing.T) {
	r := newReader(t)
	for range consent.MaxWithheld + 44 {
		asked := r.folds(r.says(consent.SideInstitution), nil)
		for range 2 {
			r.folds(r.answers(consent.SidePatient, asked), &consent.Denial{})
		}
	}
	r.counts(0, 0, 0, 64, consent.MaxWithheld)
	if got := len(r.view.Settled); got != consent.MaxWithheld {
		t.Errorf("%d answers are remembered, want %d", got, consent.MaxWithheld)
	}
	if got, want := r.view.Settled[0].Number, r.view.Withheld[0]; got != want {
		t.Errorf("the first one is of entry %d, want %d", got, want)
	}
}

func TestFoldIsBounded(t *testing.T) {
	r := newReader(t)
	for range 301 {
		r.folds(r.says(consent.SideInstitution), look())
		r.folds(r.answers(consent.SidePatient, 0), &consent.Query{})
		r.folds(r.answers(consent.SidePatient, 0), &consent.Denial{})
		r.folds(r.looks(), nil)
	}
	r.counts(64, 0, 64, 64, consent.MaxWithheld)
	if got, want := r.view.Withheld[consent.MaxWithheld-1], r.view.Size-1; got != want {
		t.Errorf("the last one withheld is %d, want %d", got, want)
	}
	if got := r.view.Requests[63].Number; got != 301*4-3 {
		t.Errorf("the last request is %d", got)
	}
}

func TestExpire(t *testing.T) {
	r := newReader(t)
	r.folds(r.grants(2000, 0), nil)
	r.folds(r.grants(3000, 0), nil)
	r.folds(r.item(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: 2000}), look())
	r.folds(r.item(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: 3000}), look())
	r.folds(r.says(consent.SideInstitution), look()) // no end
	r.view.Expire(1999)
	r.counts(3, 2, 0, 0, 2)
	r.view.Expire(2000)
	r.counts(2, 1, 0, 0, 2)
	r.view.Expire(9000)
	r.counts(1, 0, 0, 0, 2)
}

// A fold that was kept and read again goes on as if it had never been away.
func TestFoldGoesOnFromItsBytes(t *testing.T) {
	r := newReader(t)
	number := r.folds(r.grants(9000, 3), &consent.Granted{})
	r.folds(r.says(consent.SideInstitution), look())
	b := consent.Encode(r.view)
	var kept consent.View
	if err := consent.Decode(b, 1<<16, &kept); err != nil {
		t.Fatal(err)
	}
	e := r.next(r.uses(number), &consent.Accessed{})
	if err := errors.Join(kept.Fold(e), r.view.Fold(e)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(consent.Encode(kept), consent.Encode(r.view)) {
		t.Error("the two folds differ")
	}
}

func TestSentences(t *testing.T) {
	until := consent.At(time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC))
	terms := consent.Terms{By: person(), Purpose: consent.PurposeTreatment, Scope: scope()}
	granted := consent.Granted{By: person(), Purpose: consent.PurposeResearch, Scope: scope()}
	everything := consent.Scope{Types: consent.RecordTypes(), Sensitive: consent.SensitiveClasses()}
	for _, tt := range []struct {
		name  string
		words []string
		has   []string
		hasNo []string
	}{
		{"a transfer", terms.AsMove("City Hospital", "Heart Clinic", 1, until), []string{
			"Heart Clinic (Dr. Lee, cardiologist) may receive a copy of your medicines and test results from City Hospital, to treat you.",
			"Only records from 2020-01-01 to 2026-11-20 are included.", "mental health are included; other sensitive records are left out.",
			"It may be sent once, until 2027-01-02.", "They will not see: allergies, conditions,", "Heart Clinic keeps its copy"}, []string{"deleted"}},
		{"a transfer with an end", consent.Terms{Scope: everything, KeptUntil: "2030-01-01"}.AsMove("A", "B", 3, until), []string{
			"B may receive", "3 times at most, until 2027-01-02", "B promises to delete its copy after 2030-01-01.", "Records of any date"}, []string{"will not see", "keeps its copy"}},
		{"a permission", granted.AsLook("Heart Clinic", 0, until), []string{
			"Heart Clinic (Dr. Lee, cardiologist) may use your medicines and test results that it holds, for research.",
			"as often as needed until 2027-01-02", "This does not cover: allergies,"}, []string{"copy"}},
		{"from a day on", consent.Granted{Scope: consent.Scope{Types: scope().Types, From: "2020-01-01"}}.AsLook("A", 1, until), []string{
			"Only records from 2020-01-01 on are included.", "Sensitive records (mental health, alcohol and drugs, HIV, sexual and reproductive health, genetics, and violence and abuse) are left out."}, nil},
		{"up to a day", consent.Granted{By: consent.Person{Name: "Lee"}, Scope: consent.Scope{Types: scope().Types[:1], To: "2020-01-01"}}.AsLook("A", 1, until), []string{
			"A (Lee) may use your medicines that", "Only records up to 2020-01-01 are included."}, nil},
		{"by a role", consent.Granted{By: consent.Person{Role: "nurse"}, Scope: everything}.AsLook("A", 1, until), []string{"A (nurse) may use"}, []string{"does not cover"}},
	} {
		text := strings.Join(tt.words, "\n")
		for _, want := range tt.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", tt.name, want, text)
			}
		}
		for _, not := range tt.hasNo {
			if strings.Contains(text, not) {
				t.Errorf("%s has %q:\n%s", tt.name, not, text)
			}
		}
		if len(tt.words) > consent.MaxSentences {
			t.Errorf("%s has %d sentences", tt.name, len(tt.words))
		}
	}
	if got := consent.Enumerate([]consent.RecordType{}); got != "nothing" {
		t.Errorf("nothing is called %q", got)
	}
}
