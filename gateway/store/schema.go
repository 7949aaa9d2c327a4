package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

const (
	// applicationID marks the file as a gateway's database ("CKGW").
	applicationID = 0x434b4757
	// Format is the database format this program writes.
	Format = 2
)

// ErrNewerFormat means that a newer program wrote the database.
var ErrNewerFormat = errors.New("the gateway's database was written by a newer version of carekey")

// ErrForeign means that the file is another program's database.
var ErrForeign = errors.New("the file is not a gateway's database")

// migrations[n] leads from format n to n+1. Columns named sealed hold AES-GCM;
// times are int64 nanoseconds since 1970-01-01 UTC.
var migrations = [Format]string{`
-- The data key, sealed by age to the institution.
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- Tickets for one person to open one chart. hash is SHA-256 of the secret;
-- record is the keyed hash of the record number; chart is set once used.
CREATE TABLE invitations (
	hash   BLOB PRIMARY KEY,
	record BLOB NOT NULL,
	sealed BLOB NOT NULL,
	expiry INTEGER NOT NULL,
	chart  BLOB
) WITHOUT ROWID;

-- Charts with this institution. A record has one open chart.
CREATE TABLE charts (
	log    BLOB PRIMARY KEY,
	record BLOB NOT NULL,
	state  INTEGER NOT NULL, -- ChartState
	size   INTEGER NOT NULL, -- entries followed so far
	asks   INTEGER NOT NULL, -- questions of the patient without an answer
	sealed BLOB NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX one_open_chart ON charts (record) WHERE state = 2;
CREATE INDEX charts_by_record ON charts (record);
CREATE INDEX charts_that_ask ON charts (asks) WHERE asks > 0;

-- Proven entries of charts and transfers this institution is party to.
CREATE TABLE entries (
	log        BLOB NOT NULL,
	number     INTEGER NOT NULL,
	commitment BLOB NOT NULL,
	leaf       BLOB NOT NULL,
	PRIMARY KEY (log, number)
) WITHOUT ROWID;

-- Private parts of entries, by commitment: they may arrive before the entry.
CREATE TABLE details (
	commitment BLOB PRIMARY KEY,
	log        BLOB NOT NULL,
	sealed     BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX details_by_log ON details (log);

-- Items this institution wants on the ledger.
CREATE TABLE outbox (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	item    BLOB NOT NULL,
	due     INTEGER NOT NULL, -- goes at this time at the latest
	company INTEGER NOT NULL, -- 1: waits for company until then
	state   INTEGER NOT NULL, -- OutboxState
	batch   BLOB,             -- the transaction it went in
	number  INTEGER,          -- of its entry, once proven
	tries   INTEGER NOT NULL DEFAULT 0, -- transactions it went in without coming out
	text    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_by_state ON outbox (state, due);
CREATE INDEX outbox_by_batch ON outbox (batch);

-- Transactions under way: the same bytes go again until their end is proven.
CREATE TABLE batches (
	id          BLOB PRIMARY KEY,
	tx          BLOB NOT NULL,
	valid_until INTEGER NOT NULL
) WITHOUT ROWID;

-- One-time destination keys that requests to move records carry.
CREATE TABLE tickets (
	destination BLOB PRIMARY KEY,
	chart       BLOB NOT NULL,
	expiry      INTEGER NOT NULL,
	sealed      BLOB NOT NULL
) WITHOUT ROWID;

-- One-time source keys given to wallets.
CREATE TABLE source_keys (
	public      BLOB PRIMARY KEY,
	chart       BLOB NOT NULL,
	valid_until INTEGER NOT NULL,
	sealed      BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX source_keys_by_chart ON source_keys (chart);

-- Transfer links: what ties a transfer to a chart here.
CREATE TABLE links (
	transfer BLOB NOT NULL,
	side     INTEGER NOT NULL, -- Side
	chart    BLOB NOT NULL,
	sealed   BLOB NOT NULL,
	PRIMARY KEY (transfer, side)
) WITHOUT ROWID;

-- Uses of transfers and how far they are. wake is when to look again.
CREATE TABLE transfers (
	transfer BLOB NOT NULL,
	side     INTEGER NOT NULL,
	use      INTEGER NOT NULL,
	step     INTEGER NOT NULL,
	done     INTEGER NOT NULL, -- 1: nothing left to do
	wake     INTEGER NOT NULL,
	sealed   BLOB NOT NULL,
	PRIMARY KEY (transfer, side, use)
) WITHOUT ROWID;
CREATE INDEX transfers_to_do ON transfers (done, wake);

-- The newest header this institution cosigned: one row.
CREATE TABLE cosigned (
	one    INTEGER PRIMARY KEY CHECK (one = 1),
	height INTEGER NOT NULL,
	hash   BLOB NOT NULL,
	time   INTEGER NOT NULL
);

-- How far transfers' logs were followed.
CREATE TABLE followed (log BLOB PRIMARY KEY, remembered BLOB NOT NULL) WITHOUT ROWID;

-- Entries that were acted upon, so that it happens once.
CREATE TABLE acted (log BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (log, number)) WITHOUT ROWID;

-- Refusals and other events, without anything about a person.
CREATE TABLE audit (
	seq      INTEGER PRIMARY KEY AUTOINCREMENT,
	time     INTEGER NOT NULL,
	kind     TEXT NOT NULL,
	transfer BLOB,
	text     TEXT NOT NULL
);
`, `
-- Beside the first entry of a transaction, as they were read together: what
-- proves that these entries were signed. NULL beside the others.
ALTER TABLE entries ADD COLUMN companion BLOB;
CREATE INDEX entries_by_commitment ON entries (log, commitment);

-- 1: the entry is not known yet.
ALTER TABLE details ADD COLUMN loose INTEGER NOT NULL DEFAULT 0;
UPDATE details SET loose = 1 WHERE NOT EXISTS
	(SELECT 1 FROM entries e WHERE e.log = details.log AND e.commitment = details.commitment);
CREATE INDEX loose_details ON details (log) WHERE loose = 1;
`}

// migrate brings an existing or empty database to Format.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	version, err := formatOf(ctx, db)
	if err != nil {
		return err
	}
	if version > 0 && version < Format {
		if err := backup(ctx, db, fmt.Sprintf("%s.format-%d", path, version)); err != nil {
			return err
		}
	}
	for ; version < Format; version++ {
		if err := step(ctx, db, version); err != nil {
			return fmt.Errorf("change the gateway's database from format %d: %w", version, err)
		}
	}
	return nil
}

// formatOf reads the format, 0 for an empty file.
func formatOf(ctx context.Context, db *sql.DB) (int, error) {
	var app, version, tables int
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return 0, fmt.Errorf("read the gateway's database: %w", err)
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("read the gateway's database: %w", err)
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return 0, fmt.Errorf("read the gateway's database: %w", err)
	}
	switch {
	case app != applicationID && tables > 0:
		return 0, ErrForeign
	case version > Format:
		return 0, fmt.Errorf("%w (format %d; this one knows %d)", ErrNewerFormat, version, Format)
	}
	return version, nil
}

// backup keeps a copy of the database as it is.
func backup(ctx context.Context, db *sql.DB, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil // kept by an earlier attempt
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("keep a copy of the gateway's database at %s: %w", to, err)
	}
	return os.Chmod(to, 0o600)
}

func step(ctx context.Context, db *sql.DB, from int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // no effect once committed
	if _, err := tx.ExecContext(ctx, migrations[from]); err != nil {
		return err
	}
	mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, from+1)
	if _, err := tx.ExecContext(ctx, mark); err != nil {
		return err
	}
	return tx.Commit()
}
