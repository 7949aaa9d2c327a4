package reach

import (
	"errors"

	"carekey/client"
	"carekey/wallet"
)

// caught is a client's lie as the wallet knows liars.
type caught struct{ found *client.Lie }

var _ wallet.Liar = caught{}

// Error is the lie's sentence.
func (c caught) Error() string { return c.found.Error() }

// Lie names what was found.
func (c caught) Lie() string { return c.found.Kind.String() }

// Evidence is the file that proves it.
func (c caught) Evidence() []byte { return c.found.Evidence }

// Unwrap gives the client's error.
func (c caught) Unwrap() error { return c.found }

// named gives an error the words that the wallet understands.
func named(err error) error {
	var lie *client.Lie
	switch {
	case errors.As(err, &lie):
		return caught{lie}
	case errors.Is(err, client.ErrClock):
		return wallet.ErrClock
	}
	return err
}
