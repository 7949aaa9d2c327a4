package vault

import (
	"encoding/binary"
	"fmt"

	"carekey/consent"
)

// MaxRecordBytes limits one encoded record.
const MaxRecordBytes = 1 << 20

// Record is everything that proves and explains one entry. The vault does not
// look inside.
type Record struct {
	_         struct{} `cbor:",toarray"`
	Entry     []byte   // the leaf
	Companion []byte   // what proves its signature; may be empty
	Detail    []byte   // empty while the institution has not said
}

// encode returns the record's canonical bytes.
func (r Record) encode() ([]byte, error) {
	if n := len(r.Entry) + len(r.Companion) + len(r.Detail); n > MaxRecordBytes-16 {
		return nil, fmt.Errorf("a record of %d bytes is %w", n, ErrTooLarge)
	}
	return consent.Encode(r), nil
}

// decodeRecord reads what encode wrote.
func decodeRecord(b []byte) (Record, error) {
	var r Record
	if err := consent.Decode(b, MaxRecordBytes, &r); err != nil {
		return Record{}, fmt.Errorf("record: %w", err)
	}
	return r, nil
}

// lengthSize is the length of the number before each record in a segment.
const lengthSize = 4

// recordLength reads and checks that number.
func recordLength(b []byte) (int, error) {
	n := binary.BigEndian.Uint32(b)
	if n == 0 || n > MaxRecordBytes {
		return 0, fmt.Errorf("a record of %d bytes", n)
	}
	return int(n), nil
}
