package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// What both sides of a transfer share: its log, its steps on the disk, and the
// loop that moves unfinished uses on.

// transferAt is a transfer at a proven moment; Head is nil while it is not
// open.
type transferAt struct {
	Tip  consent.Tip
	Head *consent.Head
}

// state is the transfer's part of the head; call it only where there is one.
func (t transferAt) state() consent.Transfer { return *t.Head.Transfer }

// followTransfer reads a transfer's log on to its proven head.
func (g *Gateway) followTransfer(ctx context.Context, log consent.LogID) (transferAt, error) {
	unlock, err := g.locks.lock(ctx, log)
	if err != nil {
		return transferAt{}, err
	}
	defer unlock()
	var at transferAt
	if at.Tip, at.Head, err = g.head(ctx, log); err != nil || at.Head == nil {
		return at, err
	}
	if at.Head.Transfer == nil {
		return at, client.NewFault(client.FaultForbidden, "this log is no transfer")
	}
	var known consent.Remembered
	err = g.store.View(ctx, func(tx *store.Tx) (err error) {
		known, err = tx.Remembered(log)
		return err
	})
	if err != nil || known.Tree.Size == at.Head.Tree.Size {
		return at, err
	}
	r, err := g.ledger.Follow(ctx, log, known)
	if err != nil {
		return at, err
	}
	at.Tip, at.Head = r.Tip, &r.Head
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		for _, v := range r.New {
			if err := tx.PutEntry(v); err != nil {
				return err
			}
		}
		return tx.Remember(log, r.Remembered)
	})
	return at, err
}

// opening returns the commitment and the time of a transfer's opening. It must
// have been followed.
func (g *Gateway) opening(ctx context.Context, transfer consent.LogID) (commitment consent.Hash, at consent.Time, err error) {
	var kept store.Entry
	err = g.store.View(ctx, func(tx *store.Tx) (err error) {
		kept, err = tx.Entry(transfer, 0)
		return err
	})
	if err != nil {
		return commitment, at, err
	}
	entry, item, err := consent.DecodeEntry(kept.Leaf)
	return item.Commitment, entry.Time, err
}

// committed tells whether the entry with a commitment is proven. The transfer
// must have been followed.
func (g *Gateway) committed(ctx context.Context, transfer consent.LogID, commitment consent.Hash) (bool, error) {
	err := g.store.View(ctx, func(tx *store.Tx) error {
		_, err := tx.Committed(transfer, commitment)
		return err
	})
	if store.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// link returns a transfer's link and the terms it was given for.
func (g *Gateway) link(ctx context.Context, transfer consent.LogID, side store.Side) (l store.Link, terms *consent.Terms, err error) {
	err = g.store.View(ctx, func(tx *store.Tx) (err error) {
		l, err = tx.Link(transfer, side)
		return err
	})
	if err != nil {
		return l, nil, err
	}
	terms, err = termsOf(l.Terms)
	return l, terms, err
}

func termsOf(d consent.Detail) (*consent.Terms, error) {
	content, err := consent.DecodeContent(d.Content)
	if err != nil {
		return nil, err
	}
	terms, ok := content.(*consent.Terms)
	if !ok {
		return nil, errors.New("the private part is not the terms of a transfer")
	}
	return terms, nil
}

// signed is a transaction in a transfer's log that was signed and kept, so
// that the same bytes go until it is proven or can never be.
type signed struct {
	_          struct{} `cbor:",toarray"`
	Tx         []byte
	Commitment consent.Hash
	ValidUntil consent.Time
}

// signStep makes a transaction of one of this side's steps, with its detail.
func (g *Gateway) signStep(tip consent.Tip, link store.Link, side store.Side, class consent.Class, fields any, c consent.Content) (signed, consent.Detail, error) {
	transfer := link.Signed.Body.Transfer
	detail, commitment, err := g.detail(transfer, class, c)
	if err != nil {
		return signed{}, detail, err
	}
	author, err := g.author(tip)
	if err != nil {
		return signed{}, detail, err
	}
	author.Kind, author.Log, author.Signer = consent.SignerDestination, transfer, oneTimeKey(link.Seed)
	if side == store.Source {
		author.Kind = consent.SignerSource
	}
	raw, err := consent.NewTx(author, consent.NewItem(transfer, class, fields, commitment))
	return signed{Tx: raw, Commitment: commitment, ValidUntil: author.ValidUntil}, detail, err
}

// progress is what became of a kept transaction.
type progress uint8

const (
	underWay progress = iota
	proven
	never // its end is past, and it is proven not to be there
)

// pursue sees a kept transaction through: the same bytes again while they can
// still be included.
func (g *Gateway) pursue(ctx context.Context, transfer consent.LogID, at transferAt, s signed) (progress, error) {
	there, err := g.committed(ctx, transfer, s.Commitment)
	switch {
	case err != nil:
		return underWay, err
	case there:
		return proven, nil
	case at.Tip.Time >= s.ValidUntil:
		return never, nil
	}
	err = g.ledger.Submit(ctx, s.Tx)
	var refusal *consent.Refusal
	if errors.As(err, &refusal) {
		g.log.Debug("the ledger does not take a transfer's step", "code", uint32(refusal.Code), "reason", refusal.Text)
		return underWay, nil // no proof: its state is looked at again
	}
	return underWay, err
}

// put writes a use's step down. What more belongs to the step is written in
// the same transaction.
func (g *Gateway) put(ctx context.Context, u *store.Use, step Step, state any, more ...func(*store.Tx) error) error {
	next := *u
	next.Step, next.Done, next.State = uint8(step), step.Ends(), consent.Encode(state)
	next.Wake = g.now()
	err := g.store.Update(ctx, func(tx *store.Tx) error {
		for _, f := range more {
			if err := f(tx); err != nil {
				return err
			}
		}
		return tx.PutUse(next)
	})
	if err != nil {
		return err
	}
	*u = next
	g.log.Info("a transfer moved on", "transfer", short(u.Transfer), "use", u.UseID.Use, "step", step.String())
	g.changed.tell()
	g.config.AfterStep(step)
	return nil
}

const maxUseState = 4 << 20

// errWait means that a use can go on only when something else has happened;
// there is nothing to report.
var errWait = errors.New("the transfer waits")

const (
	retryAfter   = time.Second
	maxBackoff   = 5 * time.Minute
	maxMovers    = 8 // uses that move at once
	maxInAdvance = 64
)

// moveLoop moves unfinished uses on, each by itself, whenever there is a new
// block or another reason.
func (g *Gateway) moveLoop(ctx context.Context) {
	slots := make(chan struct{}, maxMovers)
	for ctx.Err() == nil {
		height, open, err := g.moveAll(ctx, slots)
		if err != nil && ctx.Err() == nil {
			g.log.Warn("transfers wait", "error", err)
		}
		var block <-chan struct{} // nil, so that it never comes, while nothing is open
		if open > 0 {
			block = g.blockAfter(ctx, height)
		}
		select {
		case <-ctx.Done():
		case <-g.moveNow:
		case <-block:
		}
	}
}

// moveAll starts to move what is not waiting for a later try. It returns the
// height at which it looked and how many uses are unfinished.
func (g *Gateway) moveAll(ctx context.Context, slots chan struct{}) (height int64, unfinished int, err error) {
	tip, err := g.ledger.Wait(ctx, 0)
	if err != nil {
		return 0, 1, err
	}
	var open []store.Use
	err = g.store.View(ctx, func(tx *store.Tx) (err error) {
		open, err = tx.Unfinished()
		return err
	})
	for _, u := range open {
		if !g.moving.begin(u.UseID, g.config.Now()) {
			continue
		}
		select {
		case slots <- struct{}{}:
			g.work.Go(func() {
				defer func() { <-slots }()
				g.moveOne(ctx, u.UseID)
			})
		case <-ctx.Done():
			return tip.Height, len(open), ctx.Err()
		}
	}
	return tip.Height, len(open), err
}

func (g *Gateway) moveOne(ctx context.Context, id store.UseID) {
	err := g.move(ctx, id)
	g.moving.end(id, g.config.Now(), err)
	switch {
	case err == nil:
		nudge(g.moveNow) // another use may have begun
	case !errors.Is(err, errWait) && ctx.Err() == nil:
		g.log.Warn("a transfer waits", "transfer", short(id.Transfer), "error", err)
	}
}

// move takes a use as far as it can go now.
func (g *Gateway) move(ctx context.Context, id store.UseID) error {
	unlock, err := g.moves.lock(ctx, id.Transfer)
	if err != nil {
		return err
	}
	defer unlock()
	for range maxInAdvance {
		var u store.Use
		err := g.store.View(ctx, func(tx *store.Tx) (err error) {
			u, err = tx.Use(id)
			return err
		})
		if err != nil || u.Done {
			return err
		}
		if id.Side == store.Destination {
			err = g.moveDestination(ctx, &u)
		} else {
			err = g.moveSource(ctx, &u)
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("transfer %s does not come to rest", short(id.Transfer))
}
