package client

import (
	"encoding/binary"
	"errors"

	"carekey/consent"
)

// readLeaf reads an entry and its item.
func readLeaf(leaf []byte, e *consent.Entry, it *consent.Item) error {
	if fastEntry(leaf, e, it) {
		return nil
	}
	var err error
	*e, *it, err = consent.DecodeEntry(leaf)
	return err
}

// fastEntry reads the one canonical form of an ordinary entry without
// reflection or copies: ten times as fast as the general decoder, on which a
// long history would spend most of its time. What it does not know it leaves
// to consent.DecodeEntry; what it accepts, that accepts with the same value.
func fastEntry(leaf []byte, e *consent.Entry, it *consent.Item) bool {
	r := cborReader{rest: leaf}
	r.open(8)
	version := r.uint()
	log := r.bytes32()
	e.Number, e.Height, e.Time = r.uint(), int64(r.uint63()), consent.Time(r.uint63())
	e.Item = r.bytes()
	batch := r.bytes32()
	index := r.uint()
	if !r.done() || version != 1 || index > 1<<32-1 || len(leaf) > consent.MaxLeafBytes {
		return false
	}
	e.Version, e.Log, e.Batch, e.Index = 1, consent.LogID(log), consent.Hash(batch), uint32(index)
	return fastItem(e.Item, it) && it.Log == e.Log
}

func fastItem(b []byte, it *consent.Item) bool {
	r := cborReader{rest: b}
	r.open(4)
	log := r.bytes32()
	class := r.uint()
	it.Fields = r.bytes()
	commitment := r.bytes32()
	if !r.done() || class > 255 || !consent.Class(class).Known() || len(b) > consent.MaxItemBytes {
		return false
	}
	it.Log, it.Class, it.Commitment = consent.LogID(log), consent.Class(class), consent.Hash(commitment)
	return true
}

// readHeader reads a transaction's header.
func readHeader(b []byte) (consent.Header, error) {
	if h, ok := fastHeader(b); ok {
		return h, nil
	}
	return consent.DecodeHeader(b)
}

// fastHeader is to consent.DecodeHeader what fastEntry is to DecodeEntry.
func fastHeader(b []byte) (consent.Header, bool) {
	var h consent.Header
	r := cborReader{rest: b}
	r.open(8)
	version, kind := r.uint(), r.uint()
	h.Signer = r.bytes32()
	key, nonce := r.bytes(), r.bytes()
	h.ValidUntil = consent.Time(r.uint63())
	n := r.uint()
	h.Root = r.bytes32()
	if !r.done() || len(b) > 256 || version != 1 || len(key) != len(h.Key) || len(nonce) != len(h.Nonce) {
		return h, false
	}
	h.Version, h.Kind, h.N = 1, consent.SignerKind(kind), uint32(n)
	h.Key, h.Nonce = consent.KeyID(key), consent.Nonce(nonce)
	return h, kind == uint64(consent.SignerInstitution) && n > 0 && n <= consent.MaxBatchItems ||
		kind >= uint64(consent.SignerPatient) && kind <= uint64(consent.SignerDestination) && n == 1
}

// leafHash is consent.LeafHash without an allocation, for leaves of ordinary
// length: more space than they need would cost more to clear than is won.
func leafHash(leaf []byte) consent.Hash {
	var space [1 + 383]byte
	if len(leaf) >= len(space) {
		return consent.LeafHash(leaf)
	}
	return consent.Sum(space[:1+copy(space[1:], leaf)])
}

// batchID is consent.BatchID, written out.
func batchID(header []byte, sig consent.Signature) consent.Hash {
	var space [384]byte
	b := append(space[:0], arrayOfTwo)
	b = appendString(b, majorBytes, header)
	return consent.Sum(appendString(b, majorBytes, sig[:]))
}

// statementBytes is consent.Statement.Bytes, written out.
func statementBytes(s consent.Statement) []byte {
	const arrayOfFive = 0x85
	b := make([]byte, 1, 128+len(s.Body))
	b[0] = arrayOfFive
	b = appendString(b, majorText, "carekey/sig/1")
	b = appendString(b, majorText, s.Context)
	b = appendString(b, majorText, s.Chain)
	if s.Log == (consent.LogID{}) {
		b = appendString(b, majorBytes, "")
	} else {
		b = appendString(b, majorBytes, s.Log[:])
	}
	return appendString(b, majorBytes, s.Body)
}

// Major types of strings (RFC 8949 §3.1), in their place in the first byte.
const (
	majorBytes = 2 << 5
	majorText  = 3 << 5
)

// appendString appends a CBOR string.
func appendString[T ~string | ~[]byte](b []byte, major byte, s T) []byte {
	switch n := len(s); {
	case n < 24:
		b = append(b, major|byte(n))
	case n < 1<<8:
		b = append(b, major|24, byte(n))
	case n < 1<<16:
		b = append(b, major|25, byte(n>>8), byte(n))
	default:
		b = append(b, major|26)
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return append(b, s...)
}

// openCompanion is consent.Companion.Open, quicker.
func openCompanion(c consent.Companion, batch consent.Hash, indices []uint32, items []consent.Hash) (consent.Header, error) {
	if batchID(c.Header, c.Signature) != batch {
		return consent.Header{}, errOtherBatch
	}
	h, err := readHeader(c.Header)
	if err != nil {
		return consent.Header{}, err
	}
	root, err := consent.RootOfLeaves(h.N, indices, items, c.Path)
	if err == nil && root != h.Root {
		err = consent.ErrItemsRoot
	}
	return h, err
}

// errOtherBatch means that a companion belongs to another transaction.
var errOtherBatch = errors.New("companion of another transaction")

// cborReader reads deterministic CBOR (RFC 8949 §4.2.1) of arrays, unsigned
// integers and byte strings. After the first thing that is not as expected it
// has failed.
type cborReader struct {
	rest   []byte
	failed bool
}

// done tells whether everything was read, and as expected.
func (r *cborReader) done() bool { return !r.failed && len(r.rest) == 0 }

// head reads a major type's argument in its shortest form.
func (r *cborReader) head(major byte) uint64 {
	if len(r.rest) == 0 || r.rest[0]>>5 != major {
		r.failed = true
		return 0
	}
	rest := r.rest[1:]
	switch info := r.rest[0] & 31; {
	case info < 24:
		r.rest = rest
		return uint64(info)
	case info == 24 && len(rest) >= 1 && rest[0] >= 24:
		r.rest = rest[1:]
		return uint64(rest[0])
	case info == 25 && len(rest) >= 2 && rest[0] > 0:
		r.rest = rest[2:]
		return uint64(binary.BigEndian.Uint16(rest))
	case info == 26 && len(rest) >= 4 && binary.BigEndian.Uint16(rest) > 0:
		r.rest = rest[4:]
		return uint64(binary.BigEndian.Uint32(rest))
	case info == 27 && len(rest) >= 8 && binary.BigEndian.Uint32(rest) > 0:
		r.rest = rest[8:]
		return binary.BigEndian.Uint64(rest)
	}
	r.failed = true
	return 0
}

func (r *cborReader) open(items uint64) { r.failed = r.head(4) != items || r.failed }

func (r *cborReader) uint() uint64 { return r.head(0) }

// uint63 reads a number that fits an int64.
func (r *cborReader) uint63() uint64 {
	v := r.head(0)
	r.failed = r.failed || v > 1<<63-1
	return v
}

func (r *cborReader) bytes() []byte {
	n := r.head(2)
	if r.failed || n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *cborReader) bytes32() (b [32]byte) {
	if v := r.bytes(); len(v) == 32 {
		b = [32]byte(v)
	} else {
		r.failed = true
	}
	return b
}
