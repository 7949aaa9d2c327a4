package screen

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"carekey/consent"
	"carekey/ui"
	"carekey/wallet"
)

// pageRows is how many rows are read at a time. Groups of automatic rows never
// cross a page, so that a page alone says what its lines are.
const pageRows = 256

// maxPages is how many pages are kept.
const maxPages = 8

// pages is the part of the history that was read, under one filter. Reading
// happens in commands; rows that are not there yet are nil.
type pages struct {
	reader ui.Reader
	filter wallet.Filter
	serial int // of the filter and the vault's state; answers to older ones are dropped
	total  int
	known  bool // total was read at least once
	loaded map[int]page
	order  []int // least recently wanted first
	asked  map[int]bool
	stale  bool // what is loaded belongs to an older serial
}

type page struct {
	rows   []wallet.Row
	groups []group // of rows, in order, without gaps
}

// group is neighbouring rows that are shown as one line: [from, to) within a
// page.
type group struct{ from, to int }

// pageMsg brings a page.
type pageMsg struct {
	serial, number, total int
	rows                  []wallet.Row
	err                   error
}

func newPages(r ui.Reader) *pages {
	return &pages{reader: r, loaded: map[int]page{}, asked: map[int]bool{}}
}

// reset begins anew under a filter.
func (p *pages) reset(f wallet.Filter) {
	p.filter = f
	p.serial++
	p.total, p.known, p.stale = 0, false, false
	p.loaded, p.asked, p.order = map[int]page{}, map[int]bool{}, nil
}

// renew reads again what is shown, because the vault has changed. What is there
// stays in sight until the new rows come.
func (p *pages) renew() {
	p.serial++
	p.stale = true
	p.asked = map[int]bool{}
}

// want asks for the pages around a position that are not there.
func (p *pages) want(pos int) tea.Cmd {
	number := max(0, pos) / pageRows
	cmds := []tea.Cmd{p.ask(number)}
	if pos%pageRows > pageRows*3/4 {
		cmds = append(cmds, p.ask(number+1))
	}
	if pos%pageRows < pageRows/4 && number > 0 {
		cmds = append(cmds, p.ask(number-1))
	}
	return tea.Batch(cmds...)
}

func (p *pages) ask(number int) tea.Cmd {
	_, loaded := p.loaded[number]
	beyond := p.known && number > 0 && number*pageRows >= p.total
	if p.asked[number] || beyond || loaded && !p.stale {
		return nil
	}
	p.asked[number] = true
	reader, filter, serial := p.reader, p.filter, p.serial
	return func() tea.Msg {
		rows, total, err := reader.History(filter, number*pageRows, pageRows)
		return pageMsg{serial, number, total, rows, err}
	}
}

// put takes a page in; it returns by how much the history grew.
func (p *pages) put(m pageMsg) (grown int) {
	if m.serial != p.serial || m.err != nil {
		return 0
	}
	if p.stale {
		p.loaded, p.order, p.stale = map[int]page{}, nil, false
	}
	if p.known {
		grown = m.total - p.total
	}
	p.total, p.known = m.total, true
	p.loaded[m.number] = page{rows: m.rows, groups: groupRows(m.rows)}
	p.order = append(slices.DeleteFunc(p.order, func(n int) bool { return n == m.number }), m.number)
	if len(p.order) > maxPages {
		delete(p.loaded, p.order[0])
		delete(p.asked, p.order[0])
		p.order = p.order[1:]
	}
	return grown
}

// row is the row at a position, nil while it is not there.
func (p *pages) row(pos int) *wallet.Row {
	pg, ok := p.loaded[pos/pageRows]
	if !ok || pos < 0 || pos%pageRows >= len(pg.rows) {
		return nil
	}
	return &pg.rows[pos%pageRows]
}

// group is the positions [from, to) of the line that covers pos.
func (p *pages) group(pos int) (from, to int) {
	number := pos / pageRows
	pg, ok := p.loaded[number]
	at := pos % pageRows
	if !ok || at >= len(pg.rows) {
		return pos, pos + 1
	}
	i, _ := slices.BinarySearchFunc(pg.groups, at, func(g group, at int) int {
		if g.to <= at {
			return -1
		}
		if g.from > at {
			return 1
		}
		return 0
	})
	g := pg.groups[i]
	return number*pageRows + g.from, number*pageRows + g.to
}

// groupRows joins neighbouring automatic looks of one institution for one
// reason.
func groupRows(rows []wallet.Row) []group {
	var groups []group
	for i := range rows {
		if i > 0 && sameGroup(rows[i-1], rows[i]) {
			groups[len(groups)-1].to = i + 1
			continue
		}
		groups = append(groups, group{i, i + 1})
	}
	return groups
}

func sameGroup(a, b wallet.Row) bool {
	return groupable(a) && groupable(b) && a.Log == b.Log && basisOf(a) == basisOf(b)
}

// groupable tells whether a row may stand in a group: what a person asked
// about, what does not match, and what moved or was looked at in an emergency
// stands alone.
func groupable(r wallet.Row) bool {
	if r.Flags&wallet.RowAutomatic == 0 || r.Flags&wallet.RowUnmatched != 0 || r.Queried {
		return false
	}
	basis := basisOf(r)
	return basis != 0 && basis != consent.BasisTransfer && basis != consent.BasisEmergency
}

func basisOf(r wallet.Row) consent.Basis {
	if c, ok := r.Content.(*consent.Accessed); ok {
		return c.Basis
	}
	return 0
}
