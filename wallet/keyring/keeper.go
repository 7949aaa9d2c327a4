package keyring

import (
	"context"
	"encoding/base64"
	"errors"

	"carekey/wallet/keys"
)

// Entry says what is kept.
type Entry uint8

// The entries of a profile.
const (
	MasterEntry Entry = iota + 1
	MarksEntry
)

// MaxEntryBytes limits what an entry holds, so that its text fits into the
// smallest keyring (2,560 bytes on Windows).
const MaxEntryBytes = 1600

// Keeper keeps the entries of one profile. Errors are an [*Error], or the
// context's. Load of what is not there is [Absent]; Delete of it is no error.
// When Store or Delete return nil, a later Load shows it.
type Keeper interface {
	Load(context.Context, Entry) ([]byte, error)
	Store(context.Context, Entry, []byte) error
	Delete(context.Context, Entry) error
}

// LoadMasters reads a profile's master secrets.
func LoadMasters(ctx context.Context, k Keeper) (keys.Masters, error) {
	b, err := k.Load(ctx, MasterEntry)
	if err != nil {
		return keys.Masters{}, err
	}
	defer clear(b)
	m, err := keys.DecodeMasters(b)
	if err != nil {
		return keys.Masters{}, Damaged.because(err)
	}
	return m, nil
}

// CreateMasters keeps a new profile's master secrets, or returns [Taken] where
// there are some: a profile of the same name in another folder has the same
// entry in the keyring, and its key must never be lost.
func CreateMasters(ctx context.Context, k Keeper, m keys.Masters) error {
	_, err := k.Load(ctx, MasterEntry)
	if err == nil || errors.Is(err, Damaged) || errors.Is(err, WrongPassphrase) {
		return Taken.because(err)
	}
	if !errors.Is(err, Absent) {
		return err
	}
	return StoreMasters(ctx, k, m)
}

// StoreMasters keeps a profile's master secrets in place of those before.
func StoreMasters(ctx context.Context, k Keeper, m keys.Masters) error {
	b, err := m.Encode()
	if err != nil {
		return err
	}
	defer clear(b)
	return k.Store(ctx, MasterEntry, b)
}

// LoadMarks reads a profile's marks; where none are kept they are zero.
func LoadMarks(ctx context.Context, k Keeper) (Marks, error) {
	b, err := k.Load(ctx, MarksEntry)
	if errors.Is(err, Absent) {
		return Marks{}, nil
	}
	if err != nil {
		return Marks{}, err
	}
	m, err := DecodeMarks(b)
	if err != nil {
		return Marks{}, Damaged.because(err)
	}
	return m, nil
}

// RaiseMarks keeps marks that are higher than those kept and leaves the others.
func RaiseMarks(ctx context.Context, k Keeper, m Marks) error {
	kept, err := LoadMarks(ctx, k)
	if err != nil {
		return err
	}
	raised := kept.raised(m)
	if raised.equal(kept) {
		return nil
	}
	return k.Store(ctx, MarksEntry, raised.Encode())
}

// ForgetGeneration forgets how far the vault had come, for a new vault in the
// place of one that was lost; the marks of the ledger stay.
func ForgetGeneration(ctx context.Context, k Keeper) error {
	kept, err := LoadMarks(ctx, k)
	if err != nil || kept.Generation == 0 {
		return err
	}
	kept.Generation = 0
	return k.Store(ctx, MarksEntry, kept.Encode())
}

// textOf is how bytes stand in a keyring, which holds text.
func textOf(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// bytesOf reads it back.
func bytesOf(text string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || textOf(b) != text { // the decoder passes over line breaks
		return nil, Damaged.because(errors.New("the entry is not base64")) // its text may be secret
	}
	return b, nil
}
