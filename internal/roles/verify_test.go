package roles

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carekey/client"
	"carekey/ui"
)

// TestVerifyRefusesWhatIsNoEvidence: each with its own kind of failure and a
// sentence, and none is read without end.
func TestVerifyRefusesWhatIsNoEvidence(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	long := write("long", nil)
	if err := os.Truncate(long, client.MaxEvidenceBytes+1); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, file, anchor string
		is                 error  // nil: an ordinary failure
		says               string // part of the sentence
	}{
		{"missing", filepath.Join(dir, "nothing"), "", ui.ErrNotFound, "nothing"},
		{"folder", dir, "", nil, "not an ordinary file"},
		{"device", os.DevNull, "", nil, "not an ordinary file"},
		{"too long", long, "", ui.ErrLie, "longer than 256 MiB"},
		{"empty", write("empty", nil), "", ui.ErrLie, client.ErrNoEvidence.Error()},
		{"letter", write("letter", []byte("Dear doctor,")), "", ui.ErrLie, client.ErrNoEvidence.Error()},
		{"no anchor", write("any", []byte{0}), "anchor", nil, "carekey-anchor:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := verify(t.Context(), ui.VerifyOptions{File: tt.file, Anchor: tt.anchor})
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("verify: %v", err)
			}
			if lie, missing := errors.Is(err, ui.ErrLie), errors.Is(err, ui.ErrNotFound); lie != errors.Is(tt.is, ui.ErrLie) || missing != errors.Is(tt.is, ui.ErrNotFound) {
				t.Errorf("verify: %v, want the kind of %v", err, tt.is)
			}
		})
	}
}
