package screen

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// historyScreen is the whole history, newest first. It reads and draws only
// what is in sight.
type historyScreen struct {
	reader  ui.Reader
	pages   *pages
	roll    roll
	opened  map[int]bool // groups shown row by row, by their first position
	inside  bool         // an entry is shown in place of the list
	pane    pane
	detail  *wallet.EntryDetail // of the chosen row, once read
	asked   entryID             // the entry whose detail was asked for
	search  textinput.Model
	finding bool // the search line is being typed into
	vault   uint64
	trouble error
}

type entryID struct {
	log    consent.LogID
	number uint64
}

// entryMsg brings the details of an entry.
type entryMsg struct {
	id     entryID
	detail wallet.EntryDetail
	err    error
}

func newHistory(r ui.Reader) *historyScreen {
	s := &historyScreen{reader: r, pages: newPages(r), opened: map[int]bool{}, search: newInput()}
	s.search.Prompt = words.SearchMark
	return s
}

func (s *historyScreen) update(f frame, msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case openedMsg:
		return s.fetch(f)
	case changedMsg:
		return s.changed(f)
	case pageMsg:
		return s.arrived(f, msg)
	case entryMsg:
		if msg.id == s.asked && msg.err == nil {
			s.detail = &msg.detail
		}
		return nil
	case filterMsg:
		return s.refilter(f, msg.filter)
	}
	if s.finding {
		var cmd tea.Cmd
		s.search, cmd = s.search.Update(msg)
		return cmd
	}
	return nil
}

// changed reads again when the vault has grown.
func (s *historyScreen) changed(f frame) tea.Cmd {
	if f.snap.Vault == s.vault {
		return nil
	}
	s.vault = f.snap.Vault
	if !s.pages.known {
		return nil // nobody has looked here yet
	}
	s.pages.renew()
	s.asked = entryID{}
	return s.pages.want(s.roll.cursor)
}

// arrived takes a page. New rows come at the top: what was chosen has moved
// down by as many, unless the very top was.
func (s *historyScreen) arrived(f frame, msg pageMsg) tea.Cmd {
	if msg.serial == s.pages.serial {
		s.trouble = msg.err
	}
	if grown := s.pages.put(msg); grown != 0 && s.roll.cursor > 0 {
		s.roll.cursor += grown
		s.roll.top += grown
		s.opened = map[int]bool{}
	}
	s.roll.clamp(s)
	return s.fetch(f)
}

func (s *historyScreen) refilter(f frame, filter wallet.Filter) tea.Cmd {
	s.pages.reset(filter)
	s.opened, s.roll, s.detail, s.asked = map[int]bool{}, roll{}, nil, entryID{}
	return s.fetch(f)
}

// fetch asks for what is about to be seen: rows, and the chosen row's details.
func (s *historyScreen) fetch(f frame) tea.Cmd {
	rows := s.pages.want(s.roll.cursor)
	row := s.chosen()
	if row == nil || f.width < wide && !s.inside {
		return rows
	}
	id := entryID{row.Log, row.Number}
	if id == s.asked {
		return rows
	}
	s.asked, s.detail, s.pane = id, nil, pane{}
	reader := s.reader
	return tea.Batch(rows, func() tea.Msg {
		d, err := reader.Entry(id.log, id.number)
		return entryMsg{id, d, err}
	})
}

// chosen is the row under the cursor; nil while it is not there. In a group it
// is the newest.
func (s *historyScreen) chosen() *wallet.Row { return s.pages.row(s.roll.cursor) }

// The history is spans: positions are rows, items are rows or groups.

func (s *historyScreen) size() int { return s.pages.total }

func (s *historyScreen) start(pos int) int {
	from, _ := s.pages.group(pos)
	if s.opened[from] {
		return pos
	}
	return from
}

func (s *historyScreen) end(pos int) int {
	from, to := s.pages.group(pos)
	if s.opened[from] {
		return pos + 1
	}
	return to
}

func (s *historyScreen) keys(f frame) keymap {
	if s.finding {
		return keymap{typing: true, bindings: []binding{
			bind(words.KeyFind, func() tea.Cmd { return s.find(f) }, "enter"),
			bind(words.KeyBack, func() tea.Cmd { s.finding = false; s.search.Blur(); return nil }, "esc"),
		}}
	}
	var list []binding
	row := s.chosen()
	if row != nil {
		list = append(list, s.opening(f)...)
		if s.single() && row.Chart != (consent.LogID{}) && (!row.Queried || row.Answer != "") {
			list = append(list, bind(words.KeyUnknown, func() tea.Cmd { return show(unknownEntry(*row, words.Row(*row, f.names))) }, "x"))
		}
	}
	inPlace := s.inside && f.width < wide
	switch { // the way out comes before what leads further
	case inPlace:
		list = append(list, bind(words.KeyBack, func() tea.Cmd { s.inside = false; return nil }, "esc", "backspace"))
	case filtered(s.pages.filter):
		list = append(list, bind(words.KeyShowAll, func() tea.Cmd { return send(filterMsg{}) }, "esc"))
	}
	list = append(list,
		bind(words.KeySearch, s.startSearch, "/"),
		bind(words.KeyFilter, func() tea.Cmd { return show(newFilter(f, s.pages.filter)) }, "f"))
	if inPlace {
		return keymap{bindings: append(list, s.pane.bindings(f.height)...)}
	}
	return keymap{bindings: append(list, s.moves(f)...)}
}

// single tells whether the cursor is on one row and not on a group.
func (s *historyScreen) single() bool {
	return s.end(s.roll.cursor) == s.roll.cursor+1
}

// opening is what Enter does: open a group, or an entry.
func (s *historyScreen) opening(f frame) []binding {
	from, to := s.pages.group(s.roll.cursor)
	switch {
	case !s.single():
		return []binding{bind(words.KeyUngroup, func() tea.Cmd { s.opened[from] = true; return s.fetch(f) }, "enter")}
	case to > from+1:
		list := []binding{bind(words.KeyGroup, func() tea.Cmd { delete(s.opened, from); s.roll.cursor = from; return nil }, "space")}
		return append(list, s.inspect(f)...)
	}
	return s.inspect(f)
}

func (s *historyScreen) inspect(f frame) []binding {
	if f.width >= wide || s.inside {
		return nil
	}
	return []binding{bind(words.KeyRead, func() tea.Cmd { s.inside = true; return s.fetch(f) }, "enter")}
}

// moves fetch what comes into sight.
func (s *historyScreen) moves(f frame) []binding {
	width := f.width
	if width >= wide {
		width = split(width)
	}
	list := s.roll.moves(historyLines{s, f, width}, f.height)
	for i, b := range list {
		list[i].do = func() tea.Cmd { return tea.Batch(b.do(), s.fetch(f)) }
	}
	if f.width >= wide {
		list = append(list, s.pane.asides()...)
	}
	return list
}

func (s *historyScreen) startSearch() tea.Cmd {
	s.finding, s.inside = true, false
	s.search.SetValue(s.pages.filter.Text)
	return s.search.Focus()
}

func (s *historyScreen) find(f frame) tea.Cmd {
	s.finding = false
	s.search.Blur()
	filter := s.pages.filter
	filter.Text = words.Clean(s.search.Value())
	return s.refilter(f, filter)
}
