package screen

import (
	tea "charm.land/bubbletea/v2"

	"carekey/ui/words"
)

// key gives a key to the topmost screen; what a place does not know is tried as
// a general key.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	pressed := msg.String()
	if pressed == "ctrl+c" {
		return m.quit()
	}
	if !m.fits() || m.dialogs.grace() {
		return nil
	}
	own := m.top().keys(m.body())
	if b, ok := own.find(pressed); ok {
		return b.do()
	}
	if m.dialogs.top() == nil && !own.typing {
		if b, ok := (keymap{bindings: m.general()}).find(pressed); ok {
			return b.do()
		}
	}
	return m.top().update(m.body(), msg)
}

// general are the keys that work in every place.
func (m *Model) general() []binding {
	list := []binding{}
	for p := range placeEnd {
		list = append(list, bind(words.PlaceKey(int(p)), func() tea.Cmd { return m.visit(p) }, string(rune('1'+p))))
	}
	return append(list,
		bind(words.KeyNextPlace, func() tea.Cmd { return m.visit(m.at + 1) }, "tab", "right"),
		bind(words.KeyPrevPlace, func() tea.Cmd { return m.visit(m.at - 1) }, "shift+tab", "left"),
		bind(words.KeyProblems, m.problems, "!"),
		bind(words.KeyRefresh, m.refreshNow, "ctrl+r", "f5"),
		bind(words.KeyHelp, m.help, "?", "f1"),
		bind(words.KeyQuit, m.quit, "q"),
	)
}

func (m *Model) quit() tea.Cmd {
	if m.asking != nil {
		m.asking()
	}
	return tea.Quit
}

// mouse turns the wheel into up and down, and a click on a tab into a visit.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	if !m.fits() || m.dialogs.grace() {
		return nil
	}
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		return m.wheel(at.Button)
	case tea.MouseClickMsg:
		if p, ok := m.tabAt(at.X, at.Y); ok && m.dialogs.top() == nil {
			return m.visit(p)
		}
	}
	return nil
}

func (m *Model) wheel(button tea.MouseButton) tea.Cmd {
	name := ""
	switch button {
	case tea.MouseWheelDown:
		name = "down"
	case tea.MouseWheelUp:
		name = "up"
	}
	if b, ok := m.top().keys(m.body()).find(name); ok {
		return b.do()
	}
	return nil
}
