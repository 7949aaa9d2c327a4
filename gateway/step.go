package gateway

import (
	"fmt"

	"carekey/gateway/store"
)

// Step is how far one side of one use of a transfer is. Each step is written
// to the disk before the next one begins; after a crash the step and the
// ledger's proven state leave one legal move. The numbers are stored: never
// renumber.
type Step uint8

// The steps, in the order in which they are taken.
const (
	DestinationLinked     Step = iota + 1 // the patient's link is here; the transfer may not be open yet
	DestinationAsked                      // the one-time secret and the core of the request are stored
	DestinationOffered                    // the source's offer is stored
	DestinationCollecting                 // collect is signed and on its way
	DestinationCollected                  // collect is proven; the source has its turn
	DestinationReleased                   // the source's release is proven
	DestinationFetched                    // the ciphertext is stored, and is what was offered
	DestinationFiled                      // the records are filed, or why not is known
	DestinationReceiving                  // received is signed and on its way
	DestinationReceived                   // received is proven, the one-time secret is gone, the access is queued
	DestinationDone                       // the source has the details too
	DestinationVoid                       // nothing came of this use
	DestinationRefused                    // the source will not send, or this side will not take

	SourceAsked     // the request is good; its core is stored
	SourceSealed    // the records are read, narrowed, sealed and stored
	SourceOffered   // the offer is signed and stored
	SourceCollected // collect is proven, with this offer
	SourceReleasing // release is signed and on its way
	SourceReleased  // release is proven, the access is queued; sending may begin
	SourceSending   // sending began: from here on the other side may have the data
	SourceSent      // all of it was sent at least once
	SourceDone      // received is proven, or the time to fetch is over; the bundle is gone
	SourceVoid      // nothing was released, or nothing of it sent; the bundle is gone
	stepEnd
)

var stepNames = [stepEnd]string{
	DestinationLinked: "linked", DestinationAsked: "asked", DestinationOffered: "offered",
	DestinationCollecting: "collecting", DestinationCollected: "collected", DestinationReleased: "released",
	DestinationFetched: "fetched", DestinationFiled: "filed", DestinationReceiving: "receiving",
	DestinationReceived: "received", DestinationDone: "done", DestinationVoid: "void",
	DestinationRefused: "refused",
	SourceAsked:        "asked", SourceSealed: "sealed", SourceOffered: "offered",
	SourceCollected: "collected", SourceReleasing: "releasing", SourceReleased: "released",
	SourceSending: "sending", SourceSent: "sent", SourceDone: "done", SourceVoid: "void",
}

// Steps returns every step; tests iterate it.
func Steps() []Step {
	steps := make([]Step, 0, stepEnd-1)
	for s := DestinationLinked; s < stepEnd; s++ {
		steps = append(steps, s)
	}
	return steps
}

// Side tells whose step it is.
func (s Step) Side() store.Side {
	if s < SourceAsked {
		return store.Destination
	}
	return store.Source
}

// Ends tells whether nothing is left to do after the step.
func (s Step) Ends() bool {
	switch s {
	case DestinationDone, DestinationVoid, DestinationRefused, SourceDone, SourceVoid:
		return true
	}
	return false
}

// Usual tells whether a transfer in which nothing goes wrong takes the step.
func (s Step) Usual() bool {
	return s != DestinationVoid && s != DestinationRefused && s != SourceVoid
}

// String is the step's name, such as "source: sealed".
func (s Step) String() string {
	if s == 0 || s >= stepEnd {
		return fmt.Sprintf("step-%d", uint8(s))
	}
	return s.Side().String() + ": " + stepNames[s]
}

// MarshalText gives JSON the name.
func (s Step) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name.
func (s *Step) UnmarshalText(b []byte) error {
	for _, known := range Steps() {
		if known.String() == string(b) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("%q is no step of a transfer", b)
}
