package records

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
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

func TestEmbeddedFileRefusesWhole(t *testing.T) {
	e := openEmbedded(t, filepath.Join(t.TempDir(), "r.db"))
	if err := e.Load(t.Context(), "1", bundle(t, lee)); err != nil {
		t.Fatal(err)
	}
	good := `{"resource":` + observation(1) + `,"request":{"method":"PUT","url":"Observation/o1"}}`
	for name, text := range map[string]string{
		"no entries":     `{"resourceType":"Bundle","type":"transaction"}`,
		"cut off":        `{"resourceType":"Bundle","entry":[` + good,
		"a deletion":     `{"resourceType":"Bundle","entry":[` + good + `,{"request":{"method":"DELETE","url":"Patient/p1"}}]}`,
		"half a name":    `{"resourceType":"Bundle","entry":[` + good + `,{"resource":{},"request":{"method":"PUT","url":"Patient"}}]}`,
		"no transaction": `[]`,
	} {
		var final *Rejected
		if err := e.File(t.Context(), "1", []byte(text)); !errors.As(err, &final) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got, _, err := e.Read(t.Context(), "1"); err != nil || len(got.Entries) != 1 {
		t.Errorf("a refused transaction left %v, %v", names(got), err)
	}
}

func FuzzEntryReader(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation"},"request":{"method":"PUT","url":"Observation/o1"}}]}`))
	f.Add([]byte(`{"entry":[{"request":{"method":"DELETE","url":"Patient/p1"}}]}`))
	f.Add([]byte(`{"entry":[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := newEntryReader(b)
		for err == nil {
			var got row
			if got, err = r.next(); err == nil && (len(got.raw) == 0 || !json.Valid(got.raw)) {
				t.Errorf("a resource of %d bytes", len(got.raw))
			}
		}
	})
}
