package command

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"carekey/recovery/card"
	"carekey/recovery/slip39"
	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// The exit codes, as carekey help exit-codes tells them.
const (
	CodeOK          = 0
	CodeFailed      = 1
	CodeUsage       = 2
	CodeNotFound    = 3
	CodeDeclined    = 4
	CodeLocked      = 5
	CodeUnreachable = 6
	CodeLie         = 7
	CodeRefused     = 8
	CodeBusy        = 9
	CodeIncomplete  = 10
	CodeInterrupted = 130
)

// Code is the exit code for an error.
func Code(err error) int {
	switch {
	case err == nil:
		return CodeOK
	case errors.Is(err, ui.ErrLie), isNotGenuine(err):
		return CodeLie
	case errors.As(err, &usageError{}), errors.Is(err, ui.ErrUsage), isCobraUsage(err), isNoShare(err):
		return CodeUsage
	case errors.Is(err, ui.ErrDeclined):
		return CodeDeclined
	case errors.Is(err, ui.ErrNoWallet), errors.Is(err, ui.ErrNotFound), errors.Is(err, wallet.ErrUnknownRequest),
		errors.Is(err, wallet.ErrUnknownPermission), errors.Is(err, wallet.ErrNoEntry):
		return CodeNotFound
	case errors.Is(err, ui.ErrLocked), errors.Is(err, ui.ErrNoKeyring):
		return CodeLocked
	case errors.Is(err, ui.ErrUnreachable), errors.Is(err, context.DeadlineExceeded), errors.Is(err, wallet.ErrNoNetwork):
		return CodeUnreachable
	case errors.Is(err, ui.ErrRefused), errors.Is(err, wallet.ErrWider):
		return CodeRefused
	case errors.Is(err, ui.ErrBusy):
		return CodeBusy
	case errors.Is(err, context.Canceled):
		return CodeInterrupted
	case isIncomplete(err):
		return CodeIncomplete
	}
	return CodeFailed
}

// isNoShare finds words, files and pictures that are no share.
func isNoShare(err error) bool {
	var word *slip39.WordError
	var length *slip39.LengthError
	var shape *slip39.ShapeError
	for _, kind := range []error{
		slip39.ErrChecksum, slip39.ErrPadding, card.ErrNoCode, card.ErrNoQR, card.ErrNotAnImage, card.ErrNotText, card.ErrPDF,
		card.ErrTooLarge, card.ErrNoShare, card.ErrEmpty,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return errors.As(err, &word) || errors.As(err, &length) || errors.As(err, &shape)
}

// isNotGenuine finds shares that somebody altered.
func isNotGenuine(err error) bool {
	var conflict *slip39.ConflictError
	return errors.Is(err, slip39.ErrDigest) || errors.Is(err, slip39.ErrAmbiguous) || errors.As(err, &conflict)
}

// isIncomplete finds shares that are too few, or not of one set.
func isIncomplete(err error) bool {
	var missing *slip39.MissingError
	var set *slip39.SetError
	return errors.As(err, &missing) || errors.As(err, &set)
}

// usageError is a mistake in how the program was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usage says how a command is called when it has the wrong arguments, and what
// may have been meant by one that does not exist.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch err := check(c, args); {
		case err == nil:
			return nil
		case c.HasSubCommands():
			c.SuggestionsMinimumDistance = 2
			return usageError{words.UnknownCommand(args[0], c.SuggestionsFor(args[0]))}
		}
		return usageError{words.CalledLike(c.UseLine())}
	}
}

// isCobraUsage finds the errors of cobra that have no type.
func isCobraUsage(err error) bool {
	for _, prefix := range []string{"unknown command ", "required flag(s) ", "if any flags in the group "} {
		if strings.HasPrefix(err.Error(), prefix) {
			return true
		}
	}
	return false
}
