package command

import (
	"context"

	"github.com/spf13/cobra"

	"carekey/recovery/slip39"
	"carekey/ui/safe"
	"carekey/ui/words"
)

func (a *app) sharesCheck() *cobra.Command {
	cmd := a.command(words.CmdSharesCheck, cobra.ArbitraryArgs, func(c *cobra.Command, args []string) error {
		return a.checkShares(c.Context(), args)
	})
	cmd.ValidArgsFunction = nil // files
	return cmd
}

// checkShares says what shares are, and shows nothing of them.
func (a *app) checkShares(ctx context.Context, files []string) error {
	h, bad, err := a.handIn(ctx, files, nil)
	defer func() { h.wipe() }()
	if err != nil {
		return err
	}
	if len(h) == 0 && len(bad) == 0 {
		return words.ShareTrouble(&slip39.MissingError{})
	}
	p, err := h.progress()
	if err == nil && p.Done() {
		err = h.fit()
	}
	out := checkOf(h, bad, p, err)
	if printed := a.print(out, func() { a.sayCheck(h, p, err) }); printed != nil {
		return printed
	}
	if err != nil {
		bad = append([]error{err}, bad...)
	}
	if len(bad) == 0 {
		return nil
	}
	for _, b := range bad[1:] {
		a.complainOf(b)
	}
	return bad[0]
}

func (a *app) sayCheck(h hand, p slip39.Progress, wrong error) {
	for _, g := range h {
		from := ""
		if g.from != "" {
			from = words.Clean(g.from) + ": "
		}
		a.say(from + words.ShareAbout(g.share))
	}
	switch {
	case wrong != nil || len(h) == 0:
	case p.Done():
		a.say(words.SharesMissing(p) + " " + words.SharesStand)
	case len(h) > 1:
		a.say(words.SharesFit + " " + words.SharesMissing(p))
	default:
		a.say(words.SharesMissing(p))
	}
}

// withOthers says what else is wrong before an error; JSON has one error, which
// then tells all.
func (a *app) withOthers(err error, others []error) error {
	if a.json && err != nil {
		return words.AllTrouble(err, others)
	}
	for _, other := range others {
		a.complainOf(other)
	}
	return err
}

// complainOf says what is wrong beside the answer; JSON has it there.
func (a *app) complainOf(err error) {
	if !a.json {
		a.hint(words.Complaint(safe.Error(err)))
	}
}
