package client

import (
	"fmt"

	"carekey/consent"
)

// LieKind says what was wrong with what somebody showed us; the numbers never
// change, since evidence files carry them.
type LieKind uint8

// The kinds of lie.
const (
	AlteredEntry LieKind = iota + 1
	HiddenEntry
	ReorderedEntries
	AddedEntry
	StaleView
	RolledBack
	Fork
	FalseCosignature
	ForgedHeader
	ForgedProof
	WithheldDetail
	SwappedDetail
	ForgedSignature
	BrokenRule
	lieEnd
)

// lieWords are a kind's name in files and the sentence that people read.
type lieWords struct {
	name     string
	sentence string
}

var lies = [lieEnd]lieWords{
	AlteredEntry:     {"altered-entry", "An entry is not the one that was written."},
	HiddenEntry:      {"hidden-entry", "An entry that was written is missing."},
	ReorderedEntries: {"reordered-entries", "Entries are in another order than they were written."},
	AddedEntry:       {"added-entry", "There is an entry that was never written."},
	StaleView:        {"stale-view", "An old state was shown as the present one."},
	RolledBack:       {"rolled-back", "What was proven before is gone or was rewritten."},
	Fork:             {"fork", "There are two different versions of the same moment, both signed."},
	FalseCosignature: {"false-cosignature", "An institution vouched for a version of the record that is not the one others see."},
	ForgedHeader:     {"forged-header", "The signatures on the state that was shown are false."},
	ForgedProof:      {"forged-proof", "The proof that was shown does not fit the signed state."},
	WithheldDetail:   {"withheld-detail", "An entry's private part was not shown."},
	SwappedDetail:    {"swapped-detail", "An entry's private part is not the one it was written with."},
	ForgedSignature:  {"forged-signature", "An entry was not signed by anyone who may write it."},
	BrokenRule:       {"broken-rule", "An entry was accepted that the rules forbid."},
}

// Known tells whether k has a meaning.
func (k LieKind) Known() bool { return k >= AlteredEntry && k < lieEnd }

// String is the kind's name in files.
func (k LieKind) String() string {
	if !k.Known() {
		return fmt.Sprintf("lie-%d", uint8(k))
	}
	return lies[k].name
}

// Sentence is the kind in plain words.
func (k LieKind) Sentence() string {
	if !k.Known() {
		return "Something that was shown is not true."
	}
	return lies[k].sentence
}

// MarshalText gives JSON the name.
func (k LieKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Lie is an error: somebody showed us what is not so. It compares by kind
// with errors.Is.
type Lie struct {
	Kind     LieKind
	Log      consent.LogID // zero if it is about no log
	Number   uint64        // of the entry, where HasEntry
	HasEntry bool
	Reason   string // what exactly did not fit
	Evidence []byte // a file for [VerifyEvidence]; nil before it was made

	accepted bool     // whoever wrote the entry into the log should have refused it
	material any      // what goes into the file, by kind
	blocks   [][]byte // and the light blocks from height 1 on
}

func (l *Lie) Error() string {
	text := l.Kind.Sentence()
	if l.HasEntry {
		text += fmt.Sprintf(" (entry %d)", l.Number)
	}
	if l.Reason != "" {
		text += " " + l.Reason
	}
	return text
}

// Is compares kinds.
func (l *Lie) Is(target error) bool {
	other, ok := target.(*Lie)
	return ok && other.Kind == l.Kind
}

// lie makes a Lie about no entry.
func lie(kind LieKind, format string, args ...any) *Lie {
	return &Lie{Kind: kind, Reason: fmt.Sprintf(format, args...)}
}

// lieAbout makes a Lie about an entry.
func lieAbout(kind LieKind, number uint64, format string, args ...any) *Lie {
	l := lie(kind, format, args...)
	l.Number, l.HasEntry = number, true
	return l
}
