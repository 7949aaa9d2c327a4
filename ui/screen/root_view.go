package screen

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"carekey/ui/words"
	"carekey/wallet"
)

// View draws the window: the proof line, alarms, the places, the topmost
// screen, and a foot with its keys.
func (m *Model) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = words.WindowTitle
	return v
}

func (m *Model) draw() string {
	f := m.frame
	if !m.sized {
		return ""
	}
	if !m.fits() {
		return join(fit(wrap(words.TooSmall(f.width, f.height, minWidth, minHeight), f.width), f.width, f.height))
	}
	body := m.body()
	lines := m.head()
	lines = append(lines, m.middle(body)...)
	return join(append(lines, m.foot()))
}

func (m *Model) fits() bool {
	return m.frame.width >= minWidth && m.frame.height >= minHeight
}

// body is the frame of the screen between head and foot.
func (m *Model) body() frame {
	f := m.frame
	f.height = max(0, f.height-len(m.head())-1)
	if m.frame.height >= tall {
		f.height-- // an empty line above the foot
	}
	f.width -= 2 // a margin on both sides
	return f
}

func (m *Model) middle(body frame) []string {
	lines := indent(fit(strings.Split(m.top().view(body), "\n"), body.width, body.height), 1)
	if m.frame.height >= tall {
		lines = append(lines, "")
	}
	return lines
}

// head is everything above the screen.
func (m *Model) head() []string {
	lines := append([]string{m.proofLine()}, m.alarms()...)
	if m.dialogs.top() != nil {
		if m.frame.height >= tall {
			lines = append(lines, "")
		}
		return lines
	}
	return append(lines, m.tabs()...)
}

// proofLine is the first line of every screen: whether what is seen is whole.
func (m *Model) proofLine() string {
	f := m.frame
	level := f.level()
	text := words.Proof(f.snap.Proof, f.now)
	if ansi.StringWidthWc(text)+4 > f.width {
		text = words.ProofShort(f.snap.Proof, f.now)
	}
	style := f.theme.Dim
	switch level {
	case wallet.ProofGreen:
		style = f.theme.Good
	case wallet.ProofAmber:
		style = f.theme.Warn
	case wallet.ProofRed:
		style = f.theme.Bad
	}
	left := " " + style.Bold(true).Render(words.ProofMark(level)+" "+text)
	return bothEnds(left, f.theme.Dim.Render(m.corner())+" ", f.width)
}

// corner says whose wallet this is, or that it is asking right now.
func (m *Model) corner() string {
	if m.asking != nil && m.frame.level() != wallet.ProofGreen {
		return words.Checking
	}
	return m.frame.snap.Person
}

// alarms stand above everything until they are dealt with.
func (m *Model) alarms() []string {
	f := m.frame
	var texts []string
	for _, p := range f.snap.Problems {
		if w := words.Explain(p, f.now); w.Severity == words.Alarm {
			texts = append(texts, w.Title)
		}
	}
	room := 2
	if f.height < tall {
		room = 1
	}
	hidden := len(texts) - room
	var lines []string
	for i, t := range texts[:min(room, len(texts))] {
		more := ""
		if i == room-1 && hidden > 0 {
			more = ", " + words.MoreProblems(hidden)
		}
		lines = append(lines, f.theme.Alarm.Render(alarmLine(t, more, m.alarmHint(), f.width)))
	}
	return lines
}

// alarmHint is the key that tells all, where it works: a dialog is answered
// first, and what is being typed is a text.
func (m *Model) alarmHint() string {
	if m.dialogs.top() != nil || m.places[m.at].keys(m.frame).typing {
		return ""
	}
	return words.AlarmHint
}

// alarmLine cuts the title where there is little room, but neither how many
// more there are nor the key that tells all.
func alarmLine(title, more, hint string, width int) string {
	mark := " " + words.AlarmMark + " "
	hint += " "
	room := width - ansi.StringWidthWc(mark+more+hint) - 2
	return bothEnds(mark+ansi.TruncateWc(title, room, "…")+more, hint, width)
}

// foot is the last line: what has just happened, or what one can do here.
func (m *Model) foot() string {
	f := m.frame
	if m.notice.text != "" && f.now.Before(m.notice.until) && m.dialogs.top() == nil {
		return pad(" "+f.theme.Accent.Render(words.NoticeMark+" ")+f.theme.Strong.Render(m.notice.text), f.width)
	}
	if m.dialogs.grace() {
		return pad("", f.width)
	}
	return pad(" "+m.hints(f.width-1), f.width)
}

// hints are the keys, as many as fit. The help comes last and always fits.
func (m *Model) hints(width int) string {
	t := m.frame.theme
	own := m.top().keys(m.body())
	list := own.bindings
	var tail []binding
	if m.dialogs.top() == nil && !own.typing {
		tail = m.hintsForAll()
	}
	hint := func(b binding) string { return t.Accent.Render(b.Show) + " " + t.Dim.Render(b.Does) }
	end := ""
	for _, b := range tail {
		end += "  " + hint(b)
	}
	line := ""
	for _, b := range list {
		next := hint(b)
		if line != "" {
			next = "  " + next
		}
		if b.Quiet || ansi.StringWidthWc(line)+ansi.StringWidthWc(next)+ansi.StringWidthWc(end) > width {
			continue
		}
		line += next
	}
	return strings.TrimPrefix(line+end, "  ")
}

func (m *Model) hintsForAll() []binding {
	var list []binding
	for _, b := range m.general() {
		if b.Key == words.KeyHelp || b.Key == words.KeyQuit && m.frame.width >= roomy {
			list = append(list, b)
		}
	}
	return list
}
