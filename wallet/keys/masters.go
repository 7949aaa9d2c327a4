package keys

import (
	"errors"
	"fmt"
	"log/slog"

	"carekey/consent"
)

// MaxMasters limits how many master secrets a profile keeps, so that they fit
// into the smallest keyring entry (2,560 bytes on Windows).
const MaxMasters = 16

// maxMastersBytes limits the encoding of [MaxMasters] masters.
const maxMastersBytes = 64 + MaxMasters*(MasterSize+2)

// ErrTooManyMasters means that no further master fits: seals of old ones must
// be replaced first.
var ErrTooManyMasters = errors.New("too many old master secrets are kept")

// Masters are a profile's master secrets: the one that makes new keys, and
// older ones, newest first, kept for reading until their seals are replaced.
type Masters struct {
	Current Master
	Old     []Master
}

// mastersBytes is the form of Masters at rest, always inside a keyring or a
// file under a passphrase.
type mastersBytes struct {
	_     struct{} `cbor:",toarray"`
	Label string
	All   [][]byte
}

const mastersLabel = "carekey/masters/1"

// all lists the current master and then the old ones.
func (m Masters) all() []Master { return append([]Master{m.Current}, m.Old...) }

// Rotated makes next the current master and the present one the newest of the
// old. It returns [ErrTooManyMasters] when [MaxMasters] are kept already.
func (m Masters) Rotated(next Master) (Masters, error) {
	if len(m.Old)+2 > MaxMasters {
		return Masters{}, ErrTooManyMasters
	}
	return Masters{Current: next, Old: m.all()}, nil
}

// Without forgets an old master whose seals are all replaced; the others stay.
func (m Masters) Without(old MasterID) Masters {
	kept := Masters{Current: m.Current}
	for _, o := range m.Old {
		if id, err := o.ID(); err == nil && id != old {
			kept.Old = append(kept.Old, o)
		}
	}
	return kept
}

// Encode returns the canonical bytes of the masters: secret, for a keyring or
// an encrypted file alone. The caller clears them after use.
func (m Masters) Encode() ([]byte, error) {
	if len(m.Old)+1 > MaxMasters {
		return nil, ErrTooManyMasters
	}
	out := mastersBytes{Label: mastersLabel}
	for _, one := range m.all() {
		if err := one.check(); err != nil {
			return nil, err
		}
		out.All = append(out.All, one.secret.bytes[:])
	}
	return consent.Encode(out), nil
}

// DecodeMasters reads what [Masters.Encode] wrote.
func DecodeMasters(b []byte) (Masters, error) {
	var in mastersBytes
	if err := consent.Decode(b, maxMastersBytes, &in); err != nil {
		return Masters{}, fmt.Errorf("master secrets: %w", err)
	}
	if in.Label != mastersLabel {
		return Masters{}, errors.New("these are not master secrets of a known version")
	}
	if len(in.All) == 0 || len(in.All) > MaxMasters {
		return Masters{}, fmt.Errorf("%d master secrets where 1 to %d belong", len(in.All), MaxMasters)
	}
	all := make([]Master, 0, len(in.All))
	seen := make(map[MasterID]bool, len(in.All))
	for _, raw := range in.All {
		one, err := masterFrom(raw)
		clear(raw)
		if err != nil {
			return Masters{}, err
		}
		id, err := one.ID()
		if err != nil {
			return Masters{}, err
		}
		if seen[id] {
			return Masters{}, errors.New("a master secret stands there twice")
		}
		seen[id] = true
		all = append(all, one)
	}
	return Masters{Current: all[0], Old: all[1:]}, nil
}

// Wipe overwrites all the secrets.
func (m Masters) Wipe() {
	for _, one := range m.all() {
		one.Wipe()
	}
}

const hiddenMasters = "(master secrets)"

// String does not reveal the secrets.
func (m Masters) String() string { return hiddenMasters }

// Format does not reveal the secrets, whatever the verb.
func (m Masters) Format(f fmt.State, _ rune) { hide(f, hiddenMasters) }

// LogValue does not reveal the secrets.
func (m Masters) LogValue() slog.Value { return slog.StringValue(hiddenMasters) }

// MarshalJSON returns [ErrHidden].
func (m Masters) MarshalJSON() ([]byte, error) { return nil, ErrHidden }

// MarshalText returns [ErrHidden].
func (m Masters) MarshalText() ([]byte, error) { return nil, ErrHidden }
