package ui

import (
	"context"

	"carekey/consent"
)

// WalletRoles make and open wallets. Passphrases are asked for only when
// needed, by the functions in the options; those return [ErrDeclined] at the
// end of input.
type WalletRoles struct {
	// Profiles are the names of the wallets on this computer.
	Profiles func() ([]string, error)
	// Keyring returns nil if the system's keyring can keep a key now, and an
	// [ErrNoKeyring] that says why not otherwise. It never prompts.
	Keyring func(context.Context) error
	// Init makes a new wallet, or with a recovery file brings one back.
	Init func(context.Context, InitOptions) (InitReport, error)
	// SaveRecovery writes a recovery file under a passphrase. It counts only
	// after CheckRecovery.
	SaveRecovery func(ctx context.Context, o OpenOptions, file string, passphrase []byte) error
	// CheckRecovery opens the recovery file and remembers that it was opened.
	CheckRecovery func(ctx context.Context, o OpenOptions, file string, passphrase []byte) error
	// Open unlocks a wallet and connects it.
	Open func(context.Context, OpenOptions) (Opened, error)
	// Join opens a chart with an invitation that the person has compared.
	Join func(context.Context, Opened, string) (JoinReport, error)
	// Prove returns a file that holds a chart's whole history with its proof,
	// for Verify on any computer.
	Prove func(ctx context.Context, w Opened, chart consent.LogID) ([]byte, error)
}

// Ask asks a person for a passphrase, without echo.
type Ask func(context.Context) ([]byte, error)

// KeyPlace is where a wallet's key is kept.
type KeyPlace uint8

// The places.
const (
	InKeyring KeyPlace = iota + 1
	InPassphraseFile
)

// OpenOptions name a wallet.
type OpenOptions struct {
	Profile    string
	Passphrase Ask // of the passphrase file, if the key is kept in one
}

// InitOptions make a wallet.
type InitOptions struct {
	Profile            string
	Place              KeyPlace
	Passphrase         Ask    // of the new passphrase file; called for InPassphraseFile only
	Recovery           string // bring back from this recovery file; "" makes a new key
	RecoveryPassphrase Ask
}

// InitReport says what was made.
type InitReport struct {
	Profile string
	Folder  string // of the vault
	Place   KeyPlace
	KeyFile string // of InPassphraseFile
	Again   bool   // a key of this name was there already, and is used again
}

// Opened is an unlocked wallet.
type Opened struct {
	Wallet Wallet
	Inner  any          // what the role that opened it knows it by
	Close  func() error // stops its work and locks it
}

// JoinReport says which chart was opened.
type JoinReport struct {
	Institution string // its name, as the registry proves it
	Place       string
	Record      string // the institution's record number
	Chart       string // hexadecimal id
}
