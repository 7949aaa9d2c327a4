package screen

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"carekey/consent"
	"carekey/ui/internal/uitest"
	"carekey/ui/words"
	"carekey/wallet"
)

// TestRollKeepsTheChosenInSight moves at random through items of random
// heights.
func TestRollKeepsTheChosenInSight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heights := rapid.SliceOfN(rapid.IntRange(1, 4), 1, 40).Draw(t, "heights")
		l := items{n: len(heights), draw: func(i int, chosen bool) []string {
			lines := make([]string, heights[i])
			for j := range lines {
				lines[j] = fmt.Sprintf("%d.%d %v", i, j, chosen)
			}
			return lines
		}}
		var r roll
		for range rapid.IntRange(1, 20).Draw(t, "moves") {
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				r.move(l, rapid.IntRange(-9, 9).Draw(t, "n"))
			case 1:
				r.first()
			case 2:
				r.last(l)
			case 3:
				r.cursor += rapid.IntRange(-50, 50).Draw(t, "jump") // the list has changed
			}
			height := rapid.IntRange(5, 20).Draw(t, "height")
			lines := r.view(frame{}, l, height)
			if len(lines) > height {
				t.Fatalf("%d lines in %d", len(lines), height)
			}
			for j := range heights[r.cursor] {
				if !slices.Contains(lines, fmt.Sprintf("%d.%d true", r.cursor, j)) {
					t.Fatalf("line %d of the chosen item is out of sight: %v", j, lines)
				}
			}
			total := 0
			for _, h := range heights {
				total += h
			}
			if total > height && len(lines) < height {
				t.Fatalf("%d lines in %d, and there are %d", len(lines), height, total)
			}
			above := !strings.HasPrefix(lines[0], "0.0 ")
			below := !slices.ContainsFunc(lines, func(s string) bool {
				return strings.HasPrefix(s, fmt.Sprintf("%d.%d ", len(heights)-1, heights[len(heights)-1]-1))
			})
			sign := ""
			switch {
			case below:
				sign = words.MoreBelow
			case above:
				sign = words.MoreAbove
			}
			if last := lines[len(lines)-1]; sign != "" && last != sign {
				t.Fatalf("below %v, above %v, and the last line is %q", below, above, last)
			}
		}
	})
}

// TestEveryLineCanBeReached goes down through items of which some are taller
// than the window, and back up.
func TestEveryLineCanBeReached(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heights := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 8).Draw(t, "heights")
		height := rapid.IntRange(3, 12).Draw(t, "height")
		total := 0
		for _, h := range heights {
			total += h
		}
		l := items{n: len(heights), draw: func(i int, _ bool) []string {
			lines := make([]string, heights[i])
			for j := range lines {
				lines[j] = fmt.Sprintf("%d.%d", i, j)
			}
			return lines
		}}
		var r roll
		for _, step := range []int{1, -1} {
			seen := map[string]bool{}
			for range total + 1 {
				for _, line := range r.view(frame{}, l, height) {
					seen[line] = true
				}
				r.move(l, step)
			}
			for i, h := range heights {
				for j := range h {
					if !seen[fmt.Sprintf("%d.%d", i, j)] && (step > 0 || j == 0) {
						t.Fatalf("by steps of %d, line %d of item %d is out of reach", step, j, i)
					}
				}
			}
		}
	})
}

func TestGroupsCoverEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) wallet.Row {
			r := wallet.Row{Log: consent.LogID{byte(rapid.IntRange(0, 1).Draw(t, "log"))}, Content: &consent.Accessed{Basis: consent.BasisCare}}
			if rapid.Bool().Draw(t, "automatic") {
				r.Flags = wallet.RowAutomatic
			}
			r.Queried = rapid.IntRange(0, 5).Draw(t, "queried") == 0
			return r
		}), 0, 60).Draw(t, "rows")
		at := 0
		for _, g := range groupRows(rows) {
			if g.from != at || g.to <= g.from {
				t.Fatalf("group %v where %d begins", g, at)
			}
			for i := g.from; i < g.to && g.to > g.from+1; i++ {
				if rows[i].Queried || rows[i].Flags&wallet.RowAutomatic == 0 || rows[i].Log != rows[g.from].Log {
					t.Fatalf("row %d does not belong into group %v", i, g)
				}
			}
			at = g.to
		}
		if at != len(rows) {
			t.Fatalf("%d rows of %d are covered", at, len(rows))
		}
	})
}

// TestAChoiceIsNeverWiderThanTheRequest presses keys at random.
func TestAChoiceIsNeverWiderThanTheRequest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		requests := uitest.Snapshot().Requests
		r := requests[rapid.IntRange(0, len(requests)-1).Draw(rt, "request")]
		if rapid.Bool().Draw(rt, "bounded") {
			r.Scope.From, r.Scope.To = "2020-01-01", "2026-06-30"
		}
		r.Uses = uint32(rapid.IntRange(0, 3).Draw(rt, "uses"))
		s := newChoice(nil, r, uitest.Now).(*chooseScreen)
		f := frame{width: 80, height: 24, now: uitest.Now}
		for range rapid.IntRange(0, 40).Draw(rt, "keys") {
			k := rapid.SampledFrom([]string{"space", "j", "k", "left", "right", "*", "-", "G", "g"}).Draw(rt, "key")
			if b, ok := s.keys(f).find(k); ok {
				b.do()
			}
			s.view(f)
		}
		c := s.form.Choice()
		if len(c.Scope.Types) > 0 && !c.Scope.Within(r.Scope) {
			rt.Fatalf("%+v is not within %+v", c.Scope, r.Scope)
		}
		if len(c.Scope.Types) > 0 && c.Scope.Check() != nil {
			rt.Fatalf("%+v: %v", c.Scope, c.Scope.Check())
		}
		if c.Until.After(r.Until) || r.Uses > 0 && (c.Uses == 0 || c.Uses > r.Uses) ||
			r.KeptUntil != "" && (c.KeptUntil == "" || c.KeptUntil > r.KeptUntil) {
			rt.Fatalf("%+v is wider than %+v", c, r)
		}
	})
}

// A million rows: opening the history, and every key, cost what is in sight.

func BenchmarkFirstPaintOfAMillion(b *testing.B) {
	for b.Loop() {
		d := drive(b, uitest.New(1_000_000), 120, 40)
		d.press("3")
		_ = d.m.draw()
	}
}

func BenchmarkKeyToFrameOfAMillion(b *testing.B) {
	d := drive(b, uitest.New(1_000_000), 120, 40)
	d.press("3", "G")
	_ = d.m.draw()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		d.atOnce([]string{"k", "k", "k", "pgup", "k", "pgdown"}[i%6])
		_ = d.m.draw()
	}
}

func TestAMillionRowsAreReadByPages(t *testing.T) {
	d := drive(t, uitest.New(1_000_000), 80, 24)
	d.press("3")
	if !d.sees("1,000,000 entries") {
		t.Fatalf("got\n%s", d.screen())
	}
	d.press("G")
	h := d.m.places[history].(*historyScreen)
	if h.roll.cursor < 1_000_000-pageRows || h.chosen() == nil {
		t.Errorf("the end is at %d, row %v", h.roll.cursor, h.chosen())
	}
	for range 3000 {
		d.press("pgup")
	}
	if n := len(h.pages.loaded); n > maxPages {
		t.Errorf("%d pages are kept", n)
	}
}
