package slip39

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
)

// roundIterations are PBKDF2's of each of the four rounds, at exponent 0.
const roundIterations = 2500

// set is what all shares of one splitting have in common, as far as the cipher
// depends on it.
type set struct {
	id         uint16
	extendable bool
	exponent   int
}

// encrypt turns the master secret into what is shared (the standard's
// “Encryption of the master secret”): a Feistel network of four rounds.
func (s set) encrypt(secret, passphrase []byte) ([]byte, error) {
	return s.feistel(secret, passphrase, [4]byte{0, 1, 2, 3})
}

// decrypt is its inverse: the same rounds, in the opposite order.
func (s set) decrypt(encrypted, passphrase []byte) ([]byte, error) {
	return s.feistel(encrypted, passphrase, [4]byte{3, 2, 1, 0})
}

func (s set) feistel(in, passphrase []byte, rounds [4]byte) ([]byte, error) {
	half := len(in) / 2
	l, r := append([]byte(nil), in[:half]...), append([]byte(nil), in[half:]...)
	defer clear(l)
	defer clear(r)
	for _, i := range rounds {
		f, err := s.round(i, passphrase, r)
		if err != nil {
			return nil, err
		}
		subtle.XORBytes(l, l, f)
		clear(f)
		l, r = r, l
	}
	return append(append(make([]byte, 0, len(in)), r...), l...), nil
}

// round is F(i, R).
func (s set) round(i byte, passphrase, r []byte) ([]byte, error) {
	password := append([]byte{i}, passphrase...)
	defer clear(password)
	salt := append(s.salt(), r...)
	defer clear(salt)
	f, err := pbkdf2.Key(sha256.New, string(password), salt, roundIterations<<s.exponent, len(r))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotAllowed, err)
	}
	return f, nil
}

func (s set) salt() []byte {
	if s.extendable {
		return nil
	}
	return binary.BigEndian.AppendUint16([]byte("shamir"), s.id)
}
