// Package durable writes files so that whoever looks, also after a crash, finds
// the old content or the new one and nothing between: temporary file, fsync,
// rename, fsync of the directory. Who keeps two copies can write over one of
// them.
package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// Permissions of everything a wallet writes: its owner's alone.
const (
	FileMode fs.FileMode = 0o600
	DirMode  fs.FileMode = 0o700
)

// tempSuffix ends the names of files that are not finished.
const tempSuffix = ".tmp"

// FS is the part of the operating system that a durable write needs. [OS] is
// the real one; a test binds one that fails.
type FS interface {
	// Create makes a new file of [FileMode] and fails if there is one.
	Create(name string) (File, error)
	// Open opens a file that is there, to be written over from its start.
	Open(name string) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir makes renames and removals in a directory last.
	SyncDir(dir string) error
}

// File is a file being written.
type File interface {
	io.WriteCloser
	Sync() error
}

// OS is the operating system's file system.
type OS struct{}

// Create makes a new file.
func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, FileMode)
}

// Open opens a file that is there.
func (OS) Open(name string) (File, error) { return os.OpenFile(name, os.O_WRONLY, 0) }

// Rename puts from in to's place.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove deletes a file.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir flushes a directory. Windows has no such call and needs none: its
// renames go through the journal of NTFS.
func (OS) SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Write puts what content writes in name's place, whether there is such a file
// or not. The caller sees to it that nobody else writes name meanwhile. When it
// returns nil the content survives a crash; otherwise name is as it was, unless
// only the last flush failed.
func Write(fsys FS, name string, content func(io.Writer) error) error {
	temp := name + tempSuffix
	if err := writeTemp(fsys, temp, content); err != nil {
		return err
	}
	if err := fsys.Rename(temp, name); err != nil {
		return errors.Join(err, fsys.Remove(temp))
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// WriteNew writes a file whose name must be free: an existing one is left alone
// and gives [fs.ErrExist]. It needs no rename and no second name, which memory
// sticks do not always have; a crash may leave a part of the file.
func WriteNew(fsys FS, name string, content func(io.Writer) error) error {
	f, err := fsys.Create(name)
	if err != nil {
		return err
	}
	if err := fill(f, content); err != nil {
		return errors.Join(err, fsys.Remove(name))
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// Overwrite writes content over the beginning of a file that is there, in place,
// and flushes it: many times as fast as [Write], since nothing changes but the
// file's bytes. A crash may leave anything in it, so the caller keeps another
// copy, knows a whole one when it sees it, and knows where the content ends.
func Overwrite(fsys FS, name string, content []byte) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	return fill(f, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// writeTemp writes and flushes a temporary file, over one that a crash left.
func writeTemp(fsys FS, temp string, content func(io.Writer) error) error {
	if err := fsys.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := fsys.Create(temp)
	if err != nil {
		return err
	}
	if err := fill(f, content); err != nil {
		return errors.Join(err, fsys.Remove(temp))
	}
	return nil
}

// fill writes, flushes and closes.
func fill(f File, content func(io.Writer) error) error {
	err := content(f)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// IsFull tells whether an error says that the disk, or the person's share of it,
// is full.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// ReadFile reads a file of at most limit bytes.
func ReadFile(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return b, nil
}
