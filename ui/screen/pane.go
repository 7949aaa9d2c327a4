package screen

import (
	tea "charm.land/bubbletea/v2"

	"carekey/ui/words"
)

// pane is a text that scrolls.
type pane struct{ top int }

// view shows the part in sight and says when there is more.
func (p *pane) view(f frame, lines []string, height int) []string {
	return p.draw(f, lines, height, words.MoreAbove, words.MoreBelow)
}

// aside is the same beside a list, which has the arrow keys.
func (p *pane) aside(f frame, lines []string, height int) []string {
	return p.draw(f, lines, height, words.MoreAboveAside, words.MoreBelowAside)
}

func (p *pane) draw(f frame, lines []string, height int, above, below string) []string {
	if len(lines) <= height {
		p.top = 0
		return lines
	}
	p.top = max(0, min(p.top, len(lines)-height+1))
	out := make([]string, 0, height)
	out = append(out, lines[p.top:min(len(lines), p.top+height-1)]...)
	hint := above
	if p.top+height-1 < len(lines) {
		hint = below
	}
	return append(out, f.theme.Dim.Render(hint))
}

// atEnd tells whether the last line was in sight when drawn at this height.
func (p *pane) atEnd(lines []string, height int) bool {
	return len(lines) <= height || p.top+height-1 >= len(lines)
}

func (p *pane) scroll(n int) tea.Cmd {
	p.top = max(0, p.top+n)
	return nil
}

// bindings are the keys that scroll.
func (p *pane) bindings(height int) []binding {
	return append(p.steps(height),
		bind(words.KeyTop, func() tea.Cmd { p.top = 0; return nil }, "g", "home"),
		bind(words.KeyBottom, func() tea.Cmd { return p.scroll(farBelow) }, "G", "end"),
	)
}

// farBelow is further down than any text goes.
const farBelow = 1 << 20

// steps are those that leave nothing out.
func (p *pane) steps(height int) []binding {
	return []binding{
		bind(words.KeyLineDown, func() tea.Cmd { return p.scroll(1) }, "down", "j"),
		bind(words.KeyLineUp, func() tea.Cmd { return p.scroll(-1) }, "up", "k"),
		bind(words.KeyPageDown, func() tea.Cmd { return p.scroll(max(1, height-2)) }, "pgdown", "ctrl+d"),
		bind(words.KeyPageUp, func() tea.Cmd { return p.scroll(-max(1, height-2)) }, "pgup", "ctrl+u"),
	}
}

// asides are the keys that scroll a text beside a list.
func (p *pane) asides() []binding {
	return []binding{
		bind(words.KeyDetailDown, func() tea.Cmd { return p.scroll(3) }, "J", "shift+down"),
		bind(words.KeyDetailUp, func() tea.Cmd { return p.scroll(-3) }, "K", "shift+up"),
	}
}

// moves are the keys that move in a list.
func (r *roll) moves(l lister, height int) []binding {
	step := func(n int) func() tea.Cmd {
		return func() tea.Cmd { r.move(l, n); return nil }
	}
	return []binding{
		bind(words.KeyDown, step(1), "down", "j"),
		bind(words.KeyUp, step(-1), "up", "k"),
		bind(words.KeyPageDown, step(max(1, height/2)), "pgdown", "ctrl+d"),
		bind(words.KeyPageUp, step(-max(1, height/2)), "pgup", "ctrl+u"),
		bind(words.KeyFirst, func() tea.Cmd { r.first(); return nil }, "g", "home"),
		bind(words.KeyLast, func() tea.Cmd { r.last(l); return nil }, "G", "end"),
	}
}
