package ui

import "errors"

// The kinds of failure that a command tells apart by its exit code. Roles wrap
// what happened in one of them; anything else is an ordinary failure.
var (
	// ErrUsage: nothing can be done in the way that was asked.
	ErrUsage = errors.New("this cannot be done as it was asked")
	// ErrNoWallet: there is no wallet of this name on this computer.
	ErrNoWallet = errors.New("there is no wallet of this name on this computer")
	// ErrNotFound: no wallet, request, permission, entry or file has this name.
	ErrNotFound = errors.New("there is nothing by this name")
	// ErrExists: a wallet or file of this name is there already.
	ErrExists = errors.New("this exists already")
	// ErrDeclined: the person said no, or said nothing.
	ErrDeclined = errors.New("nothing was done, because nobody said yes")
	// ErrLocked: the key could not be opened: a wrong passphrase, or a keyring
	// that stays shut.
	ErrLocked = errors.New("the wallet's key could not be opened")
	// ErrNoKeyring: no keyring of this computer can be used.
	ErrNoKeyring = errors.New("no keyring can be used")
	// ErrUnreachable: the institution concerned does not answer.
	ErrUnreachable = errors.New("the institution does not answer")
	// ErrLie: a proof failed.
	ErrLie = errors.New("a proof failed")
	// ErrRefused: the network or an institution refused the act.
	ErrRefused = errors.New("it was refused")
	// ErrBusy: another carekey is using this wallet or home, or an act before
	// this one is not finished.
	ErrBusy = errors.New("another carekey is using this wallet")
)
