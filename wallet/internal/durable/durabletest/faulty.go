// Package durabletest breaks the file system on purpose.
package durabletest

import (
	"errors"
	"sync"

	"carekey/wallet/internal/durable"
)

// ErrBroken is what a broken file system answers.
var ErrBroken = errors.New("no space left on device (on purpose)")

// Faulty is the real file system until a number of operations have been done;
// that one and all later ones fail, as when the disk is full or the power goes.
// A write that fails leaves half of its bytes behind.
type Faulty struct {
	durable.OS
	mu    sync.Mutex
	left  int
	calls int
}

var _ durable.FS = (*Faulty)(nil)

// FailAfter lets n operations pass and fails the rest; a negative n never fails.
func FailAfter(n int) *Faulty { return &Faulty{left: n} }

// Calls counts the operations that were asked for.
func (f *Faulty) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// FailNext makes the file system fail after n further operations.
func (f *Faulty) FailNext(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = n
}

func (f *Faulty) step() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.left == 0 {
		return ErrBroken
	}
	if f.left > 0 {
		f.left--
	}
	return nil
}

// Create makes a file whose writes may fail.
func (f *Faulty) Create(name string) (durable.File, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	file, err := f.OS.Create(name)
	return &faultyFile{file, f}, err
}

// Open opens a file whose writes may fail.
func (f *Faulty) Open(name string) (durable.File, error) {
	if err := f.step(); err != nil {
		return nil, err
	}
	file, err := f.OS.Open(name)
	return &faultyFile{file, f}, err
}

// Rename may fail.
func (f *Faulty) Rename(from, to string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.OS.Rename(from, to)
}

// Remove may fail.
func (f *Faulty) Remove(name string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.OS.Remove(name)
}

// SyncDir may fail.
func (f *Faulty) SyncDir(dir string) error {
	if err := f.step(); err != nil {
		return err
	}
	return f.OS.SyncDir(dir)
}

type faultyFile struct {
	durable.File
	fs *Faulty
}

func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.fs.step(); err != nil {
		n, writeErr := f.File.Write(b[:len(b)/2])
		return n, errors.Join(err, writeErr)
	}
	return f.File.Write(b)
}

func (f *faultyFile) Sync() error {
	if err := f.fs.step(); err != nil {
		return err
	}
	return f.File.Sync()
}
