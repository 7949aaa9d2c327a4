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
	log     consent.LogID // where it stands
	class   consent.Class
	fields  any
	content consent.Content // nil for none
	detail  *consent.Detail // instead of content, when it exists already
	target  uint64
}

// perform signs an act, keeps it, hands it over and sends it. It returns when
// the institution accepted it; the proof comes with a later refresh. If the
// network fails, the act stays and is sent again.
func (w *Wallet) perform(ctx context.Context, a act) error {
	p, err := w.prepare(ctx, a)
	if err != nil {
		return err
	}
	err = w.update(func(b *book) (vault.Batch, error) {
		b.Pending = append(b.Pending, p)
		return vault.Batch{}, nil
	})
	if err != nil {
		return fmt.Errorf("your answer was not sent, because it could not be written down first: %w", err)
	}
	if err = w.send(ctx, p); err != nil {
		w.nudge(p.Log)
	}
	return err // else the follower hears from the institution when the log has grown
}

func (w *Wallet) prepare(ctx context.Context, a act) (pending, error) {
	now, err := w.ledgerTime(ctx)
	if err != nil {
		return pending{}, err
	}
	p := pending{
		Kind: a.kind, Log: a.log, Through: a.chart, Detail: a.detail,
		Since: local(w.Now()), Target: a.target,
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
		commitment = p.Detail.Commitment(w.Anchor().Network, a.log, a.class)
	}
	p.Item = consent.NewItem(a.log, a.class, a.fields, commitment)
	w.withBook(func(b *book) {
		if c := b.chart(a.chart); c != nil {
			p.Institution = c.At.ID
		}
	})
	return p, w.sign(&p, now)
}

// sign makes the act's transaction with a new nonce.
func (w *Wallet) sign(p *pending, now consent.Time) error {
	signer, err := w.signerFor(p.Log)
	if err != nil {
		return err
	}
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

// readerFor finds how a pending act's log is read and written.
func (w *Wallet) readerFor(p pending) (Reader, error) {
	var r Reader
	err := errors.New("this wallet has no such chart")
	w.withBook(func(b *book) {
		if t := b.transfer(p.Log); t != nil {
			r, err = w.transferReader(t, p.Institution)
		} else if c := b.chart(p.Log); c != nil {
			r, err = w.chartReader(c)
		}
	})
	return r, err
}

// send hands over the detail and the transaction. A refusal ends the act; any
// other failure leaves it waiting.
func (w *Wallet) send(ctx context.Context, p pending) error {
	r, err := w.readerFor(p)
	if err != nil {
		return err
	}
	stop := p.Item.Class.Stops()
	if p.Detail != nil && !stop {
		if err := w.Network.Give(ctx, r, p.Item.Class, *p.Detail); err != nil {
			w.Log.Debug("a detail waits", "err", err)
		}
	}
	err = w.Network.Submit(ctx, r, p.Tx, stop)
	var refusal *consent.Refusal
	if errors.As(err, &refusal) && refusal.Code != consent.CodeReplayed {
		return errors.Join(fmt.Errorf("this could not be done: %s", refusal.Text), w.drop(p))
	}
	return nil
}

// drop forgets an act that can never happen.
func (w *Wallet) drop(p pending) error {
	return w.update(func(b *book) (vault.Batch, error) {
		b.Pending = slices.DeleteFunc(b.Pending, func(q pending) bool { return q.Batch == p.Batch })
		if p.Item.Class == consent.ClassTransferOpen {
			b.Transfers = slices.DeleteFunc(b.Transfers, func(t transfer) bool { return t.Log == p.Log })
		}
		return vault.Batch{}, nil
	})
}

// resend carries a waiting act on after a refresh of its log: the same bytes
// until their absence is proven past their end, then bytes signed anew.
func (w *Wallet) resend(ctx context.Context, p pending, tip consent.Tip) error {
	if tip.Time <= p.ValidUntil {
		return w.send(ctx, p)
	}
	if local(w.Now()).Sub(p.Since) > giveUp && !p.Item.Class.Stops() {
		w.fault(p.Log, Problem{Code: ProblemActFailed, Since: p.Since.Time(), Detail: string(p.Kind)})
		return w.drop(p)
	}
	old := p.Batch
	if err := w.sign(&p, tip.Time); err != nil {
		return err
	}
	err := w.update(func(b *book) (vault.Batch, error) {
		i := slices.IndexFunc(b.Pending, func(q pending) bool { return q.Batch == old })
		if i < 0 {
			return vault.Batch{}, errSame
		}
		b.Pending[i] = p
		return vault.Batch{}, nil
	})
	if err != nil {
		return err
	}
	return w.send(ctx, p)
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
	if err := w.Refresh(ctx); err != nil {
		return 0, err
	}
	if t, ok := w.estimate(); ok {
		return t, nil
	}
	return 0, errors.New("no institution could be reached, so nothing was sent")
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
		content: &consent.Denial{Reason: reason}, target: id.Number,
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

// Block refuses everything from an institution: its requests are denied, its
// permissions revoked, transfers that have not arrived stopped, and no new
// request wanted. Off lifts only the last. Accesses still appear.
func (w *Wallet) Block(ctx context.Context, log consent.LogID, on bool) error {
	var failed error
	if on {
		failed = w.refuseAll(ctx, log)
	}
	kind := ActBlock
	if !on {
		kind = ActUnblock
	}
	return errors.Join(failed, w.perform(ctx, act{
		kind: kind, chart: log, log: log, class: consent.ClassSay,
		fields:  consent.SayFields{Side: consent.SidePatient},
		content: &consent.Blocking{Off: !on},
	}))
}

func (w *Wallet) refuseAll(ctx context.Context, log consent.LogID) error {
	s := w.Snapshot()
	var at consent.InstitutionID
	var transfers []consent.LogID
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			at = c.At.ID
		}
		for _, t := range b.Transfers {
			if (t.From == at || t.To == at) && !t.Done && !t.State.Stopped {
				transfers = append(transfers, t.Log)
			}
		}
	})
	var failed []error
	for _, t := range transfers {
		failed = append(failed, w.stop(ctx, t))
	}
	for _, p := range s.Permissions {
		if p.Chart == log && p.Transfer == (consent.LogID{}) {
			failed = append(failed, w.Revoke(ctx, p))
		}
	}
	for _, r := range s.Requests {
		if r.ID.Chart == log {
			failed = append(failed, w.Deny(ctx, r.ID, ""))
		}
	}
	return errors.Join(failed...)
}

// openRequest finds a request that waits for an answer.
func (w *Wallet) openRequest(id RequestID) (consent.OpenRequest, chart, error) {
	var found consent.OpenRequest
	var at chart
	err := ErrUnknownRequest
	w.withBook(func(b *book) {
		c := b.chart(id.Chart)
		if c == nil {
			return
		}
		i := slices.IndexFunc(c.View.Requests, func(r consent.OpenRequest) bool { return r.Number == id.Number })
		if i >= 0 && b.transferFor(id.Chart, id.Number) == nil {
			found, at, err = c.View.Requests[i], *c, nil
		}
	})
	return found, at, err
}
