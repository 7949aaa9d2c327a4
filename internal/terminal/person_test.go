package terminal

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// person is somebody at a computer: a home folder and an environment.
type person struct {
	t   *testing.T
	env []string
}

// newPerson has a home of their own, and no keyring.
func newPerson(t *testing.T, env ...string) person {
	t.Helper()
	return person{t, append([]string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC"}, env...)}
}

// open starts the program in a terminal of the person.
func (p person) open(columns, lines int, args ...string) *window {
	p.t.Helper()
	return open(p.t, columns, lines, p.env, args...)
}

// result is what a command left.
type result struct {
	out, hints string
	code       int
}

// types runs a command without a terminal; input is what comes on its standard
// input.
func (p person) types(input string, args ...string) result {
	p.t.Helper()
	var out, hints bytes.Buffer
	cmd := exec.CommandContext(p.t.Context(), carekey, args...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.env, strings.NewReader(input), &out, &hints
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return result{out.String(), hints.String(), cmd.ProcessState.ExitCode()}
}

// runs is a command that must succeed; it returns what it printed.
func (p person) runs(args ...string) string {
	p.t.Helper()
	r := p.types("", args...)
	if r.code != 0 {
		p.t.Fatalf("carekey %q ended with %d\n%s%s", args, r.code, r.out, r.hints)
	}
	return r.out
}

// asks runs a command with --json and reads its answer.
func asks[T any](p person, args ...string) T {
	p.t.Helper()
	var v T
	out := p.runs(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		p.t.Fatalf("carekey %q: %v\n%s", args, err, out)
	}
	return v
}

func (p person) home() string {
	home, _ := strings.CutPrefix(p.env[0], "HOME=")
	return home
}
