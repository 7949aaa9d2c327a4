package wallet

import (
	"context"
	"crypto/tls"
	"errors"

	"carekey/consent"
)

// ErrClock means that the network's time is ahead of this machine's clock, so
// that no proof can be judged.
var ErrClock = errors.New("the network's time is ahead of this computer's clock")

// ErrNoHeader means that a header of long ago is not kept any more.
var ErrNoHeader = errors.New("the header is not kept any more")

// Reader says how one log is read: from an institution that is a party to it,
// on a connection of its own, with that log's TLS key (protocol §4).
type Reader struct {
	Log  consent.LogID
	At   consent.InstitutionID
	Cert tls.Certificate // of the log's TLS key
}

// Network is everything that the wallet reaches outside itself.
type Network interface {
	Chronicle
	Archive
	Courier
	Correspondent
}

// Chronicle is the ledger as the wallet reads it: everything that comes back
// is proven, or an error.
type Chronicle interface {
	// Chain is the chain id that statements are bound to.
	Chain() string
	// Registry is the newest verified registry.
	Registry(context.Context) (*consent.Registry, error)
	// Follow reads a log from what is remembered to its proven head. A lie is
	// an error that carries its evidence.
	Follow(context.Context, Reader, consent.Remembered) (consent.Reading, error)
	// Await returns when the log may have more entries than size.
	Await(ctx context.Context, r Reader, size uint64) error
}

// Archive answers what a wallet asks that lost, or doubts, what it had.
type Archive interface {
	// Header is the verified header of a height: [ErrNoHeader] where nobody
	// keeps it any more.
	Header(ctx context.Context, r Reader, height int64) (consent.Hash, error)
	// Find asks an institution for the log of a TLS key; false is proven
	// absence.
	Find(context.Context, Reader) (consent.LogID, bool, error)
}

// Courier brings what the wallet signed to the ledger.
type Courier interface {
	// Approach connects ahead of a Submit for the same reader that comes at
	// once, while its bytes are still being signed and written down. It does
	// not wait; nothing is lost where Submit does not come.
	Approach(context.Context, Reader)
	// Submit hands signed bytes to the reader's institution and, if it does
	// not carry them, to others. Accepted is not committed.
	Submit(ctx context.Context, r Reader, tx []byte, stop bool) error
}

// Correspondent is what wallet and institution tell each other privately.
type Correspondent interface {
	// Give hands over the detail of an entry the patient writes.
	Give(context.Context, Reader, consent.Class, consent.Detail) error
	// Details asks for details of entries; what the institution does not show
	// is missing from the answer, unverified.
	Details(ctx context.Context, r Reader, numbers []uint64) (map[uint64]consent.Detail, error)
	// SourceKeys asks for one-time keys of the institution as a source.
	SourceKeys(context.Context, Reader) ([]consent.SignedSourceKey, error)
	// Hand gives an institution its parcel of an approved transfer.
	Hand(context.Context, Reader, consent.Parcel) error
}

// Enroller opens charts with an invitation.
type Enroller interface {
	// Enrol shows the ticket and the new keys; it returns what the institution
	// countersigned and the detail it commits to.
	Enrol(context.Context, consent.Invitation, consent.Enrolment, consent.Signature) (Enrolled, error)
}

// Enrolled is an institution's answer to an enrolment.
type Enrolled struct {
	Until   consent.Time
	Sponsor consent.Signature
	Opened  consent.Detail
}
