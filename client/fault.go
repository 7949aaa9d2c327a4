package client

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"carekey/consent"
)

// FaultKind says why an operation failed; the numbers never change.
type FaultKind uint8

// The kinds of fault.
const (
	FaultInternal    FaultKind = iota + 1 // something broke at the server
	FaultMalformed                        // the request cannot be read
	FaultNotServed                        // this server does not offer the operation
	FaultForbidden                        // the caller's key does not allow it
	FaultNotFound                         // there is no such thing
	FaultBusy                             // a limit is reached; try later
	FaultStale                            // the server's own view is too old to decide
	FaultUnavailable                      // what the server needs cannot be reached
	FaultPruned                           // it was there, and is no longer kept
	FaultNotYet                           // it will be there later
	FaultRefused                          // the ledger's no; the code is a consent.Code
	FaultDeclined                         // the institution's no; the code is a Decline
	faultEnd
)

// Errors by kind, for errors.Is.
var (
	ErrInternal    = errors.New("something went wrong at the server")
	ErrMalformed   = errors.New("the server could not read the request")
	ErrNotServed   = errors.New("the server does not offer this")
	ErrForbidden   = errors.New("the server does not allow this to the caller")
	ErrNotFound    = errors.New("the server does not have it")
	ErrBusy        = errors.New("the server is busy")
	ErrStale       = errors.New("the server's view of the ledger is too old")
	ErrUnavailable = errors.New("the server cannot reach what it needs")
	ErrPruned      = consent.ErrPruned
	ErrNotYet      = errors.New("it is not there yet")
)

var faultErrors = [faultEnd]error{
	FaultInternal: ErrInternal, FaultMalformed: ErrMalformed, FaultNotServed: ErrNotServed,
	FaultForbidden: ErrForbidden, FaultNotFound: ErrNotFound, FaultBusy: ErrBusy,
	FaultStale: ErrStale, FaultUnavailable: ErrUnavailable, FaultPruned: ErrPruned,
	FaultNotYet: ErrNotYet,
}

// Decline is why an institution refuses another one's request for records;
// the numbers never change.
type Decline uint32

// The reasons to decline.
const (
	DeclineUnregistered Decline = iota + 1 // the asking institution is not active in the registry
	DeclineNoLink                          // the patient's link has not arrived, or was rotated away
	DeclineNotLive                         // stopped, expired, void or used up
	DeclineScope                           // more is asked than the patient agreed to
	DeclineWrongPatient                    // not certainly the same person
	DeclineNotReleased                     // no release is proven yet
	DeclineSession                         // the session proof does not fit
	DeclineOtherCore                       // another request is in flight for this use
	DeclineFrozen                          // the chart is frozen
	DeclineRecords                         // the record system could not be read
	DeclineUnknownOffer                    // no such offer, or its data is deleted already
)

// Declined is an institution's no, with a sentence for people.
type Declined struct {
	Code Decline
	Text string
}

func (d *Declined) Error() string { return d.Text }

// Is lets errors.Is compare by code.
func (d *Declined) Is(target error) bool {
	other, ok := target.(*Declined)
	return ok && other.Code == d.Code
}

// Fault is an error as it travels: [kind, code, sentence].
type Fault struct {
	_    struct{} `cbor:",toarray"`
	Kind FaultKind
	Code uint32
	Text string
}

// NewFault makes a fault that is kind and says text.
func NewFault(kind FaultKind, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

func (f *Fault) Error() string {
	if f.Text == "" && f.Kind < faultEnd && faultErrors[f.Kind] != nil {
		return faultErrors[f.Kind].Error()
	}
	return f.Text
}

// Unwrap gives the error of the kind.
func (f *Fault) Unwrap() error {
	if f.Kind >= faultEnd {
		return ErrInternal
	}
	return faultErrors[f.Kind]
}

// faultOf turns a handler's error into what is sent. Errors without a kind
// stay on the server: their text may say more than the caller should know.
func faultOf(err error) *Fault {
	var fault *Fault
	var refusal *consent.Refusal
	var declined *Declined
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.As(err, &refusal):
		return &Fault{Kind: FaultRefused, Code: uint32(refusal.Code), Text: refusal.Text}
	case errors.As(err, &declined):
		return &Fault{Kind: FaultDeclined, Code: uint32(declined.Code), Text: declined.Text}
	case errors.Is(err, ErrUnreachable): // a gateway's node; where it is concerns no caller
		return &Fault{Kind: FaultUnavailable, Text: ErrUnavailable.Error()}
	}
	for kind, known := range faultErrors {
		if known != nil && errors.Is(err, known) {
			return &Fault{Kind: FaultKind(kind), Text: known.Error()}
		}
	}
	return &Fault{Kind: FaultInternal}
}

// decodeFault reads a fault and returns the error it stands for: a
// [consent.Refusal], a [Declined] or a [Fault] of a known kind.
func decodeFault(b []byte) error {
	var f Fault
	if err := consent.Decode(b, maxFaultBytes, &f); err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	f.Text = PlainText(f.Text)
	switch f.Kind {
	case FaultRefused:
		return &consent.Refusal{Code: consent.Code(f.Code), Text: f.Text}
	case FaultDeclined:
		return &Declined{Code: Decline(f.Code), Text: f.Text}
	}
	return &f
}

// PlainText is text from the network, made harmless for a terminal: control,
// formatting and private-use characters are dropped, white space is one blank,
// and it ends after 300 characters.
func PlainText(s string) string {
	const most = 300
	var b strings.Builder
	count := 0
	for _, r := range s {
		if count++; count > most {
			b.WriteRune('…')
			break
		}
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r != utf8.RuneError && unicode.IsPrint(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// shorten keeps a fault under its limit on the wire.
func (f *Fault) shorten() Fault {
	return Fault{Kind: f.Kind, Code: f.Code, Text: shortText(f.Text, maxFaultBytes-32)}
}

// shortText cuts text to at most n bytes, at a character's edge.
func shortText(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
