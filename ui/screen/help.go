package screen

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"carekey/ui/words"
)

// helpScreen is made from the key maps, so that it says what is true.
type helpScreen struct {
	own, general []binding
	pane         pane
}

func (*helpScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *helpScreen) view(f frame) string {
	head := title(f, words.HelpTitle)
	return join(append(head, s.pane.view(f, s.body(f), f.height-len(head))...))
}

func (s *helpScreen) body(f frame) []string {
	lines := []string{f.theme.Title.Render(words.HelpHere)}
	lines = append(lines, keyLines(f, s.own)...)
	lines = append(lines, "", f.theme.Title.Render(words.HelpEverywhere))
	lines = append(lines, keyLines(f, s.general)...)
	return append(append(lines, ""), para(f.theme.Dim, words.HelpFoot, f.width)...)
}

func keyLines(f frame, list []binding) []string {
	var lines []string
	for _, b := range list {
		label := "  " + f.theme.Accent.Render(b.Show)
		label += strings.Repeat(" ", max(2, 16-ansi.StringWidthWc(label)))
		lines = append(lines, hang(label, f.theme.Text, b.Does, f.width)...)
	}
	return lines
}

func (s *helpScreen) keys(f frame) keymap {
	list := []binding{bind(words.KeyClose, leave, "esc", "enter", "?", "q")}
	return keymap{bindings: append(list, s.pane.bindings(f.height-2)...)}
}
