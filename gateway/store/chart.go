package store

import (
	"database/sql"
	"errors"
	"fmt"

	"carekey/consent"
)

// ChartState is how far a chart is.
type ChartState uint8

// The states. One record has at most one open chart.
const (
	ChartPending    ChartState = iota + 1 // countersigned, not yet seen on the ledger
	ChartOpen                             // proven
	ChartClosed                           // by the patient
	ChartSuperseded                       // another chart took the record before this one was proven
)

// ErrRecordTaken means that the record has an open chart already.
var ErrRecordTaken = errors.New("this record has an open chart already")

// Chart is the relationship with one patient, and what was followed of it.
type Chart struct {
	Log        consent.LogID
	Record     string // the institution's record number
	State      ChartState
	Recipient  string       // the patient's age recipient
	Opening    consent.Hash // commitment of the opening's detail
	Remembered consent.Remembered
	View       consent.View
}

type sealedChart struct {
	_          struct{} `cbor:",toarray"`
	Record     string
	Recipient  string
	Opening    consent.Hash
	Remembered consent.Remembered
	View       consent.View
}

// PutChart adds or replaces a chart. It returns [ErrRecordTaken] if another
// one is open for its record.
func (t *Tx) PutChart(c Chart) error {
	if c.State == ChartOpen {
		other, err := t.openChart(c.Record)
		if err != nil {
			return err
		}
		if other != nil && *other != c.Log {
			return ErrRecordTaken
		}
	}
	body := sealedChart{Record: c.Record, Recipient: c.Recipient, Opening: c.Opening, Remembered: c.Remembered, View: c.View}
	return t.exec(`INSERT INTO charts (log, record, state, size, asks, sealed) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (log) DO UPDATE SET record = excluded.record, state = excluded.state,
			size = excluded.size, asks = excluded.asks, sealed = excluded.sealed`,
		c.Log[:], t.seal.record(c.Record), c.State, int64(c.Remembered.Tree.Size), len(c.View.Queries),
		t.seal.seal(body, place("charts", c.Log)))
}

func (t *Tx) openChart(record string) (*consent.LogID, error) {
	var log []byte
	err := t.get("SELECT log FROM charts WHERE record = ? AND state = ?",
		[]any{t.seal.record(record), ChartOpen}, &log)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id, err := fixed[consent.LogID](log)
	return &id, err
}

// Chart returns a chart, or [ErrNotFound].
func (t *Tx) Chart(log consent.LogID) (Chart, error) {
	return t.oneChart("SELECT log, state, sealed FROM charts WHERE log = ?", log[:])
}

// ChartOf returns the chart that a record number leads to: the open one, or
// the one that was closed last, so that a look after the end is written down
// too. It returns [ErrNotFound] if there is neither.
func (t *Tx) ChartOf(record string) (Chart, error) {
	return t.oneChart(`SELECT log, state, sealed FROM charts WHERE record = ? AND state IN (?, ?)
		ORDER BY state LIMIT 1`, t.seal.record(record), ChartOpen, ChartClosed)
}

// Pending returns the charts of a record that are countersigned and not proven.
func (t *Tx) Pending(record string) ([]Chart, error) {
	return list(t, t.scanChart, "SELECT log, state, sealed FROM charts WHERE record = ? AND state = ?",
		t.seal.record(record), ChartPending)
}

// Asking returns charts in which a question of the patient waits for an answer.
func (t *Tx) Asking(limit int) ([]Chart, error) {
	return list(t, t.scanChart, "SELECT log, state, sealed FROM charts WHERE asks > 0 LIMIT ?", limit)
}

// ChartSize is a chart's id and how many of its entries were followed.
type ChartSize struct {
	Log  consent.LogID
	Size uint64
}

// Charts returns up to limit charts in the order of their ids, after one.
func (t *Tx) Charts(after consent.LogID, limit int) ([]ChartSize, error) {
	return list(t, func(r *sql.Rows) (ChartSize, error) {
		var log []byte
		var size int64
		if err := r.Scan(&log, &size); err != nil {
			return ChartSize{}, wrap(err)
		}
		id, err := fixed[consent.LogID](log)
		return ChartSize{Log: id, Size: uint64(size)}, err
	}, "SELECT log, size FROM charts WHERE log > ? ORDER BY log LIMIT ?", after[:], limit)
}

// CountCharts counts the charts in a state.
func (t *Tx) CountCharts(state ChartState) (n int, err error) {
	err = t.get("SELECT count(*) FROM charts WHERE state = ?", []any{state}, &n)
	return n, err
}

func (t *Tx) oneChart(query string, args ...any) (Chart, error) {
	charts, err := list(t, t.scanChart, query, args...)
	if err != nil {
		return Chart{}, err
	}
	if len(charts) == 0 {
		return Chart{}, ErrNotFound
	}
	return charts[0], nil
}

func (t *Tx) scanChart(r *sql.Rows) (Chart, error) {
	var log, sealed []byte
	var state ChartState
	if err := r.Scan(&log, &state, &sealed); err != nil {
		return Chart{}, wrap(err)
	}
	id, err := fixed[consent.LogID](log)
	if err != nil {
		return Chart{}, err
	}
	var body sealedChart
	if err := t.seal.open(sealed, place("charts", id), &body); err != nil {
		return Chart{}, err
	}
	return Chart{
		Log: id, Record: body.Record, State: state, Recipient: body.Recipient,
		Opening: body.Opening, Remembered: body.Remembered, View: body.View,
	}, nil
}

// fixed reads a fixed-size value of a column.
func fixed[T ~[32]byte](b []byte) (T, error) {
	if len(b) != 32 {
		return T{}, fmt.Errorf("%w: %d bytes where 32 belong", ErrDamaged, len(b))
	}
	return T(b), nil
}
