package client

import (
	"context"
	"io"

	"carekey/consent"
)

// The interfaces a server implements, by audience. A handler's errors travel
// as faults: a *Fault, *consent.Refusal, *Declined or an error that is one of
// the Err… values keeps its kind, all others arrive as ErrInternal without
// their text.

// Caller is who asks: the TLS key it proved to hold, if any, and the secret of
// its session.
type Caller struct {
	Key      *consent.PublicKey // nil: anonymous
	Exporter [32]byte           // RFC 8446 §7.5, as in consent.SessionProof
}

// Carrier takes transactions of anyone. The server has checked their size.
type Carrier interface {
	Submitter
	// Carried proves the head of the log that a transaction writes to, and
	// returns its entries from a number on, for transactions that this gateway
	// carried within the last day; ErrNotFound for all others, so that nobody
	// reads logs by it. A batch of several logs is not served.
	Carried(ctx context.Context, batch consent.Hash, from uint64) (Carried, error)
}

// Witness gives the gateway's cosignature of the newest header it verified,
// ErrStale when that is over a minute old. It must be on disk before it is
// signed, and never be of two hashes at one height.
type Witness interface {
	Cosignature(ctx context.Context) (consent.Cosignature, error)
}

// Desk opens charts. It checks: the ticket is one of its own, unused and in
// date; Signature by Enrolment.Keys.Sign over Enrolment.Statement(chain, log)
// with the log id that follows from the key; Keys.Check; Keys.Institution is
// its own; the seal's SHA-256. It spends the ticket on disk before it answers,
// and answers the same keys the same way again.
type Desk interface {
	Enrol(ctx context.Context, request EnrolRequest) (Enrolled, error)
}

// Holders knows whose log a TLS key opens.
type Holders interface {
	// LogOf returns the log whose present TLS key is key at a fresh proven
	// state, if this institution is a party to it (a chart: its own; a
	// transfer: source or destination). ErrForbidden otherwise, also for a key
	// that was rotated away and for a log's other keys.
	LogOf(ctx context.Context, key consent.PublicKey) (consent.LogID, error)
	// WaitLog returns the log's size once it is more than size, or the present
	// one after at most half a minute.
	WaitLog(ctx context.Context, log consent.LogID, size uint64) (uint64, error)
}

// Details keeps the private parts of a log. The caller's right to the log has
// been checked.
type Details interface {
	// Details returns the details of entries by number, in the order asked,
	// without those it does not have, and of the rest as many as fit.
	Details(ctx context.Context, log consent.LogID, numbers []uint64) ([]NumberedDetail, error)
	// PutDetail files a detail that the patient wrote, which may come before or
	// after its entry: what it is follows from its content, so it fits one of
	// few commitments (consent.Detail.Commitment). Only what patients write; a
	// bounded number without an entry.
	PutDetail(ctx context.Context, log consent.LogID, detail consent.Detail) error
}

// Transfers is what a chart's patient leaves and takes at S or R for
// transfers. The caller's right to the chart has been checked.
type Transfers interface {
	// SourceKeys tops the chart's unused source keys up to want, at most four.
	SourceKeys(ctx context.Context, chart consent.LogID, want uint8) ([]consent.SignedSourceKey, error)
	// PutParcel files what the patient hands to one end of a transfer. It
	// checks: Link.Chart is this chart, the chart's present key signed it, Terms
	// fits the commitment Link.Body.Terms, and the source key or the ticket is
	// its own.
	PutParcel(ctx context.Context, chart consent.LogID, parcel consent.Parcel) error
}

// Registered knows the keys of active institutions.
type Registered interface {
	// InstitutionOf returns the institution that uses a TLS key at a fresh
	// verified header; ErrForbidden for unknown keys and ended institutions.
	InstitutionOf(ctx context.Context, key consent.PublicKey) (consent.InstitutionID, error)
}

// Peer is what a source or destination answers a registered gateway. For every
// request with a session proof it checks that the exporter is this session's
// (caller.Exporter) and the signature that of the transfer's destination key;
// and everything of protocol §5 step 4 and 6 before it gives anything.
type Peer interface {
	TransferRequest(ctx context.Context, from consent.InstitutionID, caller Caller, request TransferRequest) (TransferOffer, error)
	// TransferData returns the ciphertext of the offer and its size; only after
	// Released and not stopped was proven. The server closes it; a read error
	// of it breaks the send off, so a proven stop must make reads fail.
	TransferData(ctx context.Context, from consent.InstitutionID, caller Caller, request UseRequest) (io.ReadCloser, uint64, error)
	// TransferDetails files the details that fit commitments in the transfer's
	// log and answers with those that this side has. Only R and S of it.
	TransferDetails(ctx context.Context, from consent.InstitutionID, details TransferDetails) (TransferDetails, error)
	// Undelivered signs consent.UndeliveredStatement with this side's one-time
	// key if, by its own records too, nothing arrived.
	Undelivered(ctx context.Context, from consent.InstitutionID, request UndeliveredRequest) (consent.Signature, error)
}
