package screen

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"carekey/ui/internal/uitest"
)

// scene is a screen and how to get there.
type scene struct {
	name string
	play func(d *driver)
	w    func() *uitest.Wallet // nil: rich data, 41 rows
}

func keys(list ...string) func(*driver) {
	return func(d *driver) { d.press(list...); d.ripen() }
}

func rich() *uitest.Wallet { return uitest.New(41) }

func alarmed() *uitest.Wallet {
	w := rich()
	w.Change(uitest.Alarmed)
	return w
}

var scenes = []scene{
	{"home", keys(), nil},
	{"home-end", keys("G"), nil},
	{"home-empty", keys(), uitest.Empty},
	{"home-alarm", keys(), alarmed},
	{"requests", keys("2"), nil},
	{"requests-empty", keys("2"), uitest.Empty},
	{"request", keys("2", "enter"), nil},
	{"request-suspended", keys("2", "j", "enter"), nil},
	{"request-hostile", keys("2", "G", "enter"), nil},
	{"choose", keys("2", "a"), nil},
	{"choose-some", keys("2", "a", "space", "j", "j", "space", "j", "j", "space", "j", "right"), nil},
	{"sign", keys("2", "a", "*", "enter"), nil},
	{"sign-end", keys("2", "a", "*", "enter", "space", "space"), nil},
	{"not-yet", keys("2", "G", "a"), nil},
	{"deny", keys("2", "d"), nil},
	{"deny-why", func(d *driver) { d.press("2", "d", "w").write("Ask my doctor."); d.ripen() }, nil},
	{"block", keys("2", "b"), nil},
	{"history", keys("3", "j", "j"), nil},
	{"history-open", keys("3", "j", "j", "enter", "j"), nil},
	{"history-end", keys("3", "G"), nil},
	{"history-empty", keys("3"), uitest.Empty},
	{"entry", keys("3", "enter"), nil},
	{"filter", keys("3", "f", "right", "j", "j", "right"), nil},
	{"filter-who", keys("3", "f", "right"), nil},
	{"filtered", keys("3", "f", "right", "j", "j", "right", "enter"), nil},
	{"search", func(d *driver) { d.press("3", "/").write("research") }, nil},
	{"found", func(d *driver) { d.press("3", "/").write("research").press("enter") }, nil},
	{"not-found", func(d *driver) { d.press("3", "/").write("zebra").press("enter") }, nil},
	{"query", keys("3", "x"), nil},
	{"query-send", keys("3", "x", "enter"), nil},
	{"permissions", keys("4"), nil},
	{"permissions-end", keys("4", "G"), nil},
	{"permissions-last", func(d *driver) { d.press("4", "G").screen(); d.press("j") }, nil},
	{"permissions-empty", keys("4"), uitest.Empty},
	{"permission", keys("4", "enter"), nil},
	{"revoke", keys("4", "r"), nil},
	{"unblock", keys("4", "G", "k", "k", "k", "u"), nil},
	{"proof", keys("5"), nil},
	{"proof-alarm", keys("5"), alarmed},
	{"help", keys("3", "?"), nil},
	{"problem", keys("!"), alarmed},
	{"problem-note", keys("G", "enter"), nil},
}

var sizes = [][2]int{{40, 12}, {80, 24}, {120, 40}}

func (s scene) drive(t testing.TB, width, height int) *driver {
	t.Helper()
	wallet := s.w
	if wallet == nil {
		wallet = rich
	}
	d := drive(t, wallet(), width, height)
	s.play(d)
	return d
}

func TestScreens(t *testing.T) {
	for _, s := range scenes {
		for _, size := range sizes {
			name := fmt.Sprintf("%s-%dx%d", s.name, size[0], size[1])
			t.Run(name, func(t *testing.T) { golden(t, name, s.drive(t, size[0], size[1]).screen()) })
		}
	}
}

// sgr are the only sequences that a screen may hold: colours and weights.
var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// TestEveryScreenFits draws everything at many sizes: as many lines as there
// are rows, none too wide, and nothing but colours between the letters.
func TestEveryScreenFits(t *testing.T) {
	for _, s := range scenes {
		for _, size := range [][2]int{{40, 12}, {41, 13}, {59, 15}, {60, 19}, {69, 20}, {80, 18}, {80, 24}, {109, 30}, {110, 24}, {111, 13}, {200, 60}} {
			drawn := s.drive(t, size[0], size[1]).m.draw()
			lines := strings.Split(drawn, "\n")
			if len(lines) != size[1] {
				t.Errorf("%s at %v has %d lines", s.name, size, len(lines))
			}
			for i, l := range lines {
				if w := ansi.StringWidthWc(l); w > size[0] {
					t.Errorf("%s at %v: line %d has %d columns: %q", s.name, size, i, w, ansi.Strip(l))
				}
			}
			for _, r := range sgr.ReplaceAllString(drawn, "") {
				if r != '\n' && r != ' ' && !unicode.IsPrint(r) {
					t.Fatalf("%s at %v holds %U", s.name, size, r)
				}
			}
		}
	}
}

func TestTooSmallSaysSo(t *testing.T) {
	d := drive(t, rich(), 30, 8)
	if !d.sees("too small (30 × 8)") {
		t.Errorf("got\n%s", d.screen())
	}
	d.press("2", "d", "y")
	d.expect()
	d.send(keyPress("ctrl+c"))
	if !d.quit {
		t.Error("one cannot leave")
	}
}
