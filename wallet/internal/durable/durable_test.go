package durable_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"carekey/wallet/internal/durable"
	"carekey/wallet/internal/durable/durabletest"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestWriteIsOldOrNew(t *testing.T) {
	probe := durabletest.FailAfter(-1)
	if err := durable.Write(probe, filepath.Join(t.TempDir(), "f"), text("new")); err != nil {
		t.Fatal(err)
	}
	for n := range probe.Calls() + 1 {
		name := filepath.Join(t.TempDir(), "f")
		if err := durable.Write(durable.OS{}, name, text("old")); err != nil {
			t.Fatal(err)
		}
		err := durable.Write(durabletest.FailAfter(n), name, text("new"))
		got, readErr := os.ReadFile(name)
		if readErr != nil || (string(got) != "old" && string(got) != "new") {
			t.Errorf("broken after %d operations: %q, %v", n, got, readErr)
		}
		if err == nil && string(got) != "new" {
			t.Errorf("broken after %d operations: said to be written, but %q stands there", n, got)
		}
		if err := durable.Write(durable.OS{}, name, text("later")); err != nil {
			t.Errorf("broken after %d operations: what was left is in the way: %v", n, err)
		}
	}
}

func TestWriteIsTheOwnersAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := durable.Write(durable.OS{}, name, text("x")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != durable.FileMode {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestWriteNewLeavesAnExistingFileAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := durable.WriteNew(durable.OS{}, name, text("first")); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteNew(durable.OS{}, name, text("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(name); string(got) != "first" {
		t.Errorf("%q", got)
	}
	if left, _ := filepath.Glob(name + "*"); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadFileHasALimit(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := durable.Write(durable.OS{}, name, text("12345")); err != nil {
		t.Fatal(err)
	}
	if b, err := durable.ReadFile(name, 5); err != nil || string(b) != "12345" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := durable.ReadFile(name, 4); err == nil {
		t.Error("a file over the limit was read")
	}
}

// diary notes the order of operations.
type diary struct {
	durable.OS
	lines []string
}

type diaryFile struct {
	durable.File
	d *diary
}

func (d *diary) Create(name string) (durable.File, error) {
	d.lines = append(d.lines, "create "+filepath.Base(name))
	f, err := d.OS.Create(name)
	return diaryFile{f, d}, err
}

func (d *diary) Open(name string) (durable.File, error) {
	d.lines = append(d.lines, "open "+filepath.Base(name))
	f, err := d.OS.Open(name)
	return diaryFile{f, d}, err
}

func (d *diary) Rename(from, to string) error {
	d.lines = append(d.lines, "rename "+filepath.Base(to))
	return d.OS.Rename(from, to)
}

func (d *diary) SyncDir(dir string) error {
	d.lines = append(d.lines, "sync folder")
	return d.OS.SyncDir(dir)
}

func (f diaryFile) Write(b []byte) (int, error) {
	f.d.lines = append(f.d.lines, "write")
	return f.File.Write(b)
}

func (f diaryFile) Sync() error {
	f.d.lines = append(f.d.lines, "sync")
	return f.File.Sync()
}

func (f diaryFile) Close() error {
	f.d.lines = append(f.d.lines, "close")
	return f.File.Close()
}

func TestOverwriteKeepsTheRestOfTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	if err := durable.Overwrite(durable.OS{}, name, []byte("x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := durable.Write(durable.OS{}, name, text("0123456789")); err != nil {
		t.Fatal(err)
	}
	d := &diary{}
	if err := durable.Overwrite(d, name, []byte("abc")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); string(got) != "abc3456789" {
		t.Errorf("%q", got)
	}
	if want := []string{"open f", "write", "sync", "close"}; !slices.Equal(d.lines, want) {
		t.Errorf("%q", d.lines)
	}
	if err := durable.Overwrite(durabletest.FailAfter(2), name, []byte("new")); !errors.Is(err, durabletest.ErrBroken) {
		t.Errorf("it was not flushed: %v", err)
	}
}

func TestEverythingIsFlushedInOrder(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	for kind, c := range map[string]struct {
		write func(durable.FS, string, func(io.Writer) error) error
		want  []string
	}{
		"new":     {durable.WriteNew, []string{"create f1", "write", "sync", "close", "sync folder"}},
		"replace": {durable.Write, []string{"create f2.tmp", "write", "sync", "close", "rename f2", "sync folder"}},
	} {
		d := &diary{}
		at := name + map[string]string{"new": "1", "replace": "2"}[kind]
		if err := c.write(d, at, text("x")); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.lines, c.want) {
			t.Errorf("%s: %q", kind, d.lines)
		}
	}
}
