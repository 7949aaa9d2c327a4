package wallet

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"carekey/consent"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// book is what the wallet keeps between runs, besides the history itself.
type book struct {
	summary
	outbox
	sourceKeyring
	Transfers []transfer
}

// summary stands in the vault's head: small whatever the history's length.
type summary struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // 1
	Anchor   consent.Anchor
	Charts   []chart // without their views and audits
	PutOff   []putOff
	Queries  []query
	Looked   consent.Time // when the patient last looked
	Recovery consent.Time // when a recovery file was last opened
	Evidence []evidence
	Seek     []consent.Institution // where charts are looked for, after a recovery
}

// outbox is what is still to be sent.
type outbox struct {
	_       struct{} `cbor:",toarray"`
	Pending []pending
	Parcels []parcel
	Words   []words
}

// sourceKeyring is the one-time keys that institutions gave in advance.
type sourceKeyring struct {
	_    struct{} `cbor:",toarray"`
	Keys []consent.SignedSourceKey
}

// words are the detail of a proven entry that no institution took yet.
type words struct {
	_          struct{} `cbor:",toarray"`
	Log        consent.LogID
	At         consent.InstitutionID
	Class      consent.Class
	Commitment consent.Hash
	Detail     consent.Detail
}

// logs are what is open in each log, and what the verifying client keeps of it.
// It grows with what others ask and what the patient permits, so it has no
// place in the summary.
type logs struct {
	_         struct{}       `cbor:",toarray"`
	Open      []consent.View // of the charts, in their order
	Audits    [][]byte       // of the charts, in their order
	Transfers []transfer
}

// Names of blobs in the vault.
const (
	outboxBlob = "outbox"
	keysBlob   = "source-keys"
	logsBlob   = "logs"
)

// chart is one relationship.
type chart struct {
	_          struct{} `cbor:",toarray"`
	Name       keys.ChartName
	Log        consent.LogID
	At         consent.Institution // as the registry named it last
	View       consent.View
	Remembered consent.Remembered
	Days       [30]uint16 // accesses a day, the last one for Day
	Day        int64
	LastAccess consent.Time
	LastEvent  consent.Time // newest entry
	New        uint32       // accesses since the patient last looked
	Reached    consent.Time // local clock at the last successful check
	Recovering bool         // found again; its transfers are still looked for
}

// transfer is one movement the patient approved.
type transfer struct {
	_          struct{} `cbor:",toarray"`
	Name       keys.TransferName
	Log        consent.LogID
	From, To   consent.InstitutionID
	Terms      consent.Terms
	Asked      consent.Time
	Remembered consent.Remembered
	State      consent.Transfer
	Steps      []step
	Verdict    consent.Verdict
	Manifest   []byte   // canonical CBOR of fhir.Manifest, when released
	Uses       []use    // that began
	Withheld   []uint64 // entries whose detail has not come
	Now        consent.TransferState
	Done       bool // nothing can change any more
}

// step is a proven entry of a transfer's log.
type step struct {
	_     struct{} `cbor:",toarray"`
	Class consent.Class
	Time  consent.Time
}

// parcel waits until its institution took it.
type parcel struct {
	_        struct{} `cbor:",toarray"`
	Transfer consent.LogID
	Chart    consent.LogID
	Body     consent.Parcel
}

// query is an "I don't recognise this" and, later, its answer.
type query struct {
	_      struct{} `cbor:",toarray"`
	Chart  consent.LogID
	Number uint64
	About  uint64
	Due    consent.Time
	Asked  consent.Time
	Answer *uint64 // the answer's entry
}

// pending is an act that is signed and not yet proven.
type pending struct {
	_           struct{} `cbor:",toarray"`
	Kind        ActKind
	Log         consent.LogID // where the entry will stand
	Through     consent.LogID // the chart whose institution carries it
	Item        consent.Item
	Detail      *consent.Detail
	Tx          []byte
	Batch       consent.Hash
	ValidUntil  consent.Time
	Since       consent.Time
	Target      uint64 // request, grant or entry it is about
	Institution consent.InstitutionID
	Refused     string // what an institution said the ledger answered; unproven
}

type putOff struct {
	_      struct{} `cbor:",toarray"`
	Chart  consent.LogID
	Number uint64
	Until  consent.Time
}

// evidence is a lie that was caught.
type evidence struct {
	_           struct{} `cbor:",toarray"`
	Institution consent.InstitutionID
	Log         consent.LogID
	Time        consent.Time
	What        string
	File        string
	Seen        consent.Time // when the patient said to have seen it; 0 while it alarms
}

// written is the book as the vault holds it.
type written struct{ summary, outbox, keys, logs []byte }

func (b *book) written() written {
	short := b.summary
	short.Charts = slices.Clone(b.Charts)
	kept := logs{Transfers: slices.Clone(b.Transfers)}
	for i := range short.Charts {
		c := &short.Charts[i]
		kept.Open, kept.Audits = append(kept.Open, c.View), append(kept.Audits, c.Remembered.Audit)
		c.View, c.Remembered.Audit = consent.View{}, nil
	}
	for i := range kept.Transfers {
		if t := &kept.Transfers[i]; t.Done {
			t.Remembered.Audit = nil
		}
	}
	return written{consent.Encode(short), consent.Encode(b.outbox), consent.Encode(b.sourceKeyring), consent.Encode(kept)}
}

// forget leaves of transfers that are long over what names them: the rest is in
// the history, and the book would grow with it.
func (b *book) forget(now consent.Time) {
	for i := range b.Transfers {
		t := &b.Transfers[i]
		if t.Done && now.Sub(t.lastStep()) > keepFinished {
			t.Terms, t.Manifest = consent.Terms{}, nil
			t.Steps, t.Uses = t.Steps[max(0, len(t.Steps)-1):], nil
		}
	}
}

func decodeBook(w written) (*book, error) {
	b := &book{summary: summary{Version: 1}}
	var kept logs
	for _, part := range []struct {
		bytes []byte
		limit int
		into  any
	}{{w.summary, vault.MaxSummaryBytes, &b.summary}, {w.outbox, vault.MaxBlobBytes, &b.outbox}, {w.keys, vault.MaxBlobBytes, &b.sourceKeyring}, {w.logs, vault.MaxBlobBytes, &kept}} {
		if len(part.bytes) == 0 {
			continue
		}
		if err := consent.Decode(part.bytes, part.limit, part.into); err != nil {
			return nil, fmt.Errorf("the wallet's notes cannot be read: %w", err)
		}
	}
	if b.Version != 1 {
		return nil, fmt.Errorf("the wallet's notes have version %d, which is not known here", b.Version)
	}
	if len(kept.Open) != len(b.Charts) || len(kept.Audits) != len(b.Charts) {
		return nil, errors.New("the wallet's notes do not fit together")
	}
	for i := range b.Charts {
		b.Charts[i].View, b.Charts[i].Remembered.Audit = kept.Open[i], kept.Audits[i]
	}
	b.Transfers = kept.Transfers
	return b, nil
}

func (b *book) chart(log consent.LogID) *chart {
	i := slices.IndexFunc(b.Charts, func(c chart) bool { return c.Log == log })
	if i < 0 {
		return nil
	}
	return &b.Charts[i]
}

// chartAt finds the open chart at an institution.
func (b *book) chartAt(id consent.InstitutionID) *chart {
	for i := range b.Charts {
		if c := &b.Charts[i]; c.At.ID == id && !c.View.Closed {
			return c
		}
	}
	return nil
}

func (b *book) transfer(log consent.LogID) *transfer {
	i := slices.IndexFunc(b.Transfers, func(t transfer) bool { return t.Log == log })
	if i < 0 {
		return nil
	}
	return &b.Transfers[i]
}

// transferFor finds the transfer that answered a request.
func (b *book) transferFor(chart consent.LogID, request uint64) *transfer {
	i := slices.IndexFunc(b.Transfers, func(t transfer) bool {
		return t.Name.Chart == chart && t.Name.Request == request
	})
	if i < 0 {
		return nil
	}
	return &b.Transfers[i]
}

// name is an institution's name as this wallet knows it.
func (b *book) name(id consent.InstitutionID) string {
	for _, c := range b.Charts {
		if c.At.ID == id {
			return c.At.Name
		}
	}
	return "an institution you have no chart at"
}

// count notes an access for Home.
func (c *chart) count(t consent.Time) {
	c.rollTo(t)
	if ago := c.Day - t.Day(); ago >= 0 && ago < int64(len(c.Days)) {
		i := len(c.Days) - 1 - int(ago)
		if c.Days[i] < 1<<16-1 {
			c.Days[i]++
		}
	}
	c.New++
	c.LastAccess = max(c.LastAccess, t)
}

// rollTo moves the window of days so that it ends with t's day.
func (c *chart) rollTo(t consent.Time) {
	for ; c.Day < t.Day(); c.Day++ {
		if t.Day()-c.Day > int64(len(c.Days)) {
			c.Day = t.Day() - int64(len(c.Days)) - 1
		}
		copy(c.Days[:], c.Days[1:])
		c.Days[len(c.Days)-1] = 0
	}
}

// local is the local clock as the book writes it: for display, never to decide.
func local(t time.Time) consent.Time { return consent.At(t) }
