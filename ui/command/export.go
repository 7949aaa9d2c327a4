package command

import (
	"encoding/csv"
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

var exportKinds = []string{"csv", "accounting"}

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
