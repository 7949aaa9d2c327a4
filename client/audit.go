package client

import (
	"maps"
	"slices"

	"carekey/consent"
)

// audit re-judges a log from the log alone: whatever the ledger must have
// refused is found, also when everyone who runs the ledger agreed to it. It
// knows no other log, no live time and no nonces, so it judges less than the
// ledger; what it refuses, the ledger's rules refuse.
type audit struct {
	network    consent.NetworkID
	chain      string
	within     consent.Time      // a lower bound between two uses of a transfer, see collect
	registered *consent.Registry // nil for the registry log itself
	genesis    [][]byte          // leaves of the registry log that the genesis makes

	kind     consent.LogKind
	log      consent.LogID
	height   int64
	time     consent.Time
	chart    *consent.Chart
	keys     []consent.ChartKeys
	transfer *consent.Transfer
	since    consent.Time // the use in flight was collected
	rate     consent.Rate
	grants   map[uint64]consent.Grant
	batches  map[consent.Hash]seenBatch // that could still be replayed
	signed   signedBy
	room     int // how many of them before old ones are dropped
}

// seenBatch is a transaction that came into the log and could come again.
type seenBatch struct {
	_      struct{} `cbor:",toarray"`
	Until  consent.Time
	Height int64
	Index  uint32
}

// signedBy is whose key signed a transaction of an institution.
type signedBy struct {
	batch consent.Hash
	key   consent.PublicKey
}

// judged is one entry with the header of its transaction; nil for an entry of
// the genesis.
type judged struct {
	entry  consent.Entry
	item   consent.Item
	leaf   []byte
	header *consent.Header
}

// check is a signature that must be there.
type check struct {
	number    uint64
	key       consent.PublicKey
	statement consent.Statement
	signature consent.Signature
}

// verdict is what the audit wants of an entry beyond what it saw.
type verdict struct {
	signer consent.PublicKey // must have signed the transaction
	checks []check
}

// judge takes the next entry of the log. An error is a *Lie.
func (a *audit) judge(j judged) (verdict, error) {
	if err := a.order(j); err != nil {
		return verdict{}, err
	}
	if a.kind == consent.RegistryLog {
		return verdict{}, a.registryEntry(j)
	}
	if j.header == nil {
		return verdict{}, lieAbout(ForgedSignature, j.entry.Number, "It came with no signature.")
	}
	if err := a.once(j); err != nil {
		return verdict{}, err
	}
	var v verdict
	var err error
	if a.kind == consent.TransferLog {
		v, err = a.transferEntry(j)
	} else {
		v, err = a.chartEntry(j)
	}
	if err == nil && v.signer == (consent.PublicKey{}) {
		err = lieAbout(ForgedSignature, j.entry.Number, "The signer's key is not in the registry for that day.")
	}
	return v, err
}

// order checks that heights and times go forward together.
func (a *audit) order(j judged) error {
	e := j.entry
	switch {
	case e.Height < a.height || e.Height == a.height && e.Time != a.time && e.Number > 0,
		e.Height > a.height && e.Time <= a.time && e.Number > 0:
		return lieAbout(BrokenRule, e.Number, "Time runs backwards before it.")
	}
	a.height, a.time = e.Height, e.Time
	return nil
}

// registryEntry accepts what the genesis says and nothing else: this version
// knows no way by which the registry changes later.
func (a *audit) registryEntry(j judged) error {
	n := j.entry.Number
	if n >= uint64(len(a.genesis)) {
		return lieAbout(BrokenRule, n, "The registry has an entry that the genesis does not name.")
	}
	if string(a.genesis[n]) != string(j.leaf) {
		return lieAbout(BrokenRule, n, "The registry's entry is not that of the genesis.")
	}
	return nil
}

// once checks the transaction's dates, and that it came into the log once.
func (a *audit) once(j judged) error {
	e, h := j.entry, j.header
	if h.ValidUntil <= e.Time || h.ValidUntil > e.Time.Add(consent.MaxValidFor) {
		return lieAbout(BrokenRule, e.Number, "Its transaction was out of date.")
	}
	seen, again := a.batches[e.Batch]
	if again && (seen.Height != e.Height || seen.Index >= e.Index) {
		return lieAbout(BrokenRule, e.Number, "Its transaction was written twice.")
	}
	if !again && len(a.batches) >= a.room {
		a.forget(a.time)
		a.room = max(1024, 2*len(a.batches))
	}
	a.batches[e.Batch] = seenBatch{Until: h.ValidUntil, Height: e.Height, Index: e.Index}
	return nil
}

// forget drops transactions that are out of date by now: their coming again is
// refused for that. Those of the last block may still go on.
func (a *audit) forget(now consent.Time) {
	maps.DeleteFunc(a.batches, func(_ consent.Hash, s seenBatch) bool {
		return s.Until <= now && s.Height < a.height
	})
}

// party refuses a signer who has no part in the log.
func (a *audit) party(j judged, kinds ...consent.SignerKind) error {
	h := j.header
	if !slices.Contains(kinds, h.Kind) {
		return lieAbout(ForgedSignature, j.entry.Number, "Its signer may not write %s here.", j.item.Class)
	}
	if h.Kind == consent.SignerInstitution {
		if a.chart == nil || h.Signer != consent.Hash(a.chart.Keys.Institution) {
			return lieAbout(ForgedSignature, j.entry.Number, "It is signed by an institution that is no party to the chart.")
		}
		return nil
	}
	if h.Signer != consent.Hash(a.log) {
		return lieAbout(ForgedSignature, j.entry.Number, "It is signed for another log.")
	}
	return nil
}

// ration counts an entry against the hour's limit.
func (a *audit) ration(j judged) error {
	if j.header.Kind == consent.SignerInstitution {
		return nil
	}
	if hour := j.entry.Time.Hour(); a.rate.Hour != hour {
		a.rate = consent.Rate{Hour: hour}
	}
	bucket := &a.rate.Count
	if j.item.Class.Stops() {
		bucket = &a.rate.Stops
	}
	if *bucket >= consent.RatePerHour {
		return broken(j, "There are more than %d entries in one hour.", consent.RatePerHour)
	}
	*bucket++
	return nil
}

func broken(j judged, format string, args ...any) error {
	return lieAbout(BrokenRule, j.entry.Number, format, args...)
}

// fieldsOf decodes an entry's public fields; the ledger accepts no others.
func fieldsOf[T any](j judged) (T, error) {
	f, err := consent.DecodeFields[T](j.item)
	if err != nil {
		return f, broken(j, "Its fields cannot be read.")
	}
	return f, nil
}

// countersigned checks a statement that an institution must have signed with
// one of its keys of that day.
func (a *audit) countersigned(j judged, id consent.InstitutionID, s consent.Statement, sig consent.Signature) error {
	inst, ok := a.registered.Institution(id)
	if ok && inst.ActiveAt(j.entry.Time) {
		for _, k := range inst.Ledger {
			if _, may := inst.LedgerKeyAt(k.Key.ID(), j.entry.Height, j.entry.Time); may && s.Verify(k.Key, sig) == nil {
				return nil
			}
		}
	}
	return lieAbout(ForgedSignature, j.entry.Number, "The institution that must have agreed to it did not sign.")
}

// conclude compares what the log's entries make of it with its proven head.
func (a *audit) conclude(head consent.Head) error {
	same := head.Rate == a.rate
	switch a.kind {
	case consent.ChartLog:
		same = same && a.chart != nil && *head.Chart == *a.chart
	case consent.TransferLog:
		same = same && a.transfer != nil && sameTransfer(*head.Transfer, *a.transfer)
	}
	if !same {
		return lie(BrokenRule, "What the ledger says of the log does not follow from its entries.")
	}
	return nil
}

// sameTransfer compares all but the deadline, which counts live time.
func sameTransfer(x, y consent.Transfer) bool {
	x.Deadline, y.Deadline = 0, 0
	return x == y
}
