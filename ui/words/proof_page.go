package words

import (
	"fmt"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// The Proof page and the proof of an entry are the only places where the words
// of the machinery stand.

// ProofFacts are the newest proof's figures.
func ProofFacts(p wallet.Proof) []Fact {
	if p.At.IsZero() {
		return []Fact{{"Entries", fmt.Sprintf("%s verified", Number(p.Entries))}}
	}
	return []Fact{
		{"Entries", fmt.Sprintf("%s verified of %s that the proven heads name", Number(p.Entries), Number(p.Of))},
		{"Institutions", fmt.Sprintf("%s signed the newest header", Number(p.Institutions))},
		{"As of", Exactly(p.At)},
		{"Height", fmt.Sprint(p.Height)},
		{"Header", p.Header.String()},
	}
}

// InstitutionFacts are a chart's figures.
func InstitutionFacts(i wallet.Institution, now time.Time) []Fact {
	reached := "not in this run"
	if !i.Reached.IsZero() {
		reached = Ago(now.Sub(i.Reached))
	}
	return []Fact{
		{"Reached", reached},
		{"Chart", i.Chart.String()},
		{"Entries", Number(i.Entries)},
		{"Opened", Date(i.Opened, now)},
		{"Its record", i.Record},
		{"Institution", i.ID.String()},
	}
}

// EntryProven says in a sentence what is proven of an entry.
func EntryProven(d wallet.EntryDetail) string {
	return fmt.Sprintf("Entry %s of %s in its log. It was signed by the key below, has not changed since, and stands where it was written.",
		Number(d.Number+1), Number(d.Size))
}

// EntryProof are the figures that prove an entry.
func EntryProof(d wallet.EntryDetail) []Fact {
	facts := []Fact{
		{"Class", d.Type.String()},
		{"Time", Exactly(d.Time)},
		{"Number", fmt.Sprint(d.Number)},
		{"Height", fmt.Sprint(d.Height)},
		{"Log", d.Log.String()},
		{"Key", d.Key.String()},
		{"Leaf", d.LeafHash.String()},
		{"Root", d.Root.String()},
		{"Commitment", d.Commitment.String()},
		{"Batch", d.Batch.String()},
	}
	if d.TransferLog != (consent.LogID{}) {
		facts = append(facts, Fact{"Transfer", d.TransferLog.String()})
	}
	return facts
}
