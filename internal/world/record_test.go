package world

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	ann    = `{"resourceType":"Patient","id":"ann","name":[{"family":"Hill","given":["Ann"]}]}`
	annsX  = `{"resourceType":"Observation","id":"x","subject":{"reference":"Patient/ann"},"effectiveDateTime":"2020-01-01"}`
	notHer = `{"resourceType":"Observation","id":"y","subject":{"reference":"Patient/bob"},"effectiveDateTime":"2020-01-01"}`
)

func collection(resources ...string) string {
	return `{"resourceType":"Bundle","type":"collection","entry":[{"resource":` + strings.Join(resources, `},{"resource":`) + `}]}`
}

func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestReadRecordTellsWhatIsLeftOut: what is good is read, and each thing that is
// not is told.
func TestReadRecordTellsWhatIsLeftOut(t *testing.T) {
	deep := `{"resourceType":"Observation","id":"d","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`
	for name, tt := range map[string]struct {
		text string
		note string
	}{
		"an unknown type":     {collection(ann, annsX, `{"resourceType":"Spaceship","id":"s"}`), "1 left out: of a type that FHIR R4 does not have"},
		"a date that is none": {collection(ann, annsX, strings.Replace(notHer, "2020-01-01", "yesterday", 1)), "1 left out: with a date that is none"},
		"deep nesting":        {collection(ann, deep, annsX), "1 left out: nested too deeply"},
		"somebody else's":     {collection(ann, annsX, notHer), "1 left out: about another patient"},
		"one twice":           {collection(ann, annsX, annsX), "1 left out: there twice"},
		"a broken line":       {ann + "\n{broken\n" + annsX, "1 left out: not well-formed"},
	} {
		file := filepath.Join(written(t, map[string]string{"a.json": tt.text}), "a.json")
		r, notes, err := ReadRecord(file)
		if err != nil || len(notes) != 1 || notes[0] != "a.json: "+tt.note {
			t.Errorf("%s: %q, %v", name, notes, err)
		}
		if r.Person != "Ann Hill" || len(r.hospital.Entries) != 2 {
			t.Errorf("%s: %d records of %q", name, len(r.hospital.Entries), r.Person)
		}
	}
}

func TestReadRecordOfAFolder(t *testing.T) {
	dir := written(t, map[string]string{"a.json": collection(ann, annsX), "b.json": "hello", "c.ndjson": annsX, "d.txt": "not looked at"})
	r, notes, err := ReadRecord(dir)
	if err != nil || len(r.hospital.Entries) != 2 || len(notes) != 2 {
		t.Fatalf("%d records, %q, %v", len(r.hospital.Entries), notes, err)
	}
	if !strings.HasPrefix(notes[0], "b.json was left out: ") || !strings.HasSuffix(notes[1], ": 1 left out: there twice") {
		t.Errorf("%q", notes)
	}
}

// TestReadRecordRefuses: what holds no record is refused in one sentence that
// names it and says why.
func TestReadRecordRefuses(t *testing.T) {
	dir := written(t, map[string]string{
		"empty.json": "", "words.json": "hello", "list.json": "[1]", "cut.json": collection(ann, annsX)[:200],
		"nobody.json": collection(annsX), "alone.json": annsX, "history.json": strings.Replace(collection(ann), "collection", "history", 1),
	})
	large := filepath.Join(t.TempDir(), "large.json")
	if err := os.WriteFile(large, []byte(`{"x":"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 300<<20); err != nil { // of zeros, which take no disk
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "empty.json"):   "not a FHIR R4 bundle",
		filepath.Join(dir, "words.json"):   "not a FHIR R4 bundle",
		filepath.Join(dir, "list.json"):    "not a FHIR R4 bundle",
		filepath.Join(dir, "history.json"): "not a FHIR R4 bundle",
		filepath.Join(dir, "cut.json"):     "end in the middle",
		filepath.Join(dir, "nobody.json"):  "holds no Patient",
		filepath.Join(dir, "alone.json"):   "holds no Patient",
		os.DevNull:                         "not an ordinary file",
		large:                              "larger than the limit (256 MiB",
		t.TempDir():                        "holds 0 files of FHIR JSON",
	} {
		_, _, err := ReadRecord(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}
