package store

import (
	"database/sql"

	"carekey/consent"
)

// OutboxState is how far an item is on its way to the ledger.
type OutboxState uint8

// The states.
const (
	OutboxWaiting OutboxState = iota + 1 // for the next flush
	OutboxSent                           // in a batch, not proven
	OutboxProven                         // its entry was seen, proven
	OutboxRefused                        // its batch is proven, without it
)

// Queued is an item on its way.
type Queued struct {
	Seq    int64
	Item   consent.Item
	State  OutboxState
	Batch  consent.Hash // zero while waiting
	Number uint64       // of the entry, once proven
	Tries  int          // transactions that are proven to have ended without it
	Text   string       // why it was refused
}

// Queue adds an item. It goes with the next flush; with company set, it waits
// until due for other items to go with it.
func (t *Tx) Queue(item consent.Item, due consent.Time, company bool) (seq int64, err error) {
	result, err := t.tx.ExecContext(t.ctx, "INSERT INTO outbox (item, due, company, state) VALUES (?, ?, ?, ?)",
		consent.Encode(item), int64(due), company, OutboxWaiting)
	if err != nil {
		return 0, wrap(err)
	}
	seq, err = result.LastInsertId()
	return seq, wrap(err)
}

// Ready returns the oldest waiting items if there is a reason to flush now: an
// item that needs no company, or one whose time has come.
func (t *Tx) Ready(now consent.Time, limit int) ([]Queued, error) {
	var n int
	if err := t.get("SELECT count(*) FROM outbox WHERE state = ? AND (company = 0 OR due <= ?)",
		[]any{OutboxWaiting, int64(now)}, &n); err != nil || n == 0 {
		return nil, err
	}
	return t.queued("WHERE state = ? ORDER BY seq LIMIT ?", OutboxWaiting, limit)
}

// Queued returns one item, or [ErrNotFound].
func (t *Tx) Queued(seq int64) (Queued, error) {
	items, err := t.queued("WHERE seq = ?", seq)
	if err != nil {
		return Queued{}, err
	}
	if len(items) == 0 {
		return Queued{}, ErrNotFound
	}
	return items[0], nil
}

// InBatch returns the items of a batch in their order in it.
func (t *Tx) InBatch(batch consent.Hash) ([]Queued, error) {
	return t.queued("WHERE batch = ? ORDER BY seq", batch[:])
}

func (t *Tx) queued(where string, args ...any) ([]Queued, error) {
	return list(t, scanQueued, "SELECT seq, item, state, batch, number, tries, text FROM outbox "+where, args...)
}

func scanQueued(r *sql.Rows) (Queued, error) {
	var q Queued
	var item, batch []byte
	var number sql.NullInt64
	if err := r.Scan(&q.Seq, &item, &q.State, &batch, &number, &q.Tries, &q.Text); err != nil {
		return Queued{}, wrap(err)
	}
	var err error
	if q.Item, err = consent.DecodeItem(item); err != nil {
		return Queued{}, err
	}
	if len(batch) > 0 {
		if q.Batch, err = fixed[consent.Hash](batch); err != nil {
			return Queued{}, err
		}
	}
	q.Number = uint64(number.Int64)
	return q, nil
}

// Batch is a transaction under way.
type Batch struct {
	ID         consent.Hash
	Tx         []byte
	ValidUntil consent.Time
}

// PutBatch keeps a transaction with the items it carries.
func (t *Tx) PutBatch(b Batch, items []Queued) error {
	if err := t.exec("INSERT INTO batches (id, tx, valid_until) VALUES (?, ?, ?)", b.ID[:], b.Tx, int64(b.ValidUntil)); err != nil {
		return err
	}
	for _, q := range items {
		if err := t.exec("UPDATE outbox SET state = ?, batch = ? WHERE seq = ?", OutboxSent, b.ID[:], q.Seq); err != nil {
			return err
		}
	}
	return nil
}

// Batches returns the transactions under way.
func (t *Tx) Batches() ([]Batch, error) {
	return list(t, func(r *sql.Rows) (Batch, error) {
		var id []byte
		var b Batch
		var until int64
		if err := r.Scan(&id, &b.Tx, &until); err != nil {
			return Batch{}, wrap(err)
		}
		b.ValidUntil = consent.Time(until)
		var err error
		b.ID, err = fixed[consent.Hash](id)
		return b, err
	}, "SELECT id, tx, valid_until FROM batches ORDER BY valid_until, id")
}

// Prove marks an item whose entry was seen, proven.
func (t *Tx) Prove(seq int64, number uint64) error {
	return t.exec("UPDATE outbox SET state = ?, number = ? WHERE seq = ?", OutboxProven, int64(number), seq)
}

// Refuse marks an item that the ledger did not take.
func (t *Tx) Refuse(seq int64, text string) error {
	return t.exec("UPDATE outbox SET state = ?, text = ? WHERE seq = ?", OutboxRefused, text, seq)
}

// EndBatch forgets a transaction of which everything is known.
func (t *Tx) EndBatch(id consent.Hash) error {
	return t.exec("DELETE FROM batches WHERE id = ?", id[:])
}

// ReturnBatch puts the unproven items of a transaction back to wait: it is
// proven that it never was included and never can be.
func (t *Tx) ReturnBatch(id consent.Hash) error {
	if err := t.exec("UPDATE outbox SET state = ?, batch = NULL, tries = tries + 1 WHERE batch = ? AND state = ?", OutboxWaiting, id[:], OutboxSent); err != nil {
		return err
	}
	return t.EndBatch(id)
}

// CountOutbox counts the items in a state.
func (t *Tx) CountOutbox(state OutboxState) (n int, err error) {
	err = t.get("SELECT count(*) FROM outbox WHERE state = ?", []any{state}, &n)
	return n, err
}

// Refused returns the newest refused items.
func (t *Tx) Refused(limit int) ([]Queued, error) {
	return t.queued("WHERE state = ? ORDER BY seq DESC LIMIT ?", OutboxRefused, limit)
}

// ForgetProven drops proven items but the newest keep.
func (t *Tx) ForgetProven(keep int) error {
	return t.exec(`DELETE FROM outbox WHERE state = ? AND seq <=
		(SELECT coalesce(max(seq), 0) FROM outbox) - ?`, OutboxProven, keep)
}
