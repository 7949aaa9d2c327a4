package screen

import (
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"carekey/ui/words"
	"carekey/wallet"
)

// requestPage is everything about a request, before any answer.
func requestPage(f frame, r wallet.Request) []string {
	lines := append([]string{}, para(f.theme.Strong, words.Request(r), f.width)...)
	lines = append(lines, "")
	if w := words.WaitsFor(r); w != "" {
		lines = append(append(lines, para(f.theme.Warn, w, f.width)...), "")
	}
	licence := f.theme.Good
	mark := words.GoodMark
	if !r.Licence.Good {
		licence, mark = f.theme.Warn, words.WarnMark
	}
	facts := []fact{
		{words.FactWho, words.At(r.By, r.Institution), f.theme.Text},
		{"", mark + " " + words.Licence(r.Licence), licence},
		{words.FactWhy, because(r), f.theme.Text},
		{words.FactWhat, words.List(r.Scope.Types), f.theme.Text},
		{words.FactDates, words.Dates(r.Scope.From, r.Scope.To), f.theme.Text},
		{words.FactFrom, r.From, f.theme.Text},
		{words.FactOften, words.HowOften(r.Uses), f.theme.Text},
		{words.FactLong, words.HowLong(r.Until, f.now), f.theme.Text},
		{words.FactKept, words.Kept(r.Kind, r.KeptUntil), f.theme.Text},
		{words.FactAsked, words.Moment(r.Asked, f.now) + ", " + words.RequestEnds(r, f.now), f.theme.Dim},
	}
	lines = append(lines, factLines(f, facts)...)
	lines = append(lines, "")
	if len(r.Scope.Sensitive) > 0 {
		lines = append(append(lines, para(f.theme.Warn, words.AsksSensitive(r.Scope), f.width)...), "")
	}
	return append(lines, para(f.theme.Dim, words.NothingTicked, f.width)...)
}

func because(r wallet.Request) string {
	if r.Why == "" {
		return r.Purpose.String()
	}
	return r.Purpose.String() + ": “" + r.Why + "”"
}

// fact is a line with a label.
type fact struct {
	label, text string
	style       lipgloss.Style
}

// factLines sets facts in two columns, or in one where there is little room.
func factLines(f frame, facts []fact) []string {
	labelWidth := 0
	for _, x := range facts {
		labelWidth = max(labelWidth, ansi.StringWidthWc(x.label)+2)
	}
	if f.width < roomy-10 {
		labelWidth = 0
	}
	var lines []string
	for _, x := range facts {
		if x.text == "" {
			continue
		}
		if labelWidth == 0 {
			if x.label != "" {
				lines = append(lines, f.theme.Title.Render(x.label))
			}
			lines = append(lines, para(x.style, x.text, f.width)...)
			continue
		}
		lines = append(lines, hang(pad(f.theme.Title.Render(x.label), labelWidth), x.style, x.text, f.width)...)
	}
	return lines
}
