package command

import (
	"context"
	"encoding/csv"
	"errors"
	"strings"
	"time"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// exportPage is how many rows are read at a time: an export of a million rows
// needs no more memory than one of a few.
const exportPage = 512

// export writes all rows that the filter lets through, as CSV (RFC 4180).
func (a *app) export(w ui.Wallet, s wallet.Snapshot, filter wallet.Filter, kind string) error {
	line, columns := exportLine, words.ExportColumns
	switch kind {
	case "csv":
	case "accounting":
		line, columns = accountingLine(s), words.AccountingColumns
	default:
		return usageError{words.UnknownChoice(kind, exportKinds)}
	}
	out := csv.NewWriter(a.streams.Out)
	if err := out.Write(columns); err != nil {
		return err
	}
	names := words.NamesOf(s)
	for offset := 0; ; offset += exportPage {
		rows, total, err := w.History(filter, offset, exportPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if fields, ok := line(r, names); ok {
				if err := out.Write(list(fields, harmless)); err != nil {
					return err
				}
			}
		}
		if offset+len(rows) >= total || len(rows) == 0 {
			out.Flush()
			return out.Error()
		}
	}
}

// proofFile writes a chart's whole history with its proof. It is fetched anew,
// so the institution must answer.
func (a *app) proofFile(ctx context.Context, institution string) error {
	if isTerminal(a.streams.Out) {
		return usageError{words.ErrNoScreen}
	}
	if institution == "" {
		return usageError{words.ErrOneInstitution}
	}
	opened, err := a.open(ctx)
	if err != nil {
		return err
	}
	file, err := a.proofOf(ctx, opened, institution)
	if err == nil {
		_, err = a.streams.Out.Write(file)
	}
	return errors.Join(err, opened.Close())
}

func (a *app) proofOf(ctx context.Context, opened ui.Opened, institution string) ([]byte, error) {
	i, err := findInstitution(opened.Wallet.Snapshot(), institution)
	if err != nil {
		return nil, err
	}
	return a.roles.Wallets.Prove(ctx, opened, i.Chart)
}

var exportKinds = []string{"csv", "accounting", "proof"}

// harmless keeps a spreadsheet from taking a stranger's text for a formula.
func harmless(field string) string {
	if strings.HasPrefix(field, "=") || strings.HasPrefix(field, "+") || strings.HasPrefix(field, "-") || strings.HasPrefix(field, "@") {
		return "'" + field
	}
	return field
}

func exportLine(r wallet.Row, names words.Names) ([]string, bool) {
	j := rowOf(names)(r)
	who := personJSON{}
	if j.Who != nil {
		who = *j.Who
	}
	automatic := ""
	if j.Automatic {
		automatic = "yes"
	}
	return []string{
		j.ID, j.Time.Format(time.RFC3339), j.Institution, j.Sentence, j.Class.String(), who.Name, who.Role, j.Basis, j.Purpose,
		strings.Join(j.Types, " "), automatic, j.Answer,
	}, true
}

func accountingLine(s wallet.Snapshot) func(wallet.Row, words.Names) ([]string, bool) {
	places := map[consent.LogID]string{}
	for _, i := range s.Institutions {
		places[i.Chart] = i.Place
	}
	return func(r wallet.Row, names words.Names) ([]string, bool) {
		return words.Accounting(r, names, places[r.Chart])
	}
}
