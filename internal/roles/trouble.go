package roles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/ledger"
	"carekey/ui"
	"carekey/wallet"
	"carekey/wallet/keyring"
	"carekey/wallet/profile"
	"carekey/wallet/vault"
)

// kinded is an error whose own words say everything, with the kind by which the
// commands choose their exit code.
type kinded struct {
	error
	kind error
}

func (k *kinded) Unwrap() []error { return []error{k.kind, k.error} }

// homeTrouble is what can be wrong with the home of a gateway or a node before
// it runs.
func homeTrouble(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &kinded{err, ui.ErrNotFound}
	case errors.Is(err, gateway.ErrInUse), errors.Is(err, ledger.ErrInUse):
		return &kinded{err, ui.ErrBusy}
	case errors.Is(err, client.ErrUnreachable): // a gateway's node
		return &kinded{err, ui.ErrUnreachable}
	}
	return err
}

// troubleOf gives an error the kind by which the commands choose their exit
// code. Its own words stay.
func troubleOf(err error) error {
	var refusal *consent.Refusal
	var declined *client.Declined
	var lie *client.Lie
	kind := func(k error) error { return fmt.Errorf("%w: %w", k, err) }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lie):
		return kind(ui.ErrLie)
	case errors.As(err, &refusal), errors.As(err, &declined):
		return kind(ui.ErrRefused)
	case errors.Is(err, client.ErrForbidden), errors.Is(err, wallet.ErrOtherNetwork):
		return &kinded{err, ui.ErrRefused} // whole sentences of the one who refuses
	case errors.Is(err, keyring.NoKeyring):
		return &kinded{err, ui.ErrNoKeyring}
	case errors.Is(err, keyring.Locked), errors.Is(err, keyring.WrongPassphrase), errors.Is(err, keyring.Dismissed),
		errors.Is(err, keyring.TimedOut), errors.Is(err, vault.ErrForeign):
		return kind(ui.ErrLocked)
	case errors.Is(err, keyring.Absent), errors.Is(err, profile.ErrNotFound):
		return kind(ui.ErrNotFound)
	case errors.Is(err, profile.ErrExists):
		return kind(ui.ErrExists)
	case errors.Is(err, vault.ErrBusy), errors.Is(err, keyring.Busy), errors.Is(err, profile.ErrBusy):
		return kind(ui.ErrBusy)
	case errors.Is(err, client.ErrUnreachable), errors.Is(err, client.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return kind(ui.ErrUnreachable)
	}
	return err
}
