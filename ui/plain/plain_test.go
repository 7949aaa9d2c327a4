package plain

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"carekey/ui/ask"
	"carekey/ui/internal/uitest"
	"carekey/ui/safe"
	"carekey/ui/words"
)

var update = flag.Bool("update", false, "write the golden sessions anew")

// play runs a session over what a person types.
func play(t *testing.T, w *uitest.Wallet, typed ...string) string {
	t.Helper()
	var out strings.Builder
	in := strings.Join(typed, "\n")
	if len(typed) > 0 {
		in += "\n"
	}
	err := Run(context.Background(), safe.Wallet(w), ask.New(strings.NewReader(in), &out), &out, func() time.Time { return uitest.Now })
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestSessions(t *testing.T) {
	tests := []struct {
		name  string
		typed []string
		acts  []string
	}{
		{"silence", nil, nil},
		{"help", []string{"help", "nonsense", "show", "show 9"}, nil},
		{"requests", []string{"requests", "show 1", "show 3"}, nil},
		{"approve", []string{"requests", "approve 1", "1, 2", "keep", "yes"},
			[]string{`approve 7: medicines and allergies; sensitive nothing; "" to ""; 1 uses; until 2026-12-20; kept ""`}},
		{"approve-sensitive", []string{"approve 1", "all 5", "keep", "y"},
			[]string{`approve 7: medicines, allergies, conditions, and test results; sensitive mental health; "" to ""; 1 uses; until 2026-12-20; kept ""`}},
		{"approve-narrowed", []string{"approve 1", "1", "1", "2020-02-30", "2020-02-29", "2", "2", "4", "4", "2026-12-01", "5", "3", "6", "keep", "yes"},
			[]string{`approve 7: medicines; sensitive nothing; "2020-02-29" to "2026-11-20"; 1 uses; until 2026-12-01; kept "2027-11-20"`}},
		{"approve-study-once", []string{"approve 2", "2", "3", "2", "1", "2", "keep", "yes"},
			[]string{`approve 21: vital signs; sensitive nothing; "2026-08-20" to ""; 1 uses; until 2027-11-20; kept ""`}},
		{"approve-crossed", []string{"approve 1", "1", "2", "2020-01-01", "1", "2", "keep", ""}, nil},
		{"approve-nothing", []string{"approve 1", "", "yes"}, nil},
		{"approve-nonsense", []string{"approve 1", "1 99", "yes"}, nil},
		{"approve-waits", []string{"approve 3", "all", "yes"}, nil},
		{"deny", []string{"deny 1", "yes"}, []string{`deny 7: ""`}},
		{"deny-why", []string{"deny 2 Ask my\x1b[31m doctor.", "yes"}, []string{`deny 21: "Ask my doctor."`}},
		{"deny-not", []string{"deny 1", ""}, nil},
		{"later", []string{"later 2"}, []string{"put off 21 until 2026-11-21 09:00"}},
		{"refuse", []string{"refuse 1", "yes"}, []string{"block 4e true"}},
		{"lift", []string{"lift heart", "lift trust", "yes"}, []string{"block ee false"}},
		{"permissions", []string{"permissions", "show 1", "revoke 2", "yes"}, []string{"revoke c1/3/00"}},
		{"history", []string{"history", "more", "show 8", "ask 8", "ask 9", "Who?", "yes"}, []string{`query 1a/1999992: "Who?"`}},
		{"seen-nothing", []string{"seen 1", "problems", "seen 1"}, nil},
		{"history-search", []string{"history research", "deny 1"}, nil},
		{"proof", []string{"proof", "problems", "check"}, []string{"refresh"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := uitest.New(41)
			got := play(t, w, tt.typed...)
			want := append([]string{"refresh"}, tt.acts...)
			want = append(want, "looked")
			if acts := strings.Join(w.Did(), "\n"); acts != strings.Join(want, "\n") {
				t.Errorf("the wallet was asked\n%s\nand not\n%s", acts, strings.Join(want, "\n"))
			}
			for _, r := range got {
				if r != '\n' && r != ' ' && !unicode.IsPrint(r) {
					t.Fatalf("%U is shown", r)
				}
			}
			golden(t, tt.name, got)
		})
	}
}

// TestSilenceMeansNo lets the input end, and then an empty line come, at every
// question on the way to a yes.
func TestSilenceMeansNo(t *testing.T) {
	way := []string{"approve 1", "all", "4", "2", "keep", "yes"}
	for n := range way {
		for _, ending := range [][]string{nil, {""}, {"", "yes", "yes"}} {
			w := uitest.New(41)
			play(t, w, append(slices.Clone(way[:n]), ending...)...)
			if did := w.Did(); !slices.Equal(did, []string{"refresh", "looked"}) {
				t.Errorf("after %q and %q the wallet was asked %q", way[:n], ending, did)
			}
		}
	}
}

func TestEmptyWalletSaysHowToBegin(t *testing.T) {
	if got := play(t, uitest.Empty()); !strings.Contains(got, "carekey join") {
		t.Errorf("got %s", got)
	}
}

func TestAlarmsComeFirst(t *testing.T) {
	w := uitest.New(41)
	w.Change(uitest.Alarmed)
	lines := strings.Split(play(t, w), "\n")
	if !strings.HasPrefix(lines[0], "✗ do not trust") || !strings.HasPrefix(lines[1], "✗ A proof failed") {
		t.Errorf("got %q", lines[:3])
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s\nwant:\n%s", name, got, want)
	}
}

// TestASeenLie ends the alarm of a failed proof after a yes, and no other
// problem.
func TestASeenLie(t *testing.T) {
	w := uitest.New(41)
	w.Change(uitest.Alarmed)
	got := play(t, w, "problems", "seen 2", "seen 1", "", "problems", "seen 1", "yes")
	if !strings.Contains(got, words.NotToBeSeen) || !strings.Contains(got, words.Seen) || !strings.Contains(got, words.PlainNotSaid) {
		t.Errorf("got\n%s", got)
	}
	if acts := w.Did(); len(acts) != 3 || acts[1] != "seen head of size 12 does not extend 14 at Lakeview Laboratory" {
		t.Errorf("the wallet was asked %q", acts)
	}
}
