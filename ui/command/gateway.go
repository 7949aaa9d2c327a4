package command

import (
	"github.com/spf13/cobra"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/safe"
	"carekey/ui/words"
)

// gateway is what an institution does.
func (a *app) gateway() *cobra.Command {
	cmd := a.command(words.CmdGateway, cobra.NoArgs, func(c *cobra.Command, _ []string) error { return c.Help() })
	cmd.AddCommand(a.gatewayRun(), a.gatewayStatus(), a.gatewayInvite(), a.gatewayRequest(), a.gatewayLook(), a.gatewayCollect(),
		a.gatewayAnswer())
	return cmd
}

func (a *app) gatewayRun() *cobra.Command {
	var o ui.GatewayOptions
	var l logFlags
	cmd := a.command(words.CmdGatewayRun, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		o.Log = a.logger(l.asJSON || a.json, l.debug)
		return a.roles.Gateway.Run(c.Context(), o)
	})
	homeFlag(cmd, &o.Home)
	fl := cmd.Flags()
	fl.StringVar(&o.Listen, "listen", "", words.FlagListen)
	fl.StringVar(&o.Metrics, "metrics", "", words.FlagMetrics)
	fl.StringVar(&o.FHIR, "fhir", "", words.FlagFHIR)
	fl.StringVar(&o.TokenFile, "fhir-token-file", "", words.FlagToken)
	fl.StringVar(&o.System, "fhir-system", "", words.FlagSystem)
	l.add(cmd)
	return cmd
}

func (a *app) gatewayStatus() *cobra.Command {
	var home string
	cmd := a.command(words.CmdGatewayStatus, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		s, err := a.roles.Gateway.Status(c.Context(), home)
		if err != nil {
			return err
		}
		s = safe.Copy(s)
		return a.print(gatewayOf(s), func() { a.sayGateway(s) })
	})
	homeFlag(cmd, &home)
	return cmd
}

func (a *app) sayGateway(s ui.GatewayStatus) {
	if s.Height == 0 {
		a.say(words.GatewayDark(s.Institution, s.Address, s.Problem))
	} else {
		a.say(words.GatewayLine(s.Institution, s.Address, s.Height, a.streams.Now().Sub(s.Time)))
	}
	a.say(words.GatewayCounts(s.Charts, s.Outbox, s.Transfers))
	for _, q := range s.Queries {
		a.say(handleOf(q.Chart, q.Number) + "  " + words.GatewayQuery(q.Record, q.About, q.Text, q.Due, a.streams.Now()))
	}
	for _, c := range s.Copies {
		if c.Running || c.Again {
			a.say(copyHandle(c.Transfer) + "  " + words.GatewayCopy(c.Record, c.From) + " " +
				words.GatewayCopyNow(c.Running, c.Used, c.Uses, c.Until, a.streams.Now(), c.Text))
		}
	}
}

func (a *app) gatewayInvite() *cobra.Command {
	var o ui.InviteOptions
	cmd := a.command(words.CmdGatewayInvite, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		r, err := a.roles.Gateway.Invite(c.Context(), o)
		if err != nil {
			return err
		}
		i, err := consent.ParseInvitation(r.Invitation)
		if err != nil {
			return err
		}
		fingerprint := words.Fingerprint(i)
		return a.print(inviteJSON{r.Invitation, fingerprint, r.Expires.UTC()}, func() {
			a.hint(words.InviteHow(r.Expires)...)
			a.hint(words.FingerprintLines(fingerprint)...)
			a.say(r.Invitation)
		})
	})
	homeFlag(cmd, &o.Home)
	recordFlag(cmd, &o.Record)
	cmd.Flags().BoolVar(&o.Again, "again", false, words.FlagAgain)
	return cmd
}

func recordFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "record", "", words.FlagRecord)
	_ = cmd.MarkFlagRequired("record") // the flag is there, one line above
}

// askFlags are the parts of a request that need reading.
type askFlags struct {
	types, sensitive                    []string
	purpose, from, to, kept, lasts, due string
}

func (a *app) gatewayRequest() *cobra.Command {
	var o ui.AskOptions
	var f askFlags
	cmd := a.command(words.CmdGatewayRequest, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		if err := f.into(&o, a); err != nil {
			return err
		}
		r, err := a.roles.Gateway.Request(c.Context(), o)
		if err != nil {
			return err
		}
		id := handleOf(r.Chart, r.Number)
		return a.print(askJSON{ID: id, Chart: r.Chart.String(), Number: r.Number}, func() { a.say(words.Asked(id)) })
	})
	homeFlag(cmd, &o.Home)
	recordFlag(cmd, &o.Record)
	clinicianFlags(cmd, &o.By)
	fl := cmd.Flags()
	fl.StringVar(&o.From, "from", "", words.FlagSource)
	fl.StringVar(&o.Why, "why", "", words.FlagWhy)
	fl.StringVar(&f.purpose, "purpose", "treatment", words.FlagPurpose)
	fl.StringSliceVar(&f.types, "types", nil, words.FlagAskTypes)
	fl.StringSliceVar(&f.sensitive, "sensitive", nil, words.FlagAskSensitive)
	fl.StringVar(&f.from, "since", "", words.FlagFrom)
	fl.StringVar(&f.to, "until", "", words.FlagTo)
	fl.StringVar(&f.kept, "kept-until", "", words.FlagKept)
	fl.Uint32Var(&o.Uses, "uses", 1, words.FlagUses)
	fl.StringVar(&f.lasts, "lasts", "30d", words.FlagLasts)
	fl.StringVar(&f.due, "answer-within", "14d", words.FlagDue)
	choices(cmd, "purpose", words.PurposeFlags())
	recordChoices(cmd)
	return cmd
}

func (f askFlags) into(o *ui.AskOptions, a *app) error {
	var err error
	if o.Purpose, err = words.ParsePurpose(f.purpose); err != nil {
		return usageError{err}
	}
	if o.Scope.Types, err = parseTypes(f.types); err != nil {
		return err
	}
	if len(o.Scope.Types) == 0 {
		return usageError{words.ErrAskTypes}
	}
	if o.Scope.Sensitive, err = parseSensitive(f.sensitive); err != nil {
		return err
	}
	for _, d := range []struct {
		text string
		into *consent.Date
	}{{f.from, &o.Scope.From}, {f.to, &o.Scope.To}, {f.kept, &o.KeptUntil}} {
		if err := parseDate(d.text, d.into); err != nil {
			return err
		}
	}
	now := a.streams.Now()
	end, err := parseComing(f.lasts, now)
	if err != nil {
		return err
	}
	due, err := parseComing(f.due, now)
	if err != nil {
		return err
	}
	o.For, o.Due = end.Sub(now), due.Sub(now)
	return nil
}

func clinicianFlags(cmd *cobra.Command, into *ui.Clinician) {
	fl := cmd.Flags()
	fl.StringVar(&into.Name, "name", "", words.FlagName)
	fl.StringVar(&into.Role, "role", "", words.FlagRole)
	fl.StringVar(&into.Licence, "licence", "", words.FlagLicence)
}

func (a *app) gatewayLook() *cobra.Command {
	var o ui.LookOptions
	var types []string
	var basis, purpose string
	var permission uint64
	cmd := a.command(words.CmdGatewayLook, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		var err error
		if o.Types, err = parseTypes(types); err != nil {
			return err
		}
		if o.Basis, err = words.ParseBasis(basis); err != nil {
			return usageError{err}
		}
		if o.Purpose, err = words.ParsePurpose(purpose); err != nil {
			return usageError{err}
		}
		if c.Flags().Changed("permission") {
			o.Grant = &permission
		}
		if (o.Grant != nil) != (o.Basis == consent.BasisGrant) {
			return usageError{words.ErrLookPermission}
		}
		r, err := a.roles.Gateway.Look(c.Context(), o)
		if err != nil {
			return err
		}
		return a.print(lookOf(r), func() {
			a.hint(words.Looked(r.Records, r.Proven))
			a.hint(list(r.Omitted, words.Clean)...)
			a.say(string(printable(r.Bundle)))
		})
	})
	homeFlag(cmd, &o.Home)
	recordFlag(cmd, &o.Record)
	clinicianFlags(cmd, &o.By)
	fl := cmd.Flags()
	fl.StringSliceVar(&types, "types", nil, words.FlagLookTypes)
	fl.StringVar(&basis, "basis", "care", words.FlagBasis)
	fl.StringVar(&purpose, "purpose", "treatment", words.FlagPurpose)
	fl.Uint64Var(&permission, "permission", 0, words.FlagPermission)
	sets(cmd, "types", list(consent.RecordTypes(), flagOf[consent.RecordType]))
	choices(cmd, "basis", words.BasisFlags())
	choices(cmd, "purpose", words.PurposeFlags())
	return cmd
}

func (a *app) gatewayAnswer() *cobra.Command {
	var o ui.AnswerOptions
	cmd := a.command(words.CmdGatewayAnswer, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		s, err := a.roles.Gateway.Status(c.Context(), o.Home)
		if err != nil {
			return err
		}
		q, err := findQuery(s, args[0])
		if err != nil {
			return err
		}
		o.Chart, o.Number = q.Chart, q.Number
		if err := a.roles.Gateway.Answer(c.Context(), o); err != nil {
			return err
		}
		return a.print(actJSON{Done: "answer", ID: handleOf(q.Chart, q.Number)}, func() { a.say(words.Answered) })
	})
	homeFlag(cmd, &o.Home)
	clinicianFlags(cmd, &o.By)
	cmd.Flags().StringVar(&o.Text, "text", "", words.FlagAnswer)
	_ = cmd.MarkFlagRequired("text") // the flag is there, one line above
	return cmd
}
