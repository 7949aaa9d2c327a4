package vault

import (
	"errors"
	"fmt"
)

// What can go wrong with a vault.
var (
	// ErrBusy means that another wallet holds the lock for longer than [LockWait].
	ErrBusy = errors.New("another wallet is writing to this profile")
	// ErrStale means that another wallet wrote since this one last read. Nothing
	// was written; [Vault.Reload] and try again.
	ErrStale = errors.New("another wallet has changed this profile meanwhile")
	// ErrNewer means that the format's version is not known here.
	ErrNewer = errors.New("the vault was written by a newer version of carekey")
	// ErrOlder means that the format's version was never in a release.
	ErrOlder = errors.New("the vault was written by an early version of carekey that was never released: make the profile anew from its recovery file")
	// ErrDamaged means that a file is torn, truncated, altered or missing.
	ErrDamaged = errors.New("the vault is damaged")
	// ErrForeign means that the vault is sealed to another master secret.
	ErrForeign = errors.New("the vault belongs to another master secret")
	// ErrFull means that the disk is full. Nothing was lost.
	ErrFull = errors.New("the disk is full; nothing was changed, and what was there before is kept: make room and try again")
	// ErrTooLarge means that something is over its limit.
	ErrTooLarge = errors.New("too large for the vault")
	// ErrOrder means that a row's number is not above those its log already has.
	ErrOrder = errors.New("the vault already has this entry")
	// ErrNotFound means that the vault has no such row or blob.
	ErrNotFound = errors.New("the vault has nothing of this kind")
	// ErrClosed means that the vault was closed.
	ErrClosed = errors.New("the vault is closed")
)

// RolledBackError means that the vault on disk is older than one that is
// remembered: an old copy was put back.
type RolledBackError struct{ Found, Remembered uint64 }

// Error names both generations.
func (e *RolledBackError) Error() string {
	return fmt.Sprintf("an old copy of the vault was put back: it is generation %d, and generation %d is remembered",
		e.Found, e.Remembered)
}

// damaged says what is wrong with which file.
func damaged(what string, cause error) error {
	if errors.Is(cause, ErrNewer) || errors.Is(cause, ErrForeign) || errors.Is(cause, ErrDamaged) {
		return cause
	}
	return fmt.Errorf("%w: %s: %w", ErrDamaged, what, cause)
}
