package consent

import "fmt"

// TransferState is a step of a transfer (protocol §5).
type TransferState uint8

// The steps. Open, Collected, Released and Received are stored; Void, Stopped
// and Expired follow by rule from time and stop, without a transaction.
const (
	TransferOpen TransferState = iota + 1
	TransferCollected
	TransferReleased
	TransferReceived
	TransferVoid // collected, but the deadline passed or the patient stopped it
	TransferStopped
	TransferExpired
	transferStateEnd
)

var transferStateNames = [...]string{
	TransferOpen: "open", TransferCollected: "collected", TransferReleased: "released",
	TransferReceived: "received", TransferVoid: "void", TransferStopped: "stopped",
	TransferExpired: "expired",
}

// String is the state's name in documents and files.
func (s TransferState) String() string {
	if s < TransferOpen || s >= transferStateEnd {
		return fmt.Sprintf("transfer-state-%d", uint8(s))
	}
	return transferStateNames[s]
}

// MarshalText gives JSON the name.
func (s TransferState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Transfer is a transfer's part of its log's head.
type Transfer struct {
	_           struct{} `cbor:",toarray"`
	Sponsor     InstitutionID
	Patient     PublicKey
	TLS         PublicKey
	Source      PublicKey
	Destination PublicKey
	Expiry      Time
	Uses        uint32
	Done        uint32 // uses released and not undelivered
	Use         uint32 // number of the latest use, from 1; 0 before the first
	Stored      TransferState
	Offer       Hash // of the use in flight
	Deadline    Live // of a collected use
	Stopped     bool
	StoppedAt   Time
}

// State is what the transfer is at a proven moment: no data may move but in
// Released, and none be newly sent once Stopped is set.
func (t Transfer) State(now Time, live Live) TransferState {
	switch {
	case t.Stored == TransferCollected && (t.Stopped || live >= t.Deadline):
		return TransferVoid
	case t.Stored == TransferOpen && t.Stopped:
		return TransferStopped
	case t.Stored == TransferOpen && now >= t.Expiry:
		return TransferExpired
	}
	return t.Stored
}

// CanCollect tells whether a new use may begin.
func (t Transfer) CanCollect(now Time, live Live) bool {
	s := t.State(now, live)
	return (s == TransferOpen || s == TransferVoid) &&
		!t.Stopped && now < t.Expiry && t.Done < t.Uses
}

// CanSend tells whether the source may start to send: released, not stopped.
func (t Transfer) CanSend() bool { return t.Stored == TransferReleased && !t.Stopped }

// Finished tells whether nothing can move any more and nothing is in flight.
func (t Transfer) Finished(now Time, live Live) bool {
	switch t.State(now, live) {
	case TransferReceived, TransferStopped, TransferExpired:
		return true
	case TransferVoid:
		return !t.CanCollect(now, live)
	}
	return false
}
