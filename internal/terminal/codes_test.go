package terminal

import (
	"path/filepath"
	"testing"
)

// TestStaffCodes: what goes wrong at an institution ends with the
// code that carekey help exit-codes names.
func TestStaffCodes(t *testing.T) {
	p := newPerson(t)
	w := p.open(80, 24, "demo", "--quiet")
	w.complete()
	clinic, nowhere := house(ordinary(p), "heart-clinic"), t.TempDir()
	at := func(args ...string) []string { return append(append([]string{"gateway"}, args...), "--home", clinic) }
	for name, tt := range map[string]struct {
		want int
		args []string
	}{
		"no such record":          {3, at("invite", "--record", "nobody")},
		"a second chart":          {8, at("invite", "--record", atClinic)},
		"no chart to ask":         {3, at("request", "--record", "nobody", "--types", "medicines")},
		"from itself":             {2, at("request", "--record", atClinic, "--types", "medicines", "--from", "Northside Heart Clinic")},
		"from nobody":             {3, at("request", "--record", atClinic, "--types", "medicines", "--from", "Nowhere")},
		"a licence that is none":  {2, at("request", "--record", atClinic, "--types", "medicines", "--licence", "xyz")},
		"a look without a chart":  {3, at("look", "--record", "nobody")},
		"no such permission":      {8, at("look", "--record", atClinic, "--basis", "permission", "--permission", "999")},
		"no such question":        {3, at("answer", "00000000-1", "--text", "It was me.")},
		"a second node":           {9, []string{"node", "--home", house(ordinary(p), "node"), "--listen", "127.0.0.1:0"}},
		"a second gateway":        {9, at("run")},
		"an address that is none": {2, at("run", "--listen", "127.0.0.1:0", "--fhir", "ftp://records")},
		"no gateway runs":         {6, []string{"gateway", "status", "--home", nowhere}},
		"a home that is none":     {3, []string{"gateway", "run", "--home", nowhere}},
		"a node's that is none":   {3, []string{"node", "--home", filepath.Join(nowhere, "node")}},
	} {
		if r := p.types("", tt.args...); r.code != tt.want {
			t.Errorf("%s ends with %d, not %d: %s", name, r.code, tt.want, r.hints)
		}
	}
}
