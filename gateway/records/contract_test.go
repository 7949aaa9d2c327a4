package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carekey/fhir"
	"carekey/internal/fhirserver"
)

// TestContract holds every implementation to the same promises.
func TestContract(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		e, err := OpenEmbedded(t.Context(), filepath.Join(t.TempDir(), "records.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		contract(t, e, func(b fhir.Bundle) error { return e.Load(t.Context(), "MRN-1", b) })
	})
	t.Run("server", func(t *testing.T) {
		base := fhirserver.Start(t, fhirserver.Options{Page: 50, Token: "s3cret"})
		s := newServer(t, ServerOptions{URL: base, TokenFile: tokenFile(t, "s3cret\n"), Page: 50, System: numberSystem})
		contract(t, s, func(b fhir.Bundle) error { return s.File(t.Context(), "", transaction(b)) })
	})
}

const numberSystem = "https://hospital.example/mrn"

// contract is what the gateway relies on; load brings in a record.
func contract(t *testing.T, r Records, load func(fhir.Bundle) error) {
	ctx := t.Context()
	if _, err := r.Patient(ctx, "MRN-1"); !errors.Is(err, ErrNoRecord) {
		t.Fatalf("before there is a record: %v", err)
	}
	sent := sample(t, 240)
	if err := load(sent); err != nil {
		t.Fatal(err)
	}
	patient, err := r.Patient(ctx, "MRN-1")
	if err != nil || patient.Ref() != "Patient/p1" {
		t.Fatalf("got %s, %v", patient.Ref(), err)
	}
	for _, number := range []string{"MRN-2", "MRN", "", "MRN-1,MRN-2"} {
		if _, err := r.Patient(ctx, number); !errors.Is(err, ErrNoRecord) {
			t.Errorf("record %q: got %v", number, err)
		}
	}
	compare(t, r, sent)

	more := bundle(t, `{"resourceType":"Condition","id":"filed-1","subject":{"reference":"Patient/p1"},"code":{"text":"Asthma"}}`,
		`{"resourceType":"Provenance","id":"filed-2","target":[{"reference":"Condition/filed-1"}],"recorded":"2026-11-20T09:00:00Z","agent":[{"who":{"display":"X"}}]}`)
	for range 2 { // twice is once
		if err := r.File(ctx, "MRN-1", transaction(more)); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := r.Read(ctx, "MRN-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := got.Find("Condition/filed-1"); !ok {
		t.Error("what was filed is not there")
	}
	if n := len(got.Entries); n != len(sent.Entries)+1 && n != len(sent.Entries)+2 { // Provenance is no part of the compartment
		t.Errorf("%d resources, want %d and what was filed", n, len(sent.Entries))
	}
}

func compare(t *testing.T, r Records, sent fhir.Bundle) {
	t.Helper()
	got, omitted, err := r.Read(t.Context(), "MRN-1")
	if err != nil || len(omitted) != 0 {
		t.Fatalf("omitted %v, %v", omitted, err)
	}
	if len(got.Entries) == 0 || got.Entries[0].Ref() != "Patient/p1" {
		t.Fatal("the patient does not come first")
	}
	if a, b := names(got), names(sent); !slices.Equal(a, b) {
		t.Errorf("read %d resources, want %d:\n%v\n%v", len(a), len(b), a, b)
	}
	outline, omitted, err := r.Outline(t.Context(), "MRN-1")
	if err != nil || len(omitted) != 0 {
		t.Fatalf("as an outline: omitted %v, %v", omitted, err)
	}
	var out bytes.Buffer
	if err := outline.Write(&out); err != nil {
		t.Fatal(err)
	}
	again, _, err := fhir.ReadBundle(&out, fhir.Limits{})
	if err != nil || len(again.Patients()) != 1 || !slices.Equal(names(again), names(got)) {
		t.Errorf("the outline is of %v, %v", names(again), err)
	}
}

func names(b fhir.Bundle) []string {
	var all []string
	for _, r := range b.Entries {
		all = append(all, r.Ref())
	}
	slices.Sort(all)
	return all
}

// sample is a record of a patient with n results and what they refer to, one
// of it by two steps.
func sample(t *testing.T, n int) fhir.Bundle {
	t.Helper()
	list := []string{
		`{"resourceType":"Organization","id":"o1","name":"General Hospital"}`,
		`{"resourceType":"Practitioner","id":"d1","name":[{"family":"Müller"}]}`,
		`{"resourceType":"PractitionerRole","id":"r1","practitioner":{"reference":"Practitioner/d1"},"organization":{"reference":"Organization/o1"}}`,
		`{"resourceType":"Patient","id":"p1","identifier":[{"system":"` + numberSystem + `","value":"MRN-1"}],"name":[{"family":"Lee"}],"birthDate":"1970-01-02"}`,
		`{"resourceType":"Medication","id":"m1","code":{"text":"Aspirin"}}`,
		`{"resourceType":"MedicationRequest","id":"mr1","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"medicationReference":{"reference":"Medication/m1"}}`,
	}
	for i := range n {
		list = append(list, fmt.Sprintf(`{"resourceType":"Observation","id":"ob%d","status":"final","code":{"text":"Weight"},"subject":{"reference":"Patient/p1"},"performer":[{"reference":"PractitionerRole/r1"}],"effectiveDateTime":"2026-01-02","valueString":"%d kg"}`, i, i))
	}
	return bundle(t, list...)
}

func bundle(t *testing.T, raw ...string) fhir.Bundle {
	t.Helper()
	text := `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + strings.Join(raw, `},{"resource":`) + `}]}`
	b, omitted, err := fhir.ReadBundle(strings.NewReader(text), fhir.Limits{})
	if err != nil || len(omitted) > 0 {
		t.Fatal(omitted, err)
	}
	return b
}

// transaction updates every resource of a bundle.
func transaction(b fhir.Bundle) fhir.Transaction {
	var all []fhir.Update
	for _, r := range b.Entries {
		all = append(all, fhir.Update{Type: r.Type, ID: r.ID, Raw: r.Raw})
	}
	return fhir.Transaction{Name: "test", Len: len(all), All: whole(all)}
}

func tokenFile(t *testing.T, token string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newServer(t *testing.T, o ServerOptions) *Server {
	t.Helper()
	s, err := NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.http.CloseIdleConnections() })
	return s
}

func TestServerAsksForItsToken(t *testing.T) {
	base := fhirserver.Start(t, fhirserver.Options{Token: "right"})
	s := newServer(t, ServerOptions{URL: base, TokenFile: tokenFile(t, "wrong")})
	_, err := s.Patient(context.Background(), "MRN-1")
	var refused *status
	if !errors.Is(err, ErrUnavailable) || !errors.As(err, &refused) || refused.code != http.StatusUnauthorized {
		t.Errorf("got %v", err)
	}
}
