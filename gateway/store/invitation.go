package store

import (
	"errors"

	"carekey/consent"
)

// Invitation is an enrolment ticket that was handed out. The secret itself is
// not kept, only its hash.
type Invitation struct {
	Hash   consent.Hash
	Record string
	Expiry consent.Time
	Chart  *consent.LogID // set once used
}

type sealedInvitation struct {
	_      struct{} `cbor:",toarray"`
	Record string
}

// PutInvitation adds or replaces an invitation.
func (t *Tx) PutInvitation(i Invitation) error {
	var chart []byte
	if i.Chart != nil {
		chart = i.Chart[:]
	}
	return t.exec("INSERT OR REPLACE INTO invitations (hash, record, sealed, expiry, chart) VALUES (?, ?, ?, ?, ?)",
		i.Hash[:], t.seal.record(i.Record),
		t.seal.seal(sealedInvitation{Record: i.Record}, place("invitations", i.Hash)), int64(i.Expiry), chart)
}

// Invitation returns the invitation with this hash, or [ErrNotFound].
func (t *Tx) Invitation(hash consent.Hash) (Invitation, error) {
	var sealed, chart []byte
	var expiry int64
	if err := t.get("SELECT sealed, expiry, chart FROM invitations WHERE hash = ?", []any{hash[:]}, &sealed, &expiry, &chart); err != nil {
		return Invitation{}, err
	}
	var body sealedInvitation
	if err := t.seal.open(sealed, place("invitations", hash), &body); err != nil {
		return Invitation{}, err
	}
	i := Invitation{Hash: hash, Record: body.Record, Expiry: consent.Time(expiry)}
	if len(chart) == 0 {
		return i, nil
	}
	log, err := fixed[consent.LogID](chart)
	i.Chart = &log
	return i, err
}

// WithdrawInvitations forgets the unused invitations of a record: a new one
// takes their place.
func (t *Tx) WithdrawInvitations(record string) error {
	return t.exec("DELETE FROM invitations WHERE record = ? AND chart IS NULL", t.seal.record(record))
}

// ForgetInvitations drops what expired before now.
func (t *Tx) ForgetInvitations(now consent.Time) error {
	return t.exec("DELETE FROM invitations WHERE expiry < ?", int64(now))
}

// IsNotFound tells whether err is [ErrNotFound].
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
