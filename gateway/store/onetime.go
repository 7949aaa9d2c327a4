package store

import (
	"errors"

	"carekey/consent"
)

// Seed is the 32-byte seed of a one-time Ed25519 key (RFC 8032 §5.1.5).
type Seed [32]byte

// String does not reveal the seed.
func (Seed) String() string { return "(private key)" }

// GoString does not reveal the seed.
func (Seed) GoString() string { return "(private key)" }

// Ticket is a one-time destination key that a request to move records carries.
type Ticket struct {
	Destination consent.PublicKey
	Chart       consent.LogID
	Expiry      consent.Time
	Request     consent.Hash // commitment of the request that carries it
	Seed        Seed
}

type sealedTicket struct {
	_       struct{} `cbor:",toarray"`
	Request consent.Hash
	Seed    Seed
}

// PutTicket keeps a destination key.
func (t *Tx) PutTicket(k Ticket) error {
	return t.exec("INSERT INTO tickets (destination, chart, expiry, sealed) VALUES (?, ?, ?, ?)",
		k.Destination[:], k.Chart[:], int64(k.Expiry),
		t.seal.seal(sealedTicket{Request: k.Request, Seed: k.Seed}, place("tickets", k.Destination)))
}

// Ticket returns a destination key, or [ErrNotFound].
func (t *Tx) Ticket(destination consent.PublicKey) (Ticket, error) {
	var chart, sealed []byte
	var expiry int64
	if err := t.get("SELECT chart, expiry, sealed FROM tickets WHERE destination = ?",
		[]any{destination[:]}, &chart, &expiry, &sealed); err != nil {
		return Ticket{}, err
	}
	var body sealedTicket
	if err := t.seal.open(sealed, place("tickets", destination), &body); err != nil {
		return Ticket{}, err
	}
	log, err := fixed[consent.LogID](chart)
	return Ticket{
		Destination: destination, Chart: log, Expiry: consent.Time(expiry), Request: body.Request, Seed: body.Seed,
	}, err
}

// SourceKey is the private half of a one-time source key given to a wallet.
type SourceKey struct {
	Public     consent.PublicKey
	Chart      consent.LogID
	ValidUntil consent.Time
	Seed       Seed
}

// PutSourceKey keeps a source key.
func (t *Tx) PutSourceKey(k SourceKey) error {
	return t.exec("INSERT INTO source_keys (public, chart, valid_until, sealed) VALUES (?, ?, ?, ?)",
		k.Public[:], k.Chart[:], int64(k.ValidUntil), t.seal.seal(k.Seed, place("source_keys", k.Public)))
}

// SourceKey returns a source key, or [ErrNotFound].
func (t *Tx) SourceKey(public consent.PublicKey) (SourceKey, error) {
	var chart, sealed []byte
	var until int64
	if err := t.get("SELECT chart, valid_until, sealed FROM source_keys WHERE public = ?",
		[]any{public[:]}, &chart, &until, &sealed); err != nil {
		return SourceKey{}, err
	}
	k := SourceKey{Public: public, ValidUntil: consent.Time(until)}
	if err := t.seal.open(sealed, place("source_keys", public), &k.Seed); err != nil {
		return SourceKey{}, err
	}
	var err error
	k.Chart, err = fixed[consent.LogID](chart)
	return k, err
}

// DropTicket forgets a destination key: its transfer's link holds it now.
func (t *Tx) DropTicket(destination consent.PublicKey) error {
	return t.exec("DELETE FROM tickets WHERE destination = ?", destination[:])
}

// DropSourceKey forgets a source key: its transfer's link holds it now.
func (t *Tx) DropSourceKey(public consent.PublicKey) error {
	return t.exec("DELETE FROM source_keys WHERE public = ?", public[:])
}

// LimitSourceKeys drops all but a chart's newest source keys.
func (t *Tx) LimitSourceKeys(chart consent.LogID, keep int) error {
	return t.exec(`DELETE FROM source_keys WHERE chart = ?1 AND public NOT IN
		(SELECT public FROM source_keys WHERE chart = ?1 ORDER BY valid_until DESC, public LIMIT ?2)`, chart[:], keep)
}

// ForgetOneTimeKeys drops tickets and source keys that nobody used and that
// ended before then.
func (t *Tx) ForgetOneTimeKeys(then consent.Time) error {
	return errors.Join(
		t.exec("DELETE FROM tickets WHERE expiry < ?", int64(then)),
		t.exec("DELETE FROM source_keys WHERE valid_until < ?", int64(then)))
}
