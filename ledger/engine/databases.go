package engine

import (
	"errors"
	"fmt"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/syndtr/goleveldb/leveldb"
)

// databases opens each of the engine's stores once and closes them together.
type databases struct {
	dir  string
	lazy bool // writes need not reach the disk before flush
	open map[string]dbm.DB
}

func (d *databases) get(name string) (dbm.DB, error) {
	if db, ok := d.open[name]; ok {
		return db, nil
	}
	db, err := dbm.NewGoLevelDB(name, d.dir)
	if err != nil {
		return nil, fmt.Errorf("open the ledger's %s: %w", name, err)
	}
	d.open[name] = database{DB: db, all: d}
	return d.open[name], nil
}

// flush brings everything written so far to the disk, and all later writes at
// once.
func (d *databases) flush() error {
	d.lazy = false
	for name, db := range d.open {
		// A synced write brings all earlier ones with it: they share a journal.
		if err := db.SetSync([]byte("flushed"), []byte{1}); err != nil {
			return fmt.Errorf("write the ledger's %s: %w", name, err)
		}
	}
	return nil
}

func (d *databases) close() error {
	var all error
	for name, db := range d.open {
		if err := db.Close(); err != nil {
			all = errors.Join(all, fmt.Errorf("close the ledger's %s: %w", name, err))
		}
	}
	return all
}

// database is a store that syncs unless all may be lazy.
type database struct {
	dbm.DB
	all *databases
}

// Get finds nothing once the store is closed: the engine's routines for peers
// outlive its stop by a moment and panic on any error.
func (d database) Get(key []byte) ([]byte, error) {
	value, err := d.DB.Get(key)
	if errors.Is(err, leveldb.ErrClosed) {
		return nil, nil
	}
	return value, err
}

func (d database) SetSync(key, value []byte) error {
	if d.all.lazy {
		return d.Set(key, value)
	}
	return d.DB.SetSync(key, value)
}

func (d database) NewBatch() dbm.Batch { return batch{Batch: d.DB.NewBatch(), all: d.all} }

type batch struct {
	dbm.Batch
	all *databases
}

func (b batch) WriteSync() error {
	if b.all.lazy {
		return b.Write()
	}
	return b.Batch.WriteSync()
}
