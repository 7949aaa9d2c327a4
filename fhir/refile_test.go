package fhir_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"carekey/consent"
	"carekey/fhir"
)

func refileKey() fhir.RefileKey {
	return fhir.RefileKey{
		Transfer:    "7f3a",
		Use:         1,
		Patient:     "p-77",
		Source:      fhir.Party{ID: "aa01", Name: "City Hospital"},
		Destination: fhir.Party{ID: "bb02", Name: "Heart Clinic"},
		At:          time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC),
	}
}

// filed is one entry of a transaction.
type filed struct {
	Resource struct {
		ResourceType string           `json:"resourceType"`
		ID           string           `json:"id"`
		Target       []fhir.Reference `json:"target"`
	}
	Raw     json.RawMessage `json:"resource"`
	Request struct {
		Method string `json:"method"`
		URL    string `json:"url"`
	} `json:"request"`
}

// transactionOf is the text of a transaction; it holds as many resources as it
// says.
func transactionOf(t interface {
	Helper()
	Fatal(...any)
}, b fhir.Bundle, key fhir.RefileKey,
) []byte {
	t.Helper()
	made, err := fhir.Refile(b, key)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	n, err := made.WriteTo(&out)
	if err != nil || n != int64(out.Len()) {
		t.Fatal(n, out.Len(), err)
	}
	have := 0
	for _, err := range made.All {
		if err != nil {
			t.Fatal(err)
		}
		have++
	}
	if have != made.Len {
		t.Fatal(have, "resources, and it says", made.Len)
	}
	return out.Bytes()
}

func refiled(t testing.TB, b fhir.Bundle, key fhir.RefileKey) []filed {
	t.Helper()
	raw := transactionOf(t, b, key)
	var bundle struct {
		ResourceType string  `json:"resourceType"`
		Type         string  `json:"type"`
		Entry        []filed `json:"entry"`
	}
	if err := json.Unmarshal(raw, &bundle); err != nil {
		t.Fatal(err)
	}
	if bundle.ResourceType != "Bundle" || bundle.Type != "transaction" {
		t.Errorf("it is a %s %s", bundle.Type, bundle.ResourceType)
	}
	for i := range bundle.Entry {
		e := &bundle.Entry[i]
		if err := json.Unmarshal(e.Raw, &e.Resource); err != nil {
			t.Fatal(err)
		}
		if e.Request.Method != "PUT" || e.Request.URL != e.Resource.ResourceType+"/"+e.Resource.ID {
			t.Errorf("request %+v for %s/%s", e.Request, e.Resource.ResourceType, e.Resource.ID)
		}
	}
	return bundle.Entry
}

func only(t testing.TB, entries []filed, resourceType string) filed {
	t.Helper()
	var found []filed
	for _, e := range entries {
		if e.Resource.ResourceType == resourceType {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s", len(found), resourceType)
	}
	return found[0]
}

func TestRefileReferences(t *testing.T) {
	const urn = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
	logical := `{"identifier":{"system":"urn:ietf:rfc:3986","value":"urn:uuid:`
	tests := []struct {
		name, reference string
		want            string // with %s for the id of the practitioner at the destination
		prefix          bool
	}{
		{"relative", `{"reference":"Practitioner/dr"}`, `{"reference":"Practitioner/%s"}`, false},
		{"with display", `{"display":"Dr. Lee", "reference" : "Practitioner/dr" }`, `{"display":"Dr. Lee", "reference" : "Practitioner/%s" }`, false},
		{"version", `{"reference":"Practitioner/dr/_history/4"}`, `{"reference":"Practitioner/%s"}`, false},
		{"urn", `{"reference":"` + urn + `"}`, `{"reference":"Practitioner/%s"}`, false},
		{"escaped", `{"reference":"Practitioner\/dr"}`, `{"reference":"Practitioner/%s"}`, false},
		{"conditional", `{"reference":"Practitioner?identifier=https://n.example|7"}`, `{"reference":"Practitioner/%s"}`, false},
		{"patient", `{"reference":"Patient/p1"}`, `{"reference":"Patient/p-77"}`, false},
		{"contained", `{"reference":"#inside"}`, `{"reference":"#inside"}`, false},
		{"another server's", `{"reference":"https://b.example/fhir/Practitioner/dr"}`, `{"reference":"https://b.example/fhir/Practitioner/dr"}`, false},
		{"dangling", `{"reference":"Practitioner/gone"}`, logical, true},
		{"dangling urn", `{"reference":"urn:uuid:00000000-0000-4000-8000-000000000000"}`, logical, true},
		{"dangling, with display", `{"display":"x","reference":"Practitioner/gone"}`, `{"display":"x","identifier":{"system":"urn:ietf:rfc:3986","value":"urn:uuid:`, true},
		{"dangling conditional", `{"reference":"Practitioner?identifier=https://n.example|8"}`, `{"identifier":{"system":"https://n.example","value":"8"}}`, false},
		{"dangling, known by name, first", `{"reference":"Practitioner/gone","identifier":{"value":"9"}}`, `{"identifier":{"value":"9"}}`, false},
		{"dangling, known by name, last", `{"identifier":{"value":"9"}, "reference":"Practitioner/gone" }`, `{"identifier":{"value":"9"} }`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, omitted := read(t, `{"resourceType":"Bundle","type":"collection","entry":[{"resource":`+pat+`},
{"fullUrl":"`+urn+`","resource":{"resourceType":"Practitioner","id":"dr","identifier":[{"system":"https://n.example","value":"7"}]}},
{"resource":{"resourceType":"Procedure","id":"x","asserter":{"reference":"Practitioner?identifier=https://n.example|7"}}},
{"resource":{"resourceType":"Observation","id":"o1","performer":[`+tt.reference+`]}}]}`)
			if len(omitted) > 0 {
				t.Fatal(omitted)
			}
			entries := refiled(t, b, refileKey())
			want := tt.want
			if strings.Contains(want, "%s") {
				want = fmt.Sprintf(want, only(t, entries, "Practitioner").Resource.ID)
			}
			var o struct {
				Performer []json.RawMessage `json:"performer"`
			}
			if err := json.Unmarshal(only(t, entries, "Observation").Raw, &o); err != nil {
				t.Fatal(err)
			}
			if got := string(o.Performer[0]); got != want && !(tt.prefix && strings.HasPrefix(got, want)) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestRefileAttachments(t *testing.T) {
	b, _ := read(t, bundled("collection",
		`{"resourceType":"Binary","id":"b"}`,
		`{"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"url":"Binary/b"}},{"attachment":{"url":"Binary/gone"}},{"attachment":{"url":"https://x.example/y.pdf"}}]}`))
	entries := refiled(t, b, refileKey())
	raw := string(only(t, entries, "DocumentReference").Raw)
	if !strings.Contains(raw, `"url":"Binary/`+only(t, entries, "Binary").Resource.ID+`"`) || strings.Contains(raw, "Binary/gone") || !strings.Contains(raw, `"url":"https://x.example/y.pdf"`) {
		t.Error(raw)
	}
}

// Filing the same again changes nothing; another use or transfer, or another
// record, is another id.
func TestRefileTwiceIsOnce(t *testing.T) {
	b, _ := read(t, bundled("collection", pat, obs))
	first := transactionOf(t, b, refileKey())
	if again := transactionOf(t, b, refileKey()); string(again) != string(first) {
		t.Error("twice differs")
	}
	ids := map[string]bool{}
	for _, change := range []func(*fhir.RefileKey){
		func(*fhir.RefileKey) {},
		func(k *fhir.RefileKey) { k.Transfer = "7f3b" },
		func(k *fhir.RefileKey) { k.Use = 2 },
	} {
		key := refileKey()
		change(&key)
		for _, e := range refiled(t, b, key) {
			if ids[e.Request.URL] {
				t.Errorf("%s is there twice", e.Request.URL)
			}
			ids[e.Request.URL] = true
		}
	}
}

func TestRefileAddsTraces(t *testing.T) {
	entries := []string{pat}
	for n := range 1200 {
		entries = append(entries, fmt.Sprintf(`{"resourceType":"Observation","id":"o%d"}`, n))
	}
	b, _ := read(t, bundled("collection", entries...))
	named := map[string]bool{}
	audits := 0
	filed := refiled(t, b, refileKey())
	for _, e := range filed {
		if e.Resource.ResourceType == "AuditEvent" {
			audits++
		}
		for _, target := range e.Resource.Target {
			named[target.Reference] = true
		}
	}
	for _, e := range filed {
		if e.Resource.ResourceType == "Observation" && !named[e.Request.URL] {
			t.Errorf("no Provenance names %s", e.Request.URL)
		}
		if e.Resource.ResourceType == "Patient" {
			t.Error("the source's Patient is filed")
		}
	}
	if len(named) != 1200 || audits != 1 {
		t.Errorf("%d named, %d audit events", len(named), audits)
	}
}

func TestRefileRefuses(t *testing.T) {
	const othersObs = `{"resourceType":"Observation","id":"o2","subject":{"reference":"Patient/p2"}}`
	for name, text := range map[string]string{
		"two patients":              bundled("collection", pat, `{"resourceType":"Patient","id":"p2"}`),
		"another's record":          bundled("collection", pat, obs, othersObs),
		"two subjects, no Patients": bundled("collection", obs, othersObs),
	} {
		b, _ := read(t, text)
		if _, err := fhir.Refile(b, refileKey()); !errors.Is(err, fhir.ErrOtherPatient) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, _ := read(t, pat)
	key := refileKey()
	key.Patient = "../x"
	if _, err := fhir.Refile(b, key); err == nil {
		t.Error("a patient with a bad id")
	}
}

// Without a Patient in the bundle, the one subject named is the destination's.
func TestRefileWithoutPatient(t *testing.T) {
	b, _ := read(t, obs)
	if raw := string(only(t, refiled(t, b, refileKey()), "Observation").Raw); !strings.Contains(raw, `"Patient/p-77"`) {
		t.Error(raw)
	}
}

// Whatever refers to what, the transaction reads again, holds everything once,
// and none of its references leads to an id of the source.
func TestRefileProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBundle(t)
		raw := transactionOf(t, b, refileKey())
		out, omitted, err := fhir.ReadBundle(strings.NewReader(string(raw)), fhir.Limits{})
		if err != nil || len(omitted) > 0 || len(out.Entries) != len(b.Entries)+1 { // less Patient, with Provenance and AuditEvent
			t.Fatalf("%d of %d, %v, %v", len(out.Entries), len(b.Entries), omitted, err)
		}
		for _, r := range b.Entries {
			if strings.Contains(string(raw), `"`+r.Ref()+`"`) {
				t.Fatalf("%s is still named", r.Ref())
			}
		}
	})
}

func TestConsentOf(t *testing.T) {
	terms := fhir.ConsentTerms{
		ID: "c1", Transfer: "7f3a", Source: fhir.Party{ID: "aa", Name: "City Hospital"}, Destination: fhir.Party{ID: "bb", Name: "Heart Clinic"},
		Purpose: consent.PurposeTreatment,
		Scope:   consent.Scope{Types: []consent.RecordType{consent.Medicines, consent.TestResults}, From: "2020-01-01", Sensitive: []consent.Sensitive{consent.HIV}},
		At:      time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Until: time.Date(2027, 2, 20, 9, 0, 0, 0, time.UTC),
		Sentences: []string{"Heart Clinic may have <your> medicines & test results."},
	}
	r, err := fhir.ConsentOf(terms)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Patient fhir.Reference `json:"patient"`
		Text    struct {
			Div string `json:"div"`
		} `json:"text"`
		Provision struct {
			Type      string        `json:"type"`
			Class     []fhir.Coding `json:"class"`
			Provision []struct {
				Type          string        `json:"type"`
				SecurityLabel []fhir.Coding `json:"securityLabel"`
			} `json:"provision"`
			DataPeriod fhir.Period `json:"dataPeriod"`
		} `json:"provision"`
	}
	if err := json.Unmarshal(r.Raw, &got); err != nil {
		t.Fatal(err)
	}
	if got.Patient.Identifier.Value != "7f3a" || got.Patient.Reference != "" {
		t.Errorf("its patient is %+v", got.Patient)
	}
	var denied []string
	for _, p := range got.Provision.Provision {
		denied = append(denied, p.Type+" "+p.SecurityLabel[0].Code)
	}
	if !slices.Equal(denied, []string{"deny PSY", "deny ETH", "deny SEX", "deny GDIS", "deny SDV"}) {
		t.Error(denied)
	}
	if got.Provision.Type != "permit" || len(got.Provision.Class) != 2 || got.Provision.DataPeriod != (fhir.Period{Start: "2020-01-01"}) {
		t.Errorf("%+v", got.Provision)
	}
	if !strings.Contains(got.Text.Div, "<p>Heart Clinic may have &lt;your&gt; medicines &amp; test results.</p>") {
		t.Errorf("a sentence became markup: %s", got.Text.Div)
	}
	keepForValidator(t, r.Raw)
	terms.Scope.Types = nil
	if _, err := fhir.ConsentOf(terms); err == nil {
		t.Error("a consent to nothing")
	}
}
