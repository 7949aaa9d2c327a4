package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// ErrInUse means that another process has the folder open.
var ErrInUse = errors.New("another gateway uses this folder")

// ErrNotFound means that there is no such row.
var ErrNotFound = errors.New("not found")

// Store is a gateway's database and its folder of sealed bundles.
type Store struct {
	lock    *flock.Flock
	write   *sql.DB // one connection: one writer
	read    *sql.DB
	seal    *sealer
	bundles string // folder
}

// Open opens or makes the store in dir, which only its owner may read. Key is
// the institution's seal identity. It returns [ErrInUse], [ErrForeign],
// [ErrNewerFormat], or what the file system says.
func Open(ctx context.Context, dir string, key Key) (*Store, error) {
	bundles := filepath.Join(dir, "bundles")
	if err := os.MkdirAll(bundles, 0o700); err != nil {
		return nil, fmt.Errorf("make the gateway's folder: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{lock: lock, bundles: bundles}
	if err := s.open(ctx, filepath.Join(dir, "gateway.db"), key); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func lockFolder(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the gateway's folder: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
	}
	return lock, nil
}

func (s *Store) open(ctx context.Context, path string, key Key) error {
	if err := private(path); err != nil {
		return err
	}
	var err error
	if s.write, err = connect(path, "immediate", 1); err != nil {
		return err
	}
	if s.read, err = connect(path, "deferred", 4); err != nil {
		return err
	}
	if err := migrate(ctx, s.write, path); err != nil {
		return err
	}
	return s.unlock(ctx, key)
}

// private makes the file, readable by its owner alone, if it is not there.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the gateway's database: %w", err)
	}
	return f.Close()
}

func connect(path, lock string, connections int) (*sql.DB, error) {
	options := url.Values{
		"_txlock": {lock},
		"_pragma": {
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)",
			"secure_delete(ON)", "foreign_keys(ON)", "temp_store(MEMORY)",
		},
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the gateway's database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// unlock opens the data key, or makes it in a new database.
func (s *Store) unlock(ctx context.Context, key Key) error {
	var sealed, plain []byte
	err := s.write.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'data-key'").Scan(&sealed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if plain, sealed, err = newDataKey(key); err != nil {
			return err
		}
		if _, err = s.write.ExecContext(ctx, "INSERT INTO meta VALUES ('data-key', ?)", sealed); err != nil {
			return fmt.Errorf("keep the data key: %w", err)
		}
	case err != nil:
		return fmt.Errorf("read the data key: %w", err)
	default:
		if plain, err = openDataKey(key, sealed); err != nil {
			return err
		}
	}
	defer clear(plain)
	s.seal, err = newSealer(plain)
	return err
}

// Close closes the database and lets go of the folder.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.lock.Unlock())...)
}

// Tx is one transaction. Its methods are the store's words.
type Tx struct {
	ctx  context.Context
	tx   *sql.Tx
	seal *sealer
}

// Update runs f in a transaction of its own. When it returns nil, everything f
// wrote is on the disk; otherwise nothing is.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.write, f)
}

// View runs f over one unchanging state. F must not write.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.read, f)
}

func (s *Store) run(ctx context.Context, db *sql.DB, f func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("gateway's database: %w", err)
	}
	defer tx.Rollback() // no effect once committed
	if err := f(&Tx{ctx: ctx, tx: tx, seal: s.seal}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("gateway's database: %w", err)
	}
	return nil
}

// Sweep empties the write-ahead log, so that what was deleted is gone from it
// too.
func (s *Store) Sweep(ctx context.Context) error {
	var busy, log, done int
	if err := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return fmt.Errorf("gateway's database: %w", err)
	}
	if busy != 0 {
		return errors.New("gateway's database: a reader keeps old pages; they go at the next sweep")
	}
	return nil
}

func (t *Tx) exec(query string, args ...any) error {
	_, err := t.tx.ExecContext(t.ctx, query, args...)
	return wrap(err)
}

// get reads one row and returns [ErrNotFound] if there is none.
func (t *Tx) get(query string, args []any, into ...any) error {
	return wrap(t.tx.QueryRowContext(t.ctx, query, args...).Scan(into...))
}

func wrap(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrNotFound
	}
	return fmt.Errorf("gateway's database: %w", err)
}

// list reads rows, one value each.
func list[T any](t *Tx, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, wrap(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, wrap(rows.Err())
}
