package slip39

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
)

// Limits of the standard and of this package.
const (
	MinSecretBytes = 16 // 128 bits
	MaxSecretBytes = 64 // 512 bits
	MaxExponent    = 15
	maxCount       = 16 // of groups, and of members of a group
)

// Scheme is how a secret is split. Secrets have 16 to 64 bytes, an even number
// of them.
type Scheme struct {
	// GroupThreshold of the groups recover the secret.
	GroupThreshold int
	Groups         []Group
	// Exponent makes guessing a passphrase dearer: PBKDF2 takes 10,000·2^Exponent
	// rounds, for whoever splits or combines, too. 0 to 15.
	Exponent int
	// Passphrase is needed to combine, and nobody can tell a wrong one from the
	// right one. ASCII from space to ~; empty for none.
	Passphrase []byte
	// NotExtendable clears the extendable flag, for wallets from before 2024: the
	// set's number then goes into the cipher.
	NotExtendable bool
}

// Group is a set of members of whom Threshold are needed. A threshold of one
// means one member: more would all hold the same.
type Group struct {
	Threshold, Members int
}

// Simple is a scheme of one group, any threshold of whose members recover the
// secret, without a passphrase.
func Simple(threshold, members int) Scheme {
	return Scheme{GroupThreshold: 1, Groups: []Group{{threshold, members}}}
}

// Split returns the shares of each group's members. A [*SchemeError],
// [*SecretError], [ErrPassphrase] or [ErrNotAllowed] says what cannot be; any other error means
// that random numbers failed.
//
// The secret must be one that nobody can guess, with at least 128 bits of chance in
// it: holders of one share less than enough can tell a wrong guess from the right
// one, at the price of PBKDF2's rounds for each.
func (s Scheme) Split(secret []byte) ([][]Share, error) { return s.split(rand.Reader, secret) }

func (s Scheme) split(random io.Reader, secret []byte) ([][]Share, error) {
	if err := s.check(secret); err != nil {
		return nil, err
	}
	var id [2]byte
	if err := fill(random, id[:]); err != nil {
		return nil, err
	}
	common := Share{
		ID: binary.BigEndian.Uint16(id[:]) & maxID, Extendable: !s.NotExtendable, Exponent: s.Exponent,
		GroupThreshold: s.GroupThreshold, Groups: len(s.Groups),
	}
	encrypted, err := common.set().encrypt(secret, s.Passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(encrypted)
	return s.share(random, common, encrypted)
}

// share splits what was encrypted among groups and their members.
func (s Scheme) share(random io.Reader, common Share, encrypted []byte) ([][]Share, error) {
	values, err := split(random, s.GroupThreshold, len(s.Groups), encrypted)
	if err != nil {
		return nil, err
	}
	defer clearAll(values)
	groups := make([][]Share, len(s.Groups))
	for i, value := range values {
		common.Group = i
		if groups[i], err = s.Groups[i].split(random, common, value); err != nil {
			wipe(groups)
			return nil, err
		}
	}
	return groups, nil
}

func clearAll(values [][]byte) {
	for _, v := range values {
		clear(v)
	}
}

func wipe(groups [][]Share) {
	for _, shares := range groups {
		for _, s := range shares {
			s.Wipe()
		}
	}
}

// split makes the shares of a group's members.
func (g Group) split(random io.Reader, share Share, value []byte) ([]Share, error) {
	values, err := split(random, g.Threshold, g.Members, value)
	if err != nil {
		return nil, err
	}
	shares := make([]Share, g.Members)
	for i := range shares {
		share.Member, share.Threshold, share.value = i, g.Threshold, values[i]
		shares[i] = share
	}
	return shares, nil
}

// Check says what is wrong with a scheme before there is a secret: a
// [*SchemeError] or [ErrPassphrase].
func (s Scheme) Check() error { return s.check(make([]byte, MinSecretBytes)) }

func (s Scheme) check(secret []byte) error {
	switch n := len(secret); {
	case n < MinSecretBytes || n > MaxSecretBytes || n%2 != 0:
		return &SecretError{Bytes: n}
	case len(s.Groups) > maxCount:
		return &SchemeError{fmt.Sprintf("%d groups; there can be 1 to %d", len(s.Groups), maxCount)}
	case s.GroupThreshold < 1 || s.GroupThreshold > len(s.Groups):
		return &SchemeError{fmt.Sprintf("%d of %d groups", s.GroupThreshold, len(s.Groups))}
	case s.Exponent < 0 || s.Exponent > MaxExponent:
		return &SchemeError{fmt.Sprintf("an iteration exponent of %d; it can be 0 to %d", s.Exponent, MaxExponent)}
	}
	for i, g := range s.Groups {
		switch {
		case g.Members < 1 || g.Members > maxCount:
			return &SchemeError{fmt.Sprintf("%d members in group %d; there can be 1 to %d", g.Members, i+1, maxCount)}
		case g.Threshold < 1 || g.Threshold > g.Members:
			return &SchemeError{fmt.Sprintf("%d of %d members in group %d", g.Threshold, g.Members, i+1)}
		case g.Threshold == 1 && g.Members > 1:
			return &SchemeError{fmt.Sprintf("1 of %d members in group %d, who would all hold the same: make it one member and give copies", g.Members, i+1)}
		}
	}
	return checkPassphrase(s.Passphrase)
}

func checkPassphrase(p []byte) error {
	for _, c := range p {
		if c < ' ' || c > '~' {
			return ErrPassphrase
		}
	}
	return nil
}
