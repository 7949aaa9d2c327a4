package screen

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/consent"
	"carekey/ui/narrow"
	"carekey/ui/words"
	"carekey/wallet"
)

// filterMsg sets the history's filter.
type filterMsg struct{ filter wallet.Filter }

// filtered tells whether a filter leaves anything out.
func filtered(f wallet.Filter) bool {
	return f.Institution != (consent.InstitutionID{}) || len(f.Classes) > 0 || f.Basis != 0 ||
		!f.From.IsZero() || !f.To.IsZero() || f.Text != ""
}

// filterScreen narrows the history.
type filterScreen struct {
	institution narrow.Options[consent.InstitutionID]
	kind        narrow.Options[words.Kind]
	basis       narrow.Options[consent.Basis]
	since       narrow.Options[words.Since]
	text        string
	roll        roll
}

func newFilter(f frame, now wallet.Filter) screen {
	s := &filterScreen{
		institution: narrow.Options[consent.InstitutionID]{Values: []consent.InstitutionID{{}}},
		kind:        narrow.Options[words.Kind]{Values: words.Kinds()},
		basis:       narrow.Options[consent.Basis]{Values: []consent.Basis{0}},
		since:       narrow.Options[words.Since]{Values: words.Sinces()},
		text:        now.Text,
	}
	for _, i := range f.snap.Institutions {
		if !slices.Contains(s.institution.Values, i.ID) {
			s.institution.Values = append(s.institution.Values, i.ID)
		}
	}
	for b := consent.BasisCare; b <= consent.BasisOperations; b++ {
		s.basis.Values = append(s.basis.Values, b)
	}
	s.institution.At = max(0, slices.Index(s.institution.Values, now.Institution))
	s.basis.At = max(0, slices.Index(s.basis.Values, now.Basis))
	s.kind.At = max(0, slices.IndexFunc(s.kind.Values, func(k words.Kind) bool { return slices.Equal(k.Classes, now.Classes) }))
	s.since.At = max(0, slices.IndexFunc(s.since.Values, func(x words.Since) bool { return from(x, f.now).Equal(now.From) }))
	return s
}

// from is the first moment of a span that ends now, at a midnight so that it
// stays the same all day.
func from(s words.Since, now time.Time) time.Time {
	if s.Days == 0 {
		return time.Time{}
	}
	y, m, d := now.Date()
	return time.Date(y, m, d-s.Days, 0, 0, 0, 0, now.Location())
}

func (s *filterScreen) filter(now time.Time) wallet.Filter {
	return wallet.Filter{
		Institution: s.institution.Value(), Classes: s.kind.Value().Classes, Basis: s.basis.Value(),
		From: from(s.since.Value(), now), Text: s.text,
	}
}

func (*filterScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *filterScreen) rows(f frame) []line {
	who := words.AnyInstitution
	if id := s.institution.Value(); id != (consent.InstitutionID{}) {
		who = f.names[id]
	}
	return []line{
		{label: words.FilterWho, value: who, many: true, turn: s.institution.Turn},
		{label: words.FilterKind, value: s.kind.Value().Name, many: true, turn: s.kind.Turn},
		{label: words.FilterBasis, value: words.BasisName(s.basis.Value()), many: true, turn: s.basis.Turn},
		{label: words.FilterSince, value: s.since.Value().Name, many: true, turn: s.since.Turn},
	}
}

func (s *filterScreen) lister(f frame) lister {
	rows := s.rows(f)
	return items{n: len(rows), draw: func(i int, chosen bool) []string { return formLine(f, i, rows[i], f.width, chosen) }}
}

func (s *filterScreen) view(f frame) string {
	head := title(f, words.FilterTitle)
	return join(append(head, s.roll.view(f, s.lister(f), f.height-len(head))...))
}

func (s *filterScreen) keys(f frame) keymap {
	here := s.rows(f)[s.roll.cursor]
	list := []binding{
		bind(words.KeyTurn, run(func() { here.turn(1) }), "right", "space"),
		bind(words.KeyTurnBack, run(func() { here.turn(-1) }), "left"),
		bind(words.KeyShow, func() tea.Cmd { return send(filterMsg{s.filter(f.now)}) }, "enter"),
		bind(words.KeyEscNotNow, leave, "esc"),
	}
	return keymap{bindings: append(list, s.roll.moves(s.lister(f), f.height)...)}
}
