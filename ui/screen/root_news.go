package screen

import (
	"context"
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/ui/words"
	"carekey/wallet"
)

// Between two checks: well below the minute after which green turns amber.
const refreshEvery = 25 * time.Second

// refreshLimit bounds one check.
const refreshLimit = 20 * time.Second

type (
	tickMsg      time.Time
	changedMsg   struct{ snap wallet.Snapshot }
	refreshMsg   struct{}
	refreshedMsg struct{ err error }
	sayMsg       string
	goMsg        struct{ place place }
	// openedMsg tells a screen that it has just come to the front.
	openedMsg struct{}
)

func (m *Model) tick() tea.Cmd {
	return m.wait(time.Second, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// watch waits for the next change.
func (m *Model) watch() tea.Cmd {
	ctx, w := m.life, m.wallet
	return func() tea.Msg {
		select {
		case <-ctx.Done():
		case _, more := <-w.Changes():
			if more {
				return changedMsg{w.Snapshot()}
			}
		}
		return nil
	}
}

// arrived takes a new snapshot.
func (m *Model) arrived(msg changedMsg) {
	before := m.frame.snap
	m.see(msg.snap)
	m.settle()
	for _, r := range msg.snap.Requests {
		isNew := !slices.ContainsFunc(before.Requests, func(b wallet.Request) bool { return b.ID == r.ID })
		if isNew && before.Person != "" {
			m.say(words.NewRequest(r))
		}
	}
}

// settle takes the notice of an act away once the act is no longer on its way:
// what came of it stands on the screens.
func (m *Model) settle() {
	if m.notice.sending == nil || m.busy > 0 {
		return
	}
	onItsWay := func(s wallet.Sending) bool { return slices.Contains(m.notice.sending, s.Kind) }
	if !slices.ContainsFunc(m.frame.snap.Sending, onItsWay) {
		m.notice = notice{}
	}
}

func (m *Model) see(s wallet.Snapshot) {
	m.frame.snap = s
	m.frame.names = words.NamesOf(s)
}

// refresh asks the institutions, one check at a time.
func (m *Model) refresh() tea.Cmd {
	if m.asking != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(m.life, refreshLimit)
	m.asking = cancel
	w := m.wallet
	return func() tea.Msg {
		defer cancel()
		return refreshedMsg{w.Refresh(ctx)}
	}
}

// refreshNow is the key: it starts a check, or ends the one under way.
func (m *Model) refreshNow() tea.Cmd {
	if m.asking != nil {
		m.asking()
		m.say(words.CheckCancelled)
		return nil
	}
	m.say(words.CheckingNow)
	return m.refresh()
}

func (m *Model) refreshed(msg refreshedMsg) tea.Cmd {
	m.asking, m.trouble = nil, ""
	if msg.err != nil && !errors.Is(msg.err, context.Canceled) {
		m.trouble = msg.err.Error()
	}
	return m.wait(refreshEvery, func(time.Time) tea.Msg { return refreshMsg{} })
}
