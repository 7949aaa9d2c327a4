package consent

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"slices"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// PublicKey is an Ed25519 public key (RFC 8032 §5.1.5).
type PublicKey [ed25519.PublicKeySize]byte

// Signature is an Ed25519 signature (RFC 8032 §5.1.6).
type Signature [ed25519.SignatureSize]byte

// ErrBadKey means that a public key may not be registered: it is not
// canonically encoded or its point has small order, so that one signature
// could be valid for several messages or keys.
var ErrBadKey = errors.New("the public key is weak or not canonical")

// ErrBadSignature means that a signature does not verify.
var ErrBadSignature = errors.New("the signature does not verify")

// ID is the key's short name.
func (k PublicKey) ID() KeyID {
	sum := Sum(Encode([]any{"carekey/keyid/1", k}))
	return KeyID(sum[:16])
}

// String is the hexadecimal form.
func (k PublicKey) String() string { return hex.EncodeToString(k[:]) }

// MarshalText gives JSON the hexadecimal form.
func (k PublicKey) MarshalText() ([]byte, error) { return hexText(k[:]) }

// UnmarshalText reads the hexadecimal form.
func (k *PublicKey) UnmarshalText(b []byte) error { return unhex(k[:], b) }

// Check returns [ErrBadKey] for keys that may not enter a log or the registry.
func (k PublicKey) Check() error {
	y := k
	y[31] &= 0x7f // the sign of x
	if !belowFieldPrime(y) || slices.Contains(smallOrderY[:], y) {
		return ErrBadKey
	}
	return nil
}

// belowFieldPrime tells whether the little-endian number is below 2²⁵⁵ − 19.
func belowFieldPrime(y PublicKey) bool {
	if y[31] != 0x7f || y[0] < 0xed {
		return true
	}
	return !bytes.Equal(y[1:31], bytes.Repeat([]byte{0xff}, 30))
}

// smallOrderY are the y coordinates of the eight points whose order divides 8:
// 1 (order 1), −1 (2), 0 (4) and the two of order 8; both signs of x are meant.
var smallOrderY = [...]PublicKey{
	{0: 1},
	{0: 0xec, 1: 0xff, 2: 0xff, 3: 0xff, 4: 0xff, 5: 0xff, 6: 0xff, 7: 0xff,
		8: 0xff, 9: 0xff, 10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff, 14: 0xff, 15: 0xff,
		16: 0xff, 17: 0xff, 18: 0xff, 19: 0xff, 20: 0xff, 21: 0xff, 22: 0xff, 23: 0xff,
		24: 0xff, 25: 0xff, 26: 0xff, 27: 0xff, 28: 0xff, 29: 0xff, 30: 0xff, 31: 0x7f},
	{},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}

// Context separates the kinds of statement: a signature made for one never
// verifies as another.
type Context string

// The contexts.
const (
	ContextTransaction Context = "transaction"   // body: batch header
	ContextOpen        Context = "open"          // body: Countersigned, by the institution
	ContextRotate      Context = "rotate"        // body: ChartKeys, signed by the new key
	ContextHeader      Context = "header"        // body: Cosigned
	ContextSession     Context = "session"       // body: TLS exporter and what it is for
	ContextSourceKey   Context = "source-key"    // body: SourceKey
	ContextSponsor     Context = "sponsor"       // body: SponsorTicket
	ContextDestination Context = "destination"   // body: DestinationKey
	ContextLink        Context = "transfer-link" // body: TransferLink
	ContextOffer       Context = "offer"         // body: Offer
	ContextEnrol       Context = "enrol"         // body: enrolment, signed by the patient's chart key
	ContextTip         Context = "tip"           // body: Cosigned, when re-anchoring
	ContextUndelivered Context = "undelivered"   // body: use and offer, signed by the other side
	ContextPossession  Context = "possession"    // body: plan and challenge, signed by a share's key
)

// Statement is the only thing a key of ours ever signs: a body with its
// context, bound to a chain and to a log (zero for none).
type Statement struct {
	Context Context
	Chain   string
	Log     LogID
	Body    []byte // canonical CBOR
}

// Bytes are the canonical bytes that are signed (protocol §2).
func (s Statement) Bytes() []byte {
	log := []byte{}
	if s.Log != (LogID{}) {
		log = s.Log[:]
	}
	return Encode([]any{"carekey/sig/1", s.Context, s.Chain, log, s.Body})
}

// Signer signs statements with one key and never exports it.
type Signer interface {
	Public() PublicKey
	Sign(Statement) (Signature, error)
}

// Verify returns [ErrBadSignature] unless sig is k's over s.
func (s Statement) Verify(k PublicKey, sig Signature) error {
	if !k.Signed(s.Bytes(), sig) {
		return ErrBadSignature
	}
	return nil
}

// Signed tells whether sig is k's over message. It accepts exactly what
// crypto/ed25519 accepts, in about half the time: reading a long history is
// mostly this.
func (k PublicKey) Signed(message []byte, sig Signature) bool {
	return voi.VerifyWithOptions(k[:], message, sig[:], &voi.Options{Verify: voi.VerifyOptionsStdLib})
}
