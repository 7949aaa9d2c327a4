package consent

import (
	"crypto/rand"
	"errors"
	"fmt"
)

// Limits of details.
const (
	MaxDetailBytes = 64 << 10
	MaxTextBytes   = 4096 // of one free text
)

// Detail is the private part of an entry: it lives in the gateway's database
// and the patient's vault, never on the ledger, which holds its commitment.
type Detail struct {
	_       struct{} `cbor:",toarray"`
	Salt    [32]byte
	Content []byte // canonical CBOR [kind, body], see EncodeContent
}

// NewDetail salts a content. One that its reader would refuse is refused here.
func NewDetail(c Content) (Detail, error) {
	if err := c.check(); err != nil {
		return Detail{}, err
	}
	d := Detail{Content: EncodeContent(c)}
	if len(d.Content) > MaxDetailBytes {
		return Detail{}, fmt.Errorf("the detail has %d bytes, more than %d", len(d.Content), MaxDetailBytes)
	}
	_, err := rand.Read(d.Salt[:])
	return d, err
}

// Commitment binds the detail to its network, log and class (protocol §2).
func (d Detail) Commitment(network NetworkID, log LogID, class Class) Hash {
	return Sum(Encode([]any{"carekey/detail/1", network, log, class, d.Salt, d.Content}))
}

// DecodeDetail reads a detail's bytes.
func DecodeDetail(b []byte) (Detail, error) {
	var d Detail
	if err := Decode(b, MaxDetailBytes+64, &d); err != nil {
		return Detail{}, fmt.Errorf("detail: %w", err)
	}
	return d, nil
}

// ErrOtherDetail means that a detail is not the one an entry commits to.
var ErrOtherDetail = errors.New("the private part is not the one the entry was made with")

// Open checks the detail against the item and returns its content.
func (d Detail) Open(network NetworkID, item Item) (Content, error) {
	if d.Commitment(network, item.Log, item.Class) != item.Commitment {
		return nil, ErrOtherDetail
	}
	c, err := DecodeContent(d.Content)
	if err != nil {
		return nil, err
	}
	if !c.fits(item.Class) {
		return nil, fmt.Errorf("the private part of a %s says something else", item.Class)
	}
	return c, nil
}

// Content is what a detail says: one of the types of this file.
type Content interface {
	kind() contentKind
	fits(Class) bool
	check() error
}

type contentKind uint8

const (
	kindOpened contentKind = iota + 1
	kindRequest
	kindDenial
	kindQuery
	kindAnswer
	kindAcknowledgement
	kindBlock
	kindGranted
	kindRevoked
	kindAccessed
	kindTerms
	kindStep
	kindReason
)

// Opened is the content of a chart's opening: the record link.
type Opened struct {
	_          struct{} `cbor:",toarray"`
	Record     string   // the institution's record number
	Identified string   // how the person was identified
}

// Person is someone who acts for an institution.
type Person struct {
	_       struct{} `cbor:",toarray"`
	Name    string
	Role    string
	Licence *PublicKey // of a clinician
}

// RequestKind says what is asked.
type RequestKind uint8

// The kinds of request. Look asks to use what the institution holds beyond
// ordinary care; Move asks for a transfer from another institution.
const (
	Look RequestKind = iota + 1
	Move
)

// Request is the content of an institution's say: it asks.
type Request struct {
	_         struct{} `cbor:",toarray"`
	Kind      RequestKind
	By        Person
	Purpose   Purpose
	Why       string
	Scope     Scope
	From      InstitutionID // source, for Move
	KeptUntil Date
	Uses      uint32 // 0: until the end
	Until     Time   // end of the permission asked for
	Ticket    *SponsorTicket
	Proof     *Signature // of the ticket
}

// Denial is the content of a patient's say that refuses a request.
type Denial struct {
	_      struct{} `cbor:",toarray"`
	Reason string
}

// Query is the content of a patient's say: "I don't recognise this".
type Query struct {
	_    struct{} `cbor:",toarray"`
	Text string
}

// Answer is the content of an institution's say that answers a query.
type Answer struct {
	_    struct{} `cbor:",toarray"`
	By   Person
	Text string
}

// Acknowledgement is the content of an institution's say that it has carried
// out what the answered entry (a revocation, a denial, a block) wants.
type Acknowledgement struct {
	_    struct{} `cbor:",toarray"`
	Text string
}

// Blocking is the content of a patient's say: no new requests, please. Off lifts
// an earlier block.
type Blocking struct {
	_   struct{} `cbor:",toarray"`
	Off bool
}

// Granted is the content of a grant.
type Granted struct {
	_         struct{} `cbor:",toarray"`
	Request   *uint64  // the request it answers
	By        Person   // who asked
	Purpose   Purpose
	Scope     Scope
	Sentences []string // as shown when signed
	Consent   []byte   // FHIR R4 Consent, JSON
}

// Revoked is the content of a revocation.
type Revoked struct {
	_      struct{} `cbor:",toarray"`
	Reason string
}

// Basis says why an institution may look.
type Basis uint8

// The bases.
const (
	BasisCare Basis = iota + 1
	BasisGrant
	BasisTransfer
	BasisEmergency
	BasisLaw
	BasisPayment
	BasisOperations
	basisEnd
)

// Purpose is what records are wanted for.
type Purpose uint8

// The purposes.
const (
	PurposeTreatment Purpose = iota + 1
	PurposeSecondOpinion
	PurposeInsurance
	PurposeResearch
	PurposePublicHealth
	PurposePatientWish
	PurposeOperations
	purposeEnd
)

// Accessed is the content of an access: who looked at what, and why.
type Accessed struct {
	_         struct{} `cbor:",toarray"`
	Basis     Basis
	By        Person
	Purpose   Purpose
	Types     []RecordType
	Event     Time         // when the look happened
	Automatic bool         // by a system, not a person
	Late      string       // why it was written late, if it was
	Transfer  *TransferUse // with BasisTransfer
}

// TransferUse names one use of a transfer.
type TransferUse struct {
	_        struct{} `cbor:",toarray"`
	Transfer LogID
	Use      uint32
	Other    InstitutionID // the institution at the other end
	Gave     bool          // this institution is the source
}

// Terms are the content of a transfer's opening: what the patient agreed to.
// They name no chart and no record number.
type Terms struct {
	_           struct{} `cbor:",toarray"`
	Source      InstitutionID
	Destination InstitutionID
	By          Person // who asked
	Purpose     Purpose
	Scope       Scope
	KeptUntil   Date
	Sentences   []string // as shown when signed
	Consent     []byte   // FHIR R4 Consent, JSON; its patient is the transfer
}

// Verdict is how a step of a transfer ended.
type Verdict uint8

// The verdicts.
const (
	VerdictOK      Verdict = iota + 1
	VerdictAltered         // what arrived is not what was offered
	VerdictWrongPatient
	VerdictUnreadable
	VerdictRefused // by the destination's own system
	verdictEnd
)

// Step is the content of a transfer's collect, release, received, void and
// undelivered entries.
type Step struct {
	_        struct{} `cbor:",toarray"`
	Verdict  Verdict
	Manifest []byte // canonical CBOR of fhir.Manifest, on release and received
	Text     string
}

// Reason is the content of stop, rotate, freeze and close.
type Reason struct {
	_    struct{} `cbor:",toarray"`
	Text string
}
