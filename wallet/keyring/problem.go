package keyring

import "fmt"

// Problem is what stands in the way, in a sentence for the person who can do
// something about it. Compare with [errors.Is].
type Problem uint8

// The problems.
const (
	Absent Problem = iota + 1
	NoKeyring
	Locked
	TimedOut
	Dismissed
	NotKept
	Failed
	WrongPassphrase
	WeakPassphrase
	TooCostly
	Damaged
	Busy
	Taken
	Full
)

var sentences = [...]string{
	Absent:    "nothing is kept here for this profile",
	NoKeyring: "this computer offers no keyring to keep the key in; a file under a passphrase can keep it instead",
	Locked:    "the keyring is locked; unlock it and try again",
	TimedOut:  "the keyring does not answer; it may be waiting for a password in another window, or need a restart",
	Dismissed: "the keyring was not unlocked because its question was closed; try again and answer it",
	NotKept:   "the keyring did not keep what it was given; try again or use a file under a passphrase",
	Failed:    "the keyring could not do it; try again or use a file under a passphrase",

	WrongPassphrase: "the passphrase does not open this file",
	WeakPassphrase:  "the passphrase is too short; take at least 12 characters, for instance four or five words",
	TooCostly:       "this file asks for more computing than is safe to do; it was not made by carekey",
	Damaged:         "the file is damaged or was not made by carekey",
	Taken:           "a key is already kept under this profile's name; it was not touched",
	Full:            "the disk is full, so nothing was changed; make room and try again",
	Busy:            "another wallet is writing to this profile; try again",
}

// Error is the sentence.
func (p Problem) Error() string {
	if int(p) >= len(sentences) || sentences[p] == "" {
		return fmt.Sprintf("unknown problem %d with the keyring", uint8(p))
	}
	return sentences[p]
}

// Error is a problem with what caused it. The cause is for a log; the sentence
// does not repeat it.
type Error struct {
	Problem Problem
	Cause   error // may be nil; never holds a secret
}

// Error is the problem's sentence.
func (e *Error) Error() string { return e.Problem.Error() }

// Unwrap gives the problem and its cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Problem}
	}
	return []error{e.Problem, e.Cause}
}

// because makes an error.
func (p Problem) because(cause error) error { return &Error{p, cause} }
