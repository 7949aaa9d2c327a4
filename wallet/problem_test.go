package wallet

import (
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet/keys"
)

// TestOneCauseIsOneProblem: an institution that keeps a chart and transfers is
// in the dark once; two lies are two.
func TestOneCauseIsOneProblem(t *testing.T) {
	w := newTown(t, "City Hospital").person(t.TempDir(), keys.NewMaster())
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, p := range []Problem{
		{Code: ProblemUnreachable, Institution: "City Hospital", Since: noon.Add(time.Minute)},
		{Code: ProblemUnreachable, Institution: "City Hospital", Since: noon},
		{Code: ProblemUnreachable, Institution: "City Hospital", Since: noon.Add(time.Hour)},
		{Code: ProblemUnreachable, Institution: "Heart Clinic", Since: noon},
		{Code: ProblemClock, Since: noon}, {Code: ProblemClock, Since: noon},
		{Code: ProblemLie, Institution: "City Hospital"}, {Code: ProblemLie, Institution: "City Hospital"},
	} {
		w.fault(consent.LogID{byte(i + 1)}, p)
	}
	count := map[ProblemCode]int{}
	for _, p := range w.Snapshot().Problems {
		count[p.Code]++
		if p.Code == ProblemUnreachable && !p.Since.Equal(noon) {
			t.Errorf("%s is dark since %s", p.Institution, p.Since)
		}
	}
	if count[ProblemUnreachable] != 2 || count[ProblemClock] != 1 || count[ProblemLie] != 2 {
		t.Errorf("%v", count)
	}
}
