package gateway

import (
	"strings"
	"testing"

	"carekey/consent"
)

// TestAgain: each reason against another use has its sentence.
func TestAgain(t *testing.T) {
	open := consent.Transfer{Stored: consent.TransferOpen, Expiry: 100, Uses: 2, Done: 1, Use: 1}
	with := func(change func(*consent.Transfer)) *consent.Transfer {
		t := open
		change(&t)
		return &t
	}
	for name, tt := range map[string]struct {
		transfer *consent.Transfer
		now      consent.Time
		want     string // "" for none against it
	}{
		"open":             {&open, 99, ""},
		"never opened":     {nil, 0, "has not opened"},
		"over":             {&open, 100, "time has ended"},
		"stopped":          {with(func(t *consent.Transfer) { t.Stopped = true }), 0, "stopped"},
		"stopped and over": {with(func(t *consent.Transfer) { t.Stopped = true }), 100, "stopped"},
		"used up":          {with(func(t *consent.Transfer) { t.Done, t.Stored = 2, consent.TransferReceived }), 0, "2 of 2"},
		"under way":        {with(func(t *consent.Transfer) { t.Stored, t.Deadline = consent.TransferCollected, 10 }), 0, "not finished"},
		"released":         {with(func(t *consent.Transfer) { t.Stored = consent.TransferReleased }), 0, "not finished"},
		"void":             {with(func(t *consent.Transfer) { t.Stored = consent.TransferCollected }), 0, ""},
	} {
		at := transferAt{Tip: consent.Tip{Time: tt.now}}
		if tt.transfer != nil {
			at.Head = &consent.Head{Transfer: tt.transfer}
		}
		err := at.again()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
