package narrow

import (
	"time"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

// Limit is one bound of a yes, in words. The first choice is what was asked
// for; every other lets less through.
type Limit struct {
	Label   string
	Choices []string
	At      int // which choice holds
	Choose  func(i int)
	// Day takes a day of the person's own and tells whether it may stand: it
	// must lie within what was asked for. Nil where a day means nothing.
	Day func(consent.Date) bool
}

// Value is the choice that holds, in words.
func (l Limit) Value() string { return l.Choices[l.At] }

// Turn goes n choices on, round the end.
func (l Limit) Turn(n int) { l.Choose((l.At + n + len(l.Choices)) % len(l.Choices)) }

// Limits are the bounds of the form in their order.
func (f *Form) Limits(now time.Time) []Limit {
	kept := func(d consent.Date) string { return words.Kept(f.Request.Kind, d) }
	limits := []Limit{
		limit(words.ChooseFrom, &f.from, words.FromDate, f.beginsOn),
		limit(words.ChooseTo, &f.to, words.ToDate, f.endsOn),
		limit(words.ChooseUses, &f.uses, words.HowOften, nil),
		limit(words.ChooseUntil, &f.until, func(t time.Time) string { return words.HowLong(t, now) },
			func(d consent.Date) (time.Time, bool) { return f.holdsThrough(d, now) }),
		limit(words.ChooseKept, &f.kept, kept, func(d consent.Date) (consent.Date, bool) { return d, f.keptThrough(d, now) }),
	}
	if f.Request.Kind != consent.Move {
		limits[len(limits)-1].Day = nil // it holds the records already
	}
	return limits
}

// limit puts options into words. Day makes a value of a day, if that lies within
// what was asked for.
func limit[T comparable](label string, o *Options[T], say func(T) string, day func(consent.Date) (T, bool)) Limit {
	l := Limit{Label: label, At: o.At, Choose: func(i int) { o.At = i }}
	for _, v := range o.Values {
		l.Choices = append(l.Choices, say(v))
	}
	if day == nil {
		return l
	}
	l.Day = func(d consent.Date) bool {
		v, ok := day(d)
		if ok = ok && d != ""; ok {
			choose(o, v)
		}
		return ok
	}
	return l
}

func (f *Form) beginsOn(d consent.Date) (consent.Date, bool) {
	to := f.to.Value()
	return d, d >= f.Request.Scope.From && (to == "" || d <= to)
}

func (f *Form) endsOn(d consent.Date) (consent.Date, bool) {
	asked := f.Request.Scope.To
	return d, (asked == "" || d <= asked) && d >= f.from.Value()
}

// holdsThrough is the end of a day, or the end that was asked for if that falls
// on the day.
func (f *Form) holdsThrough(d consent.Date, now time.Time) (time.Time, bool) {
	end, err := EndOfDay(d, now)
	if err != nil {
		return end, false
	}
	end = Through(end, f.Request)
	return end, end.After(now) && !end.After(f.Request.Until)
}

func (f *Form) keptThrough(d consent.Date, now time.Time) bool {
	asked := f.Request.KeptUntil
	return d >= dayOf(now) && (asked == "" || d <= asked)
}

// EndOfDay is the last second of a day where the person is.
func EndOfDay(d consent.Date, now time.Time) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, string(d), now.Location())
	return t.AddDate(0, 0, 1).Add(-time.Second), err
}

// Through is the end of a day as the end of a yes: when what was asked for ends
// within that day, that is what the person means.
func Through(end time.Time, r wallet.Request) time.Time {
	if r.Until.Before(end) && r.Until.After(end.AddDate(0, 0, -1)) {
		return r.Until
	}
	return end
}
