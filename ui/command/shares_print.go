package command

import (
	"context"

	"github.com/spf13/cobra"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"
	"carekey/ui/words"
)

func (a *app) sharesPrint() *cobra.Command {
	var f cardFlags
	cmd := a.command(words.CmdSharesPrint, cobra.ArbitraryArgs, func(c *cobra.Command, args []string) error {
		return a.printShares(c.Context(), f, args)
	})
	cmd.ValidArgsFunction = nil // files
	f.add(cmd)
	return cmd
}

// printShares makes cards again; only if every share can be read.
func (a *app) printShares(ctx context.Context, f cardFlags, files []string) error {
	if err := f.check(); err != nil {
		return err
	}
	h, bad, err := a.handIn(ctx, files, nil)
	defer func() { h.wipe() }()
	switch {
	case err != nil:
		return err
	case len(bad) > 0:
		for _, b := range bad[1:] {
			a.complainOf(b)
		}
		return bad[0]
	case len(h) == 0:
		return words.ShareTrouble(&slip39.MissingError{})
	}
	var cards []card.Card
	for _, g := range h.once() {
		cards = append(cards, a.cardOf(h.planOf(g.share), g.share, f))
	}
	out, err := a.handOut(ctx, f, cards)
	if err != nil {
		return err
	}
	return a.print(printOf(cards, f.onScreen(), out), func() { a.sayCards(f, cards, out) })
}

// planOf is the plan that a share, or one of its set, names; none if only words
// are left.
func (h hand) planOf(s slip39.Share) recovery.PlanID {
	for _, g := range h {
		if g.plan != nil && g.share.ID == s.ID {
			return *g.plan
		}
	}
	return recovery.PlanID{}
}
