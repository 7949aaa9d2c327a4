package consent

import (
	"errors"
	"fmt"
)

// What source and destination say to each other, and what the patient gives
// each of them privately (protocol §5).

// SourceKey is one of the one-time keys S gives a wallet in advance, in a
// statement by its ledger key ([ContextSourceKey]) that names no chart.
type SourceKey struct {
	_          struct{} `cbor:",toarray"`
	Key        PublicKey
	Source     InstitutionID
	Recipient  string // age recipient of S's seal identity
	ValidUntil Time
}

// Statement is what S signs.
func (k SourceKey) Statement(chain string) Statement {
	return Statement{Context: ContextSourceKey, Chain: chain, Body: Encode(k)}
}

// SignedSourceKey is a [SourceKey] with S's signature.
type SignedSourceKey struct {
	_         struct{} `cbor:",toarray"`
	Body      SourceKey
	Signature Signature
}

// SignedTicket is a [SponsorTicket] with R's signature.
type SignedTicket struct {
	_         struct{} `cbor:",toarray"`
	Body      SponsorTicket
	Signature Signature
}

// TransferLink ties a transfer to the patient's chart at S or R: signed by the
// chart key there ([ContextLink]), given to that institution alone. Without it
// nobody acts; rotating the chart's key voids it.
type TransferLink struct {
	_        struct{} `cbor:",toarray"`
	Transfer LogID
	Terms    Hash // commitment to the terms
	Expiry   Time
	Source   SignedSourceKey
	Ticket   SignedTicket
}

// Statement is what the chart key signs.
func (l TransferLink) Statement(chain string, chart LogID) Statement {
	return Statement{Context: ContextLink, Chain: chain, Log: chart, Body: Encode(l)}
}

// SignedLink is a [TransferLink] with its chart and signature.
type SignedLink struct {
	_         struct{} `cbor:",toarray"`
	Chart     LogID
	Body      TransferLink
	Signature Signature
}

// Core is what R asks of S for one use. Its hash enters the offer and so the
// ledger; a new session after a crash resumes the same core.
type Core struct {
	_            struct{} `cbor:",toarray"`
	Transfer     LogID
	Use          uint32
	Scope        Scope
	Recipient    string // one-time hybrid age recipient
	Demographics []byte // fhir.Demographics, sealed to S
	Link         []byte // S's SignedLink and terms, sealed to S by the patient; may be empty
}

// MaxCoreBytes limits an encoded core.
const MaxCoreBytes = 256 << 10

// Hash names the core.
func (c Core) Hash() Hash { return Sum(Encode(c)) }

// DecodeCore reads a core's bytes.
func DecodeCore(b []byte) (Core, error) {
	var c Core
	if err := Decode(b, MaxCoreBytes, &c); err != nil {
		return Core{}, fmt.Errorf("request: %w", err)
	}
	if c.Use == 0 || len(c.Recipient) > 4096 {
		return Core{}, errors.New("request: a field is out of its limits")
	}
	if err := c.Scope.Check(); err != nil {
		return Core{}, fmt.Errorf("request: %w", err)
	}
	return c, nil
}

// Offer is S's promise of exactly these bytes for exactly this request, signed
// with the transfer's source key ([ContextOffer]).
type Offer struct {
	_          struct{} `cbor:",toarray"`
	Core       Hash
	Ciphertext Hash
	Size       uint64 // bytes of ciphertext
	Manifest   Hash
}

// Hash names the offer on the ledger.
func (o Offer) Hash() Hash { return Sum(Encode(o)) }

// Statement is what the source key signs.
func (o Offer) Statement(chain string, transfer LogID) Statement {
	return Statement{Context: ContextOffer, Chain: chain, Log: transfer, Body: Encode(o)}
}

// SessionProof binds a one-time key to one TLS session: the destination key
// signs the exporter's bytes and what the session is for ([ContextSession]).
type SessionProof struct {
	_        struct{} `cbor:",toarray"`
	Exporter [32]byte // RFC 8446 §7.5, label "carekey/session"
	Core     Hash
}

// Statement is what the destination key signs.
func (p SessionProof) Statement(chain string, transfer LogID) Statement {
	return Statement{Context: ContextSession, Chain: chain, Log: transfer, Body: Encode(p)}
}
