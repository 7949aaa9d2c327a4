package screen

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"carekey/ui/words"
	"carekey/wallet"
)

func (s *historyScreen) view(f frame) string {
	head := s.head(f)
	if s.inside && f.width < wide {
		return join(s.pane.view(f, s.entryLines(f), f.height))
	}
	below := f
	below.height -= len(head)
	if f.width < wide {
		return join(append(head, s.list(below, f.width)...))
	}
	left := split(f.width)
	right := below
	right.width = f.width - left - gapWidth
	return join(append(head, beside(below, s.list(below, left), s.pane.aside(right, s.entryLines(right), below.height), left)...))
}

// head says what is shown: all, or what a filter lets through.
func (s *historyScreen) head(f frame) []string {
	if s.finding {
		s.search.SetWidth(max(8, f.width-8))
		return []string{s.search.View(), ""}
	}
	line := words.AllEntries(s.pages.total)
	if filtered(s.pages.filter) {
		line = words.Filtered(s.pages.filter, f.names, s.pages.total, f.snap.Rows)
	}
	lines := para(f.theme.Dim, line, f.width)
	if f.height >= tall-6 {
		lines = append(lines, "")
	}
	return lines
}

func (s *historyScreen) list(f frame, width int) []string {
	switch {
	case s.trouble != nil:
		return para(f.theme.Bad, words.HistoryTrouble(s.trouble), width)
	case !s.pages.known:
		return []string{f.theme.Dim.Render(words.OneMoment)}
	case s.pages.total == 0 && filtered(s.pages.filter):
		return para(f.theme.Dim, words.NothingFound, width)
	case s.pages.total == 0:
		return para(f.theme.Dim, words.NoEntries, width)
	}
	return s.roll.view(f, historyLines{s, f, width}, f.height)
}

// historyLines draws the history's items.
type historyLines struct {
	*historyScreen
	f     frame
	width int
}

func (h historyLines) lines(pos int, chosen bool) []string {
	f, row := h.f, h.pages.row(pos)
	if row == nil {
		return gutter(f, []string{f.theme.Dim.Render(words.OneMoment)}, chosen)
	}
	style := f.theme.Text
	if chosen {
		style = f.theme.Strong
	}
	mark, when := h.mark(*row), h.when(pos, *row)
	text, after := h.text(pos, *row)
	width, column := h.width-4, 0
	var lines []string
	if h.width < roomy-10 {
		lines = append([]string{f.theme.Dim.Render(when)}, para(style, text, width)...)
	} else {
		column = 13
		lines = hang(pad(f.theme.Dim.Render(when), column), style, text, width)
	}
	for _, a := range after {
		lines = append(lines, indent(para(f.theme.Warn, a, width-column), column)...)
	}
	return gutter(f, marked(mark, lines), chosen)
}

// marked puts a sign before the first line and room before the others.
func marked(mark string, lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		if i == 0 {
			out[i] = mark + " " + l
		} else {
			out[i] = "  " + l
		}
	}
	return out
}

// mark is the sign of a row: asked about, not explained, or new.
func (h historyLines) mark(r wallet.Row) string {
	t := h.f.theme
	switch {
	case r.Queried && r.Answer == "":
		return t.Warn.Render(words.QueryMark)
	case r.Flags&(wallet.RowWithheld|wallet.RowUnmatched) != 0:
		return t.Warn.Render(words.WarnMark)
	case r.Flags&wallet.RowNew != 0:
		return t.Accent.Render(words.NewMark)
	}
	return " "
}

// when is day and time; the day is left out when the item above has the same.
func (h historyLines) when(pos int, r wallet.Row) string {
	now := h.f.now
	day, clock := words.Date(r.Time, now), words.Clock(r.Time, now)
	if ansi.StringWidthWc(day) > 6 { // another year: the time of day is in the detail
		return day
	}
	if above := h.pages.row(pos - 1); above != nil && pos > h.roll.top && words.Date(above.Time, now) == day && h.width >= roomy-10 {
		return strings.Repeat(" ", 7) + clock
	}
	return padLeft(day, 6) + " " + clock
}

// text is a row's sentence, or a group's.
func (h historyLines) text(pos int, r wallet.Row) (sentence string, after []string) {
	from, to := h.pages.group(pos)
	if to-from > 1 && !h.opened[from] {
		oldest := h.pages.row(to - 1)
		return words.Group(r, to-from, oldest.Time, r.Time, h.f.now), nil
	}
	return words.Row(r, h.f.names), words.AfterRow(r)
}
