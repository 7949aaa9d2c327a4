package screen

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// requestsScreen lists who asks for what; the request itself stands beside the
// list, or in its place where there is little room.
type requestsScreen struct {
	wallet ui.Decider
	roll   roll
	chosen wallet.RequestID // so that a list that changes keeps its choice
	inside bool             // the request is shown in place of the list
	pane   pane
}

// findRequestMsg goes to a request.
type findRequestMsg struct{ id wallet.RequestID }

// openRequests are those that wait, what was put off last.
func openRequests(f frame) []wallet.Request {
	list := slices.Clone(f.snap.Requests)
	slices.SortStableFunc(list, func(a, b wallet.Request) int {
		return later(a, f.now) - later(b, f.now)
	})
	return list
}

func later(r wallet.Request, now time.Time) int {
	if r.PutOff.After(now) {
		return 1
	}
	return 0
}

func (s *requestsScreen) update(f frame, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case findRequestMsg:
		s.chosen, s.inside, s.pane = msg.id, true, pane{}
		return send(goMsg{requests})
	case changedMsg:
		s.keep(f)
	}
	return nil
}

// keep finds the chosen request in the list; if it is gone, the page of it
// closes.
func (s *requestsScreen) keep(f frame) []wallet.Request {
	list := openRequests(f)
	i := slices.IndexFunc(list, func(r wallet.Request) bool { return r.ID == s.chosen })
	switch {
	case i >= 0:
		s.roll.cursor = i
	case len(list) > 0:
		s.inside = false
		s.roll.cursor = min(s.roll.cursor, len(list)-1)
		s.chosen = list[s.roll.cursor].ID
	default:
		s.inside = false
	}
	return list
}

func (s *requestsScreen) view(f frame) string {
	list := s.keep(f)
	if len(list) == 0 {
		return join(append([]string{""}, para(f.theme.Dim, words.NoRequests(f.snap.Proof), f.width)...))
	}
	if f.width >= wide {
		left := split(f.width)
		right := f
		right.width = f.width - left - gapWidth
		page := s.pane.aside(right, requestPage(right, list[s.roll.cursor]), f.height)
		return join(beside(f, s.roll.view(f, s.lister(f, list, left), f.height), page, left))
	}
	if s.inside {
		return join(s.pane.view(f, requestPage(f, list[s.roll.cursor]), f.height))
	}
	return join(s.roll.view(f, s.lister(f, list, f.width), f.height))
}

func (s *requestsScreen) lister(f frame, list []wallet.Request, width int) lister {
	return items{n: len(list), draw: func(i int, chosen bool) []string {
		r := list[i]
		style := f.theme.Text
		if chosen {
			style = f.theme.Strong
		}
		lines := para(style, words.Request(r), width-2)
		lines = append(lines, para(f.theme.Dim, note(f, r), width-2)...)
		if f.height >= tall-6 {
			lines = append(lines, "")
		}
		return gutter(f, lines, chosen)
	}}
}

func (s *requestsScreen) keys(f frame) keymap {
	list := s.keep(f)
	if len(list) == 0 {
		return keymap{}
	}
	r := list[s.roll.cursor]
	var bindings []binding
	if !s.inside && f.width < wide {
		bindings = append(bindings, bind(words.KeyRead, func() tea.Cmd { s.inside, s.pane = true, pane{}; return nil }, "enter"))
	}
	if words.Answering(f.snap.Sending, r.ID) == "" {
		bindings = append(bindings, s.answers(f, r)...)
	}
	if s.inside && f.width < wide {
		bindings = append(bindings, bind(words.KeyBack, func() tea.Cmd { s.inside = false; return nil }, "esc", "backspace"))
		return keymap{bindings: append(bindings, s.pane.bindings(f.height)...)}
	}
	return keymap{bindings: append(bindings, s.moves(f, list)...)}
}

// note is how a request stands.
func note(f frame, r wallet.Request) string {
	if a := words.Answering(f.snap.Sending, r.ID); a != "" {
		return a
	}
	return words.RequestNote(r, f.now)
}

// answers are what one can say to a request.
func (s *requestsScreen) answers(f frame, r wallet.Request) []binding {
	return []binding{
		bind(words.KeyDeny, func() tea.Cmd { return show(denyQuestion(r)) }, "d"),
		bind(words.KeyApprove, func() tea.Cmd { return s.approve(f, r) }, "a"),
		bind(words.KeyLater, func() tea.Cmd { return decide(delay{r, tomorrow(f.now)}) }, "l"),
		bind(words.KeyBlock, func() tea.Cmd { return show(blockQuestion(r.ID.Chart, r.Institution, true)) }, "b"),
	}
}

func (s *requestsScreen) approve(f frame, r wallet.Request) tea.Cmd {
	if w := words.WaitsFor(r); w != "" {
		return show(&messageScreen{title: words.NotYet, lines: []string{w}})
	}
	return show(newChoice(s.wallet, r, f.now))
}

// moves remember which request was moved to.
func (s *requestsScreen) moves(f frame, list []wallet.Request) []binding {
	bindings := s.roll.moves(s.lister(f, list, f.width), f.height)
	for i, b := range bindings {
		bindings[i].do = func() tea.Cmd {
			cmd := b.do()
			s.chosen, s.pane = list[s.roll.cursor].ID, pane{}
			return cmd
		}
	}
	if f.width >= wide {
		bindings = append(bindings, s.pane.asides()...)
	}
	return bindings
}

// tomorrow is nine o'clock of the next day.
func tomorrow(now time.Time) time.Time {
	y, m, d := now.Date()
	return time.Date(y, m, d+1, 9, 0, 0, 0, now.Location())
}
