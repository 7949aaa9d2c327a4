package command

import (
	"time"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

type rowJSON struct {
	ID          string        `json:"id"`
	Log         string        `json:"log"`
	Number      uint64        `json:"number"`
	Time        time.Time     `json:"time"`
	Class       consent.Class `json:"class"`
	Institution string        `json:"institution"`
	Side        string        `json:"side"` // patient, institution; empty if neither
	Who         *personJSON   `json:"who,omitempty"`
	Basis       string        `json:"basis,omitempty"`
	Purpose     string        `json:"purpose,omitempty"`
	Types       []string      `json:"types,omitempty"`
	Event       time.Time     `json:"event,omitzero"`
	Automatic   bool          `json:"automatic"`
	New         bool          `json:"new"`
	Withheld    bool          `json:"withheld"` // the institution has not said what it was
	Queried     bool          `json:"queried"`
	Answer      string        `json:"answer,omitempty"`
	Sentence    string        `json:"sentence"`
}

type historyJSON struct {
	Proof   proofJSON `json:"proof"`
	Total   int       `json:"total"` // that the filter lets through
	Offset  int       `json:"offset"`
	Entries []rowJSON `json:"entries"`
}

type entryJSON struct {
	rowJSON
	SignedBy   string `json:"signedBy"`
	Key        string `json:"key"`
	Height     int64  `json:"height"`
	Leaf       string `json:"leaf"` // hash of the entry's bytes
	Root       string `json:"root"` // of the log when last verified
	Size       uint64 `json:"size"` // of the log then
	Commitment string `json:"commitment"`
	Batch      string `json:"batch"`
	Transfer   string `json:"transfer,omitempty"`
	Legal      string `json:"legal,omitempty"`
}

var sides = map[consent.Side]string{consent.SidePatient: "patient", consent.SideInstitution: "institution"}

func rowOf(names words.Names) func(wallet.Row) rowJSON {
	return func(r wallet.Row) rowJSON {
		j := rowJSON{
			ID: handleOf(r.Log, r.Number), Log: r.Log.String(), Number: r.Number, Time: r.Time.UTC(), Class: r.Class,
			Institution: r.Institution, Side: sides[r.Side], Queried: r.Queried, Answer: r.Answer, Sentence: words.Row(r, names),
			Automatic: r.Flags&wallet.RowAutomatic != 0, New: r.Flags&wallet.RowNew != 0, Withheld: r.Flags&wallet.RowWithheld != 0,
		}
		if c, ok := r.Content.(*consent.Accessed); ok {
			j.Who = &personJSON{c.By.Name, c.By.Role}
			j.Basis, j.Purpose = words.BasisFlag(c.Basis), words.PurposeFlag(c.Purpose)
			j.Types, j.Event = list(c.Types, flagOf), c.Event.Time()
		}
		return j
	}
}

func entryOf(d wallet.EntryDetail, names words.Names) entryJSON {
	j := entryJSON{
		rowJSON: rowOf(names)(d.Row), SignedBy: d.SignedBy, Key: d.Key.String(), Height: d.Height, Leaf: d.LeafHash.String(),
		Root: d.Root.String(), Size: d.Size, Commitment: d.Commitment.String(), Batch: d.Batch.String(), Legal: words.LegalBasis(d.Row),
	}
	if d.TransferLog != (consent.LogID{}) {
		j.Transfer = d.TransferLog.String()
	}
	return j
}
