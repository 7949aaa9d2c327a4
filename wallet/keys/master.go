package keys

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"carekey/consent"
)

// MasterSize is the length of a master secret in bytes.
const MasterSize = 32

// ErrNoMaster means that a master secret is missing or was wiped.
var ErrNoMaster = errors.New("the master secret is missing or was wiped")

// ErrHidden means that something asked to write a secret into JSON or text.
var ErrHidden = errors.New("a secret is never written out")

// Master is a master secret. Copies share the bytes, so wiping one wipes all.
// The zero Master holds nothing. No way of printing it shows its bytes.
type Master struct{ secret *cover }

// cover stands between a Master and its bytes: fmt follows one pointer when it
// prints a field it may not call methods of, never two.
type cover struct{ bytes *[MasterSize]byte }

// newMaster is a Master of zeros, to be filled.
func newMaster() Master { return Master{&cover{new([MasterSize]byte)}} }

// NewMaster makes a master secret from the system's random source.
func NewMaster() Master {
	m := newMaster()
	rand.Read(m.secret.bytes[:]) // never fails: crypto/rand ends the program instead
	return m
}

// masterFrom copies 32 bytes into a Master.
func masterFrom(b []byte) (Master, error) {
	if len(b) != MasterSize {
		return Master{}, fmt.Errorf("a master secret has %d bytes, not %d", MasterSize, len(b))
	}
	m := newMaster()
	copy(m.secret.bytes[:], b)
	return m, nil
}

// Wipe overwrites the secret with zeros.
func (m Master) Wipe() {
	if m.secret != nil {
		clear(m.secret.bytes[:])
	}
}

// check returns [ErrNoMaster] for a Master that holds nothing.
func (m Master) check() error {
	if m.secret == nil || *m.secret.bytes == ([MasterSize]byte{}) {
		return ErrNoMaster
	}
	return nil
}

// MasterID names a master without revealing it, so that the vault can note
// which one a chart's keys come from.
type MasterID [8]byte

// String is the hexadecimal form.
func (id MasterID) String() string { return fmt.Sprintf("%x", id[:]) }

// ID names the master: the start of a digest that cannot be turned back, since
// the secret has 256 bits.
func (m Master) ID() (MasterID, error) {
	if err := m.check(); err != nil {
		return MasterID{}, err
	}
	sum := consent.Sum(consent.Encode([]any{"carekey/master/1", m.secret.bytes[:]}))
	return MasterID(sum[:8]), nil
}

const hiddenMaster = "(master secret)"

// String does not reveal the secret.
func (m Master) String() string { return hiddenMaster }

// Format does not reveal the secret, whatever the verb.
func (m Master) Format(f fmt.State, _ rune) { hide(f, hiddenMaster) }

// LogValue does not reveal the secret.
func (m Master) LogValue() slog.Value { return slog.StringValue(hiddenMaster) }

// MarshalJSON returns [ErrHidden].
func (m Master) MarshalJSON() ([]byte, error) { return nil, ErrHidden }

// MarshalText returns [ErrHidden], which covers TOML, XML and map keys.
func (m Master) MarshalText() ([]byte, error) { return nil, ErrHidden }

// MarshalCBOR returns [ErrHidden]; [Masters.Encode] is the one way out.
func (m Master) MarshalCBOR() ([]byte, error) { return nil, ErrHidden }

// hide writes what stands for a secret; a failing writer has nothing to leak.
func hide(f fmt.State, instead string) { _, _ = io.WriteString(f, instead) }
