package card_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDrawingInATerminal draws in a real one and reads what it then shows.
func TestDrawingInATerminal(t *testing.T) {
	c := samples(t)["groups.txt"]
	for _, kind := range []string{"xterm-256color", "screen-256color"} {
		t.Run(kind, func(t *testing.T) {
			lines := shown(t, kind, c.Draw().String(), c.Draw().Height)
			picture, err := paint(lines, sharp)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "groups.drawing", blocks(picture))
			if got := zbarimgReads(t, pngOf(t, picture)); !bytes.Equal(got, c.Code()) {
				t.Errorf("zbarimg reads %x, it should be %x", got, c.Code())
			}
		})
	}
}

// shown is what a terminal of 80 columns and 24 lines shows of a text, line by line
// and with its colours.
func shown(t *testing.T, kind, text string, height int) []string {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("skipped: tmux is missing")
	}
	dir := t.TempDir()
	server := fmt.Sprintf("carekey-card-%d-%s", os.Getpid(), kind)
	const conf = "set -g status off\nset -g default-terminal "
	for name, content := range map[string]string{"text": text + "shown", "conf": conf + kind + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tmux := func(args ...string) string {
		return string(tool(t, nil, "tmux", append([]string{"-L", server}, args...)...))
	}
	tmux("-f", filepath.Join(dir, "conf"), "new-session", "-d", "-x", "80", "-y", "24", "cat "+filepath.Join(dir, "text")+" -")
	t.Cleanup(func() { _ = exec.Command("tmux", "-L", server, "kill-server").Run() })
	late, again := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for {
		screen := tmux("capture-pane", "-p", "-e", "-N")
		lines := strings.Split(screen, "\n")
		if len(lines) > height && strings.Contains(lines[height], "shown") {
			return lines[:height]
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("the terminal shows\n%s", screen)
		}
	}
}
