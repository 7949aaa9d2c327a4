package screen

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"carekey/ui"
	"carekey/ui/theme"
	"carekey/ui/words"
	"carekey/wallet"
)

// place is one of the main places; its key is its number.
type place int

// The places in their order.
const (
	home place = iota
	requests
	history
	permissions
	proof
	placeEnd
)

// Model is the root: it owns the frame, the places, the dialogs and the acts.
type Model struct {
	life    context.Context //nolint:containedctx // Bubble Tea hands commands no context of their own
	wallet  ui.Wallet
	wait    timer
	frame   frame // of the whole window
	ground  theme.Background
	profile colorprofile.Profile
	sized   bool
	places  [placeEnd]screen
	at      place
	dialogs stack
	notice  notice
	busy    int    // acts under way
	asking  func() // cancels the refresh under way; nil without one
	trouble string // of the last refresh
}

// timer makes a command that delivers a message after a time.
type timer func(time.Duration, func(time.Time) tea.Msg) tea.Cmd

// notice is a line at the foot that goes by itself.
type notice struct {
	text    string
	until   time.Time
	sending []wallet.ActKind // it holds only while one of these is on its way; nil if it just holds
}

const noticeFor = 8 * time.Second

// New makes the screens over a wallet whose text is clean. The context ends
// what they have under way; now is the time until the first tick.
func New(ctx context.Context, w ui.Wallet, now time.Time) *Model {
	m := &Model{life: ctx, wallet: w, wait: tea.Tick, profile: colorprofile.TrueColor}
	m.frame.now = now
	m.see(w.Snapshot())
	m.places = [placeEnd]screen{
		home:        &homeScreen{},
		requests:    &requestsScreen{wallet: w},
		history:     newHistory(w),
		permissions: &permissionsScreen{},
		proof:       &proofScreen{trouble: func() string { return m.trouble }},
	}
	m.restyle()
	return m
}

// Init asks for what the screens live on: the terminal's colours, the clock,
// and news from the wallet.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(tea.RequestBackgroundColor, m.tick(), m.watch(), m.refresh())
}

// Update takes every message of the program.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.frame.width, m.frame.height, m.sized = msg.Width, msg.Height, true
	case tea.BackgroundColorMsg:
		m.ground = theme.Light
		if msg.IsDark() {
			m.ground = theme.Dark
		}
		m.restyle()
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.restyle()
	case tea.KeyPressMsg:
		return m, m.key(msg)
	case tea.MouseMsg:
		return m, m.mouse(msg)
	case tea.PasteMsg:
		return m, m.top().update(m.body(), msg)
	default:
		return m, tea.Batch(m.own(msg), m.tell(msg))
	}
	return m, nil
}

// own handles the messages that are the root's.
func (m *Model) own(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tickMsg:
		m.frame.now = time.Time(msg)
		return m.tick()
	case changedMsg:
		m.arrived(msg)
		return m.watch()
	case refreshMsg:
		return m.refresh()
	case refreshedMsg:
		return m.refreshed(msg)
	case graceMsg:
		m.dialogs.ready(msg)
	case openMsg:
		return m.open(msg.screen)
	case closeMsg:
		m.dialogs.pop()
	case filterMsg:
		m.dialogs.clear()
	case goMsg:
		return m.visit(msg.place)
	case actMsg:
		return m.act(msg.action)
	case actedMsg:
		return m.acted(msg)
	case sayMsg:
		m.say(string(msg))
	}
	return nil
}

// tell passes a message on to every screen, not only to the one in sight:
// what was asked for may arrive when the person has moved on.
func (m *Model) tell(msg tea.Msg) tea.Cmd {
	body := m.body()
	var cmds []tea.Cmd
	for _, s := range m.places {
		cmds = append(cmds, s.update(body, msg))
	}
	for _, d := range m.dialogs.open {
		cmds = append(cmds, d.screen.update(body, msg))
	}
	return tea.Batch(cmds...)
}

// top is the screen that keys belong to.
func (m *Model) top() screen {
	if d := m.dialogs.top(); d != nil {
		return d
	}
	return m.places[m.at]
}

func (m *Model) restyle() { m.frame.theme = theme.New(m.ground, m.profile) }

func (m *Model) say(text string) {
	m.notice = notice{text: text, until: m.frame.now.Add(noticeFor)}
}

func (m *Model) open(s screen) tea.Cmd {
	grace := m.dialogs.push(s, m.wait)
	return tea.Batch(grace, s.update(m.body(), openedMsg{}))
}

// visit goes to a place.
func (m *Model) visit(p place) tea.Cmd {
	m.dialogs.clear()
	m.at = (p + placeEnd) % placeEnd
	return m.top().update(m.body(), openedMsg{})
}

func (m *Model) help() tea.Cmd {
	return m.open(&helpScreen{own: m.top().keys(m.body()).bindings, general: m.general()})
}

func (m *Model) problems() tea.Cmd {
	if len(m.frame.snap.Problems) == 0 {
		m.say(words.NoProblems)
		return nil
	}
	return m.open(&problemScreen{})
}
