package records

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"carekey/fhir"
)

// embeddedFormat is the database's format, in PRAGMA user_version.
const embeddedFormat = 1

// embeddedSchema: raw is a resource's JSON, byte for byte; seq is the order in
// which resources came, and so is that of each record in the index in_order,
// which keeps reading from sorting what is large.
const embeddedSchema = `
CREATE TABLE resources (
	seq      INTEGER PRIMARY KEY,
	record   TEXT NOT NULL,
	type     TEXT NOT NULL,
	id       TEXT NOT NULL,
	full_url TEXT NOT NULL,
	raw      BLOB NOT NULL
);
CREATE UNIQUE INDEX by_name ON resources (record, type, id);
CREATE INDEX in_order ON resources (record);
`

// Embedded is a small read-write record store in one SQLite file. It holds
// health records in clear, as an institution's record system does: its file
// may be read by its owner alone.
type Embedded struct{ db *sql.DB }

var _ Records = (*Embedded)(nil)

// OpenEmbedded opens or makes the store at path.
func OpenEmbedded(ctx context.Context, path string) (*Embedded, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the record store: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the record store: %w", err)
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "temp_store(MEMORY)", "cache_size(-16384)", // KiB: the index of a large record fits
	}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+options.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the record store: %w", err)
	}
	db.SetMaxOpenConns(1)
	e := &Embedded{db: db}
	if err := e.migrate(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return e, nil
}

func (e *Embedded) migrate(ctx context.Context) error {
	var version int
	if err := e.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return fmt.Errorf("open the record store: %w", err)
	}
	switch version {
	case embeddedFormat:
		return nil
	case 0:
	default:
		return fmt.Errorf("the record store has format %d; this version of carekey knows %d", version, embeddedFormat)
	}
	return e.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, embeddedSchema); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", embeddedFormat))
		return err
	})
}

func (e *Embedded) update(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := e.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("record store: %w", err)
	}
	defer tx.Rollback() // no effect once committed
	err = f(tx)
	if err == nil {
		err = tx.Commit()
	}
	if err != nil { // a context that ends rolls back, and then the reason is its own
		return fmt.Errorf("record store: %w", cmp.Or(ctx.Err(), err))
	}
	return nil
}

// Close closes the store.
func (e *Embedded) Close() error { return e.db.Close() }

// Load puts a patient's record under a number. The bundle must hold exactly one
// Patient: see [fhir.Bundle.Of].
func (e *Embedded) Load(ctx context.Context, record string, bundle fhir.Bundle) error {
	if _, err := onePatient(bundle); err != nil {
		return err
	}
	return e.put(ctx, record, bundle)
}

// Numbers returns the record numbers in the store, sorted.
func (e *Embedded) Numbers(ctx context.Context) ([]string, error) {
	rows, err := e.db.QueryContext(ctx, "SELECT DISTINCT record FROM resources ORDER BY record")
	if err != nil {
		return nil, fmt.Errorf("record store: %w", err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return nil, fmt.Errorf("record store: %w", err)
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// Patient is [Records.Patient].
func (e *Embedded) Patient(ctx context.Context, record string) (fhir.Resource, error) {
	found, _, err := e.read(ctx, record, selectPatients)
	if err != nil {
		return fhir.Resource{}, err
	}
	return onePatient(found)
}

// Read is [Records.Read].
func (e *Embedded) Read(ctx context.Context, record string) (fhir.Bundle, []fhir.Omission, error) {
	found, omitted, err := e.read(ctx, record, selectPatients, selectOthers)
	if err != nil {
		return fhir.Bundle{}, nil, err
	}
	if _, err := onePatient(found); err != nil {
		return fhir.Bundle{}, nil, err
	}
	return found, omitted, nil
}

const (
	selectPatients = "SELECT full_url, raw FROM resources WHERE record = ? AND type = 'Patient' ORDER BY seq"
	selectOthers   = "SELECT full_url, raw FROM resources INDEXED BY in_order WHERE record = ? AND type != 'Patient' ORDER BY seq"
)

// read writes the rows of some queries out as a bundle and reads it piece by
// piece.
func (e *Embedded) read(ctx context.Context, record string, queries ...string) (fhir.Bundle, []fhir.Omission, error) {
	open := func(query string) (*sql.Rows, error) { return e.db.QueryContext(ctx, query, record) }
	r := &rowReader{open: open, queries: queries}
	bundle, omitted, err := fhir.ReadBundle(r, fhir.Limits{})
	if errors.Is(err, fhir.ErrTooLarge) {
		err = ErrTooMuch
	}
	return bundle, omitted, errors.Join(err, r.close())
}

// rowReader reads rows of fullUrl and raw as the text of a FHIR collection. The
// queries run one after the other.
type rowReader struct {
	open    func(query string) (*sql.Rows, error)
	queries []string
	rows    *sql.Rows
	ready   []byte // not yet given out
	begun   bool
	ended   bool
}

// Read is [io.Reader].
func (r *rowReader) Read(p []byte) (int, error) {
	if len(r.ready) == 0 {
		if r.ended {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// next makes the text of the next row ready, or the end.
func (r *rowReader) next() error {
	head := ","
	if !r.begun {
		head, r.begun = `{"resourceType":"Bundle","type":"collection","entry":[`, true
	}
	more, err := r.step()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if !more {
		r.ended = true
		r.ready = append(r.ready[:0], strings.TrimPrefix(head, ",")+"]}"...)
		return nil
	}
	var fullURL string
	var raw sql.RawBytes
	if err := r.rows.Scan(&fullURL, &raw); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.ready = append(r.ready[:0], head...)
	r.ready = append(r.ready, '{')
	if fullURL != "" {
		name, err := json.Marshal(fullURL)
		if err != nil {
			return err
		}
		r.ready = append(append(append(r.ready, `"fullUrl":`...), name...), ',')
	}
	r.ready = append(append(append(r.ready, `"resource":`...), raw...), '}')
	return nil
}

// step goes to the next row of all queries.
func (r *rowReader) step() (bool, error) {
	for {
		if r.rows != nil && r.rows.Next() {
			return true, nil
		}
		if err := r.close(); err != nil || len(r.queries) == 0 {
			return false, err
		}
		rows, err := r.open(r.queries[0]) //nolint:rowserrcheck // close looks at it
		if err != nil {
			return false, err
		}
		r.rows, r.queries = rows, r.queries[1:]
	}
}

// close ends the query under way.
func (r *rowReader) close() error {
	if r.rows == nil {
		return nil
	}
	err := errors.Join(r.rows.Err(), r.rows.Close())
	r.rows = nil
	return err
}

// onePatient returns the patient of a record.
func onePatient(b fhir.Bundle) (fhir.Resource, error) {
	switch found := b.Patients(); len(found) {
	case 0:
		return fhir.Resource{}, ErrNoRecord
	case 1:
		return found[0], nil
	}
	return fhir.Resource{}, ErrSeveral
}

// File is [Records.File].
func (e *Embedded) File(ctx context.Context, record string, t fhir.Transaction) error {
	if _, err := e.Patient(ctx, record); err != nil {
		return err
	}
	return e.insert(ctx, record, func(yield func(row) bool) {
		for u := range t.All {
			if !yield(row{resourceType: u.Type, id: u.ID, raw: u.Raw}) {
				return
			}
		}
	})
}

// put stores the resources of a bundle.
func (e *Embedded) put(ctx context.Context, record string, bundle fhir.Bundle) error {
	return e.insert(ctx, record, func(yield func(row) bool) {
		for _, r := range bundle.Entries {
			if !yield(row{resourceType: r.Type, id: r.ID, fullURL: r.FullURL, raw: r.Raw}) {
				return
			}
		}
	})
}

// row is a resource as it is stored.
type row struct {
	resourceType, id, fullURL string
	raw                       []byte
}

// insert stores all rows, or none. Rows are made while those before them are
// stored.
func (e *Embedded) insert(ctx context.Context, record string, rows iter.Seq[row]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return e.update(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, `INSERT INTO resources (record, type, id, full_url, raw) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (record, type, id) DO UPDATE SET full_url = excluded.full_url, raw = excluded.raw`)
		if err != nil {
			return err
		}
		defer insert.Close()
		each := context.WithoutCancel(ctx) // ctx is looked at below, which costs less than watching each row
		for r := range ahead(ctx, rows) {
			if _, err := insert.ExecContext(each, record, r.resourceType, r.id, r.fullURL, r.raw); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}

// aheadRows is how many rows are made before they are asked for.
const aheadRows = 64

// ahead makes rows in a goroutine of its own. The channel is closed after the
// last, or when ctx ends.
func ahead(ctx context.Context, rows iter.Seq[row]) <-chan row {
	made := make(chan row, aheadRows)
	go func() {
		defer close(made)
		for r := range rows {
			select {
			case made <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return made
}
