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
	dir    string // with what start leaves
}

// start runs a command and leaves its process and its exit code in a folder:
// tmux knows both, but does not always hear of a child's end.
const start = `dir=$1; shift
sh -c 'echo $$ >"$0/pid"; exec "$@"' "$dir" "$@"
echo $? >"$dir/code"`

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
	w := &window{t, fmt.Sprintf("carekey-test-%d-%d", os.Getpid(), servers.Add(1)), t.TempDir()}
	conf := filepath.Join(w.dir, "tmux.conf")
	if err := os.WriteFile(conf, []byte(tmuxConf), 0o600); err != nil {
		t.Fatal(err)
	}
	command := append([]string{"sh", "-c", start, "sh", w.dir, "env", "-i"}, env...)
	command = append(append(command, carekey), args...)
	w.tmux(append([]string{"-f", conf, "new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(lines)}, command...)...)
	t.Cleanup(w.close)
	return w
}

// close closes the terminal, with which the program has to end.
func (w *window) close() {
	_ = exec.Command("tmux", "-L", w.server, "kill-server").Run() // it may be gone already
	pid := w.pid()
	within(w.t, "the program ends with its terminal", func() bool { return gone(pid) }, func() string { return "it runs on" })
}

func (w *window) tmux(args ...string) string {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), "tmux", append([]string{"-L", w.server}, args...)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// screen is what the person sees now; a line that the terminal had to break is one.
func (w *window) screen() string { return w.tmux("capture-pane", "-p", "-J") }

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
	return w.left("pid")
}

// ends waits for the end of the program and returns its exit code.
func (w *window) ends() int {
	w.t.Helper()
	return w.left("code")
}

// left waits for a number that start leaves.
func (w *window) left(name string) int {
	w.t.Helper()
	var n int
	within(w.t, name, func() bool {
		b, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			return false
		}
		n, err = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil
	}, func() string { return "there is none" })
	return n
}

// gone tells whether there is no such process any more.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
