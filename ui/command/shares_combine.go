package command

import (
	"context"
	"encoding/hex"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"carekey/recovery/slip39"
	"carekey/ui/words"
)

type combineFlags struct {
	out                   string
	text, passphrase, yes bool
}

func (a *app) sharesCombine() *cobra.Command {
	var f combineFlags
	cmd := a.command(words.CmdSharesCombine, cobra.ArbitraryArgs, func(c *cobra.Command, args []string) error {
		return a.combine(c.Context(), f, args)
	})
	cmd.ValidArgsFunction = nil // files
	fl := cmd.Flags()
	fl.StringVar(&f.out, "out", "", words.FlagSecretOut)
	fl.BoolVar(&f.text, "text", false, words.FlagAsText)
	fl.BoolVar(&f.passphrase, "passphrase", false, words.FlagWasPhrase)
	fl.BoolVar(&f.yes, "yes", false, words.FlagShow)
	return cmd
}

// combine puts a secret together, and shows it only to who said yes.
func (a *app) combine(ctx context.Context, f combineFlags, files []string) error {
	if err := unused(f.out); err != nil {
		return err
	}
	if f.passphrase && len(files) == 0 && !isTerminal(a.streams.In) {
		return usageError{words.ErrPhraseInPipe}
	}
	h, bad, err := a.handIn(ctx, files, a.enough)
	defer func() { h.wipe() }()
	if err != nil {
		return err
	}
	if err := a.whole(h, bad); err != nil {
		return err
	}
	secret, err := a.putTogether(ctx, f, h)
	defer clear(secret)
	if err != nil {
		return err
	}
	return a.handOver(ctx, f, secret, bad)
}

// enough tells a person whose shares suffice and yet do not fit that another one
// may help.
func (a *app) enough(h hand) bool {
	p, err := h.progress()
	if err != nil || !p.Done() {
		return false
	}
	if err := h.fit(); err != nil {
		a.hint(words.Complaint(err))
		return false
	}
	return true
}

// whole makes sure that shares give a secret. Of the files that hold none it
// speaks in any case; what is said last is why there is no secret.
func (a *app) whole(h hand, bad []error) error {
	err := h.fit()
	var missing *slip39.MissingError
	if len(bad) > 0 && errors.As(err, &missing) {
		few := err
		err, bad = bad[0], bad[1:]
		if len(h) > 0 {
			bad = append([]error{few}, bad...)
		}
	}
	return a.withOthers(err, bad)
}

// putTogether does the work, which takes long only where somebody wanted that.
func (a *app) putTogether(ctx context.Context, f combineFlags, h hand) ([]byte, error) {
	var passphrase []byte
	if f.passphrase {
		a.hint(words.SharePhraseAbout)
		var err error
		if passphrase, err = a.asker.Secret(ctx, words.SharePhrase); err != nil {
			return nil, err
		}
		defer clear(passphrase)
	}
	if words.SharesLong(h[0].share) {
		a.hint(words.SharesSlow)
	}
	secret, err := slowly(ctx, func() ([]byte, error) { return slip39.Combine(h.shares(), passphrase) })
	switch {
	case errors.Is(err, slip39.ErrPassphrase):
		return nil, usageError{words.ShareTrouble(err)}
	case err != nil:
		return nil, words.ShareTrouble(err, h.names()...)
	case f.text && !words.IsText(secret):
		clear(secret)
		return nil, usageError{words.ErrNotText}
	}
	return secret, nil
}

// handOver writes the secret into a file, or shows it. JSON names the files that
// were no shares.
func (a *app) handOver(ctx context.Context, f combineFlags, secret []byte, bad []error) error {
	line := append([]byte(nil), secret...)
	if !f.text {
		line = hex.AppendEncode(nil, secret)
	}
	defer clear(line)
	if f.out != "" {
		if err := writeNew(f.out, lineTo(line)); err != nil {
			return err
		}
		return a.print(secretJSON{Bits: 8 * len(secret), File: f.out, Bad: list(bad, badOf)}, func() { a.say(words.SecretWritten(f.out)) })
	}
	if err := a.mayShow(ctx, f.yes, words.SecretWarning, words.ShowSecret); err != nil {
		return err
	}
	if a.json {
		return a.print(secretOf(secret, f.text, bad), nil)
	}
	if err := lineTo(line)(a.streams.Out); err != nil {
		return err
	}
	if !f.text && words.IsText(secret) {
		a.hint(words.MaybeText)
	}
	if isTerminal(a.streams.Out) {
		a.hint(words.AfterShown)
	}
	return nil
}

// lineTo writes bytes and a line's end, and never makes a string of them.
func lineTo(line []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		if _, err := w.Write(line); err != nil {
			return err
		}
		_, err := w.Write([]byte("\n"))
		return err
	}
}
