package command

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

// TestPrintableMeansTheSame hides in a record's text what acts on a terminal.
func TestPrintableMeansTheSame(t *testing.T) {
	const text = "Müller 李\u009b31m \u202eeeL\u200b \U000e0041"
	bundle, err := json.Marshal(map[string]string{"family": text})
	if err != nil {
		t.Fatal(err)
	}
	out := printable(bundle)
	if strings.ContainsFunc(string(out), func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("got %q", out)
	}
	if !strings.Contains(string(out), "Müller 李") {
		t.Errorf("letters were changed: %s", out)
	}
	var back map[string]string
	if err := json.Unmarshal(out, &back); err != nil || back["family"] != text {
		t.Errorf("got %+q, %v", back, err)
	}
	plain := json.RawMessage(`{"resourceType":"Bundle"}`)
	if got := printable(plain); string(got) != string(plain) {
		t.Errorf("got %s", got)
	}
}
