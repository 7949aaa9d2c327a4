package screen

import (
	"carekey/ui/words"
	"carekey/wallet"
)

// entryLines is the page of one entry, or the summary of a group.
func (s *historyScreen) entryLines(f frame) []string {
	row := s.chosen()
	if row == nil {
		return []string{f.theme.Dim.Render(words.OneMoment)}
	}
	if from, to := s.pages.group(s.roll.cursor); !s.single() {
		oldest := s.pages.row(to - 1)
		lines := para(f.theme.Strong, words.Group(*row, to-from, oldest.Time, row.Time, f.now), f.width)
		return append(append(lines, ""), para(f.theme.Dim, words.GroupHint, f.width)...)
	}
	lines := append(para(f.theme.Strong, words.Row(*row, f.names), f.width), "")
	for _, a := range words.AfterRow(*row) {
		lines = append(append(lines, para(f.theme.Warn, a, f.width)...), "")
	}
	if s.detail == nil {
		return append(lines, f.theme.Dim.Render(words.OneMoment))
	}
	return append(lines, detailLines(f, *s.detail)...)
}

func detailLines(f frame, d wallet.EntryDetail) []string {
	var facts []fact
	for _, x := range words.EntryFacts(d, f.names, f.now) {
		facts = append(facts, fact{x.Label, x.Text, f.theme.Text})
	}
	lines := factLines(f, facts)
	if l := words.LegalBasis(d.Row); l != "" {
		lines = append(append(lines, "", f.theme.Title.Render(words.LegalTitle)), para(f.theme.Text, l, f.width)...)
	}
	lines = append(lines, "", f.theme.Title.Render(words.ProofTitle))
	lines = append(lines, para(f.theme.Dim, words.EntryProven(d), f.width)...)
	facts = nil
	for _, x := range words.EntryProof(d) {
		facts = append(facts, fact{x.Label, x.Text, f.theme.Dim})
	}
	return append(lines, factLines(f, facts)...)
}
