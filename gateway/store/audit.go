package store

import (
	"database/sql"

	"carekey/consent"
)

// Event is a line of the audit log. It says nothing about a person.
type Event struct {
	Time     consent.Time
	Kind     string
	Transfer consent.LogID // zero when it is about none
	Text     string
}

// Audit adds a line.
func (t *Tx) Audit(e Event) error {
	var transfer []byte
	if e.Transfer != (consent.LogID{}) {
		transfer = e.Transfer[:]
	}
	return t.exec("INSERT INTO audit (time, kind, transfer, text) VALUES (?, ?, ?, ?)", int64(e.Time), e.Kind, transfer, e.Text)
}

// Events returns the newest lines, newest first.
func (t *Tx) Events(limit int) ([]Event, error) {
	return list(t, func(r *sql.Rows) (Event, error) {
		var e Event
		var at int64
		var transfer []byte
		if err := r.Scan(&at, &e.Kind, &transfer, &e.Text); err != nil {
			return Event{}, wrap(err)
		}
		e.Time = consent.Time(at)
		if len(transfer) == 0 {
			return e, nil
		}
		var err error
		e.Transfer, err = fixed[consent.LogID](transfer)
		return e, err
	}, "SELECT time, kind, transfer, text FROM audit ORDER BY seq DESC LIMIT ?", limit)
}
