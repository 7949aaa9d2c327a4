package roles

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gofrs/flock"

	"carekey/ui"
)

// TestADemoTouchesNoFilesOfOthers: a folder that somebody chose may hold
// folders with the names of a demo's.
func TestADemoTouchesNoFilesOfOthers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"data", "state"} {
		folder := t.TempDir()
		mine := filepath.Join(folder, name, "thesis.txt")
		if err := errors.Join(os.Mkdir(filepath.Dir(mine), 0o700), os.WriteFile(mine, []byte("mine"), 0o600)); err != nil {
			t.Fatal(err)
		}
		o := ui.DemoOptions{Folder: folder}
		if removed, err := cleanDemo(t.Context(), o); !errors.Is(err, ui.ErrUsage) || len(removed) > 0 {
			t.Errorf("%s: removed %v, %v", name, removed, err)
		}
		if _, err := startDemo(t.Context(), o); !errors.Is(err, ui.ErrUsage) {
			t.Errorf("%s: a start: %v", name, err)
		}
		left, err := filepath.Glob(filepath.Join(folder, "*", "*"))
		if err != nil || !slices.Equal(left, []string{mine}) {
			t.Errorf("%s: there is %v, %v", name, left, err)
		}
	}
}

func TestWhereNoDemoIsNothingIsRemoved(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "nothing")
	if removed, err := cleanDemo(t.Context(), ui.DemoOptions{Folder: folder}); err != nil || len(removed) > 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

// TestADemoInUseIsNotRemoved: its node runs as a program of its own.
func TestADemoInUseIsNotRemoved(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	data := filepath.Join(folder, "data")
	node := filepath.Join(data, ".network", "node")
	if err := errors.Join(os.MkdirAll(node, 0o700), os.WriteFile(filepath.Join(data, demoLock), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	lock := flock.New(filepath.Join(node, "lock"))
	if held, err := lock.TryLock(); err != nil || !held {
		t.Fatal(held, err)
	}
	o := ui.DemoOptions{Folder: folder}
	if removed, err := cleanDemo(t.Context(), o); !errors.Is(err, ui.ErrBusy) || len(removed) > 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	if _, err := os.Stat(lock.Path()); err != nil {
		t.Error(err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := cleanDemo(t.Context(), o); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
