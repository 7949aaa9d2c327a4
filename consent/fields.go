package consent

import "fmt"

// MaxFieldsBytes limits the public fields of an item.
const MaxFieldsBytes = 1024

// ChartKeys are the keys a patient uses in one chart and nowhere else.
type ChartKeys struct {
	_           struct{} `cbor:",toarray"`
	Institution InstitutionID
	Sign        PublicKey // signs typed statements
	TLS         PublicKey // proves who reads
	Seal        Hash      // SHA-256 of the age recipient's text
}

// Check refuses weak keys and keys used twice.
func (k ChartKeys) Check() error {
	if err := k.Sign.Check(); err != nil {
		return err
	}
	if err := k.TLS.Check(); err != nil {
		return err
	}
	if k.Sign == k.TLS {
		return fmt.Errorf("%w: one key for two purposes", ErrBadKey)
	}
	return nil
}

// OpenFields are public in [ClassOpen]: the patient signs the transaction, the
// institution countersigns the keys and the end of its word ([ContextOpen]).
type OpenFields struct {
	_       struct{} `cbor:",toarray"`
	Keys    ChartKeys
	Until   Time // block time from which the countersignature counts no more
	Sponsor Signature
}

// Countersigned is what an institution signs when a chart opens.
type Countersigned struct {
	_     struct{} `cbor:",toarray"`
	Keys  ChartKeys
	Until Time
}

// SayFields are public in [ClassSay].
type SayFields struct {
	_       struct{} `cbor:",toarray"`
	Side    Side
	Answers *uint64 // the entry it answers, if any
	Due     Time    // until when an answer is expected; 0 for never
}

// GrantFields are public in [ClassGrant]; the grant's number is its entry's.
type GrantFields struct {
	_      struct{} `cbor:",toarray"`
	Expiry Time
	Uses   uint32 // 0: as often as wanted until the expiry
}

// RevokeFields are public in [ClassRevoke].
type RevokeFields struct {
	_     struct{} `cbor:",toarray"`
	Grant uint64
}

// AccessFields are public in [ClassAccess].
type AccessFields struct {
	_     struct{} `cbor:",toarray"`
	Grant *uint64
}

// RotateFields are public in [ClassRotate]: signed by the old key, and by the
// new one over the new keys ([ContextRotate]).
type RotateFields struct {
	_     struct{} `cbor:",toarray"`
	Keys  ChartKeys
	Proof Signature
}

// FreezeFields are public in [ClassFreeze].
type FreezeFields struct {
	_     struct{} `cbor:",toarray"`
	Until Time
}

// CloseFields are public in [ClassClose]: nothing.
type CloseFields struct {
	_ struct{} `cbor:",toarray"`
}

// SponsorTicket is R's promise to carry one transfer: its one-time destination
// key, signed with its ledger key ([ContextSponsor], empty log id).
type SponsorTicket struct {
	_           struct{} `cbor:",toarray"`
	Sponsor     InstitutionID
	Nonce       Nonce
	Destination PublicKey
	Expiry      Time
}

// TransferFields are public in [ClassTransferOpen]: one-time keys, the sponsor
// and its ticket, expiry and uses; neither chart nor source.
type TransferFields struct {
	_           struct{} `cbor:",toarray"`
	Patient     PublicKey
	TLS         PublicKey
	Source      PublicKey
	Ticket      SponsorTicket
	TicketProof Signature
	Expiry      Time
	Uses        uint32 // at least 1
}

// StepFields are public in collect, release, received and void: which use, and
// the hash of the offer it is about (zero in void).
type StepFields struct {
	_     struct{} `cbor:",toarray"`
	Use   uint32
	Offer Hash
}

// UndeliveredFields are public in [ClassUndelivered]: both sides sign; the
// other's signature is over StepFields ([ContextUndelivered]).
type UndeliveredFields struct {
	_     struct{} `cbor:",toarray"`
	Step  StepFields
	Other Signature
}

// StopFields are public in [ClassStop]: nothing.
type StopFields struct {
	_ struct{} `cbor:",toarray"`
}

// NewItem encodes fields into an item.
func NewItem(log LogID, class Class, fields any, commitment Hash) Item {
	return Item{Log: log, Class: class, Fields: Encode(fields), Commitment: commitment}
}

// DecodeFields reads an item's public fields into the type of its class.
func DecodeFields[T any](it Item) (T, error) {
	var f T
	if err := Decode(it.Fields, MaxFieldsBytes, &f); err != nil {
		return f, fmt.Errorf("fields of %s: %w", it.Class, err)
	}
	return f, nil
}
