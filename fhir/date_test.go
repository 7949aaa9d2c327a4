package fhir

import (
	"testing"
	"time"

	"carekey/consent"
)

func TestParseDays(t *testing.T) {
	tests := []struct {
		text        string
		first, last consent.Date
	}{
		{"2019", "2019-01-01", "2019-12-31"},
		{"2019-05", "2019-05-01", "2019-05-31"},
		{"2020-02", "2020-02-01", "2020-02-29"},
		{"1900-02", "1900-02-01", "1900-02-28"},
		{"2019-05-07", "2019-05-07", "2019-05-07"},
		{"2019-12-31T23:59:59.999-05:00", "2019-12-31", "2019-12-31"}, // the day as written, not in UTC
		{"2019-05-07T10:11:12Z", "2019-05-07", "2019-05-07"},
		{"2019-05-07T10:11Z", "2019-05-07", "2019-05-07"},
		{"2019-05-07T10:11:12", "2019-05-07", "2019-05-07"},
		{"2016-12-31T23:59:60Z", "2016-12-31", "2016-12-31"}, // a leap second
		{"", "", ""},
		{"19", "", ""},
		{"0000", "", ""},
		{"2019-13", "", ""},
		{"2019-00-01", "", ""},
		{"2019-02-29", "", ""},
		{"2019-04-31", "", ""},
		{"2019-5-7", "", ""},
		{"2019-05-07 10:11", "", ""},
		{"2019-05-07T", "", ""},
		{"2019-05-07T10:11:12Zz", "", ""},
		{"2019-05-07T10:11:12+99:00", "", ""},
		{"07.05.2019", "", ""},
		{"2019/05/07", "", ""},
		{"yesterday", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			first, last, ok := parseDays([]byte(tt.text))
			if first.date() != tt.first || last.date() != tt.last || ok != (tt.first != "") {
				t.Errorf("got %s to %s, %v", first.date(), last.date(), ok)
			}
		})
	}
}

func FuzzDays(f *testing.F) {
	for _, s := range []string{"2019", "2019-05", "2019-05-07", "2019-05-07T10:11:12.5+02:00", "2020-02-29", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, last, ok := parseDays([]byte(s))
		if !ok {
			if _, err := time.Parse(time.RFC3339, s); err == nil && s[:4] != "0000" && len(s) == len("2019-05-07T10:11:12Z") {
				t.Errorf("%q was refused", s)
			}
			return
		}
		if first > last || !first.date().Valid() || !last.date().Valid() || first == 0 {
			t.Errorf("%q became %s to %s", s, first.date(), last.date())
		}
		if got := string(first.date()); got[:4] != s[:4] {
			t.Errorf("%q became %s", s, got)
		}
	})
}
