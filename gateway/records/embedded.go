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
const embeddedFormat = 2

// embeddedSchema: raw is a resource's JSON, byte for byte; seq is the order in
// which resources came, and so is that of each record in the index in_order,
// which keeps reading from sorting what is large. What was loaded or filed
// stands in packs: several entries of a bundle, joined by commas. A filing is
// stored as a whole and replaced as a whole, so its resources need no rows of
// their own, which would cost more time than all else in a transfer. The Patient
// has a row, to be found alone.
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
CREATE TABLE packs (
	record TEXT NOT NULL,
	filing TEXT NOT NULL,
	number INTEGER NOT NULL,
	raw    BLOB NOT NULL,
	PRIMARY KEY (record, filing, number)
);
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
		"page_size(16384)", "busy_timeout(10000)", "journal_mode(TRUNCATE)", "synchronous(FULL)", "secure_delete(ON)", "temp_store(MEMORY)", "cache_size(-16384)", // KiB: the index of a large record fits
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

// Load puts a patient's record under a number, in the place of what was loaded
// there before. The bundle must hold exactly one Patient: see [fhir.Bundle.Of].
func (e *Embedded) Load(ctx context.Context, record string, bundle fhir.Bundle) error {
	patient, err := onePatient(bundle.Patients())
	if err != nil {
		return err
	}
	return e.update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM resources WHERE record = ?", record); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO resources (record, type, id, full_url, raw) VALUES (?, ?, ?, ?, ?)",
			record, patient.Type, patient.ID, patient.FullURL, []byte(patient.Raw))
		if err != nil {
			return err
		}
		return putPacks(ctx, tx, record, loaded, others(bundle))
	})
}

// loaded is the filing of what was there from the beginning.
const loaded = ""

// others is all of a bundle but the patient.
func others(bundle fhir.Bundle) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for _, r := range bundle.Entries {
			if r.Type != "Patient" && !yield(entry{fullURL: r.FullURL, raw: r.Raw}, nil) {
				return
			}
		}
	}
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
	return onePatient(found.Patients())
}

// Read is [Records.Read].
func (e *Embedded) Read(ctx context.Context, record string) (fhir.Bundle, []fhir.Omission, error) {
	found, omitted, err := e.read(ctx, record, selectPatients, selectOthers, selectPacks)
	if err != nil {
		return fhir.Bundle{}, nil, err
	}
	if _, err := onePatient(found.Patients()); err != nil {
		return fhir.Bundle{}, nil, err
	}
	return found, omitted, nil
}

// Outline is [Records.Outline]. The store is not held until the record is read
// again; if the record changes before, reading it tells.
func (e *Embedded) Outline(ctx context.Context, record string) (fhir.Outline, []fhir.Omission, error) {
	open := func() (io.ReadCloser, error) {
		return Ahead(e.text(ctx, record, selectPatients, selectOthers, selectPacks)), nil
	}
	found, omitted, err := fhir.ReadOutline(open, fhir.Limits{})
	if err != nil {
		return fhir.Outline{}, nil, tooMuch(err)
	}
	if _, err := onePatient(found.Patients()); err != nil {
		return fhir.Outline{}, nil, err
	}
	return found, omitted, nil
}

// What is read: a resource with its fullUrl, or entries without one.
const (
	selectPatients = "SELECT full_url, raw FROM resources WHERE record = ? AND type = 'Patient' ORDER BY seq"
	selectOthers   = "SELECT full_url, raw FROM resources INDEXED BY in_order WHERE record = ? AND type != 'Patient' ORDER BY seq"
	selectPacks    = "SELECT NULL, raw FROM packs WHERE record = ? ORDER BY filing, number"
)

// read writes the rows of some queries out as a bundle and reads it piece by
// piece.
func (e *Embedded) read(ctx context.Context, record string, queries ...string) (fhir.Bundle, []fhir.Omission, error) {
	text := e.text(ctx, record, queries...)
	bundle, omitted, err := fhir.ReadBundle(text, fhir.Limits{})
	return bundle, omitted, errors.Join(tooMuch(err), text.Close())
}

// text is the rows of some queries as a bundle.
func (e *Embedded) text(ctx context.Context, record string, queries ...string) io.ReadCloser {
	open := func(query string) (*sql.Rows, error) { return e.db.QueryContext(ctx, query, record) }
	return &rowReader{open: open, queries: queries}
}

func tooMuch(err error) error {
	if errors.Is(err, fhir.ErrTooLarge) {
		return ErrTooMuch
	}
	return err
}

// rowReader reads rows as the text of a FHIR collection: resources with their
// fullUrl, or, where that is NULL, packs. The queries run one after the other.
type rowReader struct {
	open    func(query string) (*sql.Rows, error)
	queries []string
	rows    *sql.Rows
	text    []byte // of the row under way
	given   int    // how much of it was given out
	begun   bool
	ended   bool
}

// Read is [io.Reader].
func (r *rowReader) Read(p []byte) (int, error) {
	if r.given == len(r.text) {
		if r.ended {
			return 0, io.EOF
		}
		r.text, r.given = r.text[:0], 0
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.text[r.given:])
	r.given += n
	return n, nil
}

// next makes the text of the next row, or the end.
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
		r.text = append(r.text, strings.TrimPrefix(head, ",")+"]}"...)
		return nil
	}
	var fullURL sql.NullString
	var raw sql.RawBytes
	if err := r.rows.Scan(&fullURL, &raw); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	r.text = append(r.text, head...)
	if !fullURL.Valid {
		r.text = append(r.text, raw...)
		return nil
	}
	r.text, err = appendEntry(r.text, fullURL.String, raw)
	return err
}

// appendEntry writes one entry of a bundle behind text.
func appendEntry(text []byte, fullURL string, resource []byte) ([]byte, error) {
	text = append(text, '{')
	if fullURL != "" {
		name, err := json.Marshal(fullURL)
		if err != nil {
			return nil, err
		}
		text = append(append(append(text, `"fullUrl":`...), name...), ',')
	}
	return append(append(append(text, `"resource":`...), resource...), '}'), nil
}

// step goes to the next row of all queries.
func (r *rowReader) step() (bool, error) {
	for {
		if r.rows != nil && r.rows.Next() {
			return true, nil
		}
		if err := r.Close(); err != nil || len(r.queries) == 0 {
			return false, err
		}
		rows, err := r.open(r.queries[0]) //nolint:rowserrcheck // Close looks at it
		if err != nil {
			return false, err
		}
		r.rows, r.queries = rows, r.queries[1:]
	}
}

// Close ends the query under way.
func (r *rowReader) Close() error {
	if r.rows == nil {
		return nil
	}
	err := errors.Join(r.rows.Err(), r.rows.Close())
	r.rows = nil
	return err
}

// onePatient returns the patient of a record.
func onePatient(found []fhir.Resource) (fhir.Resource, error) {
	switch len(found) {
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
	return e.update(ctx, func(tx *sql.Tx) error { return putPacks(ctx, tx, record, t.Name, updates(t)) })
}

// updates is the resources of a transaction.
func updates(t fhir.Transaction) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for u, err := range t.All {
			if !yield(entry{raw: u.Raw}, err) {
				return
			}
		}
	}
}

// entry is one resource to be stored.
type entry struct {
	fullURL string // may be empty
	raw     []byte // stays until the next one is asked for
}

// putPacks stores entries as a filing, in the place of what it was before.
func putPacks(ctx context.Context, tx *sql.Tx, record, filing string, all iter.Seq2[entry, error]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if _, err := tx.ExecContext(ctx, "DELETE FROM packs WHERE record = ? AND filing = ?", record, filing); err != nil {
		return err
	}
	number := 0
	used := make(chan []byte, aheadPacks+2)
	for p := range ahead(ctx, aheadPacks, packed(all, used)) {
		if p.err != nil {
			return p.err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO packs (record, filing, number, raw) VALUES (?, ?, ?, ?)", record, filing, number, p.raw)
		if err != nil {
			return err
		}
		number++
		used <- p.raw
	}
	return ctx.Err()
}

// A pack is full when it has so many bytes. While one is stored the next ones
// are made.
const (
	packBytes  = 1 << 20
	aheadPacks = 2
)

// pack is entries of a bundle, joined by commas, or why they cannot be made.
type pack struct {
	raw []byte
	err error
}

// packed makes packs of entries, in the memory of used ones where it can.
func packed(all iter.Seq2[entry, error], used <-chan []byte) iter.Seq[pack] {
	memory := func() []byte {
		select {
		case old := <-used:
			return old[:0]
		default:
			return make([]byte, 0, packBytes+packBytes/4)
		}
	}
	return func(yield func(pack) bool) {
		raw := memory()
		for one, err := range all {
			if len(raw) > 0 {
				raw = append(raw, ',')
			}
			if err == nil {
				raw, err = appendEntry(raw, one.fullURL, one.raw)
			}
			if err != nil {
				yield(pack{err: err})
				return
			}
			if len(raw) < packBytes {
				continue
			}
			if !yield(pack{raw: raw}) {
				return
			}
			raw = memory()
		}
		if len(raw) > 0 {
			yield(pack{raw: raw})
		}
	}
}

// ahead makes what a sequence has in a goroutine of its own, so many before they
// are asked for. The channel is closed after the last, or when ctx ends.
func ahead[T any](ctx context.Context, many int, all iter.Seq[T]) <-chan T {
	made := make(chan T, many)
	go func() {
		defer close(made)
		for one := range all {
			select {
			case made <- one:
			case <-ctx.Done():
				return
			}
		}
	}()
	return made
}
