package screen

import (
	"strings"
	"testing"

	"carekey/ui/words"
)

// TestWhatStandsBesideAListCanBeRead presses the keys of the right half until
// its end is in sight, where list and detail stand side by side.
func TestWhatStandsBesideAListCanBeRead(t *testing.T) {
	for _, s := range []struct {
		name, end string
		keys      []string
	}{
		{"request", "you can also say no.", []string{"2"}},
		{"choice", "anything about violence and abuse", []string{"2", "a"}},
		{"entry", "Batch", []string{"3"}},
		{"permission", "has not confirmed it yet.", []string{"4"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			d := drive(t, rich(), 110, 16).press(s.keys...)
			if d.right(s.end) || !d.right(words.MoreBelowAside) {
				t.Fatalf("it does not say that it goes on:\n%s", d.screen())
			}
			for range 20 {
				d.press("J")
			}
			if !d.right(s.end) || !d.right(words.MoreAboveAside) {
				t.Errorf("its end is out of reach:\n%s", d.screen())
			}
			for range 20 {
				d.press("shift+up")
			}
			if d.right(s.end) {
				t.Errorf("its beginning is out of reach:\n%s", d.screen())
			}
		})
	}
}

// right tells whether the right half of the window says something.
func (d *driver) right(text string) bool {
	var words []string
	for _, l := range strings.Split(d.screen(), "\n") {
		_, r, _ := strings.Cut(l, "│")
		words = append(words, strings.Fields(r)...)
	}
	return strings.Contains(strings.Join(words, " "), text)
}

func TestTheEndsOfATextHaveKeys(t *testing.T) {
	d := drive(t, rich(), 40, 12).press("5", "G")
	if !d.sees(words.MoreAbove) {
		t.Errorf("G does not go to the end:\n%s", d.screen())
	}
	d.press("k")
	if d.sees(words.MoreAbove) || !d.sees(words.MoreBelow) {
		t.Errorf("one up from the end is\n%s", d.screen())
	}
	d.press("g")
	if !d.sees("Nothing is missing") {
		t.Errorf("g does not go to the beginning:\n%s", d.screen())
	}
}

func TestLinesDoNotBreakAtHyphens(t *testing.T) {
	got := strings.Join(wrap("Make one: carekey init --recovery-file FILE", 25), "\n")
	if want := "Make one: carekey init\n--recovery-file FILE"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := wrap(strings.Repeat("-", 7), 3); strings.Join(got, " ") != "--- --- -" {
		t.Errorf("what is too long anyway is broken into %q", got)
	}
}
