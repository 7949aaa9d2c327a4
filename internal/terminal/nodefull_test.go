package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"carekey/internal/smalldisk"
)

// TestNodeOnAFullDisk: a node whose disk is full ends and says so, and a new
// start with room goes on where it was.
func TestNodeOnAFullDisk(t *testing.T) {
	disk := smalldisk.New(t, 64<<20)
	p := newPerson(t)
	w := p.open(80, 24, "demo", "--quiet", "--folder", disk.Dir)
	w.complete()
	w.press("q")
	if code := w.ends(); code != 0 {
		t.Fatalf("q ends with %d", code)
	}
	home := house(filepath.Join(disk.Dir, "data"), "node")
	run := func() *window { return p.open(120, 24, "node", "--home", home, "--listen", "127.0.0.1:0") }
	w = run()
	w.sees("the node serves")
	disk.Fill()
	if code := w.ends(); code != 1 {
		t.Errorf("a full disk ends with %d", code)
	}
	if screen := w.screen(); !strings.Contains(screen, "The ledger has stopped") || !strings.Contains(screen, "no space left on device") {
		t.Errorf("it says\n%s", screen)
	}
	disk.Free()
	w = run()
	w.sees("the node serves")
	if err := syscall.Kill(w.pid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := w.ends(); code != 0 {
		t.Errorf("a node with room again ends with %d", code)
	}
	if _, err := os.Stat(filepath.Join(home, "validator-state.json")); err != nil {
		t.Error(err)
	}
}
