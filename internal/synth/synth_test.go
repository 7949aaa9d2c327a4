package synth_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"carekey/consent"
	"carekey/fhir"
	"carekey/internal/synth"
)

func today() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

func written(t testing.TB, b fhir.Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := fhir.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRecordIsLongAndVaried(t *testing.T) {
	b := synth.Record(1, today())
	if n := len(b.Entries); n < 400 || n > 650 {
		t.Errorf("%d resources", n)
	}
	counts := map[consent.RecordType]int{}
	for _, r := range b.Entries {
		if rt, ok := r.RecordType(); ok {
			counts[rt]++
			if first, _ := r.Days(); first == "" {
				t.Errorf("%s is undated", r.Ref())
			}
		}
		if d := r.Date(); d > consent.Date(today().Format(time.DateOnly)) {
			t.Errorf("%s is of %s, ahead of its time", r.Ref(), d)
		}
	}
	for _, rt := range consent.RecordTypes() {
		if counts[rt] == 0 {
			t.Errorf("no %s", rt)
		}
	}
	t.Log(len(b.Entries), counts)
	if folder := os.Getenv("CAREKEY_FHIR_OUT"); folder != "" { // for validators of others
		if err := os.WriteFile(filepath.Join(folder, "synth.json"), written(t, b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecordIsTheSameEveryTime(t *testing.T) {
	if !bytes.Equal(written(t, synth.Record(7, today())), written(t, synth.Record(7, today()))) {
		t.Error("two calls differ")
	}
	if bytes.Equal(written(t, synth.Record(7, today())), written(t, synth.Record(8, today()))) {
		t.Error("two seeds give one record")
	}
}

// A record up to an earlier day is a smaller one about the same past.
func TestRecordEndsAtItsDay(t *testing.T) {
	until := time.Date(2010, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, r := range synth.Record(1, until).Entries {
		if r.Date() > "2010-06-01" {
			t.Errorf("%s is of %s", r.Ref(), r.Date())
		}
	}
}

func TestRecordHoldsTogether(t *testing.T) {
	b := synth.Record(1, today())
	again, omitted, err := fhir.ReadBundle(bytes.NewReader(written(t, b)), fhir.Limits{})
	if err != nil || len(omitted) > 0 {
		t.Fatal(omitted, err)
	}
	all := consent.Scope{Types: consent.RecordTypes(), Sensitive: consent.SensitiveClasses()}
	kept, manifest := fhir.Narrow(again, all)
	if manifest.Dangling.Count != 0 || len(manifest.Omitted) != 0 || len(kept.Entries) != len(b.Entries) {
		t.Errorf("%d of %d kept: %+v", len(kept.Entries), len(b.Entries), manifest)
	}
}

// Her episode of depression, the infection and the gene test stay behind unless
// they are ticked, with everything that tells of them.
func TestSensitiveRecords(t *testing.T) {
	b := synth.Record(1, today())
	classes := b.Sensitive()
	counts := map[consent.Sensitive]int{}
	for i, r := range b.Entries {
		for _, c := range classes[i] {
			counts[c]++
		}
		if slices.Contains(classes[i], consent.MentalHealth) != (r.Date() >= "2012-02-09" && r.Date() <= "2013-01-18" && r.Type != "Patient" && isAboutMind(r)) {
			t.Errorf("%s: %v", r.Ref(), classes[i])
		}
	}
	for _, c := range []consent.Sensitive{consent.MentalHealth, consent.SexualHealth, consent.Genetics, consent.HIV, consent.SubstanceUse} {
		if counts[c] == 0 {
			t.Errorf("nothing about %s", c)
		}
	}
	t.Log(counts)
}

func isAboutMind(r fhir.Resource) bool {
	for _, word := range []string{"epress", "PHQ", "sertraline", "sychiatry", "310496002"} {
		if bytes.Contains(r.Raw, []byte(word)) {
			return true
		}
	}
	return false
}

func TestPatientElsewhere(t *testing.T) {
	here := fhir.DemographicsOf(synth.Record(1, today()).Patients()[0])
	clinic := fhir.DemographicsOf(synth.PatientAt("Heart Clinic", "HC-19"))
	if v := fhir.Match(here, clinic); !v.Certain() {
		t.Error(v)
	}
	if v := fhir.Match(here, fhir.DemographicsOf(synth.TwinAt("Heart Clinic", "HC-20"))); v.Certain() {
		t.Error("her twin was taken for her")
	}
	for n := range uint64(20) {
		if v := fhir.Match(here, fhir.DemographicsOf(synth.StrangerAt(n, "Heart Clinic", "HC-21"))); v.Certain() {
			t.Errorf("stranger %d was taken for her", n)
		}
	}
}

func TestLarge(t *testing.T) {
	const size = 3 << 20
	raw := synth.Large(size)
	b, omitted, err := fhir.ReadBundle(bytes.NewReader(raw), fhir.Limits{})
	if err != nil || len(omitted) > 0 || len(raw) < size || len(raw) > size*3/2 || len(b.Patients()) != 1 {
		t.Errorf("%d bytes, %v, %v, %d patients", len(raw), omitted, err, len(b.Patients()))
	}
}
