package terminal

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Bounds for what a person waits for, on a busy machine.
const (
	patience = 90 * time.Second
	glance   = 100 * time.Millisecond // between two looks at the screen
)

// servers counts the terminals, so that each has a name of its own.
var servers atomic.Int32

// window is a terminal in which the program runs.
type window struct {
	t      *testing.T
	server string // name of the private tmux server
}

// tmuxConf keeps a window that has ended, gives the program every line, and
// does not hold an Escape back.
const tmuxConf = `set -g remain-on-exit on
set -g status off
set -sg escape-time 0
set -g default-terminal xterm-256color
`

// open starts the program in a new terminal of its own.
func open(t *testing.T, columns, lines int, env []string, args ...string) *window {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("skipped: tmux is missing")
	}
	conf := filepath.Join(t.TempDir(), "tmux.conf")
	if err := os.WriteFile(conf, []byte(tmuxConf), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &window{t, fmt.Sprintf("carekey-test-%d-%d", os.Getpid(), servers.Add(1))}
	start := []string{"-f", conf, "new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(lines), "env", "-i"}
	w.tmux(append(append(append(start, env...), carekey), args...)...)
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", w.server, "kill-server").Run() }) // it may be gone already
	return w
}

func (w *window) tmux(args ...string) string {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), "tmux", append([]string{"-L", w.server}, args...)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// screen is what the person sees now.
func (w *window) screen() string { return w.tmux("capture-pane", "-p") }

// sees waits until each text is on the screen at once.
func (w *window) sees(texts ...string) string {
	w.t.Helper()
	return w.until(fmt.Sprintf("%q", texts), func(screen string) bool {
		for _, t := range texts {
			if !strings.Contains(screen, t) {
				return false
			}
		}
		return true
	})
}

// until waits for a screen.
func (w *window) until(what string, ok func(screen string) bool) string {
	w.t.Helper()
	var screen string
	within(w.t, what, func() bool {
		screen = w.screen()
		return ok(screen)
	}, func() string { return screen })
	return screen
}

// within looks again and again until it is so.
func within(t *testing.T, what string, so func() bool, otherwise func() string) {
	t.Helper()
	late := time.After(patience)
	again := time.NewTicker(glance)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("not within %s: %s; instead\n%s", patience, what, otherwise())
		}
	}
}

// press types keys by their tmux names.
func (w *window) press(keys ...string) {
	w.t.Helper()
	w.tmux(append([]string{"send-keys"}, keys...)...)
}

// write types text as it is, and Enter.
func (w *window) write(text string) {
	w.t.Helper()
	w.tmux("send-keys", "-l", text)
	w.press("Enter")
}

// pid is the program's.
func (w *window) pid() int {
	w.t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(w.tmux("display-message", "-p", "#{pane_pid}")))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// ends waits for the end of the program and returns its exit code.
func (w *window) ends() int {
	w.t.Helper()
	var state string
	within(w.t, "the program ends", func() bool {
		state = w.tmux("display-message", "-p", "#{pane_dead} #{pane_dead_status}")
		return strings.HasPrefix(state, "1")
	}, w.screen)
	code, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(state, "1 ")))
	if err != nil {
		w.t.Fatalf("no exit code: %q\n%s", state, w.screen())
	}
	return code
}

// gone tells whether there is no such process any more.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
