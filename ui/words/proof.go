package words

import (
	"fmt"
	"time"

	"carekey/wallet"
)

// GreenFor is how long a proof stays green (protocol §3.3).
const GreenFor = 60 * time.Second

// ProofNow is the level of a proof at now. A snapshot ages while it is shown:
// what was green when it was taken is amber once its proof is too old.
func ProofNow(p wallet.Proof, now time.Time) wallet.ProofLevel {
	if p.At.IsZero() && p.Level != wallet.ProofRed {
		return wallet.ProofNone
	}
	if p.Level == wallet.ProofGreen && now.Sub(p.At) > GreenFor {
		return wallet.ProofAmber
	}
	return p.Level
}

// Proof is the first line of every screen.
func Proof(p wallet.Proof, now time.Time) string {
	switch ProofNow(p, now) {
	case wallet.ProofGreen:
		return "complete: " + proofCounts(p, now)
	case wallet.ProofAmber:
		return "unsure: " + proofCounts(p, now)
	case wallet.ProofRed:
		return "do not trust what you see: a proof failed"
	}
	if p.Of == 0 && p.Entries == 0 {
		return "nothing to check yet"
	}
	return "not checked yet: asking your institutions"
}

func proofCounts(p wallet.Proof, now time.Time) string {
	return fmt.Sprintf("%s of %s entries, checked against %s, %s", Number(p.Entries), Number(p.Of),
		Count(p.Institutions, "institution", "institutions"), Ago(now.Sub(p.At)))
}

// ProofShort is the first line where there is little room.
func ProofShort(p wallet.Proof, now time.Time) string {
	switch ProofNow(p, now) {
	case wallet.ProofGreen:
		return fmt.Sprintf("complete: %s of %s, %s", Number(p.Entries), Number(p.Of), Ago(now.Sub(p.At)))
	case wallet.ProofAmber:
		return fmt.Sprintf("unsure: %s of %s, %s", Number(p.Entries), Number(p.Of), Ago(now.Sub(p.At)))
	case wallet.ProofRed:
		return "do not trust this: a proof failed"
	}
	return "not checked yet"
}

// ProofMark is the sign before the line: it says the same without colour.
func ProofMark(l wallet.ProofLevel) string {
	switch l {
	case wallet.ProofGreen:
		return "✓"
	case wallet.ProofAmber:
		return "!"
	case wallet.ProofRed:
		return "✗"
	}
	return "·"
}

// NotProven is what no check can tell, and is said.
func NotProven() []string {
	return []string{
		"That an institution wrote down every look. One that hid a look has broken its word, but the wallet cannot see it.",
		"That an institution gives nothing to anyone on ways beside this network.",
	}
}

// ProofExplained says what the levels of the proof line mean.
func ProofExplained(l wallet.ProofLevel) string {
	switch l {
	case wallet.ProofGreen:
		return "Nothing is missing, changed, added or out of order in what you see. This computer checked it itself."
	case wallet.ProofAmber:
		return "What you see was checked by this computer, but the check is old, or not every institution answered. There may be newer entries."
	case wallet.ProofRed:
		return "Someone showed this computer something that does not fit what was proven before. The evidence is kept."
	}
	return "This computer has not finished a check since the wallet was opened. What you see comes from its own files."
}
