package command

import (
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

var parsedOn = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestParseEndAndStart(t *testing.T) {
	tests := []struct{ text, end, start string }{
		{"30d", "2026-12-20T12:00:00Z", "2026-10-21T12:00:00Z"},
		{"2026-12-01", "2026-12-01T23:59:59Z", "2026-12-01T00:00:00Z"},
		{"0d", "", ""},
		{"-1d", "", ""},
		{"36526d", "", ""},
		{"30", "", ""},
		{"2026-02-29", "", ""},
		{"", "", ""},
	}
	show := func(at time.Time, err error) string {
		if err != nil {
			return ""
		}
		return at.Format(time.RFC3339)
	}
	for _, tt := range tests {
		if got := show(parseEnd(tt.text, parsedOn)); got != tt.end {
			t.Errorf("the end %q is %q, want %q", tt.text, got, tt.end)
		}
		if got := show(parseStart(tt.text, parsedOn)); got != tt.start {
			t.Errorf("the start %q is %q, want %q", tt.text, got, tt.start)
		}
	}
}

func FuzzDay(f *testing.F) {
	for _, s := range []string{"30d", "1d", "2026-12-01", "0000-00-00", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		start, err := parseStart(text, parsedOn)
		end, err2 := parseEnd(text, parsedOn)
		if (err == nil) != (err2 == nil) || err == nil && !start.Before(end) {
			t.Errorf("%q is from %v (%v) to %v (%v)", text, start, err, end, err2)
		}
		var d consent.Date
		if err := parseDate(text, &d); err == nil && string(d) != text {
			t.Errorf("%q is the day %q", text, d)
		}
	})
}

func FuzzHandle(f *testing.F) {
	for _, s := range []string{"4e2a91c0-7", "4e2a91c0", "4E2A-0", "4e2a-", "x-1", "4e2a-18446744073709551616"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		prefix, number, has, err := parseHandle(text)
		if err == nil && (!strings.HasPrefix(strings.ToLower(text), prefix) || !has && number != 0) {
			t.Errorf("%q is %q and %d", text, prefix, number)
		}
	})
}

func FuzzScopeFlags(f *testing.F) {
	f.Add("medicines", "allergies")
	f.Add("Test Results", "mental-health")
	f.Add("", "medicines")
	f.Fuzz(func(t *testing.T, a, b string) {
		if types, err := parseTypes([]string{a, b}); err == nil && !inOrder(types) {
			t.Errorf("%q and %q are %v", a, b, types)
		}
		if classes, err := parseSensitive([]string{a, b}); err == nil && !inOrder(classes) {
			t.Errorf("%q and %q are %v", a, b, classes)
		}
	})
}

// inOrder tells whether a list is one that a scope takes.
func inOrder[T ~uint8](list []T) bool {
	return len(list) > 0 && slices.IsSorted(list) && len(slices.Compact(slices.Clone(list))) == len(list)
}
