package screen

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"carekey/ui/words"
)

// binding is a key with its words and what it does. The help is made from
// bindings, so it cannot promise a key that does nothing.
type binding struct {
	words.Key
	keys []string // as Bubble Tea spells them; the first is enough to press
	do   func() tea.Cmd
}

// keymap is what a screen can do now.
type keymap struct {
	bindings []binding
	typing   bool // a text is being typed: other keys are letters, not commands
}

func bind(k words.Key, do func() tea.Cmd, keys ...string) binding {
	return binding{Key: k, keys: keys, do: do}
}

func (m keymap) find(pressed string) (binding, bool) {
	i := slices.IndexFunc(m.bindings, func(b binding) bool { return slices.Contains(b.keys, pressed) })
	if i < 0 {
		return binding{}, false
	}
	return m.bindings[i], true
}

// send makes a command that delivers a message.
func send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }
