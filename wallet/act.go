package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"carekey/consent"
	"carekey/wallet/vault"
)

// validFor is how long a patient's transaction may wait for inclusion; after
// that, and after its absence is proven, it is signed anew.
const validFor = 2 * time.Minute

// giveUp is how long an act is carried on before it is reported as failed.
const giveUp = 24 * time.Hour

// ErrUnknownRequest means that the request was answered or has ended.
var ErrUnknownRequest = errors.New("this request is not open any more")

// ErrUnknownPermission means that the permission has ended already.
var ErrUnknownPermission = errors.New("this permission has ended already")

// act is what the patient wants to say in one log.
type act struct {
	kind    ActKind
	chart   consent.LogID // whose institution carries it
	at      consent.InstitutionID
	log     consent.LogID // where it stands
	class   consent.Class
	fields  any
	content consent.Content   // nil for none
	detail  *consent.Detail   // instead of content, when it exists already
	signer  consent.Signer    // nil for the log's own key, as the book names it
	still   func(*book) error // looks once more, while nobody else writes; nil looks no further
	network consent.NetworkID // zero for the book's
	also    func(*book)       // what is written with the act; may be nil
	target  uint64
}

// errOnItsWay means that the same was said already and is not proven yet.
var errOnItsWay = errors.New("this is on its way already")

// perform signs an act, keeps it and sends it. It returns when the institution
// accepted it; the proof comes with a later refresh. If the network fails, the
// act stays and is sent again.
func (w *Wallet) perform(ctx context.Context, a act) error {
	w.approach(ctx, a)
	p, err := w.begin(ctx, a)
	if errors.Is(err, errOnItsWay) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.dispatch(ctx, p)
}

// approach has the network connect to who carries the act.
func (w *Wallet) approach(ctx context.Context, a act) {
	at := a.at
	w.withBook(func(b *book) {
		if c := b.chart(a.chart); c != nil {
			at = c.At.ID
		}
	})
	if r, err := w.readerThrough(a.log, at); err == nil && w.Network != nil {
		w.Network.Approach(ctx, r)
	}
}

// dispatch sends an act for the first time. The follower hears from the
// institution when the log has grown; where sending failed it looks by itself.
func (w *Wallet) dispatch(ctx context.Context, p pending) error {
	err := w.send(ctx, p)
	if err != nil {
		w.nudge(p.Log)
	}
	return err
}

// begin signs an act and writes it down with all that belongs to it, at once:
// what a crash leaves is the whole act, to be sent, or nothing. Another wallet
// may have answered meanwhile, so whether it may still be done is looked at
// while nobody else writes.
func (w *Wallet) begin(ctx context.Context, a act) (pending, error) {
	now, err := w.ledgerTime(ctx)
	if err != nil {
		return pending{}, err
	}
	p, err := w.prepare(a, now)
	if err != nil {
		return pending{}, err
	}
	err = w.update(func(b *book) (vault.Batch, error) {
		if a.still != nil {
			if err := a.still(b); err != nil {
				return vault.Batch{}, &undone{err}
			}
		}
		if b.underway(p) {
			return vault.Batch{}, &undone{errOnItsWay}
		}
		if a.also != nil {
			a.also(b)
		}
		b.Pending = append(b.Pending, p)
		return vault.Batch{}, nil
	})
	var not *undone
	switch {
	case errors.As(err, &not):
		return p, not.error
	case err != nil:
		return p, fmt.Errorf("your answer was not sent, because it could not be written down first: %w", err)
	}
	return p, err
}

// undone says why an act is not done after all; nothing was written.
type undone struct{ error }

// underway tells whether the same is being said already.
func (b *book) underway(p pending) bool {
	return slices.ContainsFunc(b.Pending, func(q pending) bool {
		return q.Log == p.Log && q.Kind == p.Kind && q.Target == p.Target && q.waits()
	})
}

func (w *Wallet) prepare(a act, now consent.Time) (pending, error) {
	p := pending{
		Kind: a.kind, Log: a.log, Through: a.chart, Detail: a.detail,
		Since: now, Target: a.target, Institution: a.at,
	}
	if a.content != nil {
		d, err := consent.NewDetail(a.content)
		if err != nil {
			return pending{}, err
		}
		p.Detail = &d
	}
	var commitment consent.Hash
	if p.Detail != nil {
		network := a.network
		if network == (consent.NetworkID{}) {
			network = w.Anchor().Network
		}
		commitment = p.Detail.Commitment(network, a.log, a.class)
	}
	p.Item = consent.NewItem(a.log, a.class, a.fields, commitment)
	w.withBook(func(b *book) {
		delete(w.failures, a.log) // the patient decides anew
		if c := b.chart(a.chart); c != nil {
			p.Institution = c.At.ID
		}
	})
	signer := a.signer
	if signer == nil {
		var err error
		if signer, err = w.signerFor(a.log); err != nil {
			return pending{}, err
		}
	}
	return p, w.sign(&p, signer, now)
}

// sign makes the act's transaction with a new nonce.
func (w *Wallet) sign(p *pending, signer consent.Signer, now consent.Time) error {
	nonce, err := consent.NewNonce()
	if err != nil {
		return err
	}
	p.ValidUntil = now.Add(validFor)
	p.Tx, err = consent.NewTx(consent.Author{
		Chain: w.Network.Chain(), Kind: consent.SignerPatient, Log: p.Log,
		Signer: signer, Nonce: nonce, ValidUntil: p.ValidUntil,
	}, p.Item)
	if err != nil {
		return err
	}
	tx, _, err := consent.DecodeTx(p.Tx)
	if err != nil {
		return err
	}
	p.Batch = consent.BatchID(tx.Header, tx.Signature)
	return nil
}

// signerFor finds the key that signs in a log.
func (w *Wallet) signerFor(log consent.LogID) (consent.Signer, error) {
	var signer consent.Signer
	var err error
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			k, e := w.Agent.Chart(c.Name)
			if err = e; e == nil {
				signer = k.Signer
			}
			return
		}
		if t := b.transfer(log); t != nil {
			k, e := w.Agent.Transfer(t.Name)
			if err = e; e == nil {
				signer = k.Signer
			}
			return
		}
		err = errors.New("this wallet has no key for that")
	})
	return signer, err
}

// ledgerTime is the newest proven time, moved on by this machine's steady
// clock. Without a proof in this run it asks the network first.
func (w *Wallet) ledgerTime(ctx context.Context) (consent.Time, error) {
	if w.Network == nil {
		return 0, ErrNoNetwork
	}
	if t, ok := w.estimate(); ok {
		return t, nil
	}
	err := w.Refresh(ctx)
	if t, ok := w.estimate(); ok {
		return t, nil // one that answers is enough
	}
	return 0, errors.Join(errors.New("no institution could be reached, so nothing was sent"), err)
}

func (w *Wallet) estimate() (consent.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tip.Time == 0 {
		return 0, false
	}
	return w.tip.Time.Add(time.Since(w.tipSeen)), true
}

// ErrNoNetwork means that the wallet has not joined any institution.
var ErrNoNetwork = errors.New("this wallet has not joined an institution yet")

// Deny refuses a request.
func (w *Wallet) Deny(ctx context.Context, id RequestID, reason string) error {
	if _, _, err := w.openRequest(id); err != nil {
		return err
	}
	return w.perform(ctx, act{
		kind: ActDeny, chart: id.Chart, log: id.Chart, class: consent.ClassSay,
		fields:  consent.SayFields{Side: consent.SidePatient, Answers: &id.Number},
		content: &consent.Denial{Reason: reason}, target: id.Number, still: w.unanswered(id),
	})
}

// PutOff hides a request's urging until a time; the request itself goes on
// and still expires. Nothing is sent.
func (w *Wallet) PutOff(id RequestID, until time.Time) error {
	return w.update(func(b *book) (vault.Batch, error) {
		b.PutOff = slices.DeleteFunc(b.PutOff, func(p putOff) bool {
			return p.Chart == id.Chart && p.Number == id.Number || p.Until < local(w.Now())
		})
		b.PutOff = append(b.PutOff, putOff{Chart: id.Chart, Number: id.Number, Until: local(until)})
		return vault.Batch{}, nil
	})
}

// queryDue is how long an institution has to answer "I don't recognise this".
const queryDue = 14 * 24 * time.Hour

// Query says "I don't recognise this" about an entry.
func (w *Wallet) Query(ctx context.Context, log consent.LogID, number uint64, text string) error {
	now, err := w.ledgerTime(ctx)
	if err != nil {
		return err
	}
	return w.perform(ctx, act{
		kind: ActQuery, chart: log, log: log, class: consent.ClassSay,
		fields:  consent.SayFields{Side: consent.SidePatient, Answers: &number, Due: now.Add(queryDue)},
		content: &consent.Query{Text: text}, target: number,
	})
}

// Revoke takes a permission back: a grant is revoked, a transfer stopped.
func (w *Wallet) Revoke(ctx context.Context, p Permission) error {
	if p.Transfer != (consent.LogID{}) {
		return w.stop(ctx, p.Transfer)
	}
	live := false
	w.withBook(func(b *book) {
		if c := b.chart(p.Chart); c != nil {
			live = slices.ContainsFunc(c.View.Grants, func(g consent.LiveGrant) bool { return g.Number == p.Grant })
		}
	})
	if !live {
		return ErrUnknownPermission
	}
	return w.perform(ctx, act{
		kind: ActRevoke, chart: p.Chart, log: p.Chart, class: consent.ClassRevoke,
		fields: consent.RevokeFields{Grant: p.Grant}, content: &consent.Revoked{}, target: p.Grant,
	})
}

// stop ends a transfer: before its release nothing moves any more.
func (w *Wallet) stop(ctx context.Context, log consent.LogID) error {
	var through consent.LogID
	w.withBook(func(b *book) {
		if t := b.transfer(log); t != nil && !t.State.Stopped && !t.over() {
			through = t.Name.Chart
		}
	})
	if through == (consent.LogID{}) {
		return ErrUnknownPermission
	}
	return w.perform(ctx, act{
		kind: ActStop, chart: through, log: log, class: consent.ClassStop,
		fields: consent.StopFields{}, content: &consent.Reason{},
	})
}
