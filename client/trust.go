package client

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"carekey/consent"
)

// Trust keeps the light blocks that a reader has verified, from height 1 on,
// between runs. What it returns is verified again.
type Trust interface {
	Load() ([][]byte, error)
	// Save replaces what was kept; it is durable when Save returns.
	Save(blocks [][]byte) error
}

// MemoryTrust forgets with the process.
type MemoryTrust struct {
	mu     sync.Mutex
	blocks [][]byte
}

// Load is [Trust.Load].
func (m *MemoryTrust) Load() ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.blocks, nil
}

// Save is [Trust.Save].
func (m *MemoryTrust) Save(blocks [][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blocks = blocks
	return nil
}

// FileTrust keeps light blocks in one file. They are public.
type FileTrust struct{ Path string }

// maxTrustBytes limits the file: some light blocks per year.
const maxTrustBytes = 64 << 20

type trustFile struct {
	_      struct{} `cbor:",toarray"`
	Format string   // "carekey/trust/1"
	Blocks [][]byte
}

const trustFormat = "carekey/trust/1"

// Load is [Trust.Load]; without a file there is nothing.
func (f FileTrust) Load() ([][]byte, error) {
	b, err := os.ReadFile(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was verified: %w", err)
	}
	return decodeTrust(b)
}

func decodeTrust(b []byte) ([][]byte, error) {
	var file trustFile
	if err := consent.Decode(b, maxTrustBytes, &file); err != nil {
		return nil, fmt.Errorf("read what was verified: %w", err)
	}
	if file.Format != trustFormat {
		return nil, fmt.Errorf("read what was verified: format %q is not known", PlainText(file.Format))
	}
	return file.Blocks, nil
}

// Save is [Trust.Save]: a new file is written, synced and put in place of the
// old one, so that a crash leaves one of them whole.
func (f FileTrust) Save(blocks [][]byte) error {
	if err := replaceFile(f.Path, consent.Encode(trustFile{Format: trustFormat, Blocks: blocks})); err != nil {
		return fmt.Errorf("keep what was verified: %w", err)
	}
	return nil
}

func replaceFile(path string, b []byte) error {
	dir := filepath.Dir(path)
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // fails once it is renamed
	_, err = tmp.Write(b)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
