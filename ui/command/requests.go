package command

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/narrow"
	"carekey/ui/words"
	"carekey/wallet"
)

// requests lists who asks, or shows one request.
func (a *app) requests() *cobra.Command {
	return a.command(words.CmdRequests, cobra.MaximumNArgs(1), func(c *cobra.Command, args []string) error {
		return a.checked(c.Context(), func(_ ui.Wallet, s wallet.Snapshot) error {
			if len(args) == 1 {
				r, err := findRequest(s, args[0])
				if err != nil {
					return err
				}
				return a.print(requestOf(r), func() { a.sayRequest(r) })
			}
			return a.print(requestsJSON{proofOf(s.Proof, a.streams.Now()), list(s.Requests, requestOf)}, func() { a.sayRequests(s) })
		})
	})
}

func (a *app) sayRequests(s wallet.Snapshot) {
	a.proofLine(s)
	if len(s.Requests) == 0 {
		a.say(words.NoRequests(s.Proof))
	}
	for _, r := range s.Requests {
		a.say("", handleOf(r.ID.Chart, r.ID.Number)+"  "+words.Request(r), "  "+words.RequestNote(r, a.streams.Now()))
	}
}

func (a *app) sayRequest(r wallet.Request) {
	a.say(words.Request(r))
	a.facts(words.RequestFacts(r, a.streams.Now()))
}

// approveFlags are how far a yes goes. Without types there is none.
type approveFlags struct {
	types, sensitive    []string
	all, once, yes      bool
	from, to, until, by string
}

func (a *app) approve() *cobra.Command {
	var f approveFlags
	cmd := a.command(words.CmdApprove, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		return a.checked(c.Context(), func(w ui.Wallet, s wallet.Snapshot) error {
			r, err := findRequest(s, args[0])
			if err != nil {
				return err
			}
			choice, err := f.choice(r, a.streams.Now())
			if err != nil {
				return err
			}
			return a.sign(c.Context(), w, r, choice, f.yes)
		})
	})
	fl := cmd.Flags()
	fl.StringSliceVar(&f.types, "types", nil, words.FlagTypes)
	fl.BoolVar(&f.all, "all", false, words.FlagAll)
	fl.StringSliceVar(&f.sensitive, "sensitive", nil, words.FlagSensitive)
	fl.StringVar(&f.from, "from", "", words.FlagFrom)
	fl.StringVar(&f.to, "to", "", words.FlagTo)
	fl.BoolVar(&f.once, "once", false, words.FlagOnce)
	fl.StringVar(&f.until, "until", "", words.FlagUntil)
	fl.StringVar(&f.by, "kept-until", "", words.FlagKept)
	fl.BoolVar(&f.yes, "yes", false, words.FlagYes)
	cmd.MarkFlagsMutuallyExclusive("types", "all")
	recordChoices(cmd)
	return cmd
}

// choice is what the flags let through.
func (f approveFlags) choice(r wallet.Request, now time.Time) (wallet.Choice, error) {
	c := wallet.Choice{Scope: consent.Scope{From: r.Scope.From, To: r.Scope.To}, Uses: r.Uses, Until: r.Until, KeptUntil: r.KeptUntil}
	var err error
	if c.Scope.Types, err = parseTypes(f.types); err != nil {
		return c, err
	}
	if f.all {
		c.Scope.Types = r.Scope.Types
	}
	if len(c.Scope.Types) == 0 {
		return c, usageError{words.NoTypes(r.Scope)}
	}
	if c.Scope.Sensitive, err = parseSensitive(f.sensitive); err != nil {
		return c, err
	}
	for _, d := range []struct {
		flag string
		into *consent.Date
	}{{f.from, &c.Scope.From}, {f.to, &c.Scope.To}, {f.by, &c.KeptUntil}} {
		if err := parseDate(d.flag, d.into); err != nil {
			return c, err
		}
	}
	if f.once {
		c.Uses = 1
	}
	if f.until != "" {
		end, err := parseEnd(f.until, now)
		if err != nil {
			return c, err
		}
		c.Until = narrow.Through(end, r)
	}
	if err := narrow.Check(r, c, now); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// sign shows the sentences and signs them after a yes.
func (a *app) sign(ctx context.Context, w ui.Wallet, r wallet.Request, choice wallet.Choice, yes bool) error {
	sentences, err := w.Preview(r.ID, choice)
	if err != nil {
		return err
	}
	if !yes {
		a.hint(words.SignTitle)
		for _, s := range sentences {
			a.hint("  " + s)
		}
		a.hint("  " + words.Licence(r.Licence))
		for _, n := range words.NotSeen(r.Scope, choice.Scope) {
			if n.Why != "" {
				a.hint("  " + words.WithoutIt(n))
			}
		}
	}
	if err := a.sure(ctx, yes, words.PlainSign); err != nil {
		return err
	}
	if err := w.Approve(ctx, r.ID, choice); err != nil {
		return err
	}
	return a.print(actJSON{"approve", handleOf(r.ID.Chart, r.ID.Number), sentences}, func() { a.say(words.SendingYes(r.Institution)) })
}

// sure asks, unless the command line said yes.
func (a *app) sure(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	said, err := a.asker.Yes(ctx, question)
	if err == nil && !said {
		return ui.ErrDeclined
	}
	return err
}

func (a *app) deny() *cobra.Command {
	var reason string
	cmd := a.command(words.CmdDeny, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		return a.checked(c.Context(), func(w ui.Wallet, s wallet.Snapshot) error {
			r, err := findRequest(s, args[0])
			if err != nil {
				return err
			}
			if err := w.Deny(c.Context(), r.ID, words.Clean(reason)); err != nil {
				return err
			}
			return a.print(actJSON{Done: "deny", ID: handleOf(r.ID.Chart, r.ID.Number)}, func() { a.say(words.SendingNo(r.Institution)) })
		})
	})
	cmd.Flags().StringVar(&reason, "reason", "", words.FlagReason)
	return cmd
}

func (a *app) later() *cobra.Command {
	var until string
	cmd := a.command(words.CmdLater, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		return a.checked(c.Context(), func(w ui.Wallet, s wallet.Snapshot) error {
			r, err := findRequest(s, args[0])
			if err != nil {
				return err
			}
			end, err := parseComing(until, a.streams.Now())
			if err != nil {
				return err
			}
			if err := w.PutOff(r.ID, end); err != nil {
				return err
			}
			return a.print(actJSON{Done: "later", ID: handleOf(r.ID.Chart, r.ID.Number)}, func() { a.say(words.PutOffDone(end)) })
		})
	})
	cmd.Flags().StringVar(&until, "until", "1d", words.FlagLater)
	return cmd
}

func (a *app) refuse() *cobra.Command {
	var lift, yes bool
	cmd := a.command(words.CmdRefuse, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		return a.checked(c.Context(), func(w ui.Wallet, s wallet.Snapshot) error {
			i, err := findInstitution(s, args[0])
			if err != nil {
				return err
			}
			question, effect, done := words.BlockTitle(i.Name), words.BlockEffect(i.Name), "refuse"
			if lift {
				question, effect, done = words.UnblockTitle(i.Name), words.UnblockEffect(i.Name), "lift"
			}
			if !yes {
				a.hint(effect...)
			}
			if err := a.sure(c.Context(), yes, question); err != nil {
				return err
			}
			if err := w.Block(c.Context(), i.Chart, !lift); err != nil {
				return err
			}
			return a.print(actJSON{Done: done, ID: i.Chart.String()}, func() { a.say(words.SendingBlock(i.Name, !lift)) })
		})
	})
	cmd.Flags().BoolVar(&lift, "lift", false, words.FlagLift)
	cmd.Flags().BoolVar(&yes, "yes", false, words.FlagYes)
	return cmd
}
