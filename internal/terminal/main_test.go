package terminal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// carekey is the program, as TestMain built it.
var carekey string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code) // that is how TestMain ends
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "carekey-terminal-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir) // the system's folder for such files; a leftover does no harm
	carekey = filepath.Join(dir, "carekey")
	build := exec.Command("go", "build", "-o", carekey, "carekey")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("the program does not build: %w", err)
	}
	return m.Run(), nil
}
