package command

import (
	"context"

	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// status says how everything is.
func (a *app) status() *cobra.Command {
	return a.command(words.CmdStatus, cobra.NoArgs, func(c *cobra.Command, _ []string) error { return a.tell(c.Context()) })
}

func (a *app) tell(ctx context.Context) error {
	return a.checked(ctx, func(_ ui.Wallet, s wallet.Snapshot) error {
		now := a.streams.Now()
		return a.print(statusJSON{
			Person: s.Person, Proof: proofOf(s.Proof, now), Problems: list(s.Problems, problemOf(now)),
			Institutions: list(s.Institutions, institutionOf), Requests: len(s.Requests), Permissions: len(s.Permissions),
			Sending: list(s.Sending, words.Sending), Entries: s.Rows,
		}, func() { a.sayStatus(s) })
	})
}

func (a *app) sayStatus(s wallet.Snapshot) {
	now := a.streams.Now()
	a.say(words.Plain(s.Proof, now))
	for _, p := range s.Problems {
		w := words.Explain(p, now)
		a.say(words.SeverityMark(w.Severity)+" "+w.Title, "  "+w.Do)
	}
	if len(s.Institutions) == 0 {
		a.say(words.JoinHint)
		return
	}
	a.say(words.WaitingCount(len(s.Requests), s.Proof), words.AllPermissions(len(s.Permissions), words.ProofNow(s.Proof, now)),
		words.SinceLine(s.Since, now))
	for _, x := range s.Sending {
		a.say(words.Sending(x))
	}
	for _, i := range s.Institutions {
		a.say("  " + words.InstitutionLine(i, now))
	}
}

// proofLine stands before every list.
func (a *app) proofLine(s wallet.Snapshot) { a.say(words.Plain(s.Proof, a.streams.Now())) }

func (a *app) facts(facts []words.Fact) {
	for _, f := range facts {
		if f.Text != "" {
			a.say("  " + f.Line())
		}
	}
}
