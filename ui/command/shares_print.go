package command

import (
	"context"
	"encoding/hex"

	"github.com/spf13/cobra"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"
	"carekey/ui/words"
)

func (a *app) sharesPrint() *cobra.Command {
	var f cardFlags
	var number string
	cmd := a.command(words.CmdSharesPrint, cobra.ArbitraryArgs, func(c *cobra.Command, args []string) error {
		plan, err := readPlan(number)
		if err != nil {
			return err
		}
		return a.printShares(c.Context(), f, plan, args)
	})
	cmd.ValidArgsFunction = nil // files
	cmd.Flags().StringVar(&number, "plan", "", words.FlagPlan)
	f.add(cmd)
	return cmd
}

// readPlan reads a plan's number; none if there is none.
func readPlan(number string) (plan recovery.PlanID, err error) {
	if number == "" {
		return plan, nil
	}
	b, err := hex.DecodeString(number)
	if err != nil || len(b) != len(plan) {
		return plan, usageError{words.ErrPlan}
	}
	return recovery.PlanID(b), nil
}

// printShares makes cards again; only if every share can be read. Cards that do
// not name their plan get the given one.
func (a *app) printShares(ctx context.Context, f cardFlags, plan recovery.PlanID, files []string) error {
	if err := f.check(); err != nil {
		return err
	}
	h, bad, err := a.handIn(ctx, files, nil)
	defer func() { h.wipe() }()
	switch {
	case err != nil:
		return err
	case len(bad) > 0:
		return a.withOthers(bad[0], bad[1:])
	case len(h) == 0:
		return words.ShareTrouble(&slip39.MissingError{})
	}
	var cards []card.Card
	for _, g := range h.once() {
		cards = append(cards, a.cardOf(h.planOf(g.share, plan), g.share, f))
	}
	out, err := a.handOut(ctx, f, cards)
	if err != nil {
		return err
	}
	return a.print(printOf(cards, f.onScreen(), out), func() { a.sayCards(f, cards, out) })
}

// planOf is the plan that a share, or one of its set, names.
func (h hand) planOf(s slip39.Share, otherwise recovery.PlanID) recovery.PlanID {
	for _, g := range h {
		if g.plan != nil && g.share.ID == s.ID {
			return *g.plan
		}
	}
	return otherwise
}
