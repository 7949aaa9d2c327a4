package command

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"carekey/consent"
	"carekey/ui/words"
)

// parseTypes reads record types, "test-results" or "test results".
func parseTypes(names []string) ([]consent.RecordType, error) {
	return parseSet(names, consent.RecordTypes())
}

func parseSensitive(names []string) ([]consent.Sensitive, error) {
	return parseSet(names, consent.SensitiveClasses())
}

// parseSet finds each name among the known ones; the result is sorted and
// without repetition, as scopes want it.
func parseSet[T interface {
	~uint8
	String() string
}](names []string, known []T) ([]T, error) {
	var set []T
	for _, name := range names {
		i := slices.IndexFunc(known, func(v T) bool { return words.FlagValue(v.String()) == words.FlagValue(name) })
		if i < 0 {
			return nil, usageError{words.UnknownChoice(name, list(known, func(v T) string { return words.FlagValue(v.String()) }))}
		}
		set = append(set, known[i])
	}
	slices.Sort(set)
	return slices.Compact(set), nil
}

// parseDate reads an ISO day into a field, unless the flag is empty.
func parseDate(text string, into *consent.Date) error {
	if text == "" {
		return nil
	}
	if d := consent.Date(text); d.Valid() {
		*into = d
		return nil
	}
	return usageError{words.NotADate(text)}
}

// parseEnd reads a day, whose end is meant, or a number of days from now: "30d".
func parseEnd(text string, now time.Time) (time.Time, error) {
	if n, ok := parseDays(text); ok {
		return now.AddDate(0, 0, n), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, now.Location())
	if err != nil {
		return time.Time{}, usageError{words.NotADay(text)}
	}
	return t.AddDate(0, 0, 1).Add(-time.Second), nil
}

// parseComing is [parseEnd] for an end that is still to come.
func parseComing(text string, now time.Time) (time.Time, error) {
	end, err := parseEnd(text, now)
	if err == nil && !end.After(now) {
		err = usageError{words.IsOver(text)}
	}
	return end, err
}

// parseStart reads a day, whose beginning is meant, or a number of days ago.
func parseStart(text string, now time.Time) (time.Time, error) {
	if n, ok := parseDays(text); ok {
		return now.AddDate(0, 0, -n), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, now.Location())
	if err != nil {
		return time.Time{}, usageError{words.NotADay(text)}
	}
	return t, nil
}

// maxDays is a hundred years.
const maxDays = 36525

func parseDays(text string) (int, bool) {
	digits, ok := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && n <= maxDays
}
