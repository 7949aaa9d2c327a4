package screen

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"carekey/ui/words"
)

// tab is a place's name on the line of places.
type tab struct {
	place place
	text  string
	from  int // first column
}

// tabRow lays the tabs out; where there is little room only the present one is
// named in full.
func (m *Model) tabRow() []tab {
	at, list := 1, make([]tab, 0, placeEnd)
	for p := range placeEnd {
		text := m.tabText(p)
		list = append(list, tab{place: p, text: text, from: at})
		at += ansi.StringWidthWc(text) + m.tabGap()
	}
	return list
}

func (m *Model) tabGap() int {
	if m.frame.width >= 80 {
		return 3
	}
	return 2
}

func (m *Model) tabText(p place) string {
	number := string(rune('1' + p))
	if m.frame.width < roomy+10 && p != m.at {
		return number
	}
	text := number + " " + words.PlaceName(int(p))
	switch n := m.waiting(p); {
	case n > 0 && p == requests, n > 0 && p == permissions:
		text += " (" + words.Number(n) + ")"
	}
	if p == m.at && m.frame.height < tall { // no rule below that could mark it
		return "[" + text + "]"
	}
	return text
}

func (m *Model) waiting(p place) int {
	if p == requests {
		return len(openRequests(m.frame))
	}
	return len(m.frame.snap.Permissions)
}

// tabs is the line of places, and below it a rule that is heavy under the
// present one.
func (m *Model) tabs() []string {
	t := m.frame.theme
	line, rule := "", ""
	for _, tab := range m.tabRow() {
		gap := tab.from - ansi.StringWidthWc(line)
		line += strings.Repeat(" ", gap)
		rule += t.Rule.Render(strings.Repeat("─", gap))
		w := ansi.StringWidthWc(tab.text)
		if tab.place == m.at {
			line += t.Accent.Render(tab.text)
			rule += t.Accent.Render(strings.Repeat("━", w))
		} else {
			line += t.Dim.Render(tab.text)
			rule += t.Rule.Render(strings.Repeat("─", w))
		}
	}
	rule += t.Rule.Render(strings.Repeat("─", max(0, m.frame.width-ansi.StringWidthWc(rule))))
	line = pad(line, m.frame.width)
	if m.frame.height < tall {
		return []string{line}
	}
	return []string{"", line, rule}
}

// tabAt finds the place whose tab is at a cell of the window.
func (m *Model) tabAt(x, y int) (place, bool) {
	row := 1 + len(m.alarms())
	if m.frame.height >= tall {
		row++
	}
	if y != row {
		return 0, false
	}
	for _, tab := range m.tabRow() {
		if x >= tab.from && x < tab.from+ansi.StringWidthWc(tab.text) {
			return tab.place, true
		}
	}
	return 0, false
}
