package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/safe"
	"carekey/ui/words"
)

// maxInvitation bounds an invitation's file.
const maxInvitation = 64 << 10

type joinJSON struct {
	Institution string `json:"institution"`
	Place       string `json:"place"`
	Record      string `json:"record"`
	Chart       string `json:"chart"`
}

// join opens a chart. The invitation is a secret, so it is pasted or comes from
// a file; its words are compared before anything is believed.
func (a *app) join() *cobra.Command {
	var file string
	var compared bool
	cmd := a.command(words.CmdJoin, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		ctx := c.Context()
		// Before the work of pasting and comparing.
		if has, err := a.hasProfile(); err != nil || !has {
			return errors.Join(err, a.noWallet())
		}
		text, err := a.invitation(ctx, file)
		if err != nil {
			return err
		}
		if err := a.compare(ctx, text, compared); err != nil {
			return err
		}
		return a.openChart(ctx, text)
	})
	cmd.Flags().StringVar(&file, "file", "", words.FlagInvitation)
	cmd.Flags().BoolVar(&compared, "compared", false, words.FlagCompared)
	return cmd
}

func (a *app) openChart(ctx context.Context, text string) error {
	opened, err := a.open(ctx)
	if err != nil {
		return err
	}
	report, err := a.roles.Wallets.Join(ctx, opened, text)
	if err := errors.Join(err, opened.Close()); err != nil {
		return err
	}
	report = safe.Copy(report)
	return a.print(joinJSON(report), func() { a.say(words.Joined(report.Institution, report.Record)) })
}

func (a *app) invitation(ctx context.Context, file string) (string, error) {
	if file == "" {
		return a.asker.Line(ctx, words.InvitationPrompt)
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s", ui.ErrNotFound, file)
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxInvitation))
	if err != nil {
		return "", fmt.Errorf("the invitation could not be read: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// compare shows the words that the institution must say, too. The default is
// no.
func (a *app) compare(ctx context.Context, text string, compared bool) error {
	invitation, err := consent.ParseInvitation(text)
	if err != nil {
		return usageError{words.NotAnInvitation(err)}
	}
	if end := invitation.Expiry.Time(); !a.streams.Now().Before(end) {
		return fmt.Errorf("%w: %s", ui.ErrRefused, words.InvitationOver(end))
	}
	if compared {
		return nil
	}
	a.hint(words.InvitationFrom(words.Clean(invitation.Name))...)
	a.hint(words.FingerprintLines(words.Fingerprint(invitation))...)
	return a.sure(ctx, false, words.FingerprintQuestion)
}
