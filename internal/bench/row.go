package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// row is one line of the table: what was measured, against which floor of the
// same run.
type row struct {
	name  string
	value string
	floor string  // what it is held against, with its own value
	ratio float64 // value to floor
	used  float64 // the same by the processor's time; 0 where that says nothing
	limit string
	met   bool
}

// atMost is a row whose time may be at most limit times its floor's.
func atMost(name string, value, floor samples, q, limit float64) row {
	r := row{
		name: name, value: milliseconds(value.at(q)), floor: milliseconds(floor.at(q)),
		ratio: ratio(value.at(q), floor.at(q)), limit: fmt.Sprintf("≤ %.2f ×", limit),
	}
	r.met = r.ratio <= limit
	return r
}

// below is a row with a limit of its own; the floor only shows how much of it
// nobody could avoid.
func below[T cmp.Ordered](name string, value, floor, limit T, show func(T) string, quotient float64) row {
	return row{
		name: name, value: show(value), floor: show(floor), ratio: quotient,
		limit: "< " + show(limit), met: value < limit,
	}
}

// atLeast is a row of a rate.
func atLeast(name string, value, floor, limit float64) row {
	return row{
		name: name, value: perSecond(value), floor: perSecond(floor), ratio: value / floor,
		limit: fmt.Sprintf("≥ %.2f ×", limit), met: value >= limit*floor,
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(1, b)) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

func perSecond(n float64) string { return fmt.Sprintf("%.0f /s", n) }

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/(1<<20)) }

// write prints the rows as a table in Markdown, so that it can be kept.
func write(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(t, "| figure\t| measured\t| floor\t| ratio\t| by processor\t| limit\t| met\t|")
	fmt.Fprintln(t, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, r := range rows {
		met, used := "yes", "–"
		if !r.met {
			met = "**no**"
		}
		if r.used > 0 {
			used = fmt.Sprintf("%.2f", r.used)
		}
		fmt.Fprintf(t, "| %s\t| %s\t| %s\t| %.2f\t| %s\t| %s\t| %s\t|\n", r.name, r.value, r.floor, r.ratio, used, r.limit, met)
	}
	return t.Flush()
}
