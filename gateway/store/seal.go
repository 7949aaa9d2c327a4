package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"carekey/consent"
)

// Key seals and opens the data key: the institution's seal identity.
type Key interface {
	age.Identity
	Recipient() age.Recipient
}

const dataKeySize = 32

// maxSealedBytes limits one sealed value.
const maxSealedBytes = 4 << 20

// ErrDamaged means that a sealed row was changed, moved, or sealed under
// another key.
var ErrDamaged = errors.New("a sealed part of the gateway's database is damaged")

// sealer seals values of rows under the data key.
type sealer struct {
	aead   cipher.AEAD
	lookup []byte // key of the hash by which records are found
}

// newDataKey makes a data key and seals it to the institution.
func newDataKey(key Key) (plain, sealed []byte, err error) {
	plain = make([]byte, dataKeySize)
	if _, err := rand.Read(plain); err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, key.Recipient())
	if err != nil {
		return nil, nil, fmt.Errorf("seal the data key: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, nil, fmt.Errorf("seal the data key: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, nil, fmt.Errorf("seal the data key: %w", err)
	}
	return plain, out.Bytes(), nil
}

func openDataKey(key Key, sealed []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), key)
	if err != nil {
		return nil, fmt.Errorf("open the data key with the institution's seal identity: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, dataKeySize+1))
	if err != nil {
		return nil, fmt.Errorf("open the data key: %w", err)
	}
	if len(plain) != dataKeySize {
		return nil, ErrDamaged
	}
	return plain, nil
}

// newSealer derives a key for rows and a key for looking records up.
func newSealer(dataKey []byte) (*sealer, error) {
	rows, err := hkdf.Key(sha256.New, dataKey, nil, "carekey/gateway/rows/1", 32)
	if err != nil {
		return nil, err
	}
	lookup, err := hkdf.Key(sha256.New, dataKey, nil, "carekey/gateway/lookup/1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(rows)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &sealer{aead: aead, lookup: lookup}, nil
}

// place names the row a value belongs in.
func place(table string, key ...any) []byte {
	return consent.Encode([]any{"carekey/row/1", table, key})
}

// seal encodes and seals a value for its row.
func (s *sealer) seal(v any, at []byte) []byte {
	return s.aead.Seal(nil, nil, consent.Encode(v), at)
}

// open opens and decodes a value of a row.
func (s *sealer) open(sealed, at []byte, v any) error {
	plain, err := s.aead.Open(nil, nil, sealed, at)
	if err != nil {
		return ErrDamaged
	}
	if err := consent.Decode(plain, maxSealedBytes, v); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// record is the keyed hash of a record number.
func (s *sealer) record(number string) []byte {
	h := hmac.New(sha256.New, s.lookup)
	h.Write([]byte(number))
	return h.Sum(nil)
}
