package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/words"
)

// shares is secret sharing by itself: no wallet, no network.
func (a *app) shares() *cobra.Command {
	cmd := a.command(words.CmdShares, cobra.NoArgs, func(c *cobra.Command, _ []string) error { return c.Help() })
	cmd.AddCommand(a.sharesSplit(), a.sharesCombine(), a.sharesCheck(), a.sharesPrint())
	return cmd
}

// mayShow warns before a secret is shown on a screen, and asks. Where the output
// is no screen there is nothing to ask.
func (a *app) mayShow(ctx context.Context, yes bool, warning []string, question string) error {
	if !isTerminal(a.streams.Out) {
		return nil
	}
	a.hint(warning...)
	a.asker.Forget() // the rest of a card that was pasted is no answer
	return a.sure(ctx, yes, question)
}

// slowly does work that cannot be interrupted; when the context ends it is
// abandoned with the program.
func slowly[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := work()
		done <- result{v, err}
	}()
	select {
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	case r := <-done:
		return r.value, r.err
	}
}

// unused makes sure, before anybody types a share, that a file would replace no
// other, and that there is a folder for it.
func unused(file string) error {
	if file == "" {
		return nil
	}
	if _, err := os.Lstat(file); err == nil {
		return words.ShareFileExists(file, ui.ErrExists)
	}
	if folder := filepath.Dir(file); !isFolder(folder) {
		return fmt.Errorf("%w: the folder %s", ui.ErrNotFound, folder)
	}
	return nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// writeNew writes a file that only its owner can read. It replaces none, and
// leaves nothing behind that is not whole.
func writeNew(file string, write func(io.Writer) error) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return words.ShareFileExists(file, ui.ErrExists)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return nil
}
