package wallet

import (
	"time"

	"carekey/consent"
)

// Row is one line of the history.
type Row struct {
	Position    int           // newest first, from 0, in the unfiltered history
	Chart       consent.LogID // zero for a transfer's own entries
	Log         consent.LogID
	Number      uint64
	Time        time.Time
	Class       consent.Class
	Institution string
	Side        consent.Side
	Content     consent.Content // nil while the institution has not said what it was
	Queried     bool            // the patient did not recognise it
	Answer      string          // the institution's answer to the query
	Permitted   time.Time       // when the patient allowed it; zero where no permission is needed
	Flags       RowFlags
}

// RowFlags mark rows for filters.
type RowFlags uint8

// The flags.
const (
	RowAutomatic RowFlags = 1 << iota
	RowNew
	RowWithheld
	RowUnmatched
)

// Filter narrows the history. Zero fields do not filter.
type Filter struct {
	Institution consent.InstitutionID
	Classes     []consent.Class
	Basis       consent.Basis
	From, To    time.Time
	Text        string // in names and words, case folded
}

// EntryDetail is everything about one row: its content and its proof.
type EntryDetail struct {
	Row
	Type        consent.Class
	Height      int64
	Batch       consent.Hash
	Commitment  consent.Hash
	SignedBy    string // whose key
	Key         consent.KeyID
	LeafHash    consent.Hash
	Leaf        []byte
	Root        consent.Hash // of the log when last verified
	Size        uint64
	Licence     Licence
	TransferLog consent.LogID
}
