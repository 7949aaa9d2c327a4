package screen

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"carekey/ui/internal/uitest"
	"carekey/ui/safe"
	"carekey/wallet"
)

var update = flag.Bool("update", false, "write the golden screens anew")

// driver presses keys on a model and carries out its commands at once, in
// order. Timers do not run: the test says when their time has come.
type driver struct {
	t      testing.TB
	m      *Model
	w      *uitest.Wallet
	timers []func(time.Time) tea.Msg
	quit   bool
}

func drive(t testing.TB, w *uitest.Wallet, width, height int) *driver {
	t.Helper()
	// With the context ended, the command that waits for news ends at once.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d := &driver{t: t, w: w, m: New(ctx, safe.Wallet(w), uitest.Now)}
	d.m.wait = func(_ time.Duration, f func(time.Time) tea.Msg) tea.Cmd {
		d.timers = append(d.timers, f)
		return nil
	}
	d.send(tea.WindowSizeMsg{Width: width, Height: height})
	return d
}

func (d *driver) send(msg tea.Msg) {
	_, cmd := d.m.Update(msg)
	d.run(cmd)
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
	case tea.QuitMsg:
		d.quit = true
	default:
		d.send(msg)
	}
}

// press waits until a new dialog may be answered, then presses each key.
func (d *driver) press(keys ...string) *driver {
	for _, k := range keys {
		d.ripen()
		d.atOnce(k)
	}
	return d
}

// atOnce presses a key without waiting.
func (d *driver) atOnce(k string) { d.send(keyPress(k)) }

// ripen lets the grace of every dialog pass.
func (d *driver) ripen() {
	for _, l := range d.m.dialogs.open {
		d.send(graceMsg{l.serial})
	}
}

// write types a text letter by letter.
func (d *driver) write(text string) *driver {
	d.ripen()
	for _, r := range text {
		d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
	return d
}

// news changes what the wallet knows and tells the screens.
func (d *driver) news(edit func(*wallet.Snapshot)) {
	d.w.Change(edit)
	d.send(changedMsg{safe.Copy(d.w.Snapshot())})
}

// screen is what a person sees, without colours and empty ends of lines.
func (d *driver) screen() string {
	lines := strings.Split(ansi.Strip(d.m.draw()), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func (d *driver) sees(text string) bool {
	return strings.Contains(strings.Join(strings.Fields(d.screen()), " "), text)
}

// expect fails unless the wallet was asked exactly this.
func (d *driver) expect(acts ...string) {
	d.t.Helper()
	if got, want := strings.Join(d.w.Did(), "\n"), strings.Join(acts, "\n"); got != want {
		d.t.Errorf("the wallet was asked\n%s\nand not\n%s", got, want)
	}
}

var special = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "backspace": {Code: tea.KeyBackspace},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	"space": {Code: tea.KeySpace, Text: " "}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift}, "f1": {Code: tea.KeyF1}, "f5": {Code: tea.KeyF5},
	"ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+r": {Code: 'r', Mod: tea.ModCtrl}, "ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
	"ctrl+j": {Code: 'j', Mod: tea.ModCtrl}, "shift+down": {Code: tea.KeyDown, Mod: tea.ModShift}, "shift+up": {Code: tea.KeyUp, Mod: tea.ModShift},
}

func keyPress(k string) tea.KeyPressMsg {
	if msg, ok := special[k]; ok {
		return msg
	}
	r := []rune(k)
	if len(r) != 1 {
		panic("no such key: " + k)
	}
	return tea.KeyPressMsg{Code: r[0], Text: k}
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
