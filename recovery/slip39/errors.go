package slip39

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrChecksum means that the words are all in the list and do not fit
	// together.
	ErrChecksum = errors.New("the words do not fit together: at least one is wrong, missing or in another place")
	// ErrPadding means that the checksum is right and bits that must be 0 are not:
	// whoever made this share did not follow the standard.
	ErrPadding = errors.New("the share was not made as SLIP-0039 says: its value does not begin with zeros")
	// ErrDigest means that the shares belong to one set and yet give no secret:
	// at least one was altered.
	ErrDigest = errors.New("the shares do not give the secret that was split: at least one of them is not genuine")
	// ErrAmbiguous means that some of the shares give one secret and others another:
	// more were altered than can be told from the genuine ones.
	ErrAmbiguous = errors.New("the shares give more than one secret: some of them are not genuine, and nothing tells which")
	// ErrNotAllowed means that the standard library refuses what SLIP-0039 needs, as
	// it does under GODEBUG=fips140=only.
	ErrNotAllowed = errors.New("this computer's cryptography does not allow what SLIP-0039 needs")
	// ErrPassphrase means that a passphrase has other characters than the standard
	// allows.
	ErrPassphrase = errors.New("a passphrase can only have letters without accents, digits, spaces and the usual signs (ASCII)")
)

// WordError names a word that is not in the list.
type WordError struct {
	Place int    // from 1
	Word  string // as it was written, in small letters
	Near  []string
}

func (e *WordError) Error() string {
	s := fmt.Sprintf("word %d, %q, is not in the list", e.Place, shorten(e.Word))
	if len(e.Near) == 0 {
		return s
	}
	return s + "; near it are " + strings.Join(e.Near, ", ")
}

// shorten keeps a long word from filling the screen.
func shorten(word string) string {
	const most = 20
	if letters := []rune(word); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return word
}

// LengthError means that a share cannot be so long.
type LengthError struct {
	Words int // of text
	Bytes int // of a packed share, if Words is 0
}

func (e *LengthError) Error() string {
	if e.Words == 0 && e.Bytes > 0 {
		return fmt.Sprintf("no share has %d bytes", e.Bytes)
	}
	return fmt.Sprintf("no share has %d words: most have 20 or 33", e.Words)
}

// ShapeError means that a share's numbers contradict each other, or that it has no
// value.
type ShapeError struct{ Share Share }

func (e *ShapeError) Error() string {
	s := e.Share
	if s.check() == nil {
		return "the share has no value: it was wiped, or never read"
	}
	return fmt.Sprintf("the share was not made as SLIP-0039 says: it is member %d of group %d and needs %d members and %d groups, of %d",
		s.Member+1, s.Group+1, s.Threshold, s.GroupThreshold, s.Groups)
}

// SchemeError means that nothing can be split so.
type SchemeError struct{ Reason string }

func (e *SchemeError) Error() string { return "a secret cannot be split like this: " + e.Reason }

// SecretError means that a secret has a length that the standard does not allow.
type SecretError struct{ Bytes int }

func (e *SecretError) Error() string {
	return fmt.Sprintf("a secret has %d to %d bytes, an even number of them; this one has %d", MinSecretBytes, MaxSecretBytes, e.Bytes)
}

// Difference is in what a share differs from the others.
type Difference int

// What all shares of a set have in common, and the members of a group.
const (
	DifferentID Difference = iota + 1
	DifferentExtendable
	DifferentExponent
	DifferentGroupThreshold
	DifferentGroups
	DifferentLength
	DifferentThreshold // of one group
)

// String says what differs.
func (d Difference) String() string {
	names := [...]string{
		"", "the number of the set", "the extendable flag", "the iteration exponent", "how many groups are needed",
		"how many groups there are", "the length", "how many of its group are needed",
	}
	if d < 0 || int(d) >= len(names) {
		return ""
	}
	return names[d]
}

// SetError means that two shares were not split together.
type SetError struct {
	First, Other int // places in the list, from 0
	Difference   Difference
}

func (e *SetError) Error() string {
	return fmt.Sprintf("share %d belongs to another set than share %d: they differ in %s", e.Other+1, e.First+1, e.Difference)
}

// ConflictError means that two shares say to be the same one and are not.
type ConflictError struct{ First, Other int } // places in the list, from 0

func (e *ConflictError) Error() string {
	return fmt.Sprintf("shares %d and %d have the same number and other words: one of them is not genuine", e.First+1, e.Other+1)
}

// MissingError means that there are too few shares.
type MissingError struct{ Progress Progress }

func (e *MissingError) Error() string { return e.Progress.String() }
