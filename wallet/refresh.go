package wallet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"carekey/consent"
	"carekey/wallet/vault"
)

// How often an idle log is read again, so that "complete" stays green.
const readAgain = 20 * time.Second

// Pauses between attempts at an institution that does not answer: doubled from
// the shortest to the longest.
const (
	shortPause = time.Second
	longPause  = 30 * time.Second
)

// Run follows every chart and running transfer until the context ends, each on
// a session of its own.
func (w *Wallet) Run(ctx context.Context) error {
	var followers sync.WaitGroup
	defer followers.Wait()
	followers.Go(func() { w.keepSeeking(ctx) })
	followers.Go(func() { w.keepMerging(ctx) })
	for {
		for _, log := range w.unfollowed() {
			followers.Go(func() { w.follow(ctx, log) })
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.grown:
		}
	}
}

// unfollowed returns the logs that nobody follows yet, and marks them.
func (w *Wallet) unfollowed() []consent.LogID {
	w.mu.Lock()
	defer w.mu.Unlock()
	var logs []consent.LogID
	for _, log := range w.book.live() {
		if _, ok := w.wake[log]; !ok {
			w.wake[log] = make(chan struct{}, 1)
			logs = append(logs, log)
		}
	}
	return logs
}

// live are the logs worth following: all charts, and what still moves.
func (b *book) live() []consent.LogID {
	var logs []consent.LogID
	for _, c := range b.Charts {
		logs = append(logs, c.Log)
	}
	for _, t := range b.Transfers {
		if !t.Done {
			logs = append(logs, t.Log)
		}
	}
	return logs
}

// follow reads one log again whenever it may have grown, was nudged, or its
// proof grows old.
func (w *Wallet) follow(ctx context.Context, log consent.LogID) {
	defer w.unfollow(log)
	pause := shortPause
	for ctx.Err() == nil {
		wait, again := readAgain, shortPause
		if err := w.read(ctx, log); err != nil {
			wait, again, pause = pause, pause, min(2*pause, longPause)
		} else {
			pause = shortPause
		}
		if w.finished(log) {
			return
		}
		w.waitFor(ctx, log, wait, again)
	}
}

// unfollow lets somebody else follow the log later.
func (w *Wallet) unfollow(log consent.LogID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.wake, log)
}

// keepSeeking looks for lost charts until all are found.
func (w *Wallet) keepSeeking(ctx context.Context) {
	for pause := shortPause; ; pause = min(2*pause, longPause) {
		err := w.seek(ctx)
		if err == nil {
			return
		}
		w.Log.Debug("charts are still looked for", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func (w *Wallet) finished(log consent.LogID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.book.transfer(log)
	return t != nil && t.Done
}

// waitFor returns after the wait, a nudge, or the institution's word that the
// log has grown; if that cannot be had, after the shorter time again.
func (w *Wallet) waitFor(ctx context.Context, log consent.LogID, wait, again time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	w.mu.Lock()
	nudged := w.wake[log]
	w.mu.Unlock()
	grown := make(chan error, 1)
	go func() {
		r, size, err := w.watch(log)
		if err == nil {
			err = w.Network.Await(ctx, r, size)
		}
		grown <- err
	}()
	select {
	case <-nudged:
		cancel()
		<-grown
	case err := <-grown:
		if err == nil {
			return
		}
		select {
		case <-nudged:
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

func (w *Wallet) watch(log consent.LogID) (Reader, uint64, error) {
	var size uint64
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			size = c.Remembered.Tree.Size
		} else if t := b.transfer(log); t != nil {
			size = t.Remembered.Tree.Size
		}
	})
	r, err := w.readerOf(log)
	return r, size, err
}

// nudge makes a follower read its log now.
func (w *Wallet) nudge(log consent.LogID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	signal(w.wake[log])
}

// Refresh reads every log once, all at the same time.
func (w *Wallet) Refresh(ctx context.Context) error {
	if w.Network == nil {
		return nil
	}
	if err := w.seek(ctx); err != nil {
		return err
	}
	var logs []consent.LogID
	w.withBook(func(b *book) { logs = b.live() })
	failed := make([]error, len(logs))
	var reading sync.WaitGroup
	for i, log := range logs {
		reading.Go(func() { failed[i] = w.read(ctx, log) })
	}
	reading.Wait()
	return errors.Join(failed...)
}

// Settle refreshes until no act is on its way any more.
func (w *Wallet) Settle(ctx context.Context) error {
	for {
		var waiting []pending
		w.withBook(func(b *book) { waiting = slices.Clone(b.Pending) })
		if len(waiting) == 0 {
			return nil
		}
		for _, p := range waiting {
			r, size, err := w.watch(p.Log)
			if err != nil {
				return err
			}
			if err := w.Network.Await(ctx, r, size); err != nil {
				return err
			}
			if err := w.read(ctx, p.Log); err != nil {
				return err
			}
		}
	}
}

// Reader says how a log of this wallet is read.
func (w *Wallet) Reader(log consent.LogID) (Reader, error) { return w.readerOf(log) }

// readerOf finds how a log is read.
func (w *Wallet) readerOf(log consent.LogID) (Reader, error) {
	var r Reader
	err := errors.New("this wallet has no such log")
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			r, err = w.chartReader(c)
		} else if t := b.transfer(log); t != nil {
			r, err = w.transferReader(t, t.To)
		}
	})
	return r, err
}

// read brings one log up to date: proven entries are folded, written and only
// then shown; acts that they prove are done, others are sent again.
func (w *Wallet) read(ctx context.Context, log consent.LogID) error {
	r, err := w.readerOf(log)
	if err != nil {
		return err
	}
	var remembered consent.Remembered
	w.withBook(func(b *book) { remembered = b.remembered(log) })
	reading, err := w.Network.Follow(ctx, r, remembered)
	if err != nil && ctx.Err() != nil {
		return err // stopped, which says nothing about the institution
	}
	if err != nil {
		w.failed(log, r.At, err)
		return err
	}
	if err := w.learn(ctx); err != nil {
		return err
	}
	if err := w.take(log, remembered.Tree.Size, reading); err != nil {
		w.failed(log, r.At, err)
		return err
	}
	w.errands(ctx, log, reading.Tip)
	return nil
}

func (b *book) remembered(log consent.LogID) consent.Remembered {
	if c := b.chart(log); c != nil {
		return c.Remembered
	}
	if t := b.transfer(log); t != nil {
		return t.Remembered
	}
	return consent.Remembered{}
}

// learn takes over the newest registry.
func (w *Wallet) learn(ctx context.Context) error {
	registry, err := w.Network.Registry(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.registry = registry
	return nil
}

// take folds a reading, made from a size on, into the book and the vault.
func (w *Wallet) take(log consent.LogID, from uint64, reading consent.Reading) error {
	w.mu.Lock()
	w.seen(log, reading)
	aged := w.book.aged(log, reading)
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
		if _, err := w.Vault.Commit(vault.Batch{New: w.missing(log, at, chunk)}); err != nil {
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
	w.readings[log] = proven{tip: reading.Tip, size: reading.Head.Tree.Size, cosigners: reading.Cosigners}
	if reading.Tip.Height >= w.tip.Height {
		w.tip, w.tipSeen = reading.Tip, time.Now()
	}
}

func (w *Wallet) foldChart(b *book, c *chart, reading consent.Reading) (vault.Batch, error) {
	var batch vault.Batch
	for _, e := range reading.New {
		if err := c.View.Fold(e); err != nil {
			return batch, err
		}
		c.LastEvent = e.Entry.Time
		b.settle(e)
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

// noteAccess counts an access and matches it with its transfer.
func (c *chart) noteAccess(b *book, e consent.Verified) {
	if e.Item.Class != consent.ClassAccess {
		return
	}
	c.count(e.Entry.Time)
	if a, ok := e.Content.(*consent.Accessed); ok && a.Transfer != nil {
		if t := b.transfer(a.Transfer.Transfer); t != nil {
			t.match(c.At.ID, *a.Transfer, e.Entry.Time)
		}
	}
}

// match notes that one end's chart shows the transfer.
func (t *transfer) match(at consent.InstitutionID, use consent.TransferUse, when consent.Time) {
	switch {
	case use.Transfer != t.Log:
	case use.Gave && at == t.From:
		t.Gave = when
	case !use.Gave && at == t.To:
		t.Took = when
	}
	t.finish()
}

// matchOld looks in the vault for what the charts showed of the transfer before
// the wallet knew it.
func (w *Wallet) matchOld(t *transfer) {
	view := w.Vault.View().Where(vault.Filter{Bases: []uint8{uint8(consent.BasisTransfer)}})
	for i := range view.Len() {
		row := view.Row(i)
		if _, _, content, err := w.opened(row); err == nil {
			if a, ok := content.(*consent.Accessed); ok && a.Transfer != nil {
				t.match(row.Institution, *a.Transfer, row.Time)
			}
		}
	}
}

// settle ends the pending act that an entry proves.
func (b *book) settle(e consent.Verified) {
	b.Pending = slices.DeleteFunc(b.Pending, func(p pending) bool {
		return p.Batch == e.Entry.Batch
	})
}

func (w *Wallet) foldTransfer(b *book, t *transfer, reading consent.Reading) (vault.Batch, error) {
	var batch vault.Batch
	if t == nil || reading.Head.Transfer == nil {
		return batch, errSame
	}
	for _, e := range reading.New {
		b.settle(e)
		t.Steps = append(t.Steps, step{Class: e.Item.Class, Time: e.Entry.Time})
		t.note(e)
	}
	batch.New = w.missing(t.Log, t.where(), reading.New)
	t.Remembered = reading.Remembered
	t.State = *reading.Head.Transfer
	t.Now = t.State.State(reading.Tip.Time, reading.Tip.Live)
	t.finish()
	if t.Now == consent.TransferReceived && !t.Done {
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
		t.Terms = *c
	case *consent.Step:
		if len(c.Manifest) > 0 {
			t.Manifest = c.Manifest
		}
		if e.Item.Class == consent.ClassReceived {
			t.Verdict = c.Verdict
		}
	}
}

// finish decides whether anything can still change: after receipt both charts
// must show it; otherwise nothing is in flight and nothing can begin.
func (t *transfer) finish() {
	switch t.Now {
	case consent.TransferReceived:
		t.Done = t.Gave != 0 && t.Took != 0 && len(t.Withheld) == 0
	case consent.TransferStopped, consent.TransferExpired:
		t.Done = true
	case consent.TransferVoid:
		t.Done = t.State.Stopped
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

// errands are what a fresh reading makes possible: waiting acts are sent
// again, parcels handed over, source keys fetched, late details asked for.
func (w *Wallet) errands(ctx context.Context, log consent.LogID, tip consent.Tip) {
	var waiting []pending
	var transfers []consent.LogID
	var keys, isChart, recovering bool
	w.withBook(func(b *book) {
		for _, p := range b.Pending {
			if p.Log == log {
				waiting = append(waiting, p)
			}
		}
		c := b.chart(log)
		if isChart = c != nil; !isChart {
			return
		}
		keys, recovering = b.keysOf(c.At.ID) < sourceKeys, c.Recovering
		for _, p := range b.Parcels {
			if p.Chart == log {
				transfers = append(transfers, p.Transfer)
			}
		}
	})
	for _, p := range waiting {
		if err := w.resend(ctx, p, tip); err != nil {
			w.Log.Debug("an act waits", "act", p.Kind, "err", err)
		}
	}
	for _, t := range transfers {
		w.handOver(ctx, t)
	}
	if keys {
		if err := w.topUp(ctx, log); err != nil {
			w.Log.Debug("source keys wait", "err", err)
		}
	}
	w.askDetails(ctx, log)
	if recovering {
		if err := w.recoverTransfers(ctx, log); err != nil {
			w.Log.Debug("transfers are still looked for", "err", err)
		}
	}
}

// sourceKeys is how many one-time keys a wallet keeps of each institution.
const sourceKeys = 4

// keysOf counts the one-time keys of an institution.
func (b *book) keysOf(id consent.InstitutionID) int {
	n := 0
	for _, k := range b.Keys {
		if k.Body.Source == id {
			n++
		}
	}
	return n
}

// topUp fetches one-time keys of a chart's institution.
func (w *Wallet) topUp(ctx context.Context, log consent.LogID) error {
	r, err := w.readerOf(log)
	if err != nil {
		return err
	}
	fetched, err := w.Network.SourceKeys(ctx, r)
	if err != nil {
		return err
	}
	return w.update(func(b *book) (vault.Batch, error) {
		c := b.chart(log)
		if c == nil || len(fetched) == 0 {
			return vault.Batch{}, errSame
		}
		for _, k := range fetched {
			known := slices.ContainsFunc(b.Keys, func(have consent.SignedSourceKey) bool { return have.Body.Key == k.Body.Key })
			if k.Body.Source == c.At.ID && !known && b.keysOf(c.At.ID) < sourceKeys {
				b.Keys = append(b.Keys, k)
			}
		}
		return vault.Batch{}, nil
	})
}

// askDetails asks again for what an institution has not shown.
func (w *Wallet) askDetails(ctx context.Context, log consent.LogID) {
	var withheld []uint64
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			withheld = slices.Clone(c.View.Withheld)
		} else if t := b.transfer(log); t != nil {
			withheld = slices.Clone(t.Withheld)
		}
	})
	if len(withheld) == 0 {
		return
	}
	r, err := w.readerOf(log)
	if err != nil {
		return
	}
	details, err := w.Network.Details(ctx, r, withheld)
	if err != nil {
		return
	}
	for number, d := range details {
		if err := w.disclose(log, number, d); err != nil {
			w.Log.Debug("a late detail was not taken", "err", err)
		}
	}
}
