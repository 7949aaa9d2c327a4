package wallet

import (
	"testing"

	"carekey/consent"
)

// TestEveryUseIsMatched: a transfer of several uses is matched, and over, only
// when each use that was received stands in both charts.
func TestEveryUseIsMatched(t *testing.T) {
	from, to, log := consent.InstitutionID{1}, consent.InstitutionID{2}, consent.LogID{3}
	move := &transfer{Log: log, From: from, To: to, Now: consent.TransferOpen}
	receipt := func(number uint32, at consent.Time) {
		fields := consent.StepFields{Use: number}
		move.arrived(consent.Verified{
			Entry: consent.Entry{Time: at}, Item: consent.NewItem(log, consent.ClassReceived, fields, consent.Hash{}),
		})
	}
	shows := func(at consent.InstitutionID, number uint32, gave bool, when consent.Time) {
		move.match(at, consent.TransferUse{Transfer: log, Use: number, Gave: gave}, when)
	}
	want := func(what string, matched consent.Time, missing uint32, done bool) {
		t.Helper()
		var first uint32
		if u := move.unmatched(); u != nil {
			first = u.Number
		}
		if move.matched() != matched || first != missing || move.Done != done {
			t.Errorf("%s: matched at %d, use %d missing, done %t", what, move.matched(), first, move.Done)
		}
	}

	shows(from, 1, true, 10)
	shows(to, 1, false, 11)
	want("both charts and no receipt", 0, 0, false)
	receipt(1, 9)
	want("the first use", 11, 0, false)
	receipt(2, 20)
	want("the second use, in neither chart", 0, 2, false)
	move.Now = consent.TransferReceived
	shows(to, 2, false, 21)
	shows(from, 2, false, 22) // the source does not receive
	shows(to, 2, true, 23)    // nor the destination give
	want("in one chart", 0, 2, false)
	move.Now = consent.TransferExpired
	move.finish()
	want("at its end", 0, 2, false)
	shows(from, 2, true, 24)
	want("in both", 24, 0, true)
}
