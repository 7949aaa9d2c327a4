package consent_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carekey/consent"
)

func scope() consent.Scope {
	return consent.Scope{
		Types: []consent.RecordType{consent.Medicines, consent.TestResults}, From: "2020-01-01", To: "2026-11-20",
		Sensitive: []consent.Sensitive{consent.MentalHealth},
	}
}

func person() consent.Person {
	licence := newKey("dr lee").Public()
	return consent.Person{Name: "Dr. Lee", Role: "cardiologist", Licence: &licence}
}

// contents are one of each kind, as they would stand in a real chart.
func contents() []consent.Content {
	number := uint64(4)
	use := &consent.TransferUse{Transfer: consent.LogID{1}, Use: 1, Other: consent.InstitutionID{2}, Gave: true}
	return []consent.Content{
		&consent.Opened{Record: "MRN-1", Identified: "passport"},
		request(),
		&consent.Denial{Reason: "not now"},
		&consent.Query{Text: "I was not there that day"},
		&consent.Answer{By: person(), Text: "a mistake of ours"},
		&consent.Acknowledgement{Text: "done"},
		&consent.Blocking{Off: true},
		&consent.Granted{Request: &number, By: person(), Purpose: consent.PurposeResearch, Scope: scope(), Sentences: []string{"They may look."}, Consent: []byte("{}")},
		&consent.Revoked{Reason: "I changed my mind"},
		&consent.Accessed{Basis: consent.BasisTransfer, By: person(), Purpose: consent.PurposeTreatment, Types: scope().Types, Event: 9, Late: "power cut", Transfer: use},
		&consent.Terms{By: person(), Purpose: consent.PurposeTreatment, Scope: scope(), KeptUntil: "2030-01-01", Sentences: []string{"They may have a copy."}, Consent: []byte("{}")},
		&consent.Step{Verdict: consent.VerdictOK, Manifest: []byte{0x80}, Text: "41 records"},
		&consent.Reason{Text: "lost my telephone"},
	}
}

func request() *consent.Request {
	return &consent.Request{
		Kind: consent.Move, By: person(), Purpose: consent.PurposeTreatment, Why: "before the operation", Scope: scope(),
		From: consent.InstitutionID{2}, KeptUntil: "2030-01-01", Uses: 1, Until: 5,
		Ticket: &consent.SponsorTicket{Nonce: consent.Nonce{1}}, Proof: &consent.Signature{1},
	}
}

func TestContents(t *testing.T) {
	kinds := map[byte]bool{}
	for _, c := range contents() {
		b := consent.EncodeContent(c)
		got, err := consent.DecodeContent(b)
		if err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%T became %+v, %v", c, got, err)
		}
		kinds[b[1]] = true
		for class := consent.ClassOpen; class <= consent.ClassPart; class++ {
			openAs(t, c, class)
		}
	}
	if len(kinds) != 13 {
		t.Errorf("%d kinds of private part", len(kinds))
	}
}

// openAs shows that a detail opens with the entry it was made for, and that its
// content must be one for the entry's class.
func openAs(t *testing.T, c consent.Content, class consent.Class) {
	t.Helper()
	network, log := consent.NetworkID{1}, consent.LogID{2}
	d, err := consent.NewDetail(c)
	if err != nil {
		t.Fatal(err)
	}
	item := consent.Item{Log: log, Class: class, Commitment: d.Commitment(network, log, class)}
	_, err = d.Open(network, item)
	if fits := slices.Contains(classesOf(c), class); fits != (err == nil) {
		t.Errorf("%T as the private part of a %s: %v", c, class, err)
	}
	other := item
	other.Log[0]++
	otherClass := item
	otherClass.Class++
	salted := d
	salted.Salt[0]++
	for name, err := range map[string]error{
		"another log":     errorOf(d.Open(network, other)),
		"another class":   errorOf(d.Open(network, otherClass)),
		"another network": errorOf(d.Open(consent.NetworkID{9}, item)),
		"another salt":    errorOf(salted.Open(network, item)),
		"another content": errorOf(consent.Detail{Salt: d.Salt, Content: append(slices.Clone(d.Content), 0)}.Open(network, item)),
	} {
		if !errors.Is(err, consent.ErrOtherDetail) {
			t.Errorf("%T with %s: %v", c, name, err)
		}
	}
}

// What an entry commits to may still be nonsense.
func TestDetailOfNonsense(t *testing.T) {
	d := consent.Detail{Content: []byte("nonsense")}
	item := consent.Item{Class: consent.ClassSay, Commitment: d.Commitment(consent.NetworkID{}, consent.LogID{}, consent.ClassSay)}
	if c, err := d.Open(consent.NetworkID{}, item); err == nil || errors.Is(err, consent.ErrOtherDetail) {
		t.Errorf("%+v, %v", c, err)
	}
}

func errorOf(_ consent.Content, err error) error { return err }

func classesOf(c consent.Content) []consent.Class {
	switch c.(type) {
	case *consent.Opened:
		return []consent.Class{consent.ClassOpen}
	case *consent.Request, *consent.Denial, *consent.Query, *consent.Answer, *consent.Acknowledgement, *consent.Blocking:
		return []consent.Class{consent.ClassSay}
	case *consent.Granted:
		return []consent.Class{consent.ClassGrant}
	case *consent.Revoked:
		return []consent.Class{consent.ClassRevoke}
	case *consent.Accessed:
		return []consent.Class{consent.ClassAccess}
	case *consent.Terms:
		return []consent.Class{consent.ClassTransferOpen}
	case *consent.Step:
		return []consent.Class{consent.ClassCollect, consent.ClassRelease, consent.ClassReceived, consent.ClassVoid, consent.ClassUndelivered}
	case *consent.Reason:
		return []consent.Class{consent.ClassStop, consent.ClassRotate, consent.ClassFreeze, consent.ClassClose}
	}
	return nil
}

func TestDetailsAreSalted(t *testing.T) {
	a, err := consent.NewDetail(contents()[0])
	b, err2 := consent.NewDetail(contents()[0])
	if err != nil || err2 != nil || a.Salt == b.Salt || a.Salt == [32]byte{} {
		t.Errorf("%v, %v, salts %x and %x", err, err2, a.Salt, b.Salt)
	}
	if a.Commitment(consent.NetworkID{}, consent.LogID{}, 1) == b.Commitment(consent.NetworkID{}, consent.LogID{}, 1) {
		t.Error("two details of one content have one commitment")
	}
}

func TestOversizedDetail(t *testing.T) {
	if _, err := consent.NewDetail(&consent.Step{Verdict: 1, Manifest: make([]byte, consent.MaxDetailBytes)}); err == nil {
		t.Error("a detail above the limit was made")
	}
	if _, err := consent.DecodeDetail(consent.Encode(consent.Detail{Content: make([]byte, consent.MaxDetailBytes+64)})); err == nil {
		t.Error("a detail above the limit was read")
	}
}

func TestContentsOutOfTheirLimits(t *testing.T) {
	long := strings.Repeat("x", consent.MaxTextBytes+1)
	name := strings.Repeat("x", consent.MaxNameBytes+1)
	change := func(f func(*consent.Request)) *consent.Request {
		r := request()
		f(r)
		return r
	}
	look := func(f func(*consent.Request)) *consent.Request {
		return change(func(r *consent.Request) {
			r.Kind, r.Ticket, r.Proof = consent.Look, nil, nil
			f(r)
		})
	}
	accessed := func(f func(*consent.Accessed)) *consent.Accessed {
		a := *contents()[9].(*consent.Accessed)
		f(&a)
		return &a
	}
	granted := func(f func(*consent.Granted)) *consent.Granted {
		g := *contents()[7].(*consent.Granted)
		f(&g)
		return &g
	}
	terms := func(f func(*consent.Terms)) *consent.Terms {
		m := *contents()[10].(*consent.Terms)
		f(&m)
		return &m
	}
	for what, c := range map[string]consent.Content{
		"a long record number":         &consent.Opened{Record: long},
		"a long identification":        &consent.Opened{Identified: long},
		"a long denial":                &consent.Denial{Reason: long},
		"a long query":                 &consent.Query{Text: long},
		"a long answer":                &consent.Answer{Text: long},
		"an answer by a long name":     &consent.Answer{By: consent.Person{Name: name}},
		"an answer by a long role":     &consent.Answer{By: consent.Person{Role: name}},
		"an answer by two lines":       &consent.Answer{By: consent.Person{Name: "Dr. Lee\nagrees"}},
		"an answer by reordered text":  &consent.Answer{By: consent.Person{Role: "nurse\u202eeel .rD"}},
		"a long acknowledgement":       &consent.Acknowledgement{Text: long},
		"a long revocation":            &consent.Revoked{Reason: long},
		"a long reason":                &consent.Reason{Text: long},
		"a long step":                  &consent.Step{Verdict: consent.VerdictOK, Text: long},
		"a step without verdict":       &consent.Step{},
		"a step of verdict 6":          &consent.Step{Verdict: consent.VerdictRefused + 1},
		"a request of kind 0":          look(func(r *consent.Request) { r.Kind = 0 }),
		"a request of kind 3":          look(func(r *consent.Request) { r.Kind = 3 }),
		"a move without ticket":        change(func(r *consent.Request) { r.Ticket, r.Proof = nil, nil }),
		"a move without proof":         change(func(r *consent.Request) { r.Proof = nil }),
		"a look with a ticket":         look(func(r *consent.Request) { r.Ticket, r.Proof = request().Ticket, request().Proof }),
		"a look with a proof":          look(func(r *consent.Request) { r.Proof = request().Proof }),
		"a request kept until never":   look(func(r *consent.Request) { r.KeptUntil = "2026-02-30" }),
		"a request with a long why":    look(func(r *consent.Request) { r.Why = long }),
		"a request by a long name":     look(func(r *consent.Request) { r.By.Name = name }),
		"a request for nothing":        look(func(r *consent.Request) { r.Purpose = 0 }),
		"a request for purpose 8":      look(func(r *consent.Request) { r.Purpose = consent.PurposeOperations + 1 }),
		"a request without scope":      look(func(r *consent.Request) { r.Scope.Types = nil }),
		"a grant without scope":        granted(func(g *consent.Granted) { g.Scope.Types = nil }),
		"a grant for nothing":          granted(func(g *consent.Granted) { g.Purpose = 0 }),
		"a grant to a long name":       granted(func(g *consent.Granted) { g.By.Name = name }),
		"a grant of many words":        granted(func(g *consent.Granted) { g.Sentences = make([]string, consent.MaxSentences+1) }),
		"a grant with a long sentence": granted(func(g *consent.Granted) { g.Sentences = []string{long} }),
		"terms without scope":          terms(func(m *consent.Terms) { m.Scope.Types = nil }),
		"terms for nothing":            terms(func(m *consent.Terms) { m.Purpose = 0 }),
		"terms to a long name":         terms(func(m *consent.Terms) { m.By.Name = name }),
		"terms kept until never":       terms(func(m *consent.Terms) { m.KeptUntil = "soon" }),
		"terms of many words":          terms(func(m *consent.Terms) { m.Sentences = make([]string, consent.MaxSentences+1) }),
		"an access without basis":      accessed(func(a *consent.Accessed) { a.Basis = 0 }),
		"an access of basis 8":         accessed(func(a *consent.Accessed) { a.Basis = consent.BasisOperations + 1 }),
		"a care access with transfer":  accessed(func(a *consent.Accessed) { a.Basis = consent.BasisCare }),
		"a transfer access without":    accessed(func(a *consent.Accessed) { a.Transfer = nil }),
		"an access of unsorted types":  accessed(func(a *consent.Accessed) { a.Types = []consent.RecordType{2, 1} }),
		"an access of one type twice":  accessed(func(a *consent.Accessed) { a.Types = []consent.RecordType{1, 1} }),
		"an access of type 0":          accessed(func(a *consent.Accessed) { a.Types = []consent.RecordType{0} }),
		"an access of type 15":         accessed(func(a *consent.Accessed) { a.Types = []consent.RecordType{consent.Insurance + 1} }),
		"an access with a long excuse": accessed(func(a *consent.Accessed) { a.Late = long }),
		"an access by a long name":     accessed(func(a *consent.Accessed) { a.By.Role = name }),
		"an access for nothing":        accessed(func(a *consent.Accessed) { a.Purpose = 0 }),
	} {
		if got, err := consent.DecodeContent(consent.EncodeContent(c)); err == nil {
			t.Errorf("%s was read: %+v", what, got)
		}
	}
	if _, err := consent.DecodeContent(consent.EncodeContent(look(func(*consent.Request) {}))); err != nil {
		t.Errorf("a good request to look: %v", err)
	}
	for what, b := range map[string][]byte{
		"kind 0":                   consent.Encode([]any{0, []any{}}),
		"kind 14":                  consent.Encode([]any{14, []any{}}),
		"the body of another kind": consent.Encode([]any{1, []any{"x"}}),
		"a non-canonical body":     {0x82, 0x03, 0x81, 0x78, 0x01, 'x'},
		"trailing bytes":           append(consent.EncodeContent(&consent.Denial{}), 0),
		"text that is not UTF-8":   {0x82, 0x03, 0x81, 0x61, 0xff},
		"nothing":                  {},
	} {
		if got, err := consent.DecodeContent(b); err == nil {
			t.Errorf("%s was read: %+v", what, got)
		}
	}
}

func TestScopes(t *testing.T) {
	change := func(f func(*consent.Scope)) consent.Scope {
		s := scope()
		f(&s)
		return s
	}
	for what, tt := range map[string]struct {
		scope consent.Scope
		good  bool
	}{
		"a scope":                    {scope(), true},
		"no type":                    {change(func(s *consent.Scope) { s.Types = nil }), false},
		"an unknown type":            {change(func(s *consent.Scope) { s.Types = []consent.RecordType{15} }), false},
		"type 0":                     {change(func(s *consent.Scope) { s.Types = []consent.RecordType{0} }), false},
		"types out of order":         {change(func(s *consent.Scope) { s.Types = []consent.RecordType{2, 1} }), false},
		"a type twice":               {change(func(s *consent.Scope) { s.Types = []consent.RecordType{1, 1} }), false},
		"an unknown sensitive class": {change(func(s *consent.Scope) { s.Sensitive = []consent.Sensitive{7} }), false},
		"a sensitive class twice":    {change(func(s *consent.Scope) { s.Sensitive = []consent.Sensitive{1, 1} }), false},
		"no bounds":                  {change(func(s *consent.Scope) { s.From, s.To = "", "" }), true},
		"one day":                    {change(func(s *consent.Scope) { s.From = s.To }), true},
		"an end before the start":    {change(func(s *consent.Scope) { s.From, s.To = s.To, s.From }), false},
		"no end":                     {change(func(s *consent.Scope) { s.To = "" }), true},
		"no start":                   {change(func(s *consent.Scope) { s.From = "" }), true},
		"no such day":                {change(func(s *consent.Scope) { s.From = "2021-02-29" }), false},
		"no such last day":           {change(func(s *consent.Scope) { s.To = "2026-13-01" }), false},
		"a short month":              {change(func(s *consent.Scope) { s.From = "2021-2-01" }), false},
		"a time":                     {change(func(s *consent.Scope) { s.From = "2021-02-01T00:00:00Z" }), false},
		"all types and classes":      {consent.Scope{Types: consent.RecordTypes(), Sensitive: consent.SensitiveClasses()}, true},
	} {
		if err := tt.scope.Check(); (err == nil) != tt.good {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestScopeWithin(t *testing.T) {
	outer := scope()
	change := func(f func(*consent.Scope)) consent.Scope {
		s := scope()
		f(&s)
		return s
	}
	for what, tt := range map[string]struct {
		inner, outer consent.Scope
		within       bool
	}{
		"itself":                {outer, outer, true},
		"fewer types":           {change(func(s *consent.Scope) { s.Types = s.Types[:1] }), outer, true},
		"another type":          {change(func(s *consent.Scope) { s.Types = append(s.Types, consent.Imaging) }), outer, false},
		"nothing sensitive":     {change(func(s *consent.Scope) { s.Sensitive = nil }), outer, true},
		"another class":         {change(func(s *consent.Scope) { s.Sensitive = append(s.Sensitive, consent.HIV) }), outer, false},
		"a later start":         {change(func(s *consent.Scope) { s.From = "2021-01-01" }), outer, true},
		"an earlier start":      {change(func(s *consent.Scope) { s.From = "2019-12-31" }), outer, false},
		"no start":              {change(func(s *consent.Scope) { s.From = "" }), outer, false},
		"an earlier end":        {change(func(s *consent.Scope) { s.To = "2026-11-19" }), outer, true},
		"a later end":           {change(func(s *consent.Scope) { s.To = "2026-11-21" }), outer, false},
		"no end":                {change(func(s *consent.Scope) { s.To = "" }), outer, false},
		"any in one unbounded":  {outer, change(func(s *consent.Scope) { s.From, s.To = "", "" }), true},
		"unbounded in the same": {change(func(s *consent.Scope) { s.From, s.To = "", "" }), change(func(s *consent.Scope) { s.From, s.To = "", "" }), true},
	} {
		if got := tt.inner.Within(tt.outer); got != tt.within {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func TestWordsCoverEveryValue(t *testing.T) {
	all := map[string]string{}
	add := func(kind string, v fmt.Stringer) {
		if v.String() == "" || strings.Contains(v.String(), "not known") || all[kind+v.String()] != "" {
			t.Errorf("%s is called %q", kind, v)
		}
		all[kind+v.String()] = "x"
	}
	for _, r := range consent.RecordTypes() {
		add("record type ", r)
		text, _ := r.MarshalText()
		var again consent.RecordType
		if err := again.UnmarshalText(text); err != nil || again != r {
			t.Errorf("%s became %s, %v", r, again, err)
		}
	}
	for _, c := range consent.SensitiveClasses() {
		add("sensitive class ", c)
		text, _ := c.MarshalText()
		var again consent.Sensitive
		if err := again.UnmarshalText(text); err != nil || again != c {
			t.Errorf("%s became %s, %v", c, again, err)
		}
	}
	for p := consent.PurposeTreatment; p <= consent.PurposeOperations; p++ {
		add("purpose ", p)
	}
	for b := consent.BasisCare; b <= consent.BasisOperations; b++ {
		add("basis ", b)
	}
	for c := consent.ClassOpen; c <= consent.ClassPart; c++ {
		add("class ", c)
	}
	if new(consent.RecordType).UnmarshalText([]byte("teeth")) == nil || new(consent.Sensitive).UnmarshalText([]byte("")) == nil {
		t.Error("an unknown word was read")
	}
	for _, unknown := range []fmt.Stringer{
		consent.RecordType(0), consent.Insurance + 1, consent.Sensitive(0), consent.Violence + 1,
		consent.Purpose(0), consent.PurposeOperations + 1, consent.Basis(0), consent.BasisOperations + 1,
	} {
		if text := unknown.String(); text == "" || all["purpose "+text]+all["basis "+text] != "" {
			t.Errorf("an unknown value is called %q", text)
		}
	}
	if got := consent.Class(99).String(); got != "class-99" {
		t.Errorf("an unknown class is called %q", got)
	}
	if consent.Class(99).Known() || consent.Class(0).Known() || consent.RecordType(0).Known() || consent.Sensitive(0).Known() || consent.Sensitive(7).Known() {
		t.Error("an unknown value is known")
	}
}
