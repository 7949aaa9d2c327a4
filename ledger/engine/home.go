package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

const (
	genesisFile        = "genesis.json"
	validatorFile      = "validator.json"
	validatorStateFile = "validator-state.json"
	nodeKeyFile        = "node.json"
	dataDir            = "data"
	walFile            = "data/wal/wal"
	addressFile        = "data/addrbook.json"
	lockFile           = "lock"
	pastFile           = "past"
)

// ErrInUse means that another process, or another node of this one, has the
// home open.
var ErrInUse = errors.New("the ledger's folder is in use by another program")

// home is a directory that this node alone may use.
type home struct {
	dir  string
	lock *flock.Flock
}

func openHome(dir string) (*home, error) {
	if err := os.MkdirAll(filepath.Join(dir, dataDir), 0o700); err != nil {
		return nil, fmt.Errorf("make the ledger's folder: %w", err)
	}
	h := &home{dir: dir, lock: flock.New(filepath.Join(dir, lockFile))}
	held, err := h.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the ledger's folder: %w", err)
	}
	if !held {
		return nil, ErrInUse
	}
	return h, nil
}

func (h *home) path(name string) string { return filepath.Join(h.dir, name) }

func (h *home) has(name string) bool {
	_, err := os.Stat(h.path(name))
	return err == nil
}

func (h *home) close() error { return h.lock.Close() }
