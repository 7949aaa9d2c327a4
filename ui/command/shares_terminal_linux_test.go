package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"carekey/ui/words"
)

// TestNothingIsShownWithoutAYes runs the commands with a terminal as output, and
// looks at everything that reaches it.
func TestNothingIsShownWithoutAYes(t *testing.T) {
	dir := t.TempDir()
	if err := writeShares(dir); err != nil {
		t.Fatal(err)
	}
	one, two, text := filepath.Join(dir, "ada-1.txt"), filepath.Join(dir, "ada-2.txt"), filepath.Join(dir, "text.txt")
	known, sevens := filepath.Join(dir, "official.txt"), strings.Repeat("07", 16)
	combine, split := []string{"combine", one, two}, []string{"split", "--shares", "2", "--needed", "2", "--new"}
	for _, c := range []struct {
		name  string
		args  []string
		input string
		code  int
		shown string // that must be on the screen, or must not
		yes   bool
	}{
		{"silence", combine, "", CodeDeclined, sevens, false},
		{"an empty line", combine, "\n", CodeDeclined, sevens, false},
		{"no", combine, "no\n", CodeDeclined, sevens, false},
		{"yes", combine, "yes\n", CodeOK, sevens, true},
		{"--yes", append(combine, "--yes"), "", CodeOK, sevens, true},
		{"silence to JSON", append(combine, "--json"), "", CodeDeclined, sevens, false},
		{"silence to plain", append(combine, "--plain"), "", CodeDeclined, sevens, false},
		{"a file", append(combine, "--out", filepath.Join(dir, "secret")), "", CodeOK, sevens, false},
		{"a text", []string{"combine", "--text", text}, "", CodeDeclined, "open the red box", false},
		{"yes to a text", []string{"combine", "--text", text}, "y\n", CodeOK, "open the red box", true},
		{"check", []string{"check", known}, "yes\nyes\n", CodeOK, "duckling", false},
		{"check shows no secret", []string{"check", one, two}, "yes\nyes\n", CodeOK, sevens, false},
		{"print", []string{"print", known}, "", CodeDeclined, "duckling", false},
		{"yes to print", []string{"print", known}, "yes\n", CodeOK, "duckling", true},
		{"split", split, "", CodeDeclined, "academic", false},
		{"split to JSON", append(split, "--json"), "", CodeDeclined, "academic", false},
		{"yes to split", split, "yes\n", CodeOK, "academic", true}, // the third word of share 1
		{"split into files", append(split, "--out", filepath.Join(dir, "cards")), "", CodeOK, "academic", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var hints bytes.Buffer
			code, screen := onTerminal(t, &hints, c.input, append([]string{"shares"}, c.args...))
			if code != c.code {
				t.Errorf("ended with %d, not %d: %s", code, c.code, hints.String())
			}
			if strings.Contains(screen, c.shown) != c.yes {
				t.Errorf("on the screen: %q", screen)
			}
			if strings.Contains(hints.String(), c.shown) {
				t.Errorf("beside the answer: %q", hints.String())
			}
			asked := c.args[0] != "check" && strings.Contains(hints.String(), "look who can see this screen")
			if c.yes && !asked {
				t.Errorf("shown without a warning: %q", hints.String())
			}
		})
	}
}

// TestAPastedCardAnswersNothing pastes cards at a real terminal, with more behind
// the last one than the program needs, and says yes when it is asked.
func TestAPastedCardAnswersNothing(t *testing.T) {
	p := startOnTerminal(t, "shares", "combine")
	p.await("The first share: ")
	cards, err := os.ReadFile(filepath.Join(p.dir, "pasted.txt"))
	if err != nil {
		t.Fatal(err)
	}
	p.paste(string(cards) + "\nAnd this is another line.\nAnd one.\n")
	p.await(words.YesNo)
	p.paste("yes\n")
	if code := p.end(); code != CodeOK || !strings.Contains(p.seen.String(), "\n"+strings.Repeat("07", 16)) {
		t.Errorf("ended with %d:\n%s", code, p.seen.String())
	}
}

// TestAnErrorAsksTheTerminalNothing: a question that was broken off still reads from
// the terminal. Whoever then waited for the terminal to tell its colours would wait
// forever, with a terminal that no longer knows Ctrl+C.
func TestAnErrorAsksTheTerminalNothing(t *testing.T) {
	p := startOnTerminal(t, "shares", "print", "official.txt")
	p.await(words.YesNo)
	p.paste("no\n")
	if code := p.end(); code != CodeDeclined || strings.Contains(p.seen.String(), "\x1b") {
		t.Errorf("ended with %d: %q", code, p.seen.String())
	}
}

// atTerminal is the program at a terminal of its own.
type atTerminal struct {
	t       *testing.T
	dir     string
	cmd     *exec.Cmd
	outside *os.File
	seen    strings.Builder
}

// startOnTerminal starts the program in a folder with shares.
func startOnTerminal(t *testing.T, args ...string) *atTerminal {
	t.Helper()
	dir := t.TempDir()
	if err := writeShares(dir); err != nil {
		t.Fatal(err)
	}
	outside, inside := terminal(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program)
	cmd.Args = append([]string{"carekey"}, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TERM=xterm", "GORACE=atexit_sleep_ms=20")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inside, inside, inside
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := inside.Close(); err != nil {
		t.Fatal(err)
	}
	return &atTerminal{t: t, dir: dir, cmd: cmd, outside: outside}
}

// await reads the screen until it says something.
func (p *atTerminal) await(text string) {
	p.t.Helper()
	for b := make([]byte, 1); !strings.HasSuffix(p.seen.String(), text); {
		if _, err := p.outside.Read(b); err != nil {
			p.t.Fatalf("%v before %q:\n%s", err, text, p.seen.String())
		}
		p.seen.Write(b)
	}
}

func (p *atTerminal) paste(text string) {
	p.t.Helper()
	if _, err := p.outside.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the program's end and returns its exit code.
func (p *atTerminal) end() int {
	p.t.Helper()
	rest, _ := io.ReadAll(p.outside) // ends with an error when the other side is closed
	p.seen.Write(rest)
	var exit *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

// onTerminal runs the program with a terminal for its output, and returns what
// reached it.
func onTerminal(t *testing.T, hints io.Writer, input string, args []string) (code int, screen string) {
	t.Helper()
	outside, inside := terminal(t)
	seen := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(outside) // ends with an error when the other side is closed
		seen <- string(all)
	}()
	code = Main(context.Background(), pretend(), args, Streams{In: strings.NewReader(input), Out: inside, Err: hints, Env: []string{"TERM=xterm"}, Now: time.Now})
	if err := inside.Close(); err != nil {
		t.Fatal(err)
	}
	return code, <-seen
}

// terminal opens both ends of a new one.
func terminal(t *testing.T) (outside, inside *os.File) {
	t.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = outside.Close() }) // nobody looks at it any more
	fd := int(outside.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return outside, inside
}
