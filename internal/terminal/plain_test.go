package terminal

import (
	"regexp"
	"strings"
	"testing"
)

// escape is the beginning of a terminal's command.
const escape = "\x1b"

func TestPlainWithoutATerminal(t *testing.T) {
	p, folder := newPerson(t), t.TempDir()
	// The input ends at the question whether to take it back: that is a no.
	r := p.types("home\npermissions\nrevoke 1\n", "demo", "--quiet", "--folder", folder)
	if r.code != 0 || !whole.MatchString(r.out) || !strings.Contains(r.out, "City Hospital") {
		t.Errorf("ended with %d\n%s%s", r.code, r.out, r.hints)
	}
	if !strings.Contains(r.out+r.hints, "[yes/NO]") {
		t.Errorf("nobody was asked\n%s%s", r.out, r.hints)
	}
	if strings.Contains(r.out+r.hints, escape) {
		t.Errorf("colours without a terminal:\n%q", r.out+r.hints)
	}
	r = p.types("permissions\n", "demo", "--quiet", "--folder", folder)
	if r.code != 0 || !strings.Contains(r.out, "This one permission is all that exists") || strings.Contains(r.out, "Taking") {
		t.Errorf("after the input ended, with %d\n%s%s", r.code, r.out, r.hints)
	}
}

func TestPlainInADumbTerminal(t *testing.T) {
	p, folder := newPerson(t, "TERM=dumb"), t.TempDir()
	w := p.open(80, 24, "demo", "--quiet", "--folder", folder)
	w.sees("carekey>")
	w.write("requests")
	w.sees("Nobody asks you")
	w.write("quit")
	if code := w.ends(); code != 0 {
		t.Errorf("quit ends with %d", code)
	}
	if alternate := w.tmux("display-message", "-p", "#{alternate_on}"); strings.TrimSpace(alternate) != "0" {
		t.Error("the whole screen was taken")
	}
}

// colour is a terminal's command that sets one.
var colour = regexp.MustCompile(`\x1b\[[0-9;:]*(3[0-7]|38|4[0-7]|48|9[0-7])[0-9;:]*m`)

func TestNoColour(t *testing.T) {
	for _, c := range []struct {
		env      string
		coloured bool
	}{{"NO_COLOR=1", false}, {"COLORTERM=truecolor", true}} {
		p, folder := newPerson(t, c.env), t.TempDir()
		w := p.open(80, 24, "demo", "--quiet", "--folder", folder)
		w.complete()
		if got := colour.MatchString(w.tmux("capture-pane", "-p", "-e")); got != c.coloured {
			t.Errorf("%s: colours: %t\n%s", c.env, got, w.tmux("capture-pane", "-p", "-e"))
		}
		w.press("q")
		w.ends()
	}
}
