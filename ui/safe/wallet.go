// Package safe cleans what a wallet hands out before anyone reads it: names,
// reasons and answers are written by strangers and could carry sequences that
// draw over a terminal or turn text around. Screens, plain mode and commands
// all get their wallet through here, so none can forget.
package safe

import (
	"context"
	"errors"
	"time"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// Wallet returns w with every text in its answers cleaned.
func Wallet(w ui.Wallet) ui.Wallet { return cleaned{w} }

// Error is err with a cleaned message; errors.Is and errors.As see through it.
func Error(err error) error {
	if err == nil {
		return nil
	}
	var done cleanError
	if errors.As(err, &done) {
		return err
	}
	return cleanError{err}
}

type cleanError struct{ error }

func (e cleanError) Error() string { return words.ErrorText(e.error) }
func (e cleanError) Unwrap() error { return e.error }

type cleaned struct{ w ui.Wallet }

func (c cleaned) Snapshot() wallet.Snapshot         { return Copy(c.w.Snapshot()) }
func (c cleaned) Changes() <-chan struct{}          { return c.w.Changes() }
func (c cleaned) Looked()                           { c.w.Looked() }
func (c cleaned) Refresh(ctx context.Context) error { return Error(c.w.Refresh(ctx)) }
func (c cleaned) PutOff(id wallet.RequestID, until time.Time) error {
	return Error(c.w.PutOff(id, until))
}

func (c cleaned) Seen(p wallet.Problem) error { return Error(c.w.Seen(p)) }

func (c cleaned) History(f wallet.Filter, offset, limit int) ([]wallet.Row, int, error) {
	rows, total, err := c.w.History(f, offset, limit)
	return Copy(rows), total, Error(err)
}

func (c cleaned) Entry(log consent.LogID, number uint64) (wallet.EntryDetail, error) {
	d, err := c.w.Entry(log, number)
	return Copy(d), Error(err)
}

func (c cleaned) Preview(id wallet.RequestID, choice wallet.Choice) ([]string, error) {
	sentences, err := c.w.Preview(id, choice)
	return Copy(sentences), Error(err)
}

func (c cleaned) Approve(ctx context.Context, id wallet.RequestID, choice wallet.Choice) error {
	return Error(c.w.Approve(ctx, id, choice))
}

func (c cleaned) Deny(ctx context.Context, id wallet.RequestID, reason string) error {
	return Error(c.w.Deny(ctx, id, reason))
}

func (c cleaned) Block(ctx context.Context, chart consent.LogID, on bool) error {
	return Error(c.w.Block(ctx, chart, on))
}

func (c cleaned) Revoke(ctx context.Context, p wallet.Permission) error {
	return Error(c.w.Revoke(ctx, p))
}

func (c cleaned) Query(ctx context.Context, log consent.LogID, number uint64, text string) error {
	return Error(c.w.Query(ctx, log, number, text))
}
