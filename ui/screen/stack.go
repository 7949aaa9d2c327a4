package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// graceTime is how long a dialog ignores keys after it appeared: a key that was
// meant for the screen before must not answer a question nobody has read.
const graceTime = 300 * time.Millisecond

type (
	openMsg  struct{ screen screen }
	closeMsg struct{}
	// graceMsg says that a dialog has stood long enough to be answered.
	graceMsg struct{ serial int }
)

// stack is the open dialogs, the last on top.
type stack struct {
	open   []layer
	serial int
}

type layer struct {
	screen screen
	serial int
	fresh  bool // too new to be answered
}

func (s *stack) push(d screen, wait timer) tea.Cmd {
	s.serial++
	serial := s.serial
	s.open = append(s.open, layer{screen: d, serial: serial, fresh: true})
	return wait(graceTime, func(time.Time) tea.Msg { return graceMsg{serial} })
}

func (s *stack) pop() {
	if len(s.open) > 0 {
		s.open = s.open[:len(s.open)-1]
	}
}

func (s *stack) clear() { s.open = nil }

func (s *stack) top() screen {
	if len(s.open) == 0 {
		return nil
	}
	return s.open[len(s.open)-1].screen
}

// grace tells whether the topmost dialog has only just appeared.
func (s *stack) grace() bool {
	return len(s.open) > 0 && s.open[len(s.open)-1].fresh
}

func (s *stack) ready(m graceMsg) {
	for i := range s.open {
		if s.open[i].serial == m.serial {
			s.open[i].fresh = false
		}
	}
}

// show opens a dialog, leave closes the topmost.
func show(s screen) tea.Cmd { return send(openMsg{s}) }

func leave() tea.Cmd { return send(closeMsg{}) }
