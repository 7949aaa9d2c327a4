package screen

import "carekey/ui/words"

// spans are what a roll moves over. Positions run from 0 to size; an item may
// cover several of them, as a group of rows does.
type spans interface {
	size() int
	start(pos int) int // of the item that covers pos
	end(pos int) int   // of that item, exclusive
}

// lister is what a roll shows.
type lister interface {
	spans
	lines(start int, chosen bool) []string
}

// roll is a list that scrolls and has one item chosen. It asks only for the
// items that are in sight, so its cost does not depend on their number.
type roll struct {
	cursor int // a position of the chosen item
	top    int // start of the first item in sight
	skip   int // lines of the chosen item above the window, when it is taller
	room   int // lines there were when last drawn; 0 where everything fitted
}

// move goes n items down, or up when n is negative; an item that is taller than
// the window is read line by line first.
func (r *roll) move(l lister, n int) {
	r.clamp(l)
	for ; n > 0; n-- {
		r.down(l)
	}
	for ; n < 0; n++ {
		r.up(l)
	}
}

func (r *roll) down(l lister) {
	switch {
	case r.room > 0 && len(l.lines(r.cursor, true))-r.skip > r.room:
		r.skip++
	case l.end(r.cursor) < l.size():
		r.cursor, r.skip = l.end(r.cursor), 0
	}
}

func (r *roll) up(l lister) {
	switch {
	case r.skip > 0:
		r.skip--
	case l.start(r.cursor) > 0:
		r.cursor = l.start(l.start(r.cursor) - 1)
	}
}

// first and last go to the ends.
func (r *roll) first() { r.cursor, r.top, r.skip = 0, 0, 0 }

func (r *roll) last(l spans) {
	r.cursor, r.skip = max(0, l.size()-1), 0
	r.clamp(l)
}

// clamp keeps the cursor on an item after the list has changed.
func (r *roll) clamp(l spans) {
	r.cursor = max(0, min(r.cursor, l.size()-1))
	if l.size() > 0 {
		r.cursor = l.start(r.cursor)
		r.top = l.start(max(0, min(r.top, l.size()-1)))
	}
}

// view draws the items in sight and says when there is more. How far the list
// must scroll depends on the heights of the items, which only drawing tells, so
// it settles here.
func (r *roll) view(f frame, l lister, height int) []string {
	if l.size() == 0 || height < 1 {
		return nil
	}
	r.clamp(l)
	if _, whole := r.draw(l, 0, height); whole {
		r.top, r.skip, r.room = 0, 0, 0
		out, _ := r.draw(l, 0, height)
		return out
	}
	r.room = height - 1
	r.settle(l, r.room)
	out, end := r.draw(l, r.top, r.room+r.skip)
	out = out[r.skip:]
	out = append(out, make([]string, r.room-len(out))...)
	if end {
		return append(out, f.theme.Dim.Render(words.MoreAbove))
	}
	return append(out, f.theme.Dim.Render(words.MoreBelow))
}

// draw draws from the item at pos on, as much as fits; end tells that this is
// everything to the end of the list. Empty lines at the end are nothing.
func (r *roll) draw(l lister, pos, height int) (out []string, end bool) {
	for pos < l.size() && len(out) <= height {
		out = append(out, l.lines(pos, pos == r.cursor)...)
		pos = l.end(pos)
	}
	if pos < l.size() {
		return out[:height], false
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out[:min(len(out), height)], len(out) <= height
}

// settle moves the top so that the chosen item is in sight and no room is left
// empty below the last.
func (r *roll) settle(l lister, height int) {
	r.top = min(r.top, r.cursor)
	r.top = max(r.top, r.reach(l, r.cursor, height))
	r.top = min(r.top, r.reach(l, l.start(l.size()-1), height))
	r.skip = max(0, min(r.skip, len(l.lines(r.cursor, true))-height))
}

// reach is the earliest start from which the item at pos is in sight as a whole.
func (r *roll) reach(l lister, pos, height int) int {
	room := height - len(l.lines(pos, pos == r.cursor))
	for pos > 0 {
		before := l.start(pos - 1)
		room -= len(l.lines(before, before == r.cursor))
		if room < 0 {
			break
		}
		pos = before
	}
	return pos
}

// items is a lister over things that each are one item.
type items struct {
	n    int
	draw func(i int, chosen bool) []string
}

func (s items) size() int                           { return s.n }
func (s items) start(pos int) int                   { return pos }
func (s items) end(pos int) int                     { return pos + 1 }
func (s items) lines(pos int, chosen bool) []string { return s.draw(pos, chosen) }
