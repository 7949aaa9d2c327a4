package narrow

import (
	"testing"
	"time"

	"carekey/consent"
	"carekey/ui/internal/uitest"
	"carekey/wallet"
)

func TestNothingIsTicked(t *testing.T) {
	for _, r := range uitest.Snapshot().Requests {
		n := New(r, uitest.Now)
		if s := n.Scope(); len(s.Types) != 0 || len(s.Sensitive) != 0 {
			t.Errorf("%s begins with %v", r.Institution, s)
		}
	}
}

func TestTickingAllLeavesSensitiveAlone(t *testing.T) {
	n := New(uitest.Snapshot().Requests[0], uitest.Now)
	n.All()
	if s := n.Scope(); len(s.Types) != 4 || len(s.Sensitive) != 0 {
		t.Errorf("got %v", s)
	}
}

// TestLimitsNeverLetMoreThrough chooses each value that a form offers, one limit
// after the other.
func TestLimitsNeverLetMoreThrough(t *testing.T) {
	for _, r := range uitest.Snapshot().Requests {
		f := New(r, uitest.Now)
		f.All()
		for i, l := range f.Limits(uitest.Now) {
			for c := range l.Choices {
				l.Choose(c)
				if err := Check(r, f.Choice(), uitest.Now); err != nil {
					t.Errorf("%s, limit %d, choice %d: %v", r.Institution, i, c, err)
				}
			}
		}
	}
}

func TestADayMustLieWithinWhatWasAskedFor(t *testing.T) {
	r := uitest.Snapshot().Requests[0]
	r.Scope.From, r.Scope.To, r.KeptUntil = "2020-01-01", "2025-12-31", "2030-01-01"
	const from, to, until, kept = 0, 1, 3, 4
	tests := []struct {
		limit int
		day   consent.Date
		want  bool
	}{
		{from, "2020-01-01", true}, {from, "2019-12-31", false}, {from, "2025-12-31", true}, {from, "2026-01-01", false}, {from, "", false},
		{to, "2025-12-31", true}, {to, "2026-01-01", false}, {to, "2020-01-01", true}, {to, "2019-12-31", false}, {to, "", false},
		{until, "2026-12-20", true}, {until, "2026-12-21", false}, {until, "2026-11-20", true}, {until, "2026-11-19", false}, {until, "", false},
		{kept, "2030-01-01", true}, {kept, "2030-01-02", false}, {kept, "2026-11-20", true}, {kept, "2026-11-19", false}, {kept, "", false},
	}
	for _, tt := range tests {
		f := New(r, uitest.Now)
		f.All()
		l := f.Limits(uitest.Now)[tt.limit]
		if got := l.Day(tt.day); got != tt.want {
			t.Errorf("%s %s: got %v", l.Label, tt.day, got)
		}
		if err := Check(r, f.Choice(), uitest.Now); err != nil {
			t.Errorf("%s %s: %v", l.Label, tt.day, err)
		}
	}
}

func TestDaysCannotCross(t *testing.T) {
	f := New(uitest.Snapshot().Requests[0], uitest.Now)
	f.All()
	if l := f.Limits(uitest.Now); !l[1].Day("2020-06-30") || l[0].Day("2020-07-01") || !l[0].Day("2020-06-30") {
		t.Errorf("got %+v", f.Scope())
	}
}

func TestCheckNamesWhatIsWider(t *testing.T) {
	r := uitest.Snapshot().Requests[2]
	fine := wallet.Choice{Scope: r.Scope, Uses: r.Uses, Until: r.Until, KeptUntil: r.KeptUntil}
	if err := Check(r, fine, uitest.Now); err != nil {
		t.Fatal(err)
	}
	r.Uses = 2
	fine.Uses = 2
	for name, widen := range map[string]func(*wallet.Choice){
		"types":  func(c *wallet.Choice) { c.Scope.Types = consent.RecordTypes() },
		"ranges": func(c *wallet.Choice) { c.Scope.From, c.Scope.To = "2026-02-01", "2026-01-01" },
		"uses":   func(c *wallet.Choice) { c.Uses = 3 },
		"always": func(c *wallet.Choice) { c.Uses = 0 },
		"until":  func(c *wallet.Choice) { c.Until = r.Until.Add(time.Second) },
		"over":   func(c *wallet.Choice) { c.Until = uitest.Now },
		"kept":   func(c *wallet.Choice) { c.KeptUntil = "2028-01-01" },
		"good":   func(c *wallet.Choice) { c.KeptUntil = "" },
	} {
		c := fine
		widen(&c)
		if Check(r, c, uitest.Now) == nil {
			t.Errorf("%s: nothing is wrong with %+v", name, c)
		}
	}
}
