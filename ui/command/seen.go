package command

import (
	"context"

	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

type seenJSON struct {
	Seen []problemJSON `json:"seen"` // as they were before
}

// seen ends the alarms of failed proofs, one question each. It asks nobody in
// the network: a new alarm would take the place of the one that was read.
func (a *app) seen() *cobra.Command {
	var yes bool
	cmd := a.command(words.CmdSeen, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		return a.with(c.Context(), func(w ui.Wallet) error { return a.seeAll(c.Context(), w, yes) })
	})
	cmd.Flags().BoolVar(&yes, "yes", false, words.FlagYes)
	return cmd
}

func (a *app) seeAll(ctx context.Context, w ui.Wallet, yes bool) error {
	var seen []wallet.Problem
	for _, p := range w.Snapshot().Problems {
		if p.Code != wallet.ProblemLie {
			continue
		}
		if !yes {
			shown := words.Explain(p, a.streams.Now())
			a.hint(words.SeenEffect(shown)...)
			a.hint(shown.Do)
		}
		if err := a.sure(ctx, yes, words.SeenTitle); err != nil {
			return err
		}
		if err := w.Seen(p); err != nil {
			return err
		}
		seen = append(seen, p)
	}
	return a.print(seenJSON{list(seen, problemOf(a.streams.Now()))}, func() {
		if len(seen) == 0 {
			a.say(words.NoAlarm)
			return
		}
		a.say(words.Seen)
	})
}
