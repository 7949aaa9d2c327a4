package words

import (
	"fmt"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// AllPermissions heads the list. Only a proof lets it say that these are all.
func AllPermissions(n int, level wallet.ProofLevel) string {
	proven := level == wallet.ProofGreen
	switch {
	case proven && n == 0:
		return "There is no permission. That is proven."
	case proven && n == 1:
		return "This one permission is all that exists. That is proven."
	case proven:
		return fmt.Sprintf("These %d permissions are all that exist. That is proven.", n)
	case n == 0:
		return "This computer knows of no permission. Whether there is one is not proven now."
	}
	return fmt.Sprintf("This computer knows of %s. Whether there are more is not proven now.", Count(n, "permission", "permissions"))
}

// Permission is a permission as one sentence.
func Permission(p wallet.Permission) string {
	who := At(p.By, p.Institution)
	if p.Transfer != (consent.LogID{}) {
		return fmt.Sprintf("%s may receive a copy of your %s from %s, %s.", who, List(p.Scope.Types), p.From, p.Purpose)
	}
	return fmt.Sprintf("%s may use your %s, %s.", who, List(p.Scope.Types), p.Purpose)
}

// PermissionEnds says how often and how long it still holds.
func PermissionEnds(p wallet.Permission, now time.Time) string {
	if p.Revoking {
		return "being taken back, not proven yet"
	}
	often := HowOften(p.Uses)
	if p.Uses > 0 {
		often = fmt.Sprintf("used %d of %d", p.Used, p.Uses)
	} else if p.Used > 0 {
		often = fmt.Sprintf("used %s", Count(p.Used, "time", "times"))
	}
	return fmt.Sprintf("%s, %s", often, Left(p.Until.Sub(now)))
}

// TakeBack is the question before a permission ends.
func TakeBack(p wallet.Permission) (question string, lines []string) {
	if p.Transfer == (consent.LogID{}) {
		return fmt.Sprintf("Take this permission back from %s?", p.Institution), []string{
			"It ends as soon as the network has written it down. What they read before stays read.",
		}
	}
	lines = []string{"Nothing more will be sent."}
	switch p.State {
	case consent.TransferReleased:
		lines = append(lines, fmt.Sprintf("The copy is released already: %s may have it.", p.Institution))
	case consent.TransferCollected:
		lines = append(lines, "If the copy is released at this very moment, it may still arrive. You will see which.")
	}
	return fmt.Sprintf("Stop the copy to %s?", p.Institution), lines
}

// Transfer is a movement of records as one sentence.
func Transfer(t wallet.Transfer) string {
	return fmt.Sprintf("A copy of your %s from %s to %s.", List(t.Scope.Types), t.From, t.To)
}

// TransferNow says how far it got.
func TransferNow(t wallet.Transfer) string {
	switch {
	case t.MayHaveData:
		return fmt.Sprintf("You stopped it after it was released: %s may have your data.", t.To)
	case t.State == consent.TransferStopped:
		return "You stopped it. Nothing was sent."
	case t.State == consent.TransferVoid:
		return "This delivery was called off. Nothing was sent."
	case t.State == consent.TransferExpired:
		return "Its time ended."
	case t.Stopped && t.State == consent.TransferReceived:
		return transferStep(t) + " You stopped it: no more will be sent."
	case t.Stopped:
		return "You stopped it. No more will be sent."
	}
	return transferStep(t)
}

func transferStep(t wallet.Transfer) string {
	switch {
	case t.State == consent.TransferOpen && t.Used == 0:
		return fmt.Sprintf("Approved. %s has not fetched it yet.", t.To)
	case t.State == consent.TransferCollected:
		return fmt.Sprintf("%s is ready to receive it. Nothing was released yet.", t.To)
	case t.State == consent.TransferReleased:
		return fmt.Sprintf("%s released it. %s has not confirmed it yet.", t.From, t.To)
	}
	if t.Verdict > consent.VerdictOK {
		return fmt.Sprintf("%s %s", t.To, verdict(t.Verdict))
	}
	line := fmt.Sprintf("%s has %s", t.To, Count(t.Records, "record", "records"))
	if t.LeftOut > 0 {
		line += fmt.Sprintf("; %s left out", Number(t.LeftOut))
	}
	line += "."
	if len(t.KeptBack) > 0 {
		line += fmt.Sprintf(" The record system of %s kept back some or all of your %s.", t.From, List(t.KeptBack))
	}
	if t.Uses > 1 {
		line += fmt.Sprintf(" That was %d of the %d times that you allowed.", t.Used, t.Uses)
	}
	return line
}

// Steps are the names of a transfer's way, in order.
func Steps() []wallet.TransferStepName {
	return []wallet.TransferStepName{
		wallet.StepAsked, wallet.StepApproved, wallet.StepCollected,
		wallet.StepReleased, wallet.StepReceived, wallet.StepMatched,
	}
}

// Sending is an act on its way.
func Sending(s wallet.Sending) string {
	line := sendingWhat(s)
	if s.WaitsFor != "" {
		line += " Waiting for " + s.WaitsFor + "."
	}
	return line
}

func sendingWhat(s wallet.Sending) string {
	switch s.Kind {
	case wallet.ActApprove:
		return fmt.Sprintf("Sending your yes to %s.", s.Institution)
	case wallet.ActDeny:
		return fmt.Sprintf("Sending your no to %s.", s.Institution)
	case wallet.ActRevoke:
		return fmt.Sprintf("Taking a permission back from %s.", s.Institution)
	case wallet.ActStop:
		return fmt.Sprintf("Stopping the copy to %s.", s.Institution)
	case wallet.ActQuery:
		return fmt.Sprintf("Sending your question to %s.", s.Institution)
	case wallet.ActBlock:
		return fmt.Sprintf("Refusing everything from %s.", s.Institution)
	case wallet.ActUnblock:
		return fmt.Sprintf("Letting %s ask again.", s.Institution)
	case wallet.ActJoin:
		return fmt.Sprintf("Opening your chart at %s.", s.Institution)
	}
	return fmt.Sprintf("Sending to %s.", s.Institution)
}
