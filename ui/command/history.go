package command

import (
	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// historyFlags choose rows.
type historyFlags struct {
	institution, kind, basis, since, until, search, export string
	limit, offset                                          int
}

func (a *app) history() *cobra.Command {
	var f historyFlags
	cmd := a.command(words.CmdHistory, cobra.MaximumNArgs(1), func(c *cobra.Command, args []string) error {
		if f.export == "proof" {
			return a.proofFile(c.Context(), f.institution)
		}
		return a.checked(c.Context(), func(w ui.Wallet, s wallet.Snapshot) error {
			if len(args) == 1 {
				return a.entry(w, s, args[0])
			}
			return a.rows(w, s, f)
		})
	})
	fl := cmd.Flags()
	fl.StringVar(&f.institution, "institution", "", words.FlagInstitution)
	fl.StringVar(&f.kind, "kind", "", words.FlagKind)
	fl.StringVar(&f.basis, "basis", "", words.FlagBasis)
	fl.StringVar(&f.since, "since", "", words.FlagSince)
	fl.StringVar(&f.until, "until", "", words.FlagUpTo)
	fl.StringVar(&f.search, "search", "", words.FlagSearch)
	fl.StringVar(&f.export, "export", "", words.FlagExport)
	fl.IntVar(&f.limit, "limit", 50, words.FlagLimit)
	fl.IntVar(&f.offset, "offset", 0, words.FlagOffset)
	choices(cmd, "kind", words.KindFlags())
	choices(cmd, "export", exportKinds)
	choices(cmd, "basis", words.BasisFlags())
	return cmd
}

func (f historyFlags) filter(a *app, s wallet.Snapshot) (wallet.Filter, error) {
	out := wallet.Filter{Text: words.Clean(f.search)}
	if f.institution != "" {
		i, err := findInstitution(s, f.institution)
		if err != nil {
			return out, err
		}
		out.Institution = i.ID
	}
	var err error
	if out.Classes, err = words.ParseKind(f.kind); err != nil {
		return out, usageError{err}
	}
	if out.Basis, err = words.ParseBasis(f.basis); err != nil {
		return out, usageError{err}
	}
	if f.since != "" {
		if out.From, err = parseStart(f.since, a.streams.Now()); err != nil {
			return out, err
		}
	}
	if f.until != "" {
		if out.To, err = parseEnd(f.until, a.streams.Now()); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (a *app) rows(w ui.Wallet, s wallet.Snapshot, f historyFlags) error {
	if f.limit < 0 || f.offset < 0 {
		return usageError{words.ErrNegative}
	}
	filter, err := f.filter(a, s)
	if err != nil {
		return err
	}
	if f.export != "" {
		return a.export(w, s, filter, f.export)
	}
	rows, total, err := w.History(filter, f.offset, f.limit)
	if err != nil {
		return err
	}
	names := words.NamesOf(s)
	return a.print(historyJSON{proofOf(s.Proof, a.streams.Now()), total, f.offset, list(rows, rowOf(names))}, func() {
		a.proofLine(s)
		for _, r := range rows {
			a.say(handleOf(r.Log, r.Number) + "  " + words.RowLine(r, names, a.streams.Now()))
		}
		a.say(words.RowsShown(f.offset, len(rows), total))
	})
}

func (a *app) entry(w ui.Wallet, s wallet.Snapshot, handle string) error {
	log, number, err := findEntry(s, handle)
	if err != nil {
		return err
	}
	d, err := w.Entry(log, number)
	if err != nil {
		return err
	}
	names := words.NamesOf(s)
	return a.print(entryOf(d, names), func() {
		a.proofLine(s)
		a.say(words.RowLine(d.Row, names, a.streams.Now()))
		a.facts(words.EntryFacts(d, names, a.streams.Now()))
		a.facts([]words.Fact{{Label: words.LegalTitle, Text: words.LegalBasis(d.Row)}})
		a.say(words.ProofTitle + ": " + words.EntryProven(d))
		a.facts(words.EntryProof(d))
	})
}

// query asks about an entry.
func (a *app) query() *cobra.Command {
	var text string
	cmd := a.command(words.CmdQuery, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		return a.checked(c.Context(), func(w ui.Wallet, s wallet.Snapshot) error {
			log, number, err := findEntry(s, args[0])
			if err != nil {
				return err
			}
			d, err := w.Entry(log, number)
			if err != nil {
				return err
			}
			if d.Queried && d.Answer == "" {
				return words.AskedAlready(d.Institution)
			}
			if text == "" {
				a.hint(words.Row(d.Row, words.NamesOf(s)))
				if text, err = a.asker.Line(c.Context(), words.PlainQuery); err != nil {
					return err
				}
			}
			if text = words.Clean(text); text == "" {
				return ui.ErrDeclined
			}
			if err := w.Query(c.Context(), log, number, text); err != nil {
				return err
			}
			return a.print(actJSON{Done: "query", ID: handleOf(log, number)}, func() { a.say(words.QuerySent) })
		})
	})
	cmd.Flags().StringVar(&text, "text", "", words.FlagText)
	return cmd
}
