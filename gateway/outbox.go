package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

// How things reach the ledger: an item stands in the outbox before anybody
// hears that it was done, goes with others under one signature, and is done
// with when its entry was seen, proven. The same bytes go again until then, or
// until it is proven that they never can.

const (
	maxBatchBytes = 900 << 10        // of items; a transaction has at most 1 MiB
	lookAgain     = 10 * time.Second // when no block comes
)

// queue adds an item with its detail to the outbox.
func (g *Gateway) queue(tx *store.Tx, log consent.LogID, class consent.Class, fields any, c consent.Content, due consent.Time, company bool) (int64, consent.Hash, error) {
	detail, commitment, err := g.detail(log, class, c)
	if err != nil {
		return 0, commitment, err
	}
	if err := tx.PutDetail(log, commitment, detail); err != nil {
		return 0, commitment, err
	}
	seq, err := tx.Queue(consent.NewItem(log, class, fields, commitment), due, company)
	return seq, commitment, err
}

// queueSay adds something this institution says in a chart.
func (g *Gateway) queueSay(tx *store.Tx, log consent.LogID, answers *uint64, due consent.Time, c consent.Content) (int64, error) {
	fields := consent.SayFields{Side: consent.SideInstitution, Answers: answers, Due: due}
	seq, _, err := g.queue(tx, log, consent.ClassSay, fields, c, g.now(), false)
	return seq, err
}

// await waits until an item's entry is proven and returns its number; its
// error is [ErrNotTaken] if the ledger did not take it.
func (g *Gateway) await(ctx context.Context, seq int64) (uint64, error) {
	for {
		changed := g.changed.wait()
		var q store.Queued
		err := g.store.View(ctx, func(tx *store.Tx) (err error) {
			q, err = tx.Queued(seq)
			return err
		})
		if err != nil {
			return 0, err
		}
		switch q.State {
		case store.OutboxProven:
			return q.Number, nil
		case store.OutboxRefused:
			return 0, fmt.Errorf("%w: %s", ErrNotTaken, q.Text)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// flushLoop sends what is due, and sees it through.
func (g *Gateway) flushLoop(ctx context.Context) {
	tick := time.NewTicker(g.config.Flush)
	defer tick.Stop()
	for {
		if err := g.settleAll(ctx); err != nil && ctx.Err() == nil {
			g.log.Warn("the outbox waits", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-g.flushNow:
		case <-tick.C:
		}
		if err := g.flush(ctx); err != nil && ctx.Err() == nil {
			g.log.Warn("the outbox waits", "error", err)
		}
	}
}

// settleAll waits until nothing is under way, sending more as it comes.
func (g *Gateway) settleAll(ctx context.Context) error {
	for ctx.Err() == nil {
		tip, err := g.ledger.Wait(ctx, 0)
		if err != nil {
			return err
		}
		under, err := g.settle(ctx)
		if err != nil || under == 0 {
			return err
		}
		select {
		case <-ctx.Done():
		case <-g.flushNow:
			if err := g.flush(ctx); err != nil {
				return err
			}
		case <-g.blockAfter(ctx, tip.Height):
		}
	}
	return nil
}

// blockAfter returns a channel that is closed when there is a moment newer
// than a height, or after a while.
func (g *Gateway) blockAfter(ctx context.Context, height int64) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(ctx, lookAgain)
		defer cancel()
		if _, err := g.ledger.Wait(ctx, height+1); err != nil {
			<-ctx.Done()
		}
	}()
	return done
}

// flush makes transactions of what is ready and hands them in.
func (g *Gateway) flush(ctx context.Context) error {
	tip, err := g.ledger.Wait(ctx, 0)
	if err != nil {
		return err
	}
	for {
		b, alone, err := g.nextBatch(ctx, tip)
		if err != nil || b == nil {
			return err
		}
		if err := g.submitBatch(ctx, *b, alone); err != nil {
			return err
		}
	}
}

// nextBatch makes one transaction of the oldest items and keeps it. Alone
// tells that it carries one item that went before in vain.
func (g *Gateway) nextBatch(ctx context.Context, tip consent.Tip) (b *store.Batch, alone bool, err error) {
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		items, err := tx.Ready(max(tip.Time, g.now()), consent.MaxBatchItems)
		if err != nil || len(items) == 0 {
			return err
		}
		items, alone = together(items)
		b, err = g.newBatch(tip, items)
		if err != nil {
			return err
		}
		return tx.PutBatch(*b, items)
	})
	return b, alone, err
}

// together chooses the first items that go in one transaction. One that has
// failed before goes alone, so that it cannot keep others back and its refusal
// has a reason.
func together(items []store.Queued) ([]store.Queued, bool) {
	if items[0].Tries > 0 {
		return items[:1], true
	}
	size := 0
	for i, q := range items {
		if size += len(consent.Encode(q.Item)) + 4; q.Tries > 0 || size > maxBatchBytes {
			return items[:i], false
		}
	}
	return items, false
}

func (g *Gateway) newBatch(tip consent.Tip, items []store.Queued) (*store.Batch, error) {
	author, err := g.author(tip)
	if err != nil {
		return nil, err
	}
	list := make([]consent.Item, len(items))
	for i, q := range items {
		list[i] = q.Item
	}
	raw, err := consent.NewTx(author, list...)
	if err != nil {
		return nil, err
	}
	id, err := batchOf(raw)
	return &store.Batch{ID: id, Tx: raw, ValidUntil: author.ValidUntil}, err
}

func batchOf(raw []byte) (consent.Hash, error) {
	tx, _, err := consent.DecodeTx(raw)
	return consent.BatchID(tx.Header, tx.Signature), err
}

// submitBatch hands a kept transaction in. A node's no is no proof, so the
// transaction stays under way; only an item that went alone after failing
// before is given up, with the reason.
func (g *Gateway) submitBatch(ctx context.Context, b store.Batch, alone bool) error {
	err := g.ledger.Submit(ctx, b.Tx)
	var refusal *consent.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	if refusal.Code == consent.CodeReplayed {
		return nil // it is included already
	}
	g.log.Warn("the ledger refuses a transaction", "code", uint32(refusal.Code), "reason", refusal.Text)
	if !alone || !lasting(refusal.Code) {
		return nil
	}
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		items, err := tx.InBatch(b.ID)
		for _, q := range items {
			err = errors.Join(err, tx.Refuse(q.Seq, refusal.Text))
		}
		return errors.Join(err, tx.EndBatch(b.ID), g.audit(tx, refusedEntry, consent.LogID{}, refusal.Text))
	})
	g.changed.tell()
	return err
}

// lasting tells whether trying again cannot help.
func lasting(c consent.Code) bool {
	switch c {
	case consent.CodeMalformed, consent.CodeClass, consent.CodeUnknown, consent.CodeParty,
		consent.CodeNotLive, consent.CodeClosed, consent.CodeExists:
		return true
	}
	return false
}

// settle looks what became of transactions under way, and returns how many
// still are.
func (g *Gateway) settle(ctx context.Context) (int, error) {
	var batches []store.Batch
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		batches, err = tx.Batches()
		return err
	})
	under := 0
	for _, b := range batches {
		done, err2 := g.settleBatch(ctx, b)
		if !done {
			under++
		}
		err = errors.Join(err, err2)
	}
	return under, err
}

func (g *Gateway) settleBatch(ctx context.Context, b store.Batch) (bool, error) {
	var items []store.Queued
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		items, err = tx.InBatch(b.ID)
		return err
	})
	if err != nil {
		return false, err
	}
	oldest, err := g.followItems(ctx, items)
	if err != nil {
		return false, err
	}
	done := false
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		done, err = g.judge(tx, b, oldest)
		return err
	})
	g.changed.tell()
	if err == nil && !done {
		err = g.submitBatch(ctx, b, false)
	}
	return done, err
}

// followItems follows the logs of items and returns the oldest of the proven
// moments up to which it knows them.
func (g *Gateway) followItems(ctx context.Context, items []store.Queued) (oldest consent.Tip, err error) {
	var logs []consent.LogID
	for _, q := range items {
		if q.State == store.OutboxSent && !slices.Contains(logs, q.Item.Log) {
			logs = append(logs, q.Item.Log)
		}
	}
	for i, log := range logs {
		f, err := g.follow(ctx, log)
		if err != nil {
			return oldest, err
		}
		if i == 0 || f.Tip.Height < oldest.Height {
			oldest = f.Tip
		}
	}
	return oldest, nil
}

// judge marks what is proven of a transaction, and what can be proven to be
// missing for ever: of an included transaction what is not there was refused;
// one of which nothing is there after its end was never included.
func (g *Gateway) judge(tx *store.Tx, b store.Batch, at consent.Tip) (done bool, err error) {
	items, err := tx.InBatch(b.ID)
	if err != nil {
		return false, err
	}
	included, missing := int64(0), []store.Queued{}
	for _, q := range items {
		height, err := g.proveItem(tx, q)
		if err != nil {
			return false, err
		}
		if height == 0 {
			missing = append(missing, q)
		}
		included = max(included, height)
	}
	switch {
	case len(missing) == 0:
		return true, tx.EndBatch(b.ID)
	case included > 0 && at.Height > included:
		for _, q := range missing {
			err = errors.Join(err, tx.Refuse(q.Seq, "refused by the ledger's rules"))
		}
		return true, errors.Join(err, tx.EndBatch(b.ID), g.audit(tx, refusedEntry, consent.LogID{}, "refused by the ledger's rules"))
	case included == 0 && at.Time >= b.ValidUntil:
		return true, tx.ReturnBatch(b.ID)
	}
	return false, nil
}

// proveItem marks an item whose entry is known and returns the entry's height,
// 0 if it is not there.
func (g *Gateway) proveItem(tx *store.Tx, q store.Queued) (int64, error) {
	if q.State == store.OutboxRefused {
		return 0, nil
	}
	number, err := tx.Committed(q.Item.Log, q.Item.Commitment)
	if store.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	e, err := tx.Entry(q.Item.Log, number)
	if err != nil {
		return 0, err
	}
	entry, _, err := consent.DecodeEntry(e.Leaf)
	if err != nil {
		return 0, err
	}
	return entry.Height, tx.Prove(q.Seq, number)
}
