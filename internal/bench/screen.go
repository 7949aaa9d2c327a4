package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/ui/safe"
	"carekey/ui/screen"
	"carekey/wallet"
	"carekey/wallet/keys"
)

// Screens: the wallet in a process of its own, on a terminal of its own, over a
// warm vault; its floor is a program that shows one line and counts keys.

const (
	paints      = 15
	keyPresses  = 300
	paintLimit  = 150 * time.Millisecond
	keyLimit    = 16 * time.Millisecond
	memoryLimit = 150 << 20
	frame       = time.Second / 120
)

// Keys as terminals send them.
const (
	keyDown     = "\x1b[B"
	keyUp       = "\x1b[A"
	keyPageDown = "\x1b[6~"
	keyHistory  = "3"
)

func measureScreen(ctx context.Context, dir string) ([]row, error) {
	path, masters, err := warmVault(ctx, dir)
	if err != nil {
		return nil, err
	}
	spec, err := json.Marshal(screenSpec{Vault: path, Masters: masters})
	if err != nil {
		return nil, err
	}
	all := &screenRun{ctx: ctx, shows: townHospital, role: screenRole, spec: spec}
	floor := &screenRun{ctx: ctx, shows: "pressed 0", role: blankRole}
	for range paints + 1 {
		for _, r := range []*screenRun{all, floor} {
			if err := r.paint(); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range []*screenRun{floor, all} {
		if err := r.press(); err != nil {
			return nil, err
		}
	}
	return rowsOf(all, floor), nil
}

func rowsOf(all, floor *screenRun) []row {
	paint, bare := all.paints[1:].at(0.5), floor.paints[1:].at(0.5) // the first warms the caches
	slow, bareSlow := all.keys.at(0.99), floor.keys.at(0.99)
	middle, bareMiddle := all.keys.at(0.5), floor.keys.at(0.5)
	return []row{
		below("first paint from the start of the process, 100,000 entries, vs a bare Bubble Tea program", paint, bare, paintLimit, milliseconds, ratio(paint, bare)),
		below("key → frame, p50, vs the same", middle, bareMiddle, keyLimit, milliseconds, ratio(middle, bareMiddle)),
		below(fmt.Sprintf("key → frame, p99 of %d, vs the same", keyPresses), slow, bareSlow, keyLimit, milliseconds, ratio(slow, bareSlow)),
		below("memory after scrolling and searching (VmHWM), vs the same", all.memory, floor.memory, memoryLimit, megabytes, float64(all.memory)/float64(floor.memory)),
	}
}

// screenRun starts one kind of child again and again.
type screenRun struct {
	ctx    context.Context //nolint:containedctx // of one measurement, from its begin to its end
	shows  string          // what its first frame contains
	role   string
	spec   []byte
	paints samples
	keys   samples
	memory int64 // bytes
}

// start runs the child on a terminal and waits for its first frame.
func (r *screenRun) start() (*terminal, *exec.Cmd, time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, 0, err
	}
	cmd := exec.CommandContext(r.ctx, self, r.role)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	started := time.Now()
	t, err := startOnTerminal(cmd, 120, 40, r.spec)
	if err != nil {
		return nil, nil, 0, err
	}
	at, err := t.until(r.ctx, r.shows)
	return t, cmd, at.Sub(started), err
}

func (r *screenRun) paint() error {
	t, cmd, took, err := r.start()
	if err != nil {
		return err
	}
	r.paints = append(r.paints, took)
	return t.end(cmd)
}

// press measures keys in the history, then walks on and reads the memory.
func (r *screenRun) press() error {
	t, cmd, _, err := r.start()
	if err != nil {
		return err
	}
	if _, err := t.press(r.ctx, keyHistory); err != nil {
		return err
	}
	for i := range keyPresses {
		key := []string{keyDown, keyDown, keyPageDown, keyDown, keyUp}[i%5]
		took, err := t.press(r.ctx, key)
		if err != nil {
			return err
		}
		r.keys = append(r.keys, took)
	}
	for _, key := range []string{"\x1b[F", "\x1b[H", "/", "n", "o", ".", " ", "4", "2", "\r", keyPageDown, "\x1b[F"} {
		if _, err := t.press(r.ctx, key); err != nil {
			return err
		}
	}
	if err := t.quiet(r.ctx, time.Second); err != nil {
		return err
	}
	if r.memory, err = peakMemory(cmd.Process.Pid); err != nil {
		return err
	}
	return t.end(cmd)
}

// pause waits for up to one frame, so that presses fall anywhere between two.
func pause(ctx context.Context) {
	select {
	case <-time.After(rand.N(frame)): //nolint:gosec // no secret hangs on it
	case <-ctx.Done():
	}
}

// screenSpec is what a child reads from its first extra file.
type screenSpec struct {
	Vault   string
	Masters []byte
}

// runScreen is the wallet on the terminal that the process was given.
func runScreen(ctx context.Context) error {
	var spec screenSpec
	if err := json.NewDecoder(os.NewFile(3, "spec")).Decode(&spec); err != nil {
		return err
	}
	masters, err := keys.DecodeMasters(spec.Masters)
	if err != nil {
		return err
	}
	agent, err := keys.NewAgent(masters)
	if err != nil {
		return err
	}
	v, err := openVault(spec.Vault, agent)
	if err != nil {
		return err
	}
	w, err := wallet.Open(wallet.Config{Person: warmPerson, Agent: agent, Vault: v})
	if err != nil {
		return err
	}
	return screen.Run(ctx, safe.Wallet(w), os.Stdin, os.Stdout, os.Environ())
}

// blank shows how many keys were pressed.
type blank int

// Init is [tea.Model.Init].
func (blank) Init() tea.Cmd { return nil }

// Update is [tea.Model.Update].
func (b blank) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(tea.KeyPressMsg); ok {
		b++
	}
	return b, nil
}

// View is [tea.Model.View].
func (b blank) View() tea.View {
	v := tea.NewView(fmt.Sprintf("pressed %d times", int(b)))
	v.AltScreen = true
	return v
}

func runBlank(ctx context.Context) error {
	_, err := tea.NewProgram(blank(0), tea.WithContext(ctx), tea.WithFPS(120)).Run()
	return err
}
