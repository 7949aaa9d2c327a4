package command

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

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
	CodeInterrupted = 130
)

// Code is the exit code for an error.
func Code(err error) int {
	switch {
	case err == nil:
		return CodeOK
	case errors.Is(err, ui.ErrLie):
		return CodeLie
	case errors.As(err, &usageError{}), errors.Is(err, ui.ErrUsage), isCobraUsage(err):
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
	}
	return CodeFailed
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
