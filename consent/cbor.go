package consent

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// ErrNotCanonical means that bytes decode but are not the one deterministic
// encoding of their value (RFC 8949 §4.2.1).
var ErrNotCanonical = errors.New("the bytes are not in canonical form")

// codec is the one CBOR configuration of the system.
type codec struct {
	enc cbor.EncMode
	dec cbor.DecMode
}

func newCodec() codec {
	options := cbor.CoreDetEncOptions()
	options.NilContainers = cbor.NilContainerAsEmpty // else nil and empty were two encodings of one value
	enc, err := options.EncMode()
	if err != nil {
		panic(err) // the options are constants; a test encodes with them
	}
	dec, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		UTF8:              cbor.UTF8RejectInvalid,
		MaxNestedLevels:   16,
		MaxArrayElements:  1 << 17,
		MaxMapPairs:       1 << 10,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return codec{enc: enc, dec: dec}
}

var canonical = newCodec()

// Encode returns the canonical bytes of v. It fails only for types CBOR cannot
// hold, which is a programming error, so it panics then.
func Encode(v any) []byte {
	b, err := canonical.enc.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("consent: encode %T: %v", v, err))
	}
	return b
}

// Decode reads canonical bytes of at most limit bytes into v. It refuses what
// is oversized, malformed, has trailing bytes or is not canonical.
func Decode(b []byte, limit int, v any) error {
	if len(b) > limit {
		return fmt.Errorf("%d bytes are more than the limit of %d", len(b), limit)
	}
	if err := canonical.dec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("malformed CBOR: %w", err)
	}
	again, err := canonical.enc.Marshal(v)
	if err != nil {
		return fmt.Errorf("malformed CBOR: %w", err)
	}
	if !bytes.Equal(again, b) {
		return ErrNotCanonical
	}
	return nil
}
