package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"carekey/consent"
	"carekey/wallet/vault"
)

// giveFor is how long an institution may take to take a detail.
const giveFor = 5 * time.Second

// waits tells whether an act is still to be carried on. What an institution
// called refused is not, but a stop is never given up for a word alone.
func (p pending) waits() bool { return p.Refused == "" || p.Item.Class.Stops() }

// readerFor finds how a pending act's log is read and written.
func (w *Wallet) readerFor(p pending) (Reader, error) {
	return w.readerThrough(p.Log, p.Institution)
}

// readerThrough is how a log is reached at an institution.
func (w *Wallet) readerThrough(log consent.LogID, at consent.InstitutionID) (Reader, error) {
	var r Reader
	err := errors.New("this wallet has no such chart")
	w.withBook(func(b *book) {
		if t := b.transfer(log); t != nil {
			r, err = w.transferReader(t, at)
		} else if c := b.chart(log); c != nil {
			r, err = w.chartReader(c)
		}
	})
	return r, err
}

// send hands over the transaction and its detail, side by side: the detail is
// there long before the entry, and where it is not, the institution understands
// the entry when it comes. Whatever fails leaves the act waiting.
func (w *Wallet) send(ctx context.Context, p pending) error {
	r, err := w.readerFor(p)
	if err != nil {
		return err
	}
	stop := p.Item.Class.Stops()
	var giving sync.WaitGroup
	giving.Go(func() { w.give(ctx, r, p) })
	err = w.Network.Submit(ctx, r, p.Tx, stop)
	giving.Wait()
	var refusal *consent.Refusal
	switch {
	case !errors.As(err, &refusal) || refusal.Code == consent.CodeReplayed:
		return nil
	case stop && w.opening(p.Log):
		return nil // what it stops is itself on its way: it follows that
	}
	return errors.Join(fmt.Errorf("this could not be done: %w", refusal), w.refused(p, refusal))
}

// opening tells whether a log's first entry is not proven yet.
func (w *Wallet) opening(log consent.LogID) (open bool) {
	w.withBook(func(b *book) {
		open = slices.ContainsFunc(b.Pending, func(p pending) bool { return p.Log == log && p.opens() })
	})
	return open
}

// opens tells whether an act begins a log. Its detail is with the institutions
// already: it came from them, or with their parcels.
func (p pending) opens() bool {
	return p.Item.Class == consent.ClassOpen || p.Item.Class == consent.ClassTransferOpen
}

// give hands over an act's detail, once in each run.
func (w *Wallet) give(ctx context.Context, r Reader, p pending) {
	if p.Detail == nil || p.opens() || w.took(p.Item.Commitment) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, giveFor)
	defer cancel()
	if err := w.Network.Give(ctx, r, p.Item.Class, *p.Detail); err != nil {
		w.Log.Debug("a detail waits", "err", err)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.given[p.Item.Commitment] = true
}

// took tells whether the institution took a detail in this run.
func (w *Wallet) took(commitment consent.Hash) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.given[commitment]
}

// refused notes what an institution said the ledger answered. That is not
// proven, and the signed bytes are out of the wallet's hands: the act is
// forgotten only when its absence is proven past its end.
func (w *Wallet) refused(p pending, refusal *consent.Refusal) error {
	return w.update(func(b *book) (vault.Batch, error) {
		i := b.pending(p.Batch)
		if i < 0 || b.Pending[i].Refused == refusal.Text {
			return vault.Batch{}, errSame
		}
		b.Pending[i].Refused = refusal.Text
		return vault.Batch{}, nil
	})
}

// pending finds an act by its transaction, or −1.
func (b *book) pending(batch consent.Hash) int {
	return slices.IndexFunc(b.Pending, func(p pending) bool { return p.Batch == batch })
}

// drop forgets an act whose absence is proven and that nobody can bring about
// any more, and what stands or falls with it.
func (w *Wallet) drop(p pending) error {
	return w.update(func(b *book) (vault.Batch, error) {
		if b.pending(p.Batch) < 0 {
			return vault.Batch{}, errSame
		}
		all := p.opens() && b.remembered(p.Log).Tree.Size == 0
		b.Pending = slices.DeleteFunc(b.Pending, func(q pending) bool {
			return q.Batch == p.Batch || all && q.Log == p.Log
		})
		if all {
			b.Parcels = slices.DeleteFunc(b.Parcels, func(q parcel) bool { return q.Transfer == p.Log })
			b.Transfers = slices.DeleteFunc(b.Transfers, func(t transfer) bool { return t.Log == p.Log })
			b.Charts = slices.DeleteFunc(b.Charts, func(c chart) bool { return c.Log == p.Log })
		}
		return vault.Batch{}, nil
	})
}

// resend carries a waiting act on after a refresh of its log, whose whole was
// proven without it: the same bytes until their absence is proven past their
// end, then bytes signed anew.
func (w *Wallet) resend(ctx context.Context, p pending, tip consent.Tip) error {
	if tip.Time <= p.ValidUntil {
		if !p.waits() {
			return nil
		}
		err := w.send(ctx, p)
		if refusal := new(consent.Refusal); errors.As(err, &refusal) {
			w.actFailed(p) // nobody waits for the answer any more
		}
		return err
	}
	if w.moot(p, tip.Time) || !p.waits() {
		return w.drop(p)
	}
	if tip.Time.Sub(p.Since) > giveUp && !p.Item.Class.Stops() {
		w.actFailed(p)
		return w.drop(p)
	}
	return w.renew(ctx, p, tip.Time)
}

// renew signs an act anew and sends it. Two readings may come to this at once,
// in two wallets even: whoever writes first sends, the other does nothing, or
// there would be two of it.
func (w *Wallet) renew(ctx context.Context, p pending, now consent.Time) error {
	signer, err := w.signerFor(p.Log)
	if err != nil {
		return err
	}
	old := p.Batch
	p.Refused = ""
	if err := w.sign(&p, signer, now); err != nil {
		return err
	}
	mine := false
	err = w.update(func(b *book) (vault.Batch, error) {
		i := b.pending(old)
		if mine = i >= 0; !mine {
			return vault.Batch{}, errSame
		}
		b.Pending[i] = p
		return vault.Batch{}, nil
	})
	if err != nil || !mine {
		return err
	}
	return w.send(ctx, p)
}

// actFailed says that something the patient decided will not happen.
func (w *Wallet) actFailed(p pending) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures[p.Log] = Problem{
		Code: ProblemActFailed, Institution: w.nameLocked(p.Institution), Chart: p.Through,
		Since: p.Since.Time(), Detail: string(p.Kind),
	}
	w.projectLocked()
}

// moot tells whether what an act was to end has ended by itself.
func (w *Wallet) moot(p pending, now consent.Time) (over bool) {
	w.withBook(func(b *book) {
		c := b.chart(p.Log)
		over = p.Kind == ActRevoke && c != nil && !slices.ContainsFunc(c.View.Grants, func(g consent.LiveGrant) bool {
			return g.Number == p.Target && now < g.Expiry
		})
	})
	return over
}

// own puts the details that this wallet wrote itself to entries that came
// without: the institution may not have taken them yet.
func (b *book) own(network consent.NetworkID, entries []consent.Verified) {
	for i := range entries {
		e := &entries[i]
		d := b.wrote(e.Entry.Batch, e.Item.Commitment)
		if e.Content != nil || d == nil {
			continue
		}
		if content, err := d.Open(network, e.Item); err == nil {
			e.Detail, e.Content = d, content
		}
	}
}

// wrote finds the detail of one of the wallet's own entries, or nil.
func (b *book) wrote(batch, commitment consent.Hash) *consent.Detail {
	if i := b.pending(batch); i >= 0 {
		return b.Pending[i].Detail
	}
	for i := range b.Words {
		if b.Words[i].Commitment == commitment {
			return &b.Words[i].Detail
		}
	}
	return nil
}

// maxWords is how many details wait for institutions that do not take them.
const maxWords = 128

// settle ends the pending act that an entry proves. Its detail stays until an
// institution took it.
func (b *book) settle(e consent.Verified, given map[consent.Hash]bool) {
	i := b.pending(e.Entry.Batch)
	if i < 0 {
		return
	}
	p := b.Pending[i]
	b.Pending = slices.Delete(b.Pending, i, i+1)
	if p.Detail == nil || p.opens() || given[p.Item.Commitment] {
		return
	}
	b.Words = append(b.Words, words{
		Log: p.Log, At: p.Institution, Class: p.Item.Class, Commitment: p.Item.Commitment, Detail: *p.Detail,
	})
	b.Words = b.Words[max(0, len(b.Words)-maxWords):]
}

// explain hands over the details that still wait in a log.
func (w *Wallet) explain(ctx context.Context, log consent.LogID) {
	var waiting []words
	w.withBook(func(b *book) {
		for _, x := range b.Words {
			if x.Log == log {
				waiting = append(waiting, x)
			}
		}
	})
	for _, x := range waiting {
		if err := w.explainOne(ctx, x); err != nil {
			w.Log.Debug("a detail waits", "err", err)
		}
	}
}

func (w *Wallet) explainOne(ctx context.Context, x words) error {
	if !w.took(x.Commitment) {
		r, err := w.readerThrough(x.Log, x.At)
		if err != nil {
			return err
		}
		if err := w.Network.Give(ctx, r, x.Class, x.Detail); err != nil {
			return err
		}
	}
	return w.update(func(b *book) (vault.Batch, error) {
		b.Words = slices.DeleteFunc(b.Words, func(y words) bool { return y.Commitment == x.Commitment })
		return vault.Batch{}, nil
	})
}
