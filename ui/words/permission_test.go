package words

import (
	"strings"
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// TestTheNewestUseIsShown: a transfer that is used a second time is not shown
// to have done again what it did the first time.
func TestTheNewestUseIsShown(t *testing.T) {
	begin := time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC)
	var steps []wallet.TransferStep
	after := func(names ...wallet.TransferStepName) wallet.Transfer {
		for _, n := range names {
			steps = append(steps, wallet.TransferStep{Name: n, At: begin.Add(time.Duration(len(steps)) * time.Minute)})
		}
		return wallet.Transfer{From: "Hospital", To: "Clinic", State: consent.TransferOpen, Uses: 2, Used: 1, Records: 3, Steps: steps}
	}
	first := after(wallet.StepAsked, wallet.StepApproved, wallet.StepCollected, wallet.StepReleased, wallet.StepReceived, wallet.StepMatched)
	if got, want := TransferNow(first), "Clinic has 3 records. That was 1 of the 2 times that you allowed."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := TransferSteps(first); strings.Count(got, "(done)") != 6 {
		t.Errorf("after the first use: %s", got)
	}
	second := after(wallet.StepCollected, wallet.StepReleased)
	if got, want := TransferSteps(second), "asked (done), approved (done), collected (done), released (done), received, matched"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	first.KeptBack = []consent.RecordType{consent.Allergies}
	if got := TransferNow(first); !strings.Contains(got, "The record system of Hospital kept back some or all of your allergies.") {
		t.Errorf("got %q", got)
	}
	unused := wallet.Transfer{To: "Clinic", State: consent.TransferOpen, Uses: 2}
	if got := TransferNow(unused); got != "Approved. Clinic has not fetched it yet." {
		t.Errorf("got %q", got)
	}
}
