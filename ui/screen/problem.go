package screen

import (
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"carekey/ui/words"
	"carekey/wallet"
)

// problemScreen explains what is wrong, one problem at a time, most severe
// first.
type problemScreen struct {
	at   int
	pane pane
}

func (*problemScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *problemScreen) view(f frame) string {
	f = f.reading()
	n := len(f.snap.Problems)
	if n == 0 {
		return join(para(f.theme.Good, words.NoProblems, f.width))
	}
	s.at = (s.at + n) % n
	p := words.Explain(f.snap.Problems[s.at], f.now)
	style, mark := severity(f, p.Severity)
	head := append(hang(style.Render(mark+" "), style, p.Title, f.width), f.theme.Dim.Render(words.ProblemOf(s.at+1, n, p.Since)))
	if f.height >= tall-6 {
		head = append(head, "")
	}
	return join(append(head, s.pane.view(f, problemBody(f, p), f.height-len(head))...))
}

// severity is how a problem's title looks, and the sign before it.
func severity(f frame, s words.Severity) (lipgloss.Style, string) {
	switch s {
	case words.Alarm:
		return f.theme.Bad, words.AlarmMark
	case words.Warning:
		return f.theme.Warn, words.WarnMark
	}
	return f.theme.Strong, words.NoteMark
}

func problemBody(f frame, p words.Problem) []string {
	var lines []string
	for _, part := range []struct{ title, text string }{
		{words.ProblemHappened, p.Happened}, {words.ProblemSafe, p.Safe}, {words.ProblemDo, p.Do},
	} {
		lines = append(lines, f.theme.Title.Render(part.title))
		lines = append(append(lines, para(f.theme.Text, part.text, f.width)...), "")
	}
	lines = append(lines, f.theme.Title.Render(words.ProblemDetails))
	for _, d := range p.Details {
		lines = append(lines, para(f.theme.Dim, d, f.width)...)
	}
	return lines
}

func (s *problemScreen) keys(f frame) keymap {
	f = f.reading()
	step := func(n int) func() tea.Cmd {
		return func() tea.Cmd { s.at += n; s.pane = pane{}; return nil }
	}
	list := []binding{}
	if len(f.snap.Problems) > 1 {
		list = append(list, bind(words.KeyNextProblem, step(1), "right", "tab"), bind(words.KeyPrevProblem, step(-1), "left", "shift+tab"))
	}
	list = append(list, bind(words.KeyClose, leave, "esc", "enter", "q"))
	if n := len(f.snap.Problems); n > 0 {
		if p := f.snap.Problems[(s.at%n+n)%n]; p.Code == wallet.ProblemLie {
			list = append(list, bind(words.KeySeen, func() tea.Cmd { return show(seenQuestion(f, p)) }, "s"))
		}
	}
	return keymap{bindings: append(list, s.pane.bindings(f.height-4)...)}
}
