package store

import (
	"errors"

	"carekey/consent"
)

// ErrTwoHeaders means that another header than this one was cosigned at its
// height, or a later one already.
var ErrTwoHeaders = errors.New("a header of this height or a later one was cosigned already")

// Mark records a header before it is cosigned, so that never two at one height
// are. Marking the same header again is fine.
func (t *Tx) Mark(c consent.Cosigned) error {
	last, err := t.Marked()
	switch {
	case IsNotFound(err):
	case err != nil:
		return err
	case last == c:
		return nil
	case c.Height <= last.Height:
		return ErrTwoHeaders
	}
	return t.exec("INSERT OR REPLACE INTO cosigned (one, height, hash, time) VALUES (1, ?, ?, ?)",
		c.Height, c.Hash[:], int64(c.Time))
}

// Marked returns the newest cosigned header, or [ErrNotFound].
func (t *Tx) Marked() (consent.Cosigned, error) {
	var hash []byte
	var c consent.Cosigned
	var at int64
	if err := t.get("SELECT height, hash, time FROM cosigned WHERE one = 1", nil, &c.Height, &hash, &at); err != nil {
		return consent.Cosigned{}, err
	}
	c.Time = consent.Time(at)
	var err error
	c.Hash, err = fixed[consent.Hash](hash)
	return c, err
}
