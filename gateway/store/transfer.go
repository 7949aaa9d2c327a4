package store

import (
	"database/sql"

	"carekey/consent"
)

// Side says which part this institution has in a transfer.
type Side uint8

// The sides.
const (
	Source Side = iota + 1
	Destination
)

// String is the side's name in files and logs.
func (s Side) String() string {
	switch s {
	case Source:
		return "source"
	case Destination:
		return "destination"
	}
	return "no side"
}

// Link ties a transfer to a chart here, with the terms it was given for.
type Link struct {
	_       struct{} `cbor:",toarray"`
	Signed  consent.SignedLink
	Terms   consent.Detail
	Carried []byte       // at the destination: the source's parcel, sealed to it
	Seed    Seed         // of this side's one-time key
	Request consent.Hash // at the destination: commitment of the request
}

// PutLink keeps a link.
func (t *Tx) PutLink(side Side, l Link) error {
	transfer := l.Signed.Body.Transfer
	return t.exec("INSERT OR REPLACE INTO links (transfer, side, chart, sealed) VALUES (?, ?, ?, ?)",
		transfer[:], side, l.Signed.Chart[:], t.seal.seal(l, place("links", transfer, side)))
}

// Link returns a transfer's link, or [ErrNotFound].
func (t *Tx) Link(transfer consent.LogID, side Side) (Link, error) {
	var sealed []byte
	if err := t.get("SELECT sealed FROM links WHERE transfer = ? AND side = ?", []any{transfer[:], side}, &sealed); err != nil {
		return Link{}, err
	}
	var l Link
	err := t.seal.open(sealed, place("links", transfer, side), &l)
	return l, err
}

// UseID names one use of a transfer as one side sees it.
type UseID struct {
	Transfer consent.LogID
	Side     Side
	Use      uint32
}

// Use is how far one use of a transfer is. State holds the machine's own
// canonical bytes, secrets among them; it is sealed.
type Use struct {
	UseID
	Step  uint8
	Done  bool
	Wake  consent.Time // when to look again
	State []byte
}

// PutUse adds or replaces a use.
func (t *Tx) PutUse(u Use) error {
	return t.exec(`INSERT INTO transfers (transfer, side, use, step, done, wake, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (transfer, side, use) DO UPDATE SET step = excluded.step, done = excluded.done,
			wake = excluded.wake, sealed = excluded.sealed`,
		u.Transfer[:], u.Side, u.Use, u.Step, u.Done, int64(u.Wake), t.seal.seal(u.State, u.place()))
}

func (u UseID) place() []byte { return place("transfers", u.Transfer, u.Side, u.Use) }

// Use returns one use, or [ErrNotFound].
func (t *Tx) Use(id UseID) (Use, error) {
	return first(t.uses("WHERE transfer = ? AND side = ? AND use = ?", id.Transfer[:], id.Side, id.Use))
}

// LatestUse returns the newest use of a transfer, or [ErrNotFound].
func (t *Tx) LatestUse(transfer consent.LogID, side Side) (Use, error) {
	return first(t.uses("WHERE transfer = ? AND side = ? ORDER BY use DESC LIMIT 1", transfer[:], side))
}

// Unfinished returns the uses that are not done.
func (t *Tx) Unfinished() ([]Use, error) {
	return t.uses("WHERE done = 0 ORDER BY wake")
}

// NewestUses returns the uses touched last, done or not.
func (t *Tx) NewestUses(limit int) ([]Use, error) {
	return t.uses("ORDER BY wake DESC LIMIT ?", limit)
}

func first(uses []Use, err error) (Use, error) {
	if err != nil {
		return Use{}, err
	}
	if len(uses) == 0 {
		return Use{}, ErrNotFound
	}
	return uses[0], nil
}

func (t *Tx) uses(where string, args ...any) ([]Use, error) {
	return list(t, t.scanUse, "SELECT transfer, side, use, step, done, wake, sealed FROM transfers "+where, args...)
}

func (t *Tx) scanUse(r *sql.Rows) (Use, error) {
	var u Use
	var transfer, sealed []byte
	var wake int64
	if err := r.Scan(&transfer, &u.Side, &u.UseID.Use, &u.Step, &u.Done, &wake, &sealed); err != nil {
		return Use{}, wrap(err)
	}
	var err error
	if u.Transfer, err = fixed[consent.LogID](transfer); err != nil {
		return Use{}, err
	}
	u.Wake = consent.Time(wake)
	return u, t.seal.open(sealed, u.place(), &u.State)
}
