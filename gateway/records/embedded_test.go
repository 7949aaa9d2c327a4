package records

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"carekey/fhir"
)

func openEmbedded(t *testing.T, path string) *Embedded {
	t.Helper()
	e, err := OpenEmbedded(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func TestEmbeddedKeepsBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d.db")
	e := openEmbedded(t, path)
	odd := `{"resourceType" : "Patient", "birthDate":"1970-01-02",
		"name":[ {"family":"Lee\u00e9"} ],"x-unknown":1.500 }`
	text := `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:2c3f9c53-0b5e-4c8a-9a53-1f0f2d1a7a11","resource":` + odd + `}]}`
	in, _, err := fhir.ReadBundle(bytes.NewReader([]byte(text)), fhir.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Load(t.Context(), "1", in); err != nil {
		t.Fatal(err)
	}
	out, _, err := e.Read(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	r := out.Entries[0]
	if string(r.Raw) != odd || r.FullURL != "urn:uuid:2c3f9c53-0b5e-4c8a-9a53-1f0f2d1a7a11" {
		t.Errorf("got %s %s", r.FullURL, r.Raw)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the records: %v, %v", info.Mode(), err)
	}
}

func TestEmbeddedLoadRefuses(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	none := bundle(t, `{"resourceType":"Condition","id":"c"}`)
	if err := e.Load(t.Context(), "1", none); !errors.Is(err, ErrNoRecord) {
		t.Errorf("no patient: %v", err)
	}
	two := bundle(t, `{"resourceType":"Patient","id":"a"}`, `{"resourceType":"Patient","id":"b"}`)
	if err := e.Load(t.Context(), "1", two); !errors.Is(err, ErrSeveral) {
		t.Errorf("two patients: %v", err)
	}
	if err := e.File(t.Context(), "1", transaction(none)); !errors.Is(err, ErrNoRecord) {
		t.Errorf("filed under an unknown number: %v", err)
	}
}

func TestEmbeddedNumbers(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	for _, n := range []string{"2", "1"} {
		if err := e.Load(t.Context(), n, bundle(t, `{"resourceType":"Patient","id":"a"}`)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := e.Numbers(t.Context())
	if err != nil || len(got) != 2 || got[0] != "1" {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestEmbeddedFilesWholeOrNothing ends a filing after its first resource.
func TestEmbeddedFilesWholeOrNothing(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	if err := e.Load(t.Context(), "1", bundle(t, lee)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cut := fhir.Transaction{Len: 2, All: func(yield func(fhir.Update, error) bool) {
		yield(fhir.Update{Type: "Observation", ID: "o1", Raw: []byte(observation(1))}, nil)
		cancel()
	}}
	if err := e.File(ctx, "1", cut); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got, _, err := e.Read(t.Context(), "1"); err != nil || len(got.Entries) != 1 {
		t.Errorf("a filing that was cut off left %v, %v", names(got), err)
	}
}

// TestEmbeddedReadsOlderRows: a record that an older version loaded has a row
// for each resource.
func TestEmbeddedReadsOlderRows(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	for i, raw := range []string{observation(1), lee, observation(2)} {
		r, err := fhir.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.db.ExecContext(t.Context(), "INSERT INTO resources (seq, record, type, id, full_url, raw) VALUES (?, '1', ?, ?, '', ?)", i, r.Type, r.ID, raw)
		if err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := e.Read(t.Context(), "1")
	if err != nil || len(got.Entries) != 3 || got.Entries[0].Type != "Patient" {
		t.Errorf("read %v, %v", names(got), err)
	}
	if err := e.Load(t.Context(), "1", bundle(t, lee, observation(3))); err != nil {
		t.Fatal(err)
	}
	if got, _, err = e.Read(t.Context(), "1"); err != nil || len(got.Entries) != 2 {
		t.Errorf("loaded anew it reads as %v, %v", names(got), err)
	}
}

// TestEmbeddedLoadKeepsWhatWasFiled: loading a record anew replaces what was
// loaded, not what transfers brought.
func TestEmbeddedLoadKeepsWhatWasFiled(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	for _, n := range []int{1, 2} {
		if err := e.Load(t.Context(), "1", bundle(t, observation(n), lee)); err != nil {
			t.Fatal(err)
		}
		if err := e.File(t.Context(), "1", transaction(bundle(t, observation(7)))); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := e.Read(t.Context(), "1")
	if err != nil || len(got.Entries) != 3 {
		t.Fatalf("read %v, %v", names(got), err)
	}
	for _, n := range []int{2, 7} {
		if r, err := fhir.Parse([]byte(observation(n))); err != nil || !slices.Contains(names(got), r.Ref()) {
			t.Errorf("read %v, and observation %d is not there: %v", names(got), n, err)
		}
	}
}

// TestEmbeddedTellsChange: a record that changes between the two times that it
// is read is not given out.
func TestEmbeddedTellsChange(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	if err := e.Load(t.Context(), "1", bundle(t, lee, observation(1), observation(2))); err != nil {
		t.Fatal(err)
	}
	o, _, err := e.Outline(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Write(io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := e.Load(t.Context(), "1", bundle(t, lee, observation(1), observation(3))); err != nil {
		t.Fatal(err)
	}
	if err := o.Write(io.Discard); !errors.Is(err, fhir.ErrChanged) {
		t.Errorf("got %v", err)
	}
	gone, end := context.WithCancel(t.Context())
	if o, _, err = e.Outline(gone, "1"); err != nil {
		t.Fatal(err)
	}
	end()
	if err := o.Write(io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("when nobody waits: %v", err)
	}
}

// TestEmbeddedFilesNothingCut: records that cannot be made to their end leave
// nothing behind.
func TestEmbeddedFilesNothingCut(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	if err := e.Load(t.Context(), "1", bundle(t, lee)); err != nil {
		t.Fatal(err)
	}
	cut := fhir.Transaction{Len: 2, All: func(yield func(fhir.Update, error) bool) {
		if yield(fhir.Update{Type: "Observation", ID: "o1", Raw: []byte(observation(1))}, nil) {
			yield(fhir.Update{}, fhir.ErrChanged)
		}
	}}
	if err := e.File(t.Context(), "1", cut); !errors.Is(err, fhir.ErrChanged) {
		t.Errorf("got %v", err)
	}
	if got, _, err := e.Read(t.Context(), "1"); err != nil || len(got.Entries) != 1 {
		t.Errorf("it left %v, %v", names(got), err)
	}
}
