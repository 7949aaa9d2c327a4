package screen

import (
	tea "charm.land/bubbletea/v2"

	"carekey/ui/words"
)

// messageScreen tells something that needs no answer.
type messageScreen struct {
	title string
	lines []string
	pane  pane
}

func (*messageScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *messageScreen) view(f frame) string {
	f = f.reading()
	var body []string
	for _, l := range s.lines {
		body = append(body, para(f.theme.Text, l, f.width)...)
		if f.height >= tall {
			body = append(body, "")
		}
	}
	head := title(f, s.title)
	return join(append(head, s.pane.view(f, body, f.height-len(head))...))
}

func (s *messageScreen) keys(f frame) keymap {
	f = f.reading()
	list := []binding{bind(words.KeyClose, leave, "enter", "esc", "q")}
	return keymap{bindings: append(list, s.pane.bindings(f.height-len(title(f, s.title)))...)}
}

// title heads a dialog.
func title(f frame, text string) []string {
	lines := para(f.theme.Accent, text, f.width)
	return append(lines, "")
}
