package words

import (
	"fmt"
	"time"
)

// Day names the day of t as people do: "today", "3 May", "3 May 2024".
func Day(t, now time.Time) string {
	t = t.In(now.Location())
	if sameDay(t, now) {
		return "today"
	}
	return Date(t, now)
}

// Date is the day without "today": "3 May", or "3 May 2024" in another year.
func Date(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Year() == now.Year() {
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// Clock is the time of day.
func Clock(t, now time.Time) string { return t.In(now.Location()).Format("15:04") }

// Moment is day and time: "today 14:02", "3 May 14:02".
func Moment(t, now time.Time) string { return Day(t, now) + " " + Clock(t, now) }

// Exactly is day and time for a proof.
func Exactly(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// Ago is how long ago something was: "just now", "12 s ago", "4 minutes ago".
func Ago(d time.Duration) string {
	if d < time.Second {
		return "just now"
	}
	return short(d) + " ago"
}

// In is how long until something: "in 3 days", "now".
func In(d time.Duration) string {
	if d < time.Second {
		return "now"
	}
	return "in " + short(d)
}

// Left is how much time is left: "3 days left", "ended".
func Left(d time.Duration) string {
	if d <= 0 {
		return "ended"
	}
	return short(d) + " left"
}

const year = 365 * 24 * time.Hour

func short(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d/time.Second))
	case d < time.Hour:
		return Count(int(d/time.Minute), "minute", "minutes")
	case d < 48*time.Hour:
		return Count(int(d/time.Hour), "hour", "hours")
	case d < 60*24*time.Hour:
		return Count(int(d/(24*time.Hour)), "day", "days")
	case d < 2*year:
		return Count(int(d/(30*24*time.Hour)), "month", "months")
	}
	return Count(int(d/year), "year", "years")
}

// Count is a number with its noun: "1 entry", "41 entries".
func Count[N int | uint64 | uint32](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + many
}

// Number groups the digits of large numbers: "1,000,000".
func Number[N int | uint64 | uint32](n N) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0 && digits[at-1] != '-'; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}
