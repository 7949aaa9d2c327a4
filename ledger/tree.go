package ledger

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/cosmos/iavl"

	"carekey/consent"
)

// How many of the tree's nodes stay in memory for writing and for reading,
// about 200 bytes each.
const (
	writeCache = 500_000
	readCache  = 200_000
)

// ErrNoState means that this node does not have, or no longer has, the state
// of that height.
var ErrNoState = errors.New("this node does not have the state of that height")

// tree is the state: one version per block. The consensus connection alone
// writes. Whatever runs beside it reads committed versions through a second
// instance: the library's writer touches the nodes it shares with its own
// readers. Reads must not run beside the deletion of versions.
type tree struct {
	mu   sync.RWMutex // held for writing while versions are deleted
	work *iavl.MutableTree
	read *iavl.MutableTree
}

func openTree(s *store) (*tree, error) {
	t := &tree{
		work: iavl.NewMutableTree(s, writeCache, true, iavl.NewNopLogger(),
			iavl.SyncOption(true), iavl.FlushThresholdOption(math.MaxInt)),
		read: iavl.NewMutableTree(s, readCache, true, iavl.NewNopLogger()),
	}
	if _, err := t.work.Load(); err != nil {
		return nil, fmt.Errorf("open the ledger's state: %w", err)
	}
	return t, nil
}

// height is the last committed version, which is its block's height.
func (t *tree) height() int64 { return t.work.Version() }

// hash is the root of the last committed version; nil if there is none.
func (t *tree) hash() []byte {
	if t.height() == 0 {
		return nil
	}
	return t.work.Hash()
}

// apply puts changes into the next version and returns its root.
func (t *tree) apply(changes []consent.Change) ([]byte, error) {
	for _, c := range changes {
		var err error
		if c.Value == nil {
			_, _, err = t.work.Remove(c.Key)
		} else {
			_, err = t.work.Set(c.Key, c.Value)
		}
		if err != nil {
			return nil, fmt.Errorf("change the state: %w", err)
		}
	}
	return t.work.WorkingHash(), nil
}

// rollback forgets what was applied since the last commit.
func (t *tree) rollback() { t.work.Rollback() }

// commit writes the next version with the store's riders.
func (t *tree) commit() error {
	if _, _, err := t.work.SaveVersion(); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

// at returns a committed version. The caller holds mu for reading as long as
// it uses it.
func (t *tree) at(height int64) (*iavl.ImmutableTree, error) {
	version, err := t.read.GetImmutable(height)
	if errors.Is(err, iavl.ErrVersionDoesNotExist) {
		return nil, fmt.Errorf("height %d: %w", height, ErrNoState)
	}
	if err != nil {
		return nil, fmt.Errorf("read the state of height %d: %w", height, err)
	}
	return version, nil
}

// prove returns for each key the protobuf bytes of an ICS 23 commitment proof
// of its value at a height, or of its absence.
func (t *tree) prove(height int64, keys [][]byte) ([][]byte, error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	version, err := t.at(height)
	if err != nil {
		return nil, err
	}
	proofs := make([][]byte, len(keys))
	for i, key := range keys {
		proof, err := version.GetProof(key)
		if err != nil {
			return nil, fmt.Errorf("prove the state of height %d: %w", height, err)
		}
		if proofs[i], err = proof.Marshal(); err != nil {
			return nil, fmt.Errorf("prove the state of height %d: %w", height, err)
		}
	}
	return proofs, nil
}

// deleteTo deletes all versions up to and with one.
func (t *tree) deleteTo(height int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.work.DeleteVersionsTo(height); err != nil {
		return fmt.Errorf("delete old states: %w", err)
	}
	return nil
}

// close ends the tree; the store stays open.
func (t *tree) close() error { return errors.Join(t.work.Close(), t.read.Close()) }
