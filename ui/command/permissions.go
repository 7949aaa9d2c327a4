package command

import (
	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

func (a *app) permissions() *cobra.Command {
	return a.command(words.CmdPermissions, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		return a.checked(c.Context(), func(_ ui.Wallet, s wallet.Snapshot) error {
			now := a.streams.Now()
			return a.print(permissionsJSON{
				Proof: proofOf(s.Proof, now), AllProven: words.ProofNow(s.Proof, now) == wallet.ProofGreen,
				Permissions: list(s.Permissions, permissionOf), Transfers: list(s.Transfers, transferOf),
				Unconfirmed: list(s.Unconfirmed, unconfirmedOf),
			}, func() { a.sayPermissions(s) })
		})
	})
}

func (a *app) sayPermissions(s wallet.Snapshot) {
	now := a.streams.Now()
	a.proofLine(s)
	a.say(words.AllPermissions(len(s.Permissions), words.ProofNow(s.Proof, now)))
	for _, p := range s.Permissions {
		a.say("", permissionHandle(p)+"  "+words.Permission(p))
		a.facts(words.PermissionFacts(p, now))
	}
	for _, t := range s.Transfers {
		a.say("", words.Transfer(t)+" "+words.TransferNow(t), "  "+words.TransferSteps(t))
	}
	for _, i := range s.Institutions {
		if i.Blocked {
			a.say("", words.Blocked(i))
		}
	}
	for _, u := range s.Unconfirmed {
		if !u.Overdue {
			a.say("", words.NotConfirmedYet(u, now))
		}
	}
	for _, p := range s.Problems {
		if p.Code == wallet.ProblemUnconfirmed {
			a.say("", words.WarnMark+" "+words.Overdue(p, now))
		}
	}
}

func (a *app) revoke() *cobra.Command {
	var yes bool
	cmd := a.command(words.CmdRevoke, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		return a.checked(c.Context(), func(w ui.Wallet, s wallet.Snapshot) error {
			p, err := findPermission(s, args[0])
			if err != nil {
				return err
			}
			question, effect := words.TakeBack(p)
			if !yes {
				a.hint(words.Permission(p))
				a.hint(effect...)
			}
			if err := a.sure(c.Context(), yes, question); err != nil {
				return err
			}
			if err := w.Revoke(c.Context(), p); err != nil {
				return err
			}
			return a.print(actJSON{Done: "revoke", ID: permissionHandle(p)}, func() { a.say(words.SendingRevoke(p.Institution)) })
		})
	})
	cmd.Flags().BoolVar(&yes, "yes", false, words.FlagYes)
	return cmd
}
