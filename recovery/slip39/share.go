package slip39

import (
	"encoding/binary"
	"fmt"
	"strings"
)

const (
	maxID       = 1<<15 - 1
	headerBytes = 5 // of a packed share: what stands in its first four words
	headerWords = 4
	fixedWords  = headerWords + checksumWords
)

// Share is one of the parts. Numbers count from 0, as the standard's do; people
// count from 1. It prints without its value. Copies have the value in common.
//
// A share whose fields were set to what [Share.Check] refuses has no words and no
// bytes that mean anything.
type Share struct {
	ID             uint16 // of the set that was split together, 15 bits
	Extendable     bool
	Exponent       int // of PBKDF2's rounds
	Group          int
	GroupThreshold int // groups that are needed
	Groups         int
	Member         int
	Threshold      int // members of this group that are needed

	value []byte
}

// Words returns the share's words.
func (s Share) Words() []string {
	symbols := s.symbols()
	defer clear(symbols)
	all := make([]string, len(symbols))
	for i, symbol := range symbols {
		all[i] = wordAt(symbol)
	}
	return all
}

// SecretBytes is how long the secret is.
func (s Share) SecretBytes() int { return len(s.value) }

// Pack returns the share in as few bytes as possible: the 40 bits of the first
// four words, then the value. There is no checksum; [Unpack] reads it.
func (s Share) Pack() []byte {
	h := uint64(s.ID)<<25 | uint64(s.Exponent)<<20 | uint64(s.Group)<<16 | uint64(s.GroupThreshold-1)<<12 |
		uint64(s.Groups-1)<<8 | uint64(s.Member)<<4 | uint64(s.Threshold-1)
	if s.Extendable {
		h |= 1 << 24
	}
	whole := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(s.value)), h<<24)[:headerBytes]
	return append(whole, s.value...)
}

// Unpack reads what Pack wrote. [*LengthError] or [*ShapeError].
func Unpack(b []byte) (Share, error) {
	n := len(b) - headerBytes
	if n < MinSecretBytes || n > MaxSecretBytes || n%2 != 0 {
		return Share{}, &LengthError{Bytes: len(b)}
	}
	s := header(binary.BigEndian.Uint64(append(append(make([]byte, 0, 8), b[:headerBytes]...), 0, 0, 0)) >> 24)
	if err := s.check(); err != nil {
		return Share{}, err
	}
	s.value = append([]byte(nil), b[headerBytes:]...)
	return s, nil
}

// header reads the 40 bits before the value.
func header(h uint64) Share {
	nibble := func(at int) int { return int(h >> at & 15) }
	return Share{
		ID: uint16(h >> 25 & maxID), Extendable: h>>24&1 == 1, Exponent: nibble(20),
		Group: nibble(16), GroupThreshold: nibble(12) + 1, Groups: nibble(8) + 1,
		Member: nibble(4), Threshold: nibble(0) + 1,
	}
}

// Check tells whether a share can be used: a [*ShapeError] says that its numbers
// are none that a share can have, or that it has no value, as one that was wiped
// or never read.
func (s Share) Check() error {
	if err := s.check(); err != nil {
		return err
	}
	if s.blank() {
		return &ShapeError{Share: s}
	}
	return nil
}

// check refuses numbers that no splitting makes.
func (s Share) check() error {
	if s.ID > maxID || beyond(s.Exponent, 0, MaxExponent) || beyond(s.Groups, 1, maxCount) ||
		beyond(s.GroupThreshold, 1, s.Groups) || beyond(s.Group, 0, s.Groups-1) ||
		beyond(s.Member, 0, maxCount-1) || beyond(s.Threshold, 1, maxCount) {
		return &ShapeError{Share: s}
	}
	return nil
}

func beyond(n, least, most int) bool { return n < least || n > most }

// blank tells whether a value is all zeros, as none is by chance. It looks at all
// of it, whatever it is.
func (s Share) blank() bool {
	var set byte
	for _, b := range s.value {
		set |= b
	}
	return set == 0
}

// symbols are the numbers of the share's words.
func (s Share) symbols() []uint16 {
	packed := s.Pack()
	defer clear(packed)
	symbols := make([]uint16, 0, wordsOf(len(s.value)))
	h := binary.BigEndian.Uint64(append(append(make([]byte, 0, 8), packed[:headerBytes]...), 0, 0, 0)) >> 24
	for at := 30; at >= 0; at -= wordBits {
		symbols = append(symbols, uint16(h>>at&(wordCount-1)))
	}
	valueWords := wordsOf(len(s.value)) - fixedWords
	bits, held := uint32(0), valueWords*wordBits-8*len(s.value) // begins with the padding
	for _, b := range s.value {
		bits, held = bits<<8|uint32(b), held+8
		if held >= wordBits {
			held -= wordBits
			symbols = append(symbols, uint16(bits>>held&(wordCount-1)))
		}
	}
	sum := checksum(s.Extendable, symbols)
	return append(symbols, sum[:]...)
}

// wordsOf is how many words a share of a secret of n bytes has.
func wordsOf(n int) int { return fixedWords + (8*n+wordBits-1)/wordBits }

// set is what the cipher needs to know.
func (s Share) set() set { return set{id: s.ID, extendable: s.Extendable, exponent: s.Exponent} }

// Wipe overwrites the share's value, also of its copies. None of them can be used
// any more: [Share.Check] refuses them, and so does [Combine]; their words would be
// those of zeros.
func (s Share) Wipe() { clear(s.value) }

// String names the share and does not show its value.
func (s Share) String() string {
	return fmt.Sprintf("share %d of group %d in set %d", s.Member+1, s.Group+1, s.ID)
}

// Format keeps the value out of every way of printing.
func (s Share) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// Sentence is the words on one line.
func (s Share) Sentence() string { return strings.Join(s.Words(), " ") }
