package screen

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"carekey/ui/internal/uitest"
	"carekey/ui/words"
	"carekey/wallet"
)

func TestTheProofLineAgesByItself(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	if !d.sees("✓ complete: 41 of 41 entries, checked against 3 institutions, 12 s ago") {
		t.Fatalf("got\n%s", d.screen())
	}
	d.send(tickMsg(uitest.Now.Add(time.Minute)))
	if !d.sees("! unsure: 41 of 41 entries, checked against 3 institutions, 1 minute ago") || d.sees("✓ complete:") {
		t.Errorf("an old proof is green:\n%s", d.screen())
	}
	d.press("4")
	if d.sees("That is proven") {
		t.Errorf("an old proof proves that these are all:\n%s", d.screen())
	}
}

func TestTheFirstLineIsTheProof(t *testing.T) {
	for _, s := range scenes {
		first, _, _ := strings.Cut(s.drive(t, 80, 24).screen(), "\n")
		if !regexp.MustCompile(`^ (✓ complete|✗ do not trust|· nothing to check)`).MatchString(first) {
			t.Errorf("%s begins with %q", s.name, first)
		}
	}
}

// TestHelpTellsTheTruth presses every key that a screen's help names, on a
// screen of its own: something must happen.
func TestHelpTellsTheTruth(t *testing.T) {
	for _, s := range scenes {
		for _, size := range [][2]int{{80, 14}, {120, 40}} {
			fresh := func() *driver {
				d := s.drive(t, size[0], size[1])
				d.ripen()
				return d
			}
			base := fresh()
			all := base.m.top().keys(base.m.body()).bindings
			if base.m.dialogs.top() == nil && !base.m.top().keys(base.m.body()).typing {
				all = append(all, base.m.general()...)
			}
			if len(all) == 0 {
				t.Errorf("%s has no keys", s.name)
			}
			for i, b := range all {
				if b.Show == "" || b.Does == "" || len(b.keys) == 0 {
					t.Errorf("%s: a key has no words", s.name)
				}
				for _, k := range b.keys {
					if !moves(b) && !isHere(b, base.m.at) && !reacts(fresh(), k) {
						t.Errorf("%s at %v: %q (%s) does nothing", s.name, size, k, b.Does)
					}
					if j := slices.IndexFunc(all[:i], func(o binding) bool { return slices.Contains(o.keys, k) }); j >= 0 && !isPlaceKey(all[j], b) {
						t.Errorf("%s: %q does both %q and %q", s.name, k, all[j].Does, b.Does)
					}
				}
			}
		}
	}
}

// isPlaceKey allows that a screen takes a key that is otherwise general.
func isPlaceKey(own, general binding) bool { return general.Quiet && !own.Quiet }

// isHere tells the key of the place where one is.
func isHere(b binding, at place) bool { return b.Key == words.PlaceKey(int(at)) }

// moves tells keys that do nothing at the end of a list.
func moves(b binding) bool {
	return slices.ContainsFunc(b.keys, func(k string) bool {
		return slices.Contains([]string{"up", "down", "pgup", "pgdown", "g", "G", "shift+down", "shift+up", "left", "right"}, k)
	})
}

func reacts(d *driver, k string) bool {
	before, acts, open := d.screen(), len(d.w.Did()), len(d.m.dialogs.open)
	d.atOnce(k)
	return d.quit || d.screen() != before || len(d.w.Did()) != acts || len(d.m.dialogs.open) != open || d.m.notice.text != ""
}

func TestMovingKeysMove(t *testing.T) {
	for _, place := range []string{"1", "2", "3", "4"} {
		d := drive(t, rich(), 80, 24)
		d.press(place)
		top := d.screen()
		for _, pair := range [][2]string{{"down", "up"}, {"j", "k"}, {"pgdown", "pgup"}, {"ctrl+d", "ctrl+u"}, {"G", "g"}, {"end", "home"}} {
			d.press(pair[0])
			if d.screen() == top {
				t.Errorf("in place %s, %s does nothing", place, pair[0])
			}
			d.press(pair[1])
			if d.screen() != top {
				t.Errorf("in place %s, %s does not come back", place, pair[1])
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	for p := range placeEnd {
		if d.press(string(rune('1' + p))); d.m.at != p {
			t.Errorf("key %d goes to %d", p+1, d.m.at)
		}
	}
	d.press("tab")
	if d.m.at != home {
		t.Errorf("after the last place comes %d", d.m.at)
	}
	d.press("shift+tab")
	if d.m.at != proof {
		t.Errorf("before the first place comes %d", d.m.at)
	}
}

func TestMouse(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	x := strings.Index(strings.Split(d.screen(), "\n")[2], "3 History")
	d.send(tea.MouseClickMsg{X: x, Y: 2, Button: tea.MouseLeft})
	if d.m.at != history {
		t.Errorf("a click on History goes to %d", d.m.at)
	}
	before := d.screen()
	d.send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if d.screen() == before {
		t.Error("the wheel does nothing")
	}
	d.send(tea.MouseClickMsg{X: x, Y: 10, Button: tea.MouseLeft})
	d.expect()
}

func TestRefreshGoesOnAndCanBeStopped(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.run(d.m.refresh())
	d.expect("refresh")
	if len(d.timers) != 1 {
		t.Fatalf("%d timers are set", len(d.timers))
	}
	d.send(d.timers[0](uitest.Now))
	d.expect("refresh", "refresh")
	asked := d.m.refresh() // under way
	d.press("ctrl+r")
	if !d.sees("Stopped checking.") {
		t.Errorf("got\n%s", d.screen())
	}
	d.run(asked)
}

func TestTroubleOfTheLastCheckStandsUnderProof(t *testing.T) {
	w := rich()
	w.Err = errors.New("the hospital's gateway does not answer")
	d := drive(t, w, 80, 40)
	d.run(d.m.refresh())
	if d.sees("does not answer") {
		t.Error("an error stands on Home")
	}
	if d.press("5"); !d.sees("the hospital's gateway does not answer") {
		t.Errorf("got\n%s", d.screen())
	}
}

func TestColoursAreNeverAlone(t *testing.T) {
	for _, p := range []colorprofile.Profile{colorprofile.NoTTY, colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
		for _, s := range scenes {
			d := s.drive(t, 80, 24)
			want := d.screen()
			d.send(tea.ColorProfileMsg{Profile: p})
			if d.screen() != want {
				t.Errorf("%s says something else with %s", s.name, p)
			}
		}
	}
}

func TestPaste(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	d.press("3", "/")
	d.send(tea.PasteMsg{Content: "research\n"})
	if d.press("enter"); !d.sees("3 of 41: “research”") {
		t.Errorf("got\n%s", d.screen())
	}
}

func TestNewRowsDoNotMoveTheChoice(t *testing.T) {
	for _, width := range []int{80, 120} {
		d := drive(t, uitest.New(1000), width, 24)
		d.press("3", "pgdown", "pgdown")
		h := d.m.places[history].(*historyScreen)
		before := h.chosen().Position
		d.news(func(s *wallet.Snapshot) { s.Rows += 5 })
		if got := h.chosen().Position; got != before+5 {
			t.Errorf("row %d was chosen, now %d, and five rows came", before, got)
		}
		d.press("g")
		d.news(func(s *wallet.Snapshot) { s.Rows += 5 })
		if h.roll.cursor != 0 {
			t.Error("the top does not stay the top")
		}
	}
}

func TestAnswersToAnOldFilterAreDropped(t *testing.T) {
	d := drive(t, rich(), 80, 24)
	h := d.m.places[history].(*historyScreen)
	d.press("3")
	d.send(pageMsg{serial: h.pages.serial - 1, total: 7})
	if h.pages.total != 41 {
		t.Errorf("%d rows", h.pages.total)
	}
}

// TestAllWordsAreInWords looks for sentences in this package's sources.
func TestAllWordsAreInWords(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sentence := regexp.MustCompile(`[A-Za-z]{2,} [A-Za-z]{2,}`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && sentence.MatchString(lit.Value) {
				t.Errorf("%s says %s: it belongs into ui/words", name, lit.Value)
			}
			return true
		})
	}
}

// TestEveryScriptKeepsItsColumn shows names whose letters join into clusters:
// what stands beside them must not move.
func TestEveryScriptKeepsItsColumn(t *testing.T) {
	d := drive(t, rich(), 120, 40)
	d.news(func(s *wallet.Snapshot) {
		s.Requests = slices.Clone(s.Requests)
		s.Requests[0].By.Name = "Dr. नमस्ते 李小龍 Zażółć"
	})
	d.press("2")
	bars := map[int]int{}
	for _, l := range strings.Split(d.screen(), "\n") {
		if before, _, found := strings.Cut(l, "│"); found {
			bars[ansi.StringWidthWc(before)]++
		}
	}
	if len(bars) != 1 {
		t.Errorf("the line between list and page stands in the columns %v:\n%s", bars, d.screen())
	}
}

// TestTheAlarmNamesItsKeyWhereItWorks: the key that tells all about an alarm is
// a letter where a text is typed, and nothing where a question is asked.
func TestTheAlarmNamesItsKeyWhereItWorks(t *testing.T) {
	for _, keys := range [][]string{{}, {"2"}, {"2", "enter"}, {"5"}, {"2", "d"}, {"2", "d", "w"}, {"3", "/"}, {"?"}} {
		d := drive(t, alarmed(), 80, 24).press(keys...)
		d.ripen()
		named := d.sees(words.AlarmHint)
		d.press("!")
		if works := d.sees(words.ProblemHappened); works != named {
			t.Errorf("after %v the alarm's key works: %v, and is named: %v", keys, works, named)
		}
	}
}
