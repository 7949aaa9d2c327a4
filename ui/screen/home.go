package screen

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"carekey/ui/words"
	"carekey/wallet"
)

// homeScreen is what waits, what happened, and what is open.
type homeScreen struct{ roll roll }

// homeItem is a block of lines, below a heading where a section begins; open is
// nil for those that cannot be chosen.
type homeItem struct {
	head  []string
	lines []string
	open  func() tea.Cmd
}

func (*homeScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *homeScreen) view(f frame) string {
	list := s.list(f)
	return join(s.roll.view(f, s.lister(f, list), f.height))
}

func (s *homeScreen) keys(f frame) keymap {
	list := s.list(f)
	l := s.lister(f, list)
	s.roll.clamp(l)
	var bindings []binding
	if open := list[s.roll.cursor].open; open != nil {
		bindings = append(bindings, bind(words.KeyOpen, open, "enter"))
	}
	return keymap{bindings: append(bindings, s.roll.moves(l, f.height)...)}
}

func (s *homeScreen) lister(f frame, list []homeItem) lister {
	return items{n: len(list), draw: func(i int, chosen bool) []string {
		head := gutter(f, list[i].head, false)
		return append(head, gutter(f, list[i].lines, chosen && list[i].open != nil)...)
	}}
}

// list builds the screen from top to bottom.
func (s *homeScreen) list(f frame) []homeItem {
	var list []homeItem
	list = append(list, waitingItems(f)...)
	list = append(list, sendingItems(f)...)
	if len(f.snap.Institutions) > 0 {
		list = append(list, sinceItem(f), doorsItem(f))
	}
	list = append(list, transferItems(f)...)
	return append(list, trouble(f)...)
}

// heading starts a section.
func heading(f frame, text string, rest ...string) []string {
	line := f.theme.Title.Render(text)
	if len(rest) > 0 {
		line += f.theme.Dim.Render("  " + strings.Join(rest, " "))
	}
	if f.height >= tall-6 {
		return []string{"", line}
	}
	return []string{line}
}

// headingAt starts a section before its first item.
func headingAt(f frame, i int, text string) []string {
	if i > 0 {
		return nil
	}
	return heading(f, text)
}

func waitingItems(f frame) []homeItem {
	open := openRequests(f)
	now := slices.DeleteFunc(slices.Clone(open), func(r wallet.Request) bool { return later(r, f.now) > 0 })
	if len(f.snap.Institutions) == 0 {
		return []homeItem{{head: heading(f, words.HomeWelcome), lines: para(f.theme.Text, words.JoinHint, f.width-2)}}
	}
	if len(open) == 0 {
		return []homeItem{{head: heading(f, words.HomeWaiting), lines: para(f.theme.Dim, words.NothingWaits(f.snap.Proof), f.width-2)}}
	}
	var list []homeItem
	for i, r := range now[:min(len(now), 3)] {
		lines := para(f.theme.Text, words.Request(r), f.width-2)
		lines = append(lines, para(f.theme.Dim, note(f, r), f.width-2)...)
		head := headingAt(f, i, words.HomeWaiting)
		if i > 0 && f.height >= airy {
			head = []string{""}
		}
		list = append(list, homeItem{
			head: head, lines: lines,
			open: func() tea.Cmd { return send(findRequestMsg{r.ID}) },
		})
	}
	if rest := len(open) - len(list); rest > 0 {
		list = append(list, homeItem{
			head: headingAt(f, len(list), words.HomeWaiting), lines: para(f.theme.Dim, words.MoreRequests(rest, len(list)), f.width-2),
			open: func() tea.Cmd { return send(goMsg{requests}) },
		})
	}
	return list
}

func sendingItems(f frame) []homeItem {
	var list []homeItem
	for i, a := range f.snap.Sending {
		list = append(list, homeItem{head: headingAt(f, i, words.HomeSending), lines: para(f.theme.Text, words.Sending(a), f.width-2)})
	}
	return list
}

// sinceItem sums up what institutions did since the last look, with thirty days
// as small bars.
func sinceItem(f frame) homeItem {
	lines := para(f.theme.Text, words.SinceSum(f.snap.Since), f.width-2)
	highest := busiestDay(f.snap.Institutions)
	for _, i := range f.snap.Institutions {
		lines = append(lines, institutionLine(f, i, highest))
	}
	head := heading(f, words.SinceTitle(f.snap.Since), words.SinceWhen(f.snap.Since, f.now))
	return homeItem{head: head, lines: lines, open: func() tea.Cmd { return send(goMsg{history}) }}
}

func institutionLine(f frame, i wallet.Institution, highest uint16) string {
	width := f.width - 2
	count := words.NewLooks(i.New)
	tail := f.theme.Dim.Render(padLeft(count, 8))
	if i.New > 0 {
		tail = f.theme.Accent.Render(padLeft(count, 8))
	}
	if width >= 66 {
		tail = f.theme.Title.Underline(false).Render(bars(i.Days[:], highest)) + "  " + tail
	}
	name := "  " + i.Name
	if mark := words.InstitutionState(i, f.now); mark != "" {
		name += f.theme.Dim.Render("  " + mark)
	}
	room := width - ansi.StringWidthWc(tail) - 1
	return pad(name, room) + " " + tail
}

func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-ansi.StringWidthWc(s))) + s
}

// busiestDay is the most looks of any institution on one day, so that all bars
// have one scale.
func busiestDay(list []wallet.Institution) uint16 {
	highest := uint16(1)
	for _, i := range list {
		highest = max(highest, slices.Max(i.Days[:]))
	}
	return highest
}

// bars draws a number a day, the last one today. A day without any is a dot on
// the ground, so that the row can be read as thirty days.
func bars(days []uint16, highest uint16) string {
	const levels = "▁▂▃▄▅▆▇█"
	var b strings.Builder
	for _, n := range days {
		if n == 0 {
			b.WriteRune('·')
			continue
		}
		level := (int(n)*8 + int(highest) - 1) / int(highest)
		b.WriteRune([]rune(levels)[level-1])
	}
	return b.String()
}

func doorsItem(f frame) homeItem {
	lines := append([]string{}, para(f.theme.Text, words.AllPermissions(len(f.snap.Permissions), f.level()), f.width-2)...)
	if next := nextToEnd(f.snap.Permissions, f.now); next != nil {
		lines = append(lines, para(f.theme.Dim, words.NextEnds(*next, f.now), f.width-2)...)
	}
	return homeItem{head: heading(f, words.HomeDoors), lines: lines, open: func() tea.Cmd { return send(goMsg{permissions}) }}
}

func nextToEnd(list []wallet.Permission, now time.Time) *wallet.Permission {
	var next *wallet.Permission
	for i, p := range list {
		if p.Until.After(now) && (next == nil || p.Until.Before(next.Until)) {
			next = &list[i]
		}
	}
	return next
}

func transferItems(f frame) []homeItem {
	var list []homeItem
	for _, t := range f.snap.Transfers {
		if settled(t) {
			continue
		}
		lines := para(f.theme.Text, words.Transfer(t), f.width-2)
		lines = append(lines, para(f.theme.Dim, words.TransferNow(t), f.width-2)...)
		list = append(list, homeItem{head: headingAt(f, len(list), words.HomeMoving), lines: lines, open: func() tea.Cmd { return send(goMsg{permissions}) }})
	}
	return list
}

// trouble is what is wrong and no alarm: alarms stand above already.
func trouble(f frame) []homeItem {
	var list []homeItem
	for i, p := range f.snap.Problems {
		w := words.Explain(p, f.now)
		if w.Severity == words.Alarm {
			continue
		}
		mark := f.theme.Dim.Render(words.NoteMark + " ")
		if w.Severity == words.Warning {
			mark = f.theme.Warn.Render(words.WarnMark + " ")
		}
		text := w.Title
		if w.Since != "" {
			text += ", " + w.Since
		}
		list = append(list, homeItem{
			head: headingAt(f, len(list), words.HomeTrouble), lines: hang(mark, f.theme.Text, text, f.width-2), open: func() tea.Cmd { return show(&problemScreen{at: i}) },
		})
	}
	return list
}

// gutter puts the sign of the chosen item before its lines.
func gutter(f frame, lines []string, chosen bool) []string {
	mark := "  "
	if chosen {
		mark = f.theme.Accent.Render(words.ChosenMark) + " "
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		switch {
		case l == "":
		case chosen:
			out[i] = mark + l
		default:
			out[i] = "  " + l
		}
	}
	return out
}
