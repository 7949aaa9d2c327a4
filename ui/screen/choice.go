package screen

import (
	"slices"
	"time"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

// narrowing is what a person lets through of a request so far. It begins with
// nothing.
type narrowing struct {
	request   wallet.Request
	types     map[consent.RecordType]bool
	sensitive map[consent.Sensitive]bool
	from      options[consent.Date]
	to        options[consent.Date]
	uses      options[uint32]
	until     options[time.Time]
	kept      options[consent.Date]
}

// options is one of several values, each at most as wide as what was asked for;
// the first is what was asked for.
type options[T any] struct {
	values []T
	at     int
}

func (o *options[T]) turn(n int) { o.at = (o.at + n + len(o.values)) % len(o.values) }
func (o options[T]) value() T    { return o.values[o.at] }

func newNarrowing(r wallet.Request, now time.Time) *narrowing {
	return &narrowing{
		request: r,
		types:   map[consent.RecordType]bool{}, sensitive: map[consent.Sensitive]bool{},
		from: fromOptions(r, now), to: toOptions(r, now),
		uses: usesOptions(r.Uses), until: untilOptions(r.Until, now), kept: keptOptions(r, now),
	}
}

// choice is what would be signed.
func (n *narrowing) choice() wallet.Choice {
	return wallet.Choice{Scope: n.scope(), Uses: n.uses.value(), Until: n.until.value(), KeptUntil: n.kept.value()}
}

func (n *narrowing) scope() consent.Scope {
	s := consent.Scope{From: n.from.value(), To: n.to.value()}
	for _, t := range n.request.Scope.Types {
		if n.types[t] {
			s.Types = append(s.Types, t)
		}
	}
	for _, c := range n.request.Scope.Sensitive {
		if n.sensitive[c] {
			s.Sensitive = append(s.Sensitive, c)
		}
	}
	return s
}

// empty tells that nothing is let through.
func (n *narrowing) empty() bool { return len(n.scope().Types) == 0 }

// all ticks every type that was asked for; sensitive classes stay as they are.
func (n *narrowing) all() {
	for _, t := range n.request.Scope.Types {
		n.types[t] = true
	}
}

// none unticks everything.
func (n *narrowing) none() {
	clear(n.types)
	clear(n.sensitive)
}

// day writes a date.
func day(t time.Time) consent.Date { return consent.Date(t.Format(time.DateOnly)) }

// fromOptions are beginnings within what was asked for.
func fromOptions(r wallet.Request, now time.Time) options[consent.Date] {
	values := []consent.Date{r.Scope.From}
	for _, back := range []struct{ years, months int }{{0, 3}, {1, 0}, {2, 0}, {5, 0}, {10, 0}} {
		d := day(now.AddDate(-back.years, -back.months, 0))
		if d > r.Scope.From && (r.Scope.To == "" || d <= r.Scope.To) {
			values = append(values, d)
		}
	}
	return options[consent.Date]{values: values}
}

// toOptions are ends within what was asked for.
func toOptions(r wallet.Request, now time.Time) options[consent.Date] {
	values := []consent.Date{r.Scope.To}
	today := day(now)
	if (r.Scope.To == "" || today < r.Scope.To) && today >= r.Scope.From {
		values = append(values, today)
	}
	return options[consent.Date]{values: values}
}

func usesOptions(asked uint32) options[uint32] {
	if asked == 1 {
		return options[uint32]{values: []uint32{1}}
	}
	return options[uint32]{values: []uint32{asked, 1}}
}

func untilOptions(asked, now time.Time) options[time.Time] {
	values := []time.Time{asked}
	for _, days := range []int{1, 7, 30, 90, 365} {
		if t := now.AddDate(0, 0, days).Truncate(time.Minute); t.Before(asked) {
			values = append(values, t)
		}
	}
	return options[time.Time]{values: values}
}

func keptOptions(r wallet.Request, now time.Time) options[consent.Date] {
	values := []consent.Date{r.KeptUntil}
	if r.Kind != consent.Move {
		return options[consent.Date]{values: values}
	}
	for _, months := range []int{3, 12, 60} {
		if d := day(now.AddDate(0, months, 0)); r.KeptUntil == "" || d < r.KeptUntil {
			values = append(values, d)
		}
	}
	return options[consent.Date]{values: values}
}

// line is one row of the form.
type line struct {
	heading string
	label   string
	ticked  *bool  // of a row that can be ticked
	value   string // of a row with options
	many    bool   // there is more than one option
	toggle  func()
	turn    func(n int)
}

// lines is the form, top to bottom.
func (n *narrowing) lines(now time.Time) []line {
	var list []line
	for i, t := range n.request.Scope.Types {
		ticked := n.types[t]
		list = append(list, line{heading: headed(i, words.ChooseTypes), label: words.Label(t), ticked: &ticked,
			toggle: func() { n.types[t] = !n.types[t] }})
	}
	for i, c := range n.request.Scope.Sensitive {
		ticked := n.sensitive[c]
		list = append(list, line{heading: headed(i, words.ChooseSensitive), label: words.SensitiveLabel(c), ticked: &ticked,
			toggle: func() { n.sensitive[c] = !n.sensitive[c] }})
	}
	return slices.Concat(list, []line{
		{heading: words.ChooseLimits, label: words.ChooseFrom, value: words.FromDate(n.from.value()), many: len(n.from.values) > 1, turn: n.from.turn},
		{label: words.ChooseTo, value: words.ToDate(n.to.value()), many: len(n.to.values) > 1, turn: n.to.turn},
		{label: words.ChooseUses, value: words.HowOften(n.uses.value()), many: len(n.uses.values) > 1, turn: n.uses.turn},
		{label: words.ChooseUntil, value: words.HowLong(n.until.value(), now), many: len(n.until.values) > 1, turn: n.until.turn},
		{label: words.ChooseKept, value: words.Kept(n.request.Kind, n.kept.value()), many: len(n.kept.values) > 1, turn: n.kept.turn},
	})
}

func headed(i int, text string) string {
	if i == 0 {
		return text
	}
	return ""
}
