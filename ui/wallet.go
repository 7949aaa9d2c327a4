package ui

import (
	"context"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Wallet is the wallet as people's screens and commands use it. Text in what
// it returns may come from strangers: ui/safe cleans it before anyone reads.
type Wallet interface {
	Watcher
	Reader
	Decider
	Keeper
}

// Watcher tells what is so now.
type Watcher interface {
	// Snapshot is what is known at this moment; it does not wait.
	Snapshot() wallet.Snapshot
	// Changes has something to receive when a newer snapshot is there.
	Changes() <-chan struct{}
	// Refresh asks the institutions and verifies what they say.
	Refresh(context.Context) error
	// Looked sets the mark of "since you last looked" to now.
	Looked()
}

// Reader reads the history from the vault.
type Reader interface {
	// History returns up to limit rows from offset on, newest first, and how
	// many the filter lets through in all.
	History(f wallet.Filter, offset, limit int) (rows []wallet.Row, total int, err error)
	// Entry returns everything about one entry.
	Entry(log consent.LogID, number uint64) (wallet.EntryDetail, error)
}

// Decider answers requests.
type Decider interface {
	// Preview is the sentences that Approve would sign.
	Preview(wallet.RequestID, wallet.Choice) ([]string, error)
	Approve(context.Context, wallet.RequestID, wallet.Choice) error
	Deny(ctx context.Context, id wallet.RequestID, reason string) error
	PutOff(id wallet.RequestID, until time.Time) error
	// Block refuses everything from a chart's institution, or lifts that.
	Block(ctx context.Context, chart consent.LogID, on bool) error
}

// Keeper takes back what was given and asks about what was done.
type Keeper interface {
	// Revoke takes back a grant or stops a transfer.
	Revoke(context.Context, wallet.Permission) error
	// Query says "I don't recognise this" about an entry.
	Query(ctx context.Context, log consent.LogID, number uint64, text string) error
	// Seen says that a failed proof was seen: its evidence stays, its alarm ends.
	Seen(wallet.Problem) error
}
