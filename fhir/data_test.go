package fhir_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carekey/consent"
	"carekey/fhir"
)

// shared returns a folder of test data beside the module.
func shared(t testing.TB, folder string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	found := filepath.Join(dir, "..", "shared", "data", folder)
	if _, err := os.Stat(found); err != nil {
		t.Skip("skipped: ../shared is absent")
	}
	return found
}

// jsonFiles returns every JSON file below a folder.
func jsonFiles(t testing.TB, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json") {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no test data in %s: %v", folder, err)
	}
	return files
}

func everything() consent.Scope {
	return consent.Scope{Types: consent.RecordTypes(), Sensitive: consent.SensitiveClasses()}
}

func read(t testing.TB, text string) (fhir.Bundle, []fhir.Omission) {
	t.Helper()
	b, omitted, err := fhir.ReadBundle(strings.NewReader(text), fhir.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return b, omitted
}

func resource(t testing.TB, text string) fhir.Resource {
	t.Helper()
	r, err := fhir.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return r
}

// TestOfficialData reads, narrows, writes and refiles every bundle and example
// that others made.
func TestOfficialData(t *testing.T) {
	for _, folder := range []string{"synthea", "ips", "fhir-examples"} {
		t.Run(folder, func(t *testing.T) {
			for _, file := range jsonFiles(t, shared(t, folder)) {
				t.Run(filepath.Base(file), func(t *testing.T) { checkFile(t, file) })
			}
		})
	}
}

func checkFile(t *testing.T, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b, omitted, err := fhir.ReadBundle(bytes.NewReader(raw), fhir.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(omitted) > 0 {
		t.Errorf("left out: %+v", omitted)
	}
	checkExact(t, raw, b)
	checkOutline(t, string(raw), fhir.Limits{})
	narrow, manifest := fhir.Narrow(b, everything())
	if err := manifest.Check(); err != nil {
		t.Error(err)
	}
	again, omitted := read(t, written(t, narrow))
	if len(omitted) > 0 || written(t, again) != written(t, narrow) {
		t.Errorf("written and read again it differs: %v", omitted)
	}
	transaction := transactionOf(t, narrow, refileKey())
	if !json.Valid(transaction) {
		t.Error("the transaction is not JSON")
	}
	keepForValidator(t, transaction)
}

// checkExact holds the resources against the file: all are there, byte for byte.
func checkExact(t *testing.T, raw []byte, b fhir.Bundle) {
	t.Helper()
	var whole struct {
		ResourceType string `json:"resourceType"`
		Entry        []struct {
			FullURL  string          `json:"fullUrl"`
			Resource json.RawMessage `json:"resource"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(raw, &whole); err != nil {
		t.Fatal(err)
	}
	if whole.ResourceType != "Bundle" {
		if len(b.Entries) != 1 || !bytes.Equal(b.Entries[0].Raw, bytes.TrimSpace(raw)) {
			t.Error("the one resource is not there as it was")
		}
		return
	}
	if len(b.Entries) != len(whole.Entry) {
		t.Fatalf("%d entries of %d", len(b.Entries), len(whole.Entry))
	}
	for i, e := range whole.Entry {
		got := b.Entries[i]
		if !bytes.Equal(got.Raw, e.Resource) || got.FullURL != e.FullURL {
			t.Errorf("entry %d is not as it was", i)
		}
	}
}

func written(t testing.TB, b fhir.Bundle) string {
	t.Helper()
	var out bytes.Buffer
	if err := fhir.Write(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// keepForValidator writes what a test made where CAREKEY_FHIR_OUT says, so that
// validators of others can be run over it.
func keepForValidator(t *testing.T, raw []byte) {
	t.Helper()
	folder := os.Getenv("CAREKEY_FHIR_OUT")
	if folder == "" {
		return
	}
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == ' ' {
			return '_'
		}
		return r
	}, t.Name())
	if err := os.WriteFile(filepath.Join(folder, strings.TrimSuffix(name, ".json")+".json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
