package store

import (
	"database/sql"
	"fmt"

	"carekey/consent"
)

// Page returns a log's kept entries from a number on with their companions, as a
// node does: whole transactions until there are maxBytes of leaves, at least one.
// [consent.ErrPruned] if the entry is not here, or is not the first that was read
// of its transaction.
func (t *Tx) Page(log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	p := consent.Page{Log: log, From: from}
	rows, err := t.tx.QueryContext(t.ctx,
		"SELECT number, leaf, companion FROM entries WHERE log = ? AND number >= ? ORDER BY number", log[:], int64(from))
	if err != nil {
		return p, wrap(err)
	}
	defer rows.Close()
	w := pageWriter{page: &p, left: maxBytes}
	for more := true; more && rows.Next(); {
		if more, err = w.take(rows); err != nil {
			return p, err
		}
	}
	if err := rows.Err(); err != nil {
		return p, wrap(err)
	}
	if len(p.Leaves) == 0 {
		return p, fmt.Errorf("entry %d: %w", from, consent.ErrPruned)
	}
	return p, nil
}

// pageWriter fills a page row by row.
type pageWriter struct {
	page *consent.Page
	left int // bytes
}

// take adds a row, or says that the page ends before it: at a gap, where it is
// full, or where what was read of one transaction goes on (it was read in two
// pages then, with a companion for each).
func (w *pageWriter) take(rows *sql.Rows) (more bool, err error) {
	var number int64
	var leaf, companion []byte
	if err := rows.Scan(&number, &leaf, &companion); err != nil {
		return false, wrap(err)
	}
	n := len(w.page.Leaves)
	if uint64(number) != w.page.From+uint64(n) || n == 0 && companion == nil {
		return false, nil
	}
	if companion != nil {
		var c consent.Companion
		if err := consent.Decode(companion, consent.MaxPageBytes, &c); err != nil {
			return false, fmt.Errorf("the companion of entry %d: %w", number, err)
		}
		if n > 0 && (w.left <= 0 || c.Signature == w.last().Signature) {
			return false, nil
		}
		w.page.Companions = append(w.page.Companions, c)
	}
	w.page.Leaves = append(w.page.Leaves, leaf)
	w.left -= len(leaf)
	return true, nil
}

func (w *pageWriter) last() consent.Companion { return w.page.Companions[len(w.page.Companions)-1] }
