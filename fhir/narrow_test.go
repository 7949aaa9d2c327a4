package fhir_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"carekey/consent"
	"carekey/fhir"
)

func scope(types ...consent.RecordType) consent.Scope { return consent.Scope{Types: types} }

func reasons(m fhir.Manifest) map[fhir.Reason]uint32 {
	counts := map[fhir.Reason]uint32{}
	for _, o := range m.Omitted {
		counts[o.Reason] = o.Count
	}
	return counts
}

func TestNarrowByDate(t *testing.T) {
	tests := []struct {
		name, dates string
		from, to    consent.Date
		want        fhir.Reason // 0: kept
	}{
		{"inside", `"effectiveDateTime":"2019-05-07"`, "2019-01-01", "2019-12-31", 0},
		{"first day", `"effectiveDateTime":"2019-01-01T00:00:00Z"`, "2019-01-01", "2019-12-31", 0},
		{"last day", `"effectiveDateTime":"2019-12-31T23:59:59Z"`, "2019-01-01", "2019-12-31", 0},
		{"day before", `"effectiveDateTime":"2018-12-31"`, "2019-01-01", "", fhir.OutsideDates},
		{"day after", `"effectiveDateTime":"2020-01-01"`, "", "2019-12-31", fhir.OutsideDates},
		{"its own day, not UTC's", `"effectiveDateTime":"2019-12-31T23:30:00-05:00"`, "", "2019-12-31", 0},
		{"year inside", `"effectiveDateTime":"2019"`, "2019-01-01", "2019-12-31", 0},
		{"year perhaps before", `"effectiveDateTime":"2019"`, "2019-01-02", "", fhir.OutsideDates},
		{"year perhaps after", `"effectiveDateTime":"2019"`, "", "2019-12-30", fhir.OutsideDates},
		{"month perhaps before", `"effectiveDateTime":"2019-05"`, "2019-05-02", "", fhir.OutsideDates},
		{"month inside", `"effectiveDateTime":"2019-05"`, "2019-05-01", "2019-05-31", 0},
		{"month perhaps after", `"effectiveDateTime":"2019-05"`, "", "2019-05-30", fhir.OutsideDates},
		{"period inside", `"effectivePeriod":{"start":"2019-05-01","end":"2019-05-03"}`, "2019-05-01", "2019-05-03", 0},
		{"period beyond", `"effectivePeriod":{"start":"2019-05-01","end":"2019-05-04"}`, "2019-05-01", "2019-05-03", fhir.OutsideDates},
		{"period without start", `"effectivePeriod":{"end":"2019-05-02"}`, "2019-05-01", "2019-05-03", 0},
		{"issued only", `"issued":"2019-05-02T08:00:00Z"`, "2019-05-01", "", 0},
		{"effective, not issued", `"issued":"2021-05-02T08:00:00Z","effectiveDateTime":"2019"`, "2020-01-01", "", fhir.OutsideDates},
		{"undated", `"status":"final"`, "2019-01-01", "", fhir.Undated},
		{"date unknown", `"_effectiveDateTime":{"extension":[{"url":"x","valueCode":"unknown"}]}`, "", "2019-01-01", fhir.Undated},
		{"undated, all days", `"status":"final"`, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, omitted := read(t, bundled("collection", pat, `{"resourceType":"Observation","id":"o",`+tt.dates+`}`))
			if len(omitted) > 0 {
				t.Fatal(omitted)
			}
			s := scope(consent.TestResults)
			s.From, s.To = tt.from, tt.to
			kept, manifest := fhir.Narrow(b, s)
			_, found := kept.Find("Observation/o")
			if found != (tt.want == 0) || tt.want != 0 && reasons(manifest)[tt.want] != 1 {
				t.Errorf("kept %v, %+v", found, manifest)
			}
		})
	}
}

// A plan or a medicine is dated by its beginning: it may well go on.
func TestNarrowLasting(t *testing.T) {
	b, _ := read(t, bundled("collection", pat, `{"resourceType":"CarePlan","id":"c","period":{"start":"2019-05-01","end":"2030-01-01"}}`))
	s := scope(consent.CarePlans)
	s.From, s.To = "2019-01-01", "2019-12-31"
	if kept, manifest := fhir.Narrow(b, s); len(kept.Entries) != 2 {
		t.Errorf("%+v", manifest)
	}
}

const ward = `{"resourceType":"Bundle","type":"searchset","entry":[
{"fullUrl":"https://h.example/fhir/Patient/p1","resource":{"resourceType":"Patient","id":"p1","name":[{"family":"Lindqvist","given":["Rosa"]}],"birthDate":"1961-04-17","gender":"female","photo":[{"contentType":"image/png"}],"address":[{"city":"Ekhamn"}],"identifier":[{"system":"urn:x","value":"1","assigner":{"reference":"Organization/hospital"}}],"generalPractitioner":[{"reference":"Practitioner/gp"}],"text":{"status":"generated","div":"<div>all about her</div>"}}},
{"resource":{"resourceType":"Practitioner","id":"gp"}},
{"resource":{"resourceType":"Practitioner","id":"dr"}},
{"resource":{"resourceType":"PractitionerRole","id":"role","practitioner":{"reference":"Practitioner/dr"},"organization":{"reference":"Organization/hospital"}}},
{"resource":{"resourceType":"Organization","id":"hospital","partOf":{"reference":"Organization/region"}}},
{"resource":{"resourceType":"Organization","id":"region"}},
{"resource":{"resourceType":"Medication","id":"pill","code":{"text":"Lisinopril 10 mg"}}},
{"resource":{"resourceType":"Encounter","id":"visit","subject":{"reference":"Patient/p1"},"serviceProvider":{"reference":"Organization/elsewhere"}}},
{"resource":{"resourceType":"Condition","id":"mind","subject":{"reference":"Patient/p1"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"370143000"}]}}},
{"resource":{"resourceType":"MedicationRequest","id":"m1","subject":{"reference":"Patient/p1"},"medicationReference":{"reference":"Medication/pill"},"requester":{"reference":"PractitionerRole/role"},"encounter":{"reference":"Encounter/visit"}}},
{"resource":{"resourceType":"MedicationRequest","id":"m2","subject":{"reference":"Patient/p1"},"reasonReference":[{"reference":"Condition/mind"}]}},
{"resource":{"resourceType":"MedicationRequest","id":"m3","subject":{"reference":"Patient/other"}}},
{"resource":{"resourceType":"Provenance","id":"prov","target":[{"reference":"MedicationRequest/m1"}]}}]}`

func TestNarrowKeepsWhatIsNamed(t *testing.T) {
	b, omitted := read(t, ward)
	if len(omitted) > 0 {
		t.Fatal(omitted)
	}
	kept, manifest := fhir.Narrow(b, scope(consent.Medicines))
	want := []string{"Patient/p1", "Practitioner/dr", "PractitionerRole/role", "Organization/hospital", "Organization/region", "Medication/pill", "MedicationRequest/m1"}
	if !slices.Equal(refs(kept), want) {
		t.Errorf("kept %v", refs(kept))
	}
	wantReasons := map[fhir.Reason]uint32{fhir.OutsideTypes: 1, fhir.SensitiveRecord: 2, fhir.OtherPatient: 1, fhir.NoRecord: 1, fhir.NotReferred: 1}
	if got := reasons(manifest); !reflect.DeepEqual(got, wantReasons) {
		t.Errorf("left out %v", got)
	}
	if manifest.Supporting != 5 || manifest.Records() != 1 || manifest.Kept[0].Type != consent.Medicines {
		t.Errorf("%+v", manifest)
	}
	if manifest.Dangling.Count != 1 || !slices.Equal(manifest.Dangling.Examples, []string{"MedicationRequest/m1 → Encounter/visit"}) {
		t.Errorf("%+v", manifest.Dangling)
	}
}

func TestNarrowReducesThePatient(t *testing.T) {
	b, _ := read(t, ward)
	kept, _ := fhir.Narrow(b, scope(consent.Allergies))
	if len(kept.Entries) != 1 {
		t.Fatal(refs(kept))
	}
	p := kept.Entries[0]
	for _, gone := range []string{"photo", "address", "generalPractitioner", "all about her"} {
		if strings.Contains(string(p.Raw), gone) {
			t.Errorf("the patient still has %s", gone)
		}
	}
	if p.FullURL != "https://h.example/fhir/Patient/p1" || fhir.DemographicsOf(p).Family != "Lindqvist" || len(fhir.DemographicsOf(p).Identifiers) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestNarrowSensitive(t *testing.T) {
	b, _ := read(t, ward)
	s := scope(consent.Medicines, consent.Conditions)
	s.Sensitive = []consent.Sensitive{consent.MentalHealth}
	kept, _ := fhir.Narrow(b, s)
	for _, ref := range []string{"Condition/mind", "MedicationRequest/m2"} {
		if _, found := kept.Find(ref); !found {
			t.Errorf("%s was ticked and left out", ref)
		}
	}
}

func TestNarrowFailsClosed(t *testing.T) {
	b, _ := read(t, bundled("collection", pat, obs))
	for name, s := range map[string]consent.Scope{
		"no types":       {},
		"unsorted types": {Types: []consent.RecordType{consent.TestResults, consent.Medicines}},
		"partial date":   {Types: []consent.RecordType{consent.TestResults}, From: "2019"},
		"turned dates":   {Types: []consent.RecordType{consent.TestResults}, From: "2020-01-01", To: "2019-01-01"},
	} {
		if kept, _ := fhir.Narrow(b, s); len(kept.Entries) != 1 {
			t.Errorf("%s: kept %v", name, refs(kept))
		}
	}
	byHand, _ := fhir.NewBundle([]fhir.Resource{{Type: "Observation", ID: "x", Raw: []byte(`{"resourceType":"Obs`)}})
	if kept, _ := fhir.Narrow(byHand, everything()); len(kept.Entries) != 0 {
		t.Errorf("kept what cannot be read: %v", refs(kept))
	}
}

func TestNarrowOnePatientOnly(t *testing.T) {
	const other = `{"resourceType":"Patient","id":"p2"}`
	const othersObs = `{"resourceType":"Observation","id":"o2","subject":{"reference":"Patient/p2"}}`
	two, _ := read(t, bundled("collection", pat, other, obs, othersObs))
	if kept, m := fhir.Narrow(two, everything()); len(kept.Entries) != 0 || reasons(m)[fhir.OtherPatient] != 4 {
		t.Errorf("of two patients were kept: %v", refs(kept))
	}
	one, omitted := two.Of(two.Patients()[0])
	if !slices.Equal(refs(one), []string{"Patient/p1", "Observation/o1"}) || len(omitted) != 1 || omitted[0].Count != 2 {
		t.Errorf("of the first: %v, %+v", refs(one), omitted)
	}
	const account = `{"resourceType":"Account","id":"a","subject":[{"reference":"Patient/p1"},{"reference":"Patient/p2"}]}`
	shared, _ := read(t, bundled("collection", pat, other, account))
	if mine, _ := shared.Of(shared.Patients()[0]); !slices.Equal(refs(mine), []string{"Patient/p1"}) {
		t.Errorf("an account of two was kept: %v", refs(mine))
	}
	const appointment = `{"resourceType":"Appointment","id":%q,"participant":[{"actor":{"reference":%q}},{"actor":{"reference":"Practitioner/d"}}]}`
	meetings, _ := read(t, bundled("collection", pat, fmt.Sprintf(appointment, "mine", "Patient/p1"), fmt.Sprintf(appointment, "theirs", "Patient/p2"),
		fmt.Sprintf(appointment, "far", "https://x.example/Patient/p2"), fmt.Sprintf(appointment, "nobody's", "Location/l")))
	if kept, m := fhir.Narrow(meetings, everything()); !slices.Equal(refs(kept), []string{"Patient/p1", "Appointment/mine"}) || reasons(m)[fhir.OtherPatient] != 2 {
		t.Errorf("of appointments were kept: %v", refs(kept))
	}
	missing, _ := read(t, bundled("collection", obs, othersObs))
	if kept, m := fhir.Narrow(missing, everything()); !slices.Equal(refs(kept), []string{"Observation/o1"}) || reasons(m)[fhir.OtherPatient] != 1 {
		t.Errorf("without a Patient: %v", refs(kept))
	}
}

// The destination is not told that something lies outside the scope.
func TestManifestDisclosed(t *testing.T) {
	b, omitted := read(t, strings.Replace(ward, `{"resource":{"resourceType":"Practitioner","id":"gp"}}`, `{"resource":{"resourceType":"Horoscope","id":"gp"}}`, 1))
	_, manifest := fhir.Narrow(b, scope(consent.Medicines))
	manifest.Add(omitted)
	open := manifest.Disclosed()
	if len(open.Omitted) != 1 || open.Omitted[0].Reason != fhir.UnknownType {
		t.Errorf("the destination sees %+v", open.Omitted)
	}
	if len(manifest.Omitted) != 5 {
		t.Errorf("the patient sees %+v", manifest.Omitted)
	}
}

func TestManifestBytes(t *testing.T) {
	b, _ := read(t, ward)
	_, manifest := fhir.Narrow(b, scope(consent.Medicines))
	raw := consent.Encode(manifest)
	var back fhir.Manifest
	if err := consent.Decode(raw, fhir.MaxManifest, &back); err != nil || !reflect.DeepEqual(back, manifest) {
		t.Errorf("%v: %+v became %+v", err, manifest, back)
	}
}

// However many records are left out with however long names, a manifest stays
// below its limit.
func TestManifestIsBounded(t *testing.T) {
	var all []fhir.Omission
	for reason := fhir.OutsideTypes; reason.String() != "for an unknown reason"; reason++ {
		for range 20 {
			all = fhir.MergeOmissions(all, []fhir.Omission{{Reason: reason, Count: 1 << 31, Examples: []string{strings.Repeat("é\x1b", 500)}}})
		}
	}
	m := fhir.Manifest{Supporting: 1 << 31, Bytes: 1 << 63, Dangling: fhir.Dangling{Count: 1 << 31, Examples: slices.Repeat([]string{strings.Repeat("x", 100)}, 5)}}
	for _, rt := range consent.RecordTypes() {
		m.Kept = append(m.Kept, fhir.Count{Type: rt, Count: 1 << 31})
	}
	m.Add(all)
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	if n := len(consent.Encode(m)); n > fhir.MaxManifest {
		t.Errorf("%d bytes", n)
	}
}

func TestManifestCheck(t *testing.T) {
	good := fhir.Omission{Reason: fhir.BadDate, Count: 1, Examples: []string{"entry 1"}}
	for name, m := range map[string]fhir.Manifest{
		"unknown type":    {Kept: []fhir.Count{{Type: 200, Count: 1}}},
		"repeated type":   {Kept: []fhir.Count{{Type: 1, Count: 1}, {Type: 1, Count: 1}}},
		"unknown reason":  {Omitted: []fhir.Omission{{Reason: 99, Count: 1}}},
		"no count":        {Omitted: []fhir.Omission{{Reason: 1}}},
		"repeated reason": {Omitted: []fhir.Omission{good, good}},
		"long example":    {Dangling: fhir.Dangling{Count: 1, Examples: []string{strings.Repeat("x", 101)}}},
		"many examples":   {Dangling: fhir.Dangling{Count: 1, Examples: make([]string, 6)}},
		"escape sequence": {Omitted: []fhir.Omission{{Reason: 1, Count: 1, Examples: []string{"\x1b[2J"}}}},
	} {
		if m.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	if err := (fhir.Manifest{Omitted: []fhir.Omission{good}}).Check(); err != nil {
		t.Error(err)
	}
}

// A narrower scope keeps nothing that a wider one leaves out, nothing outside
// the scope is kept, and narrowing twice is narrowing once.
func TestNarrowProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBundle(t)
		inner, outer := drawScope(t, "inner"), drawScope(t, "outer")
		kept, _ := fhir.Narrow(b, inner)
		again, m := fhir.Narrow(kept, inner)
		if !slices.Equal(refs(again), refs(kept)) {
			t.Fatalf("twice: %v, once: %v, %+v", refs(again), refs(kept), m)
		}
		wider, _ := fhir.Narrow(b, outer)
		classes := b.Sensitive()
		for i, r := range b.Entries {
			rt, isRecord := r.RecordType()
			_, inKept := kept.Find(r.Ref())
			_, inWider := wider.Find(r.Ref())
			if inner.Within(outer) && inKept && !inWider {
				t.Fatalf("%s is kept by %+v, but not by the wider %+v", r.Ref(), inner, outer)
			}
			if !isRecord || !inKept {
				continue
			}
			first, last := r.Days()
			for _, c := range classes[i] {
				if !slices.Contains(inner.Sensitive, c) {
					t.Fatalf("%s is kept and touches %s", r.Ref(), c)
				}
			}
			if !slices.Contains(inner.Types, rt) || inner.From != "" && first < inner.From || inner.To != "" && (last == "" || last > inner.To) {
				t.Fatalf("%s of %s to %s is kept by %+v", r.Ref(), first, last, inner)
			}
		}
	})
}

func drawScope(t *rapid.T, name string) consent.Scope {
	var s consent.Scope
	for _, rt := range []consent.RecordType{consent.Medicines, consent.Conditions, consent.TestResults, consent.Visits} {
		if rapid.Bool().Draw(t, name+" type") {
			s.Types = append(s.Types, rt)
		}
	}
	if len(s.Types) == 0 {
		s.Types = []consent.RecordType{consent.Insurance}
	}
	for _, c := range []consent.Sensitive{consent.MentalHealth, consent.HIV} {
		if rapid.Bool().Draw(t, name+" class") {
			s.Sensitive = append(s.Sensitive, c)
		}
	}
	days := []consent.Date{"", "2018-06-01", "2019-05-01", "2019-05-31", "2020-01-01"}
	s.From = rapid.SampledFrom(days).Draw(t, name+" from")
	s.To = rapid.SampledFrom(days).Draw(t, name+" to")
	if s.To != "" && s.From > s.To {
		s.From = ""
	}
	return s
}

// drawBundle makes records that refer to one another at random.
func drawBundle(t *rapid.T) fhir.Bundle {
	n := rapid.IntRange(1, 12).Draw(t, "records")
	kinds := []string{"MedicationRequest", "Condition", "Observation", "Encounter", "Practitioner", "Medication"}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s/r%d", rapid.SampledFrom(kinds).Draw(t, "type"), i)
	}
	entries := []string{pat}
	for i, name := range names {
		resourceType, id, _ := strings.Cut(name, "/")
		text := `{"resourceType":"` + resourceType + `","id":"` + id + `","subject":{"reference":"Patient/p1"}`
		if date := rapid.SampledFrom([]string{"", "2018", "2019-05", "2019-05-31", "2021-01-01"}).Draw(t, "date"); date != "" {
			text += `,"authoredOn":"` + date + `","recordedDate":"` + date + `","issued":"` + date + `","period":{"start":"` + date + `"}`
		}
		if c := rapid.SampledFrom([]string{"", "", "", "PSY", "HIV", "NEW"}).Draw(t, "label"); c != "" {
			text += `,"meta":{"security":[{"system":"` + actCode + `","code":"` + c + `"}]}`
		}
		text += `,"basedOn":[{"reference":"` + names[rapid.IntRange(0, n-1).Draw(t, "to")] + `"},{"reference":"Condition/none` + fmt.Sprint(i) + `"}]}`
		entries = append(entries, text)
	}
	b, omitted, err := fhir.ReadBundle(strings.NewReader(bundled("collection", entries...)), fhir.Limits{})
	if err != nil || len(omitted) > 0 {
		t.Fatal(err, omitted)
	}
	return b
}
