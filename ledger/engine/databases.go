package engine

import (
	"errors"
	"fmt"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/config"
	"github.com/syndtr/goleveldb/leveldb"
)

// databases opens each of the engine's stores once. The engine closes them
// when it stops, but not when it fails to start; close does in both cases.
type databases struct {
	dir  string
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
	d.open[name] = db
	return db, nil
}

// provider is how the engine asks for its stores.
func (d *databases) provider(ctx *config.DBContext) (dbm.DB, error) { return d.get(ctx.ID) }

func (d *databases) close() error {
	var all error
	for name, db := range d.open {
		if err := db.Close(); err != nil && !errors.Is(err, leveldb.ErrClosed) {
			all = errors.Join(all, fmt.Errorf("close the ledger's %s: %w", name, err))
		}
	}
	return all
}
