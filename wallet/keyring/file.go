package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"carekey/consent"
	"carekey/wallet/internal/durable"
)

// File keeps the master secrets in a file under a passphrase, and the marks in
// clear in another.
type File struct {
	// WorkFactor is [WorkFactor] unless a test sets it lower.
	WorkFactor int

	master, marks string
	ask           func(context.Context) (string, error)
	fs            durable.FS
}

var _ Keeper = (*File)(nil)

// NewFile is a keeper with the given files, whose folders exist. It asks for the
// passphrase each time the secrets are read or written and does not keep it.
func NewFile(master, marks string, ask func(context.Context) (string, error)) *File {
	return &File{WorkFactor: WorkFactor, master: master, marks: marks, ask: ask, fs: durable.OS{}}
}

func (f *File) path(e Entry) string {
	if e == MarksEntry {
		return f.marks
	}
	return f.master
}

// masterFile is what lies under the passphrase.
type masterFile struct {
	_      struct{} `cbor:",toarray"`
	Label  string
	Secret []byte
}

const masterFileLabel = "carekey/master-file/1"

// Load reads an entry.
func (f *File) Load(ctx context.Context, e Entry) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	raw, err := durable.ReadFile(f.path(e), maxPassphraseFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Absent.because(err)
	}
	if err != nil {
		return nil, Damaged.because(err)
	}
	if e == MarksEntry {
		return bytesOf(strings.TrimSuffix(string(raw), "\n"))
	}
	passphrase, err := f.ask(ctx)
	if err != nil {
		return nil, err
	}
	return inBackground(ctx, func() ([]byte, error) { return openMaster(raw, passphrase) })
}

func openMaster(raw []byte, passphrase string) ([]byte, error) {
	plain, err := openWithPassphrase(bytes.NewReader(raw), passphrase, maxPassphraseFile)
	if err != nil {
		return nil, err
	}
	return decodeMasterFile(plain)
}

func decodeMasterFile(plain []byte) ([]byte, error) {
	var m masterFile
	if err := consent.Decode(plain, maxPassphraseFile, &m); err != nil {
		return nil, Damaged.because(err)
	}
	if m.Label != masterFileLabel {
		return nil, Damaged.because(errors.New("the file is of another kind or version"))
	}
	return m.Secret, nil
}

// Store keeps an entry in place of the one before.
func (f *File) Store(ctx context.Context, e Entry, b []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(b) > MaxEntryBytes {
		return Failed.because(errors.New("the entry is too long"))
	}
	content := []byte(textOf(b) + "\n")
	if e == MasterEntry {
		passphrase, err := f.ask(ctx)
		if err != nil {
			return err
		}
		content, err = inBackground(ctx, func() ([]byte, error) {
			plain := consent.Encode(masterFile{Label: masterFileLabel, Secret: b})
			defer clear(plain)
			return sealedBytes(plain, passphrase, f.WorkFactor)
		})
		if err != nil {
			return err
		}
	}
	return f.locked(ctx, e, func(name string) error {
		return durable.Write(f.fs, name, func(w io.Writer) error {
			_, err := w.Write(content)
			return err
		})
	})
}

// Delete removes an entry.
func (f *File) Delete(ctx context.Context, e Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f.locked(ctx, e, func(name string) error {
		err := f.fs.Remove(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, f.fs.SyncDir(filepath.Dir(name)))
	})
}

// locked writes while no other wallet writes the same file.
func (f *File) locked(ctx context.Context, e Entry, write func(name string) error) error {
	ctx, cancel := context.WithTimeout(ctx, CallLimit)
	defer cancel()
	name := f.path(e)
	lock := flock.New(name+".lock", flock.SetPermissions(durable.FileMode))
	_, err := lock.TryLockContext(ctx, 5*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) {
		return Busy.because(err)
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	defer func() { _ = lock.Close() }() // closing a lock file cannot lose anything
	err = write(name)
	if durable.IsFull(err) {
		return Full.because(err)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// inBackground computes something long while the caller may give up on it.
func inBackground(ctx context.Context, compute func() ([]byte, error)) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := compute()
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Exists tells whether the file with the master secrets is there.
func (f *File) Exists() bool {
	_, err := os.Stat(f.master)
	return err == nil
}
