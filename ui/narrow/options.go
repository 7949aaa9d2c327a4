package narrow

import (
	"slices"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Options is one of several values. There is at least one.
type Options[T any] struct {
	Values []T
	At     int // which one is chosen
}

// Turn goes n values on, round the end.
func (o *Options[T]) Turn(n int) { o.At = (o.At + n + len(o.Values)) % len(o.Values) }

// Value is the chosen one.
func (o *Options[T]) Value() T { return o.Values[o.At] }

// choose takes a value, which is offered from now on if it was not.
func choose[T comparable](o *Options[T], v T) {
	if o.At = slices.Index(o.Values, v); o.At < 0 {
		o.At = len(o.Values)
		o.Values = append(o.Values, v)
	}
}

// dayOf writes a date.
func dayOf(t time.Time) consent.Date { return consent.Date(t.Format(time.DateOnly)) }

// fromOptions are beginnings within what was asked for.
func fromOptions(r wallet.Request, now time.Time) Options[consent.Date] {
	values := []consent.Date{r.Scope.From}
	for _, back := range []struct{ years, months int }{{0, 3}, {1, 0}, {2, 0}, {5, 0}, {10, 0}} {
		d := dayOf(now.AddDate(-back.years, -back.months, 0))
		if d > r.Scope.From && (r.Scope.To == "" || d <= r.Scope.To) {
			values = append(values, d)
		}
	}
	return Options[consent.Date]{Values: values}
}

// toOptions are ends within what was asked for.
func toOptions(r wallet.Request, now time.Time) Options[consent.Date] {
	values := []consent.Date{r.Scope.To}
	today := dayOf(now)
	if (r.Scope.To == "" || today < r.Scope.To) && today >= r.Scope.From {
		values = append(values, today)
	}
	return Options[consent.Date]{Values: values}
}

func usesOptions(asked uint32) Options[uint32] {
	if asked == 1 {
		return Options[uint32]{Values: []uint32{1}}
	}
	return Options[uint32]{Values: []uint32{asked, 1}}
}

func untilOptions(asked, now time.Time) Options[time.Time] {
	values := []time.Time{asked}
	for _, days := range []int{1, 7, 30, 90, 365} {
		if t := now.AddDate(0, 0, days).Truncate(time.Minute); t.Before(asked) {
			values = append(values, t)
		}
	}
	return Options[time.Time]{Values: values}
}

func keptOptions(r wallet.Request, now time.Time) Options[consent.Date] {
	values := []consent.Date{r.KeptUntil}
	if r.Kind != consent.Move {
		return Options[consent.Date]{Values: values}
	}
	for _, months := range []int{3, 12, 60} {
		if d := dayOf(now.AddDate(0, months, 0)); r.KeptUntil == "" || d < r.KeptUntil {
			values = append(values, d)
		}
	}
	return Options[consent.Date]{Values: values}
}
