package consent

import (
	"errors"
	"fmt"
)

// Code says why the ledger refused; 0 means that it did not. Codes are part of
// the results every node must agree on, so their numbers never change.
type Code uint32

// The codes.
const (
	CodeOK        Code = iota
	CodeMalformed      // not a transaction, or a field is out of its limits
	CodeSignature      // wrong key or signature
	CodeStale          // valid-until is past, or too far ahead
	CodeReplayed       // the nonce is spent
	CodeClass          // this ledger does not accept the class
	CodeUnknown        // no such log, grant or institution
	CodeParty          // the signer may not write this there
	CodeNotLive        // expired, revoked, stopped, used up or void
	CodeFrozen         // the log is frozen
	CodeClosed         // the chart is closed
	CodeExists         // the log or key is in the state already
	CodeRate           // too many entries in this hour
	CodeQuota          // the sponsor opened too many logs today
	CodeSequence       // not the next step of the transfer
	CodeInactive       // the institution is not active on this day
)

// Refusal is the ledger's no: a code for machines and a sentence for people.
type Refusal struct {
	Code Code
	Text string
}

func (r *Refusal) Error() string { return r.Text }

func refuse(code Code, format string, args ...any) error {
	return &Refusal{Code: code, Text: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of err: CodeOK for nil, CodeMalformed for anything
// that is no [Refusal].
func CodeOf(err error) Code {
	var r *Refusal
	switch {
	case err == nil:
		return CodeOK
	case errors.As(err, &r):
		return r.Code
	}
	return CodeMalformed
}
