package store

import (
	"database/sql"
	"errors"

	"carekey/consent"
)

// maxLoose is how many details of entries that are not on the ledger yet one
// log may leave here.
const maxLoose = 64

// ErrTooManyLoose means that a log left more details than entries justify.
var ErrTooManyLoose = errors.New("too many private parts wait for their entries")

// PutEntry keeps a proven entry, with the companion that came beside it.
func (t *Tx) PutEntry(v consent.Verified) error {
	var companion []byte
	if v.Companion != nil {
		companion = consent.Encode(*v.Companion)
	}
	return errors.Join(
		t.exec("INSERT OR IGNORE INTO entries (log, number, commitment, leaf, companion) VALUES (?, ?, ?, ?, ?)",
			v.Entry.Log[:], int64(v.Entry.Number), v.Item.Commitment[:], v.Leaf, companion),
		t.exec("UPDATE details SET loose = 0 WHERE commitment = ? AND log = ? AND loose = 1", v.Item.Commitment[:], v.Entry.Log[:]))
}

// Entry is a kept entry with its detail, if that is here.
type Entry struct {
	Leaf   []byte
	Detail *consent.Detail
}

// Entry returns a kept entry, or [ErrNotFound].
func (t *Tx) Entry(log consent.LogID, number uint64) (Entry, error) {
	var leaf, commitment []byte
	if err := t.get("SELECT leaf, commitment FROM entries WHERE log = ? AND number = ?",
		[]any{log[:], int64(number)}, &leaf, &commitment); err != nil {
		return Entry{}, err
	}
	hash, err := fixed[consent.Hash](commitment)
	if err != nil {
		return Entry{}, err
	}
	detail, err := t.Detail(log, hash)
	if IsNotFound(err) {
		return Entry{Leaf: leaf}, nil
	}
	return Entry{Leaf: leaf, Detail: &detail}, err
}

// Committed returns the number of the entry with a commitment, or
// [ErrNotFound].
func (t *Tx) Committed(log consent.LogID, commitment consent.Hash) (uint64, error) {
	var number int64
	err := t.get("SELECT number FROM entries WHERE log = ? AND commitment = ?",
		[]any{log[:], commitment[:]}, &number)
	return uint64(number), err
}

// PutDetail keeps the private part of an entry under its commitment.
func (t *Tx) PutDetail(log consent.LogID, commitment consent.Hash, d consent.Detail) error {
	return t.putDetail(log, commitment, d, false)
}

func (t *Tx) putDetail(log consent.LogID, commitment consent.Hash, d consent.Detail, loose bool) error {
	return t.exec("INSERT OR REPLACE INTO details (commitment, log, sealed, loose) VALUES (?, ?, ?, ?)",
		commitment[:], log[:], t.seal.seal(d, place("details", commitment)), loose)
}

// PutLooseDetail keeps a detail whose entry may still come, from someone who
// may not fill the disk: it returns [ErrTooManyLoose] beyond a limit.
func (t *Tx) PutLooseDetail(log consent.LogID, commitment consent.Hash, d consent.Detail) error {
	var n int
	if err := t.get("SELECT count(*) FROM details WHERE log = ? AND loose = 1", []any{log[:]}, &n); err != nil {
		return err
	}
	if n >= maxLoose {
		return ErrTooManyLoose
	}
	return t.putDetail(log, commitment, d, true)
}

// Detail returns a detail by its commitment, or [ErrNotFound].
func (t *Tx) Detail(log consent.LogID, commitment consent.Hash) (consent.Detail, error) {
	var sealed []byte
	if err := t.get("SELECT sealed FROM details WHERE commitment = ? AND log = ?",
		[]any{commitment[:], log[:]}, &sealed); err != nil {
		return consent.Detail{}, err
	}
	var d consent.Detail
	err := t.seal.open(sealed, place("details", commitment), &d)
	return d, err
}

// Numbered is a detail with the number of its entry.
type Numbered struct {
	Number uint64
	Detail consent.Detail
}

// Details returns the details of the entries from number on that are here, at
// most limit of them.
func (t *Tx) Details(log consent.LogID, from uint64, limit int) ([]Numbered, error) {
	return list(t, func(r *sql.Rows) (Numbered, error) {
		var number int64
		var commitment, sealed []byte
		if err := r.Scan(&number, &commitment, &sealed); err != nil {
			return Numbered{}, wrap(err)
		}
		hash, err := fixed[consent.Hash](commitment)
		if err != nil {
			return Numbered{}, err
		}
		n := Numbered{Number: uint64(number)}
		return n, t.seal.open(sealed, place("details", hash), &n.Detail)
	}, `SELECT e.number, d.commitment, d.sealed FROM entries e JOIN details d ON d.commitment = e.commitment
		WHERE e.log = ? AND d.log = e.log AND e.number >= ? ORDER BY e.number LIMIT ?`, log[:], int64(from), limit)
}

// EraseDetail deletes a detail for good; call [Store.Sweep] when done.
func (t *Tx) EraseDetail(commitment consent.Hash) error {
	return t.exec("DELETE FROM details WHERE commitment = ?", commitment[:])
}

// Remembered returns how far a transfer's log was followed; the empty log if
// it never was.
func (t *Tx) Remembered(log consent.LogID) (consent.Remembered, error) {
	var b []byte
	var r consent.Remembered
	err := t.get("SELECT remembered FROM followed WHERE log = ?", []any{log[:]}, &b)
	if IsNotFound(err) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	return r, consent.Decode(b, maxSealedBytes, &r)
}

// Remember keeps how far a transfer's log was followed.
func (t *Tx) Remember(log consent.LogID, r consent.Remembered) error {
	return t.exec("INSERT OR REPLACE INTO followed (log, remembered) VALUES (?, ?)", log[:], consent.Encode(r))
}

// Once returns true the first time it is called for an entry.
func (t *Tx) Once(log consent.LogID, number uint64) (bool, error) {
	result, err := t.tx.ExecContext(t.ctx, "INSERT OR IGNORE INTO acted (log, number) VALUES (?, ?)", log[:], int64(number))
	if err != nil {
		return false, wrap(err)
	}
	n, err := result.RowsAffected()
	return n == 1, wrap(err)
}

// EntriesOf returns a log's kept entries in order, from a number on, at most
// limit of them.
func (t *Tx) EntriesOf(log consent.LogID, from uint64, limit int) ([]Entry, error) {
	numbers, err := list(t, func(r *sql.Rows) (uint64, error) {
		var n int64
		err := r.Scan(&n)
		return uint64(n), wrap(err)
	}, "SELECT number FROM entries WHERE log = ? AND number >= ? ORDER BY number LIMIT ?", log[:], int64(from), limit)
	if err != nil {
		return nil, err
	}
	found := make([]Entry, len(numbers))
	for i, n := range numbers {
		if found[i], err = t.Entry(log, n); err != nil {
			return nil, err
		}
	}
	return found, nil
}
