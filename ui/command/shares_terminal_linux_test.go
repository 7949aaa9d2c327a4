package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
