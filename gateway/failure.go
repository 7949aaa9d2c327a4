package gateway

import (
	"context"
	"errors"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/records"
)

// FailureKind is what sort of failure an act ended with, as far as another
// process must tell them apart. Its text stands in answers of the admin socket.
type FailureKind string

// The kinds. A failure of none is an ordinary one.
const (
	FailureMalformed   FailureKind = "malformed"   // asked in a way in which nothing can be done
	FailureUnknown     FailureKind = "unknown"     // there is nothing by this name
	FailureRefused     FailureKind = "refused"     // the patient, the ledger or this institution says no
	FailureBusy        FailureKind = "busy"        // something before it is not finished
	FailureUnreachable FailureKind = "unreachable" // the ledger or the record system does not answer
	FailureLie         FailureKind = "lie"         // the ledger was shown falsely
)

// Failure is how an act ended in another process.
type Failure struct {
	Kind FailureKind
	Text string
}

func (f *Failure) Error() string { return f.Text }

// failureOf is an error as another process is told it.
func failureOf(err error) Failure { return Failure{kindOf(err), err.Error()} }

func kindOf(err error) FailureKind {
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	var lie *client.Lie
	var refusal *consent.Refusal
	switch {
	case errors.As(err, &lie):
		return FailureLie
	case is(ErrMalformed):
		return FailureMalformed
	case is(records.ErrNoRecord, ErrNoChart, ErrNoQuestion, ErrNoTransfer, ErrNoSource):
		return FailureUnknown
	case is(ErrUnfinished):
		return FailureBusy
	case is(ErrRecordTaken, ErrChartClosed, ErrBlocked, ErrNotPermitted, ErrNotTaken), errors.As(err, &refusal):
		return FailureRefused
	case is(ErrStale, records.ErrUnavailable, client.ErrUnreachable, context.DeadlineExceeded):
		return FailureUnreachable
	}
	return ""
}
