package screen

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/narrow"
	"carekey/ui/words"
	"carekey/wallet"
)

// chooseScreen is where a person says what goes through. Nothing is ticked
// when it opens, and Enter then means "not now".
type chooseScreen struct {
	wallet ui.Decider
	form   *narrow.Form
	roll   roll
	pane   pane // of what they will not see, where it stands beside the form
}

func newChoice(w ui.Decider, r wallet.Request, now time.Time) screen {
	return &chooseScreen{wallet: w, form: narrow.New(r, now)}
}

func (*chooseScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *chooseScreen) view(f frame) string {
	head := title(f, words.ChooseTitle(s.form.Request.Institution))
	if f.height < tall-6 {
		head = head[:len(head)-1]
	}
	if f.width >= wide {
		left := split(f.width)
		f.height -= len(head)
		unseen := s.pane.aside(f, s.unseen(f, f.width-left-gapWidth), f.height)
		body := beside(f, s.roll.view(f, s.lister(f, left), f.height), unseen, left)
		return join(append(head, body...))
	}
	foot := []string{""}
	foot = append(foot, para(f.theme.Dim, words.NotSeenShort(s.form.Request.Scope, s.form.Scope()), f.width)...)
	if f.height < tall-4 {
		foot = nil
	}
	room := f.height - len(head) - len(foot)
	body := fit(s.roll.view(f, s.lister(f, f.width), room), f.width, room)
	return join(append(append(head, body...), foot...))
}

// unseen is what the asker will not see, and why that may matter.
func (s *chooseScreen) unseen(f frame, width int) []string {
	lines := []string{f.theme.Title.Render(words.NotSeenTitle)}
	for _, w := range words.NotSeen(s.form.Request.Scope, s.form.Scope()) {
		lines = append(lines, hang("  ", f.theme.Text, w.What, width)...)
		if w.Why != "" {
			lines = append(lines, hang("    ", f.theme.Warn, w.Why, width)...)
		}
	}
	return lines
}

func (s *chooseScreen) lister(f frame, width int) lister {
	rows := formLines(s.form, f.now)
	return items{n: len(rows), draw: func(i int, chosen bool) []string {
		return formLine(f, i, rows[i], width, chosen)
	}}
}

// line is one row of a form.
type line struct {
	heading string
	label   string
	ticked  *bool  // of a row that can be ticked
	value   string // of a row with options
	many    bool   // there is more than one option
	toggle  func()
	turn    func(n int)
}

// formLines is the form, top to bottom.
func formLines(n *narrow.Form, now time.Time) []line {
	list := ticks(n.Request.Scope.Types, n.Types, words.ChooseTypes, words.Label)
	list = append(list, ticks(n.Request.Scope.Sensitive, n.Sensitive, words.ChooseSensitive, words.SensitiveLabel)...)
	for i, l := range n.Limits(now) {
		list = append(list, line{
			heading: headed(i, words.ChooseLimits), label: l.Label, value: l.Value(), many: len(l.Choices) > 1, turn: l.Turn,
		})
	}
	return list
}

// ticks are the rows of what can be ticked.
func ticks[T consent.RecordType | consent.Sensitive](asked []T, chosen map[T]bool, heading string, label func(T) string) []line {
	var list []line
	for i, t := range asked {
		ticked := chosen[t]
		list = append(list, line{
			heading: headed(i, heading), label: label(t), ticked: &ticked, toggle: func() { chosen[t] = !chosen[t] },
		})
	}
	return list
}

func headed(i int, text string) string {
	if i == 0 {
		return text
	}
	return ""
}

func formLine(f frame, i int, l line, width int, chosen bool) []string {
	var head, lines []string
	if l.heading != "" {
		if i > 0 && f.height >= tall-2 {
			head = append(head, "")
		}
		head = append(head, f.theme.Title.Render(l.heading))
	}
	style := f.theme.Text
	if chosen {
		style = f.theme.Strong
	}
	label := pad(style.Render(l.label), min(22, width/2-2))
	switch {
	case l.ticked != nil && *l.ticked:
		lines = append(lines, f.theme.Good.Render(words.Ticked)+" "+style.Render(l.label))
	case l.ticked != nil:
		lines = append(lines, f.theme.Dim.Render(words.Unticked)+" "+style.Render(l.label))
	case l.many && chosen:
		value := hang(label+f.theme.Accent.Render(words.TurnLeft+" "), style, l.value, width-4)
		value[len(value)-1] += f.theme.Accent.Render(" " + words.TurnRight)
		lines = append(lines, value...)
	default:
		lines = append(lines, hang(label+"  ", f.theme.Dim, l.value, width-2)...)
	}
	return append(gutter(f, head, false), gutter(f, lines, chosen)...)
}

func (s *chooseScreen) keys(f frame) keymap {
	rows := formLines(s.form, f.now)
	here := rows[min(s.roll.cursor, len(rows)-1)]
	var list []binding
	if here.toggle != nil {
		list = append(list, bind(words.KeyTick, run(here.toggle), "space"))
	}
	if here.many {
		list = append(list,
			bind(words.KeyTurn, run(func() { here.turn(1) }), "right", "space"),
			bind(words.KeyTurnBack, run(func() { here.turn(-1) }), "left"))
	}
	list = append(list, bind(words.KeyTickAll, run(s.form.All), "*"))
	if s.form.Empty() {
		list = append(list, bind(words.KeyNotNow, leave, "enter", "esc"))
	} else {
		list = append(list,
			bind(words.KeyGoOn, s.sign, "enter"), bind(words.KeyTickNone, run(s.form.None), "-"),
			bind(words.KeyEscNotNow, leave, "esc"))
	}
	if f.width >= wide {
		list = append(list, s.pane.asides()...)
	}
	return keymap{bindings: append(list, s.roll.moves(s.lister(f, f.width), f.height)...)}
}

// run makes a binding's function out of one that returns nothing.
func run(do func()) func() tea.Cmd {
	return func() tea.Cmd { do(); return nil }
}

// sign goes on to the sentences.
func (s *chooseScreen) sign() tea.Cmd {
	return show(&signScreen{wallet: s.wallet, request: s.form.Request, choice: s.form.Choice()})
}
