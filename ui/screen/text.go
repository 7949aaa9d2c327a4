package screen

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"carekey/ui/words"
)

// maxTyped bounds what a person types into one line.
const maxTyped = 500

// textScreen asks for a line of text and then goes on to the question that the
// text is for. Enter on an empty line means "not now".
type textScreen struct {
	title, hint string
	input       textinput.Model
	next        func(text string) screen
}

func newText(title, hint string, next func(string) screen) *textScreen {
	input := newInput()
	return &textScreen{title: title, hint: hint, input: input, next: next}
}

func newInput() textinput.Model {
	input := textinput.New()
	input.Prompt = words.InputMark
	input.CharLimit = maxTyped
	styles := input.Styles()
	styles.Cursor.Blink = false // calm, and no timer
	input.SetStyles(styles)
	return input
}

func (s *textScreen) update(_ frame, msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	switch msg.(type) {
	case openedMsg:
		return s.input.Focus()
	default:
		s.input, cmd = s.input.Update(msg)
	}
	return cmd
}

func (s *textScreen) view(f frame) string {
	f = f.reading()
	s.input.SetWidth(max(8, f.width-4))
	lines := title(f, s.title)
	lines = append(lines, para(f.theme.Text, s.hint, f.width)...)
	lines = append(lines, "", s.input.View(), "")
	return join(append(lines, para(f.theme.Dim, words.EmptyMeansNo, f.width)...))
}

func (s *textScreen) keys(frame) keymap {
	return keymap{typing: true, bindings: []binding{
		bind(words.KeyGoOn, s.enter, "enter", "ctrl+j"),
		bind(words.KeyEscNotNow, leave, "esc"),
	}}
}

func (s *textScreen) enter() tea.Cmd {
	text := words.Clean(s.input.Value())
	if text == "" {
		return leave()
	}
	return show(s.next(text))
}
