package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"

	corestore "cosmossdk.io/core/store"
	iavldb "github.com/cosmos/iavl/db"
	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/filter"
	"github.com/syndtr/goleveldb/leveldb/opt"
)

// space is the first byte of a key. The tree's own keys begin with lower-case
// letters.
type space byte

const (
	spaceEntry  space = 'E' // log, number: leaf
	spaceBatch  space = 'B' // batch: what companions are made of
	spaceNonce  space = 'N' // bucket, nonce: nothing
	spaceBlock  space = 'H' // height: what the block added
	spaceAnchor space = 'A' // height: light block
	spaceMeta   space = 'M' // name: see below
)

const (
	metaGenesis = "genesis" // SHA-256 of the genesis file
	metaClock   = "clock"   // the clock of idle blocks, as the tree would hold it
	metaLast    = "last"    // the last block
	metaPruned  = "pruned"  // how far pruning went
	metaFlushed = "flushed" // written to flush
)

func (s space) key(parts ...[]byte) []byte {
	key := []byte{byte(s)}
	for _, p := range parts {
		key = append(key, p...)
	}
	return key
}

func (s space) at(n int64) []byte { return s.key(number(uint64(n))) }

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// store is the database. The tree writes to it through [store.NewBatch]; what
// else a block writes rides in the same batch.
type store struct {
	*iavldb.GoLevelDB
	rider    *leveldb.Batch
	lazy     bool // blocks need not reach the disk before flush
	unsynced int  // blocks since the last that was brought to the disk
}

// syncEvery is how many blocks apart the store waits for the disk. The engine
// has every block on the disk before it is executed, and on starting executes
// again those that the store does not have; it keeps minBlocks of them.
const syncEvery = 16

func openStore(dir string) (*store, error) {
	db, err := iavldb.NewGoLevelDBWithOpts("ledger", filepath.Clean(dir), &opt.Options{
		Filter:             filter.NewBloomFilter(10),
		WriteBuffer:        16 << 20,
		BlockCacheCapacity: 32 << 20,
	})
	if err != nil {
		return nil, fmt.Errorf("open the ledger's store: %w", err)
	}
	return &store{GoLevelDB: db, rider: new(leveldb.Batch)}, nil
}

// put and delete take effect with the tree's next version.
func (s *store) put(key, value []byte) { s.rider.Put(key, value) }
func (s *store) delete(key []byte)     { s.rider.Delete(key) }

// flush brings everything written so far to the disk, and all later blocks at
// once. A synced write brings all earlier ones with it: they share a journal.
func (s *store) flush() error {
	s.lazy = false
	if err := s.SetSync(metaKey(metaFlushed), []byte{1}); err != nil {
		return fmt.Errorf("write the ledger's store: %w", err)
	}
	return nil
}

// NewBatch is how the tree writes.
func (s *store) NewBatch() corestore.Batch { return &treeBatch{store: s, batch: new(leveldb.Batch)} }

// NewBatchWithSize ignores the size: it is the threshold above which the tree
// would split its writes, which must never happen.
func (s *store) NewBatchWithSize(int) corestore.Batch { return s.NewBatch() }

var errBatchDone = errors.New("the batch is written already")

// treeBatch is one version of the tree with its riders.
type treeBatch struct {
	store *store
	batch *leveldb.Batch
}

func (b *treeBatch) Set(key, value []byte) error {
	if b.batch == nil {
		return errBatchDone
	}
	b.batch.Put(key, value)
	return nil
}

func (b *treeBatch) Delete(key []byte) error {
	if b.batch == nil {
		return errBatchDone
	}
	b.batch.Delete(key)
	return nil
}

// Write is WriteSync: the tree asks for nothing else.
func (b *treeBatch) Write() error { return b.WriteSync() }

// WriteSync writes the version and its riders at once, and waits for the disk
// when that is due.
func (b *treeBatch) WriteSync() error {
	if b.batch == nil {
		return errBatchDone
	}
	if err := b.store.rider.Replay(b.batch); err != nil {
		return fmt.Errorf("write a block: %w", err)
	}
	b.store.unsynced++
	due := !b.store.lazy && b.store.unsynced >= syncEvery
	if err := b.store.RawDB().Write(b.batch, &opt.WriteOptions{Sync: due}); err != nil {
		return fmt.Errorf("write a block: %w", err)
	}
	if due {
		b.store.unsynced = 0
	}
	b.store.rider.Reset()
	b.batch = nil
	return nil
}

// Close forgets what is not written.
func (b *treeBatch) Close() error {
	b.batch = nil
	return nil
}

// GetByteSize is the size of what is not written yet.
func (b *treeBatch) GetByteSize() (int, error) {
	if b.batch == nil {
		return 0, errBatchDone
	}
	return len(b.batch.Dump()), nil
}
