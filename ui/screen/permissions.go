package screen

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

// permissionsScreen is everything that is allowed now, what moves because of
// it, and what institutions have not confirmed.
type permissionsScreen struct {
	roll   roll
	chosen permissionID
	inside bool
	pane   pane
}

// permissionID tells permissions apart.
type permissionID struct {
	chart, transfer consent.LogID
	grant           uint64
}

func idOf(p wallet.Permission) permissionID {
	if p.Transfer != (consent.LogID{}) {
		return permissionID{transfer: p.Transfer}
	}
	return permissionID{chart: p.Chart, grant: p.Grant}
}

func (*permissionsScreen) update(frame, tea.Msg) tea.Cmd { return nil }

// doorItem is one item of the list, whichever is set.
type doorItem struct {
	permission *wallet.Permission
	blocked    *wallet.Institution
	overdue    *wallet.Problem
	waiting    *wallet.Unconfirmed
	transfer   *wallet.Transfer // without a permission
}

func (s *permissionsScreen) list(f frame) []doorItem {
	var list []doorItem
	for i := range f.snap.Permissions {
		list = append(list, doorItem{permission: &f.snap.Permissions[i]})
	}
	for i, in := range f.snap.Institutions {
		if in.Blocked {
			list = append(list, doorItem{blocked: &f.snap.Institutions[i]})
		}
	}
	return append(list, unconfirmed(f)...)
}

// unconfirmed is what was taken back and has not been acknowledged, and what
// moved lately.
func unconfirmed(f frame) []doorItem {
	var list []doorItem
	for i, p := range f.snap.Problems {
		if p.Code == wallet.ProblemUnconfirmed {
			list = append(list, doorItem{overdue: &f.snap.Problems[i]})
		}
	}
	for i, u := range f.snap.Unconfirmed {
		if !u.Overdue { // else it is a problem
			list = append(list, doorItem{waiting: &f.snap.Unconfirmed[i]})
		}
	}
	for i, t := range f.snap.Transfers {
		if slices.ContainsFunc(f.snap.Permissions, func(p wallet.Permission) bool { return p.Transfer == t.ID }) {
			continue
		}
		list = append(list, doorItem{transfer: &f.snap.Transfers[i]})
	}
	return list
}

func (s *permissionsScreen) keep(list []doorItem) {
	i := slices.IndexFunc(list, func(d doorItem) bool { return d.permission != nil && idOf(*d.permission) == s.chosen })
	switch {
	case i >= 0:
		s.roll.cursor = i
	case s.chosen != permissionID{}:
		s.inside, s.chosen = false, permissionID{}
	}
	s.roll.cursor = max(0, min(s.roll.cursor, len(list)-1))
	if len(list) > 0 && list[s.roll.cursor].permission != nil {
		s.chosen = idOf(*list[s.roll.cursor].permission)
	}
}

func (s *permissionsScreen) view(f frame) string {
	list := s.list(f)
	s.keep(list)
	style := f.theme.Warn
	if f.level() == wallet.ProofGreen {
		style = f.theme.Good
	}
	head := append([]string{}, para(style, words.AllPermissions(len(f.snap.Permissions), f.level()), f.width)...)
	if f.height >= tall-6 {
		head = append(head, "")
	}
	if s.inside && f.width < wide && len(list) > 0 {
		return join(s.pane.view(f, s.page(f, list), f.height))
	}
	below := f
	below.height -= len(head)
	if f.width < wide {
		return join(append(head, s.roll.view(f, s.lister(f, list, f.width), below.height)...))
	}
	left := split(f.width)
	right := below
	right.width = f.width - left - gapWidth
	body := beside(below, s.roll.view(f, s.lister(f, list, left), below.height), s.pane.aside(right, s.page(right, list), below.height), left)
	return join(append(head, body...))
}

func (s *permissionsScreen) lister(f frame, list []doorItem, width int) lister {
	return items{n: len(list), draw: func(i int, chosen bool) []string {
		return gutter(f, doorLines(f, list[i], width-2, chosen), chosen)
	}}
}

func doorLines(f frame, d doorItem, width int, chosen bool) []string {
	style := f.theme.Text
	if chosen {
		style = f.theme.Strong
	}
	var lines []string
	switch {
	case d.permission != nil:
		lines = para(style, words.Permission(*d.permission), width)
		lines = append(lines, para(f.theme.Dim, words.PermissionEnds(*d.permission, f.now), width)...)
		if t := transferOf(f, *d.permission); t != nil {
			lines = append(lines, transferLines(f, *t, width)...)
		}
	case d.blocked != nil:
		lines = para(style, words.Blocked(*d.blocked), width)
	case d.overdue != nil:
		lines = hang(f.theme.Warn.Render(words.WarnMark+" "), style, words.Overdue(*d.overdue, f.now), width)
	case d.waiting != nil:
		lines = hang(f.theme.Dim.Render(words.NoteMark+" "), style, words.NotConfirmedYet(*d.waiting, f.now), width)
	case d.transfer != nil:
		lines = append(para(style, words.Transfer(*d.transfer), width), transferLines(f, *d.transfer, width)...)
	}
	if f.height >= tall-6 {
		lines = append(lines, "")
	}
	return lines
}

func transferOf(f frame, p wallet.Permission) *wallet.Transfer {
	for i, t := range f.snap.Transfers {
		if t.ID == p.Transfer && p.Transfer != (consent.LogID{}) {
			return &f.snap.Transfers[i]
		}
	}
	return nil
}

// settled tells that nothing more will come of a transfer.
func settled(t wallet.Transfer) bool {
	return t.Reached(wallet.StepMatched) || t.Stopped && !t.MayHaveData || t.State == consent.TransferExpired
}

// transferLines are a transfer's steps on one line, and how it stands.
func transferLines(f frame, t wallet.Transfer, width int) []string {
	var parts []string
	for _, name := range words.Steps() {
		if t.Reached(name) {
			parts = append(parts, f.theme.Good.Render(words.GoodMark)+" "+string(name))
		} else {
			parts = append(parts, f.theme.Dim.Render(words.NoteMark+" "+string(name)))
		}
	}
	style := f.theme.Dim
	if t.MayHaveData {
		style = f.theme.Bad
	}
	lines := []string{strings.Join(parts, "  ")}
	if width < roomy+5 {
		lines = []string{strings.Join(parts[:3], "  "), strings.Join(parts[3:], "  ")}
	}
	return append(lines, para(style, words.TransferNow(t), width)...)
}

// page is the chosen permission with the sentences that were signed.
func (s *permissionsScreen) page(f frame, list []doorItem) []string {
	if len(list) == 0 {
		return nil
	}
	d := list[s.roll.cursor]
	if d.permission == nil {
		return doorLines(f, d, f.width, true)
	}
	p := *d.permission
	lines := append(para(f.theme.Strong, words.Permission(p), f.width), "")
	facts := []fact{
		{words.FactGiven, words.Moment(p.Given, f.now), f.theme.Text},
		{words.FactLong, words.HowLong(p.Until, f.now), f.theme.Text},
		{words.FactOften, words.PermissionEnds(p, f.now), f.theme.Text},
	}
	lines = append(append(lines, factLines(f, facts)...), "", f.theme.Title.Render(words.SignedTitle))
	for _, sentence := range p.Sentences {
		lines = append(lines, hang(f.theme.Accent.Render(words.Bullet+" "), f.theme.Text, sentence, f.width)...)
	}
	if t := transferOf(f, p); t != nil {
		lines = append(append(lines, "", f.theme.Title.Render(words.HomeMoving)), stepTimes(f, *t)...)
		lines = append(lines, para(f.theme.Text, words.TransferNow(*t), f.width)...)
	}
	return lines
}

func stepTimes(f frame, t wallet.Transfer) []string {
	var facts []fact
	for _, s := range t.Steps {
		facts = append(facts, fact{string(s.Name), words.Moment(s.At, f.now), f.theme.Text})
	}
	return factLines(f, facts)
}

func (s *permissionsScreen) keys(f frame) keymap {
	list := s.list(f)
	s.keep(list)
	if len(list) == 0 {
		return keymap{}
	}
	d := list[s.roll.cursor]
	var bindings []binding
	if d.permission != nil && !s.inside && f.width < wide {
		bindings = append(bindings, bind(words.KeyRead, func() tea.Cmd { s.inside, s.pane = true, pane{}; return nil }, "enter"))
	}
	if d.permission != nil && !d.permission.Revoking {
		bindings = append(bindings, bind(words.KeyRevoke, func() tea.Cmd { return show(revokeQuestion(*d.permission)) }, "r"))
	}
	if d.blocked != nil {
		bindings = append(bindings, bind(words.KeyUnblock, func() tea.Cmd {
			return show(blockQuestion(d.blocked.Chart, d.blocked.Name, false))
		}, "u"))
	}
	if s.inside && f.width < wide {
		bindings = append(bindings, bind(words.KeyBack, func() tea.Cmd { s.inside = false; return nil }, "esc", "backspace"))
		return keymap{bindings: append(bindings, s.pane.bindings(f.height)...)}
	}
	return keymap{bindings: append(bindings, s.moves(f, list)...)}
}

// moves remember which permission was moved to.
func (s *permissionsScreen) moves(f frame, list []doorItem) []binding {
	bindings := s.roll.moves(s.lister(f, list, f.width), f.height)
	for i, b := range bindings {
		bindings[i].do = func() tea.Cmd {
			cmd := b.do()
			s.chosen, s.pane = permissionID{}, pane{}
			if p := list[s.roll.cursor].permission; p != nil {
				s.chosen = idOf(*p)
			}
			return cmd
		}
	}
	if f.width >= wide {
		bindings = append(bindings, s.pane.asides()...)
	}
	return bindings
}
