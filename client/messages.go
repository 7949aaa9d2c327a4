package client

import "carekey/consent"

// Messages of the wire that are not types of consent. Every request and answer
// is one canonical CBOR array.

// MaxManifestBytes limits an encoded fhir.Manifest.
const MaxManifestBytes = 512 << 10

type (
	// nothing is the body of a request or an answer that says nothing.
	nothing struct {
		_ struct{} `cbor:",toarray"`
	}

	// heightRequest asks for a light block, or to wait for a height.
	heightRequest struct {
		_      struct{} `cbor:",toarray"`
		Height int64
	}

	heightAnswer struct {
		_      struct{} `cbor:",toarray"`
		Height int64
	}

	// bytesMessage carries a genesis file, a light block or a transaction.
	bytesMessage struct {
		_     struct{} `cbor:",toarray"`
		Bytes []byte
	}

	proveRequest struct {
		_      struct{} `cbor:",toarray"`
		Height int64
		Keys   [][]byte
	}

	entriesRequest struct {
		_        struct{}      `cbor:",toarray"`
		Log      consent.LogID // the caller's own, but for nodes
		From     uint64
		MaxBytes uint32
	}

	waitRequest struct {
		_    struct{} `cbor:",toarray"`
		Size uint64
	}

	sizeAnswer struct {
		_    struct{} `cbor:",toarray"`
		Size uint64
	}

	carriedRequest struct {
		_     struct{} `cbor:",toarray"`
		Batch consent.Hash
		From  uint64
	}

	detailsRequest struct {
		_       struct{} `cbor:",toarray"`
		Numbers []uint64
	}

	detailsAnswer struct {
		_       struct{} `cbor:",toarray"`
		Details []NumberedDetail
	}

	countRequest struct {
		_     struct{} `cbor:",toarray"`
		Count uint8
	}

	sourceKeysAnswer struct {
		_    struct{} `cbor:",toarray"`
		Keys []consent.SignedSourceKey
	}

	signatureAnswer struct {
		_         struct{} `cbor:",toarray"`
		Signature consent.Signature
	}

	sizedAnswer struct {
		_    struct{} `cbor:",toarray"`
		Size uint64   // bytes of ciphertext that follow in frames
	}
)

// Carried is what a gateway shows of a transaction that it carried for
// somebody: the log's head (or its absence) proven, and its entries from a
// number on. The reader verifies it like any log.
type Carried struct {
	_     struct{} `cbor:",toarray"`
	Proof consent.StateProof
	Page  consent.Page
}

// EnrolRequest opens a chart: Signature is by the new chart key over
// Enrolment.Statement(chain, log).
type EnrolRequest struct {
	_         struct{} `cbor:",toarray"`
	Enrolment consent.Enrolment
	Signature consent.Signature
}

// Enrolled is the gateway's answer: its countersignature (Until and Sponsor of
// consent.OpenFields) and the detail to commit to.
type Enrolled struct {
	_       struct{} `cbor:",toarray"`
	Until   consent.Time
	Sponsor consent.Signature
	Detail  consent.Detail // of consent.Opened
}

// NumberedDetail is the detail of an entry.
type NumberedDetail struct {
	_      struct{} `cbor:",toarray"`
	Number uint64
	Detail consent.Detail
}

// TransferRequest is what R asks of S: a core, bound to this session by the
// destination key's signature over Session, and the sponsor's ticket.
type TransferRequest struct {
	_         struct{} `cbor:",toarray"`
	Core      consent.Core
	Session   consent.SessionProof
	Signature consent.Signature // Session.Statement(chain, transfer), destination key
	Ticket    consent.SignedTicket
}

// TransferOffer is S's answer.
type TransferOffer struct {
	_         struct{} `cbor:",toarray"`
	Offer     consent.Offer
	Signature consent.Signature // Offer.Statement(chain, transfer), source key
	Manifest  []byte            // canonical CBOR of fhir.Manifest
}

// UseRequest is about one use of a transfer, bound to this session.
type UseRequest struct {
	_         struct{} `cbor:",toarray"`
	Transfer  consent.LogID
	Use       uint32
	Session   consent.SessionProof // Core: the hash of the core in flight
	Signature consent.Signature    // Session.Statement(chain, transfer), destination key
}

// TransferDetails are details of a transfer's log that one side gives the
// other: the answer holds what the other side has.
type TransferDetails struct {
	_        struct{} `cbor:",toarray"`
	Transfer consent.LogID
	Details  []consent.Detail
}

// UndeliveredRequest asks the other side to agree that nothing arrived.
type UndeliveredRequest struct {
	_        struct{} `cbor:",toarray"`
	Transfer consent.LogID
	Step     consent.StepFields
}
