package roles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carekey/ui"
)

// TestDemoReadsRecordsFirst: where the records cannot be read, nothing is made.
func TestDemoReadsRecordsFirst(t *testing.T) {
	folder := t.TempDir()
	words := filepath.Join(t.TempDir(), "words.json")
	if err := os.WriteFile(words, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(t.TempDir(), "absent.json")
	_, err := startDemo(t.Context(), ui.DemoOptions{Folder: folder, Records: absent})
	if !errors.Is(err, ui.ErrNotFound) || !strings.Contains(err.Error(), absent) {
		t.Errorf("a file that is not there: %v", err)
	}
	_, err = startDemo(t.Context(), ui.DemoOptions{Folder: folder, Records: words})
	if err == nil || !strings.Contains(err.Error(), "not a FHIR R4 bundle") {
		t.Errorf("no FHIR: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "data", "demo")); err != nil || len(left) > 0 {
		t.Errorf("a patient was made: %v, %v", left, err)
	}
}
