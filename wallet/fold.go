package wallet

import (
	"slices"
	"time"

	"carekey/consent"
	"carekey/wallet/vault"
)

// take folds a reading, made from a size on, into the book and the vault.
func (w *Wallet) take(log consent.LogID, from uint64, reading consent.Reading) error {
	w.mu.Lock()
	w.seen(log, reading)
	aged := w.book.aged(log, reading)
	w.book.own(w.book.Anchor.Network, reading.New)
	w.mu.Unlock()
	if len(reading.New) == 0 && !aged {
		w.project()
		return nil
	}
	if err := w.storeAhead(log, reading.New); err != nil {
		return err
	}
	return w.update(func(b *book) (vault.Batch, error) {
		if b.remembered(log).Tree.Size != from {
			return vault.Batch{}, errSame // another reading was faster
		}
		if c := b.chart(log); c != nil {
			return w.foldChart(b, c, reading)
		}
		return w.foldTransfer(b, b.transfer(log), reading)
	})
}

// aged tells whether time alone made a transfer another one: it expired, or a
// deadline passed.
func (b *book) aged(log consent.LogID, reading consent.Reading) bool {
	t := b.transfer(log)
	return t != nil && reading.Head.Transfer != nil &&
		reading.Head.Transfer.State(reading.Tip.Time, reading.Tip.Live) != t.Now
}

// storeAhead writes all rows of a long reading but the last ones, in batches
// of their own. The book follows with the rest; after a crash in between, rows
// that the vault has are skipped.
func (w *Wallet) storeAhead(log consent.LogID, entries []consent.Verified) error {
	var at func(consent.Class) consent.InstitutionID
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			at = c.where()
		} else if t := b.transfer(log); t != nil {
			at = t.where()
		}
	})
	for len(entries) > vault.MaxBatchRows/2 {
		chunk := entries[:vault.MaxBatchRows/2]
		entries = entries[len(chunk):]
		err := w.update(func(*book) (vault.Batch, error) {
			batch := vault.Batch{New: w.missing(log, at, chunk)}
			if len(batch.New) == 0 {
				return batch, errSame
			}
			return batch, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// missing are the rows of entries that the vault does not have.
func (w *Wallet) missing(log consent.LogID, at func(consent.Class) consent.InstitutionID, entries []consent.Verified) []vault.Entry {
	next := w.Vault.Next(log)
	var rows []vault.Entry
	for _, e := range entries {
		if e.Entry.Number >= next {
			rows = append(rows, vault.Entry{Row: row(at(e.Item.Class), e), Record: record(e)})
		}
	}
	return rows
}

// seen notes the moment a reading proves. The caller holds the lock.
func (w *Wallet) seen(log consent.LogID, reading consent.Reading) {
	delete(w.faults, log)
	w.readings[log] = proven{tip: reading.Tip, size: reading.Head.Tree.Size, cosigners: reading.Cosigners, checked: w.Now()}
	w.tipped(reading.Tip)
}

// tipped notes the newest proven moment. The caller holds the lock.
func (w *Wallet) tipped(tip consent.Tip) {
	if tip.Height >= w.tip.Height {
		w.tip, w.tipSeen = tip, time.Now()
	}
}

func (w *Wallet) foldChart(b *book, c *chart, reading consent.Reading) (vault.Batch, error) {
	var batch vault.Batch
	for _, e := range reading.New {
		if err := c.View.Fold(e); err != nil {
			return batch, err
		}
		c.LastEvent = e.Entry.Time
		b.settle(e, w.given)
		c.noteAccess(b, e)
		b.noteQuery(c, e)
	}
	batch.New = w.missing(c.Log, c.where(), reading.New)
	if !c.Recovering {
		c.View.Expire(reading.Tip.Time)
	}
	c.Remembered = reading.Remembered
	c.Reached = local(w.Now())
	if i, ok := w.registry.Institution(c.At.ID); ok {
		c.At = i
	}
	return batch, nil
}

func (w *Wallet) foldTransfer(b *book, t *transfer, reading consent.Reading) (vault.Batch, error) {
	var batch vault.Batch
	if t == nil || reading.Head.Transfer == nil {
		return batch, errSame
	}
	for _, e := range reading.New {
		b.settle(e, w.given)
		t.Steps = append(t.Steps, step{Class: e.Item.Class, Time: e.Entry.Time})
		t.arrived(e)
		t.note(e)
	}
	batch.New = w.missing(t.Log, t.where(), reading.New)
	t.Remembered = reading.Remembered
	t.State = *reading.Head.Transfer
	t.Now = t.State.State(reading.Tip.Time, reading.Tip.Live)
	t.finish()
	if t.unmatched() != nil {
		w.matchOld(t)
	}
	if t.over() { // a stop that is still on its way came too late
		b.Pending = slices.DeleteFunc(b.Pending, func(p pending) bool { return p.Log == t.Log && p.Kind == ActStop })
	}
	return batch, nil
}

func (t *transfer) note(e consent.Verified) {
	if e.Content == nil && e.Item.Commitment != (consent.Hash{}) {
		t.Withheld = append(t.Withheld, e.Entry.Number)
	}
	switch c := e.Content.(type) {
	case *consent.Terms:
		t.Terms = inShort(*c)
	case *consent.Step:
		if len(c.Manifest) > 0 {
			t.Manifest = c.Manifest
		}
		if e.Item.Class == consent.ClassReceived {
			t.Verdict = c.Verdict
		}
	}
}

// finish decides whether anything can still change: nothing is in flight,
// nothing can begin, and both charts show all that was received.
func (t *transfer) finish() {
	switch t.Now {
	case consent.TransferReceived:
		t.Done = t.matched() != 0 && len(t.Withheld) == 0
	case consent.TransferStopped, consent.TransferExpired:
		t.Done = t.unmatched() == nil
	case consent.TransferVoid:
		t.Done = t.State.Stopped && t.unmatched() == nil
	}
}

// where says under which institution a chart's entries are shown.
func (c *chart) where() func(consent.Class) consent.InstitutionID {
	id := c.At.ID
	return func(consent.Class) consent.InstitutionID { return id }
}

// where says under which institution a transfer's entries are shown: what the
// source writes under the source, all else under the destination.
func (t *transfer) where() func(consent.Class) consent.InstitutionID {
	from, to := t.From, t.To
	return func(c consent.Class) consent.InstitutionID {
		if c == consent.ClassRelease {
			return from
		}
		return to
	}
}

// row is how an entry stands in the vault's index.
func row(at consent.InstitutionID, e consent.Verified) vault.Row {
	r := vault.Row{
		Log: e.Entry.Log, Number: e.Entry.Number, Time: e.Entry.Time, Class: e.Item.Class, Institution: at,
	}
	if a, ok := e.Content.(*consent.Accessed); ok {
		r.Basis = uint8(a.Basis)
		if a.Automatic {
			r.Flags |= uint16(RowAutomatic)
		}
	}
	if e.Content == nil && e.Item.Commitment != (consent.Hash{}) {
		r.Flags |= uint16(RowWithheld)
	}
	return r
}

// noteQuery keeps which entry the patient did not recognise, and its answer.
func (b *book) noteQuery(c *chart, e consent.Verified) {
	f, err := consent.DecodeFields[consent.SayFields](e.Item)
	if e.Item.Class != consent.ClassSay || err != nil || f.Answers == nil {
		return
	}
	switch e.Content.(type) {
	case *consent.Query:
		b.Queries = append(b.Queries, query{
			Chart: c.Log, Number: e.Entry.Number, About: *f.Answers, Asked: e.Entry.Time, Due: f.Due,
		})
		b.Queries = b.Queries[max(0, len(b.Queries)-maxQueries):]
	case *consent.Answer:
		for i := range b.Queries {
			if q := &b.Queries[i]; q.Chart == c.Log && q.Number == *f.Answers {
				number := e.Entry.Number
				q.Answer = &number
			}
		}
	}
}

// maxQueries is how many queries the wallet shows with their answers.
const maxQueries = 64

func record(e consent.Verified) vault.Record {
	r := vault.Record{Entry: e.Leaf, Companion: consent.Encode(signedBy{Kind: e.Signer, Key: e.Key})}
	if e.Detail != nil {
		r.Detail = consent.Encode(*e.Detail)
	}
	return r
}

// signedBy is what the vault keeps of an entry's proven signature.
type signedBy struct {
	_    struct{} `cbor:",toarray"`
	Kind consent.SignerKind
	Key  consent.PublicKey
}
