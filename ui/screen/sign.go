package screen

import (
	tea "charm.land/bubbletea/v2"

	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// signScreen shows the very sentences that a yes would sign. Yes is possible
// only after all of them were in sight.
type signScreen struct {
	wallet    ui.Decider
	request   wallet.Request
	choice    wallet.Choice
	sentences []string
	trouble   error
	pane      pane
	read      bool // the end was in sight
}

// sentencesMsg brings what the wallet would sign.
type sentencesMsg struct {
	id        wallet.RequestID
	sentences []string
	err       error
}

func (s *signScreen) update(_ frame, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case openedMsg:
		w, id, choice := s.wallet, s.request.ID, s.choice
		return func() tea.Msg {
			sentences, err := w.Preview(id, choice)
			return sentencesMsg{id, sentences, err}
		}
	case sentencesMsg:
		if msg.id == s.request.ID {
			s.sentences, s.trouble = msg.sentences, msg.err
		}
	}
	return nil
}

func (s *signScreen) view(f frame) string {
	f = f.reading()
	head := title(f, words.SignTitle)
	return join(append(head, s.pane.view(f, s.body(f), f.height-len(head))...))
}

func (s *signScreen) body(f frame) []string {
	switch {
	case s.trouble != nil:
		var lines []string
		for _, l := range words.NotDone(s.trouble, words.NothingShared) {
			lines = append(lines, para(f.theme.Text, l, f.width)...)
		}
		return lines
	case len(s.sentences) == 0:
		return []string{f.theme.Dim.Render(words.OneMoment)}
	}
	lines := s.bullets(f, true)
	if len(lines) > f.height-2 {
		lines = s.bullets(f, false)
	}
	return lines
}

// bullets are the sentences and what goes with them, airy or tight.
func (s *signScreen) bullets(f frame, airy bool) []string {
	var lines []string
	for i, sentence := range s.sentences {
		if i > 0 && airy {
			lines = append(lines, "")
		}
		lines = append(lines, hang(f.theme.Accent.Render(words.Bullet+" "), f.theme.Text, sentence, f.width)...)
	}
	return append(lines, s.warnings(f)...)
}

// warnings are the licence and what the asker may miss.
func (s *signScreen) warnings(f frame) []string {
	lines := []string{""}
	if !s.request.Licence.Good {
		lines = append(lines, hang(f.theme.Warn.Render(words.WarnMark+" "), f.theme.Warn, words.Licence(s.request.Licence), f.width)...)
	} else {
		lines = append(lines, hang(f.theme.Good.Render(words.GoodMark+" "), f.theme.Dim, words.Licence(s.request.Licence), f.width)...)
	}
	for _, w := range words.NotSeen(s.request.Scope, s.choice.Scope) {
		if w.Why != "" {
			lines = append(lines, hang(f.theme.Warn.Render(words.WarnMark+" "), f.theme.Dim, words.WithoutIt(w), f.width)...)
		}
	}
	return lines
}

func (s *signScreen) keys(f frame) keymap {
	f = f.reading()
	height := f.height - len(title(f, words.SignTitle))
	list := []binding{}
	if len(s.sentences) > 0 && s.trouble == nil {
		s.read = s.read || s.pane.atEnd(s.body(f), height)
		if s.read {
			list = append(list, bind(words.KeyYesSign, func() tea.Cmd { return decide(approval{s.request, s.choice}) }, "y"))
		} else {
			list = append(list, bind(words.KeyReadOn, func() tea.Cmd { return s.pane.scroll(max(1, height-2)) }, "space"))
		}
	}
	list = append(list, bind(words.KeyNotNow, leave, "enter", "esc", "n"))
	return keymap{bindings: append(list, s.pane.steps(height)...)}
}
