package wallet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"filippo.io/age"

	"carekey/consent"
	"carekey/fhir"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// ErrWider means that a choice would let more through than was asked for.
var ErrWider = errors.New("this is more than was asked for")

// WaitsForError means that a transfer cannot be approved before an institution
// was reached: it has no one-time key left for this wallet.
type WaitsForError struct{ Institution string }

func (e *WaitsForError) Error() string {
	return fmt.Sprintf("this waits for %s: nothing was approved", e.Institution)
}

// Approve says yes to a request, as far as the choice goes.
func (w *Wallet) Approve(ctx context.Context, id RequestID, choice Choice) error {
	request, at, err := w.openRequest(id)
	if err != nil {
		return err
	}
	if err := check(request.Request, choice); err != nil {
		return err
	}
	if request.Request.Kind == consent.Look {
		return w.grant(ctx, id, request.Request, at, choice)
	}
	return w.approveMove(ctx, id, request, at, choice)
}

// Preview returns the sentences that approving would sign.
func (w *Wallet) Preview(id RequestID, choice Choice) ([]string, error) {
	request, at, err := w.openRequest(id)
	if err != nil {
		return nil, err
	}
	if err := check(request.Request, choice); err != nil {
		return nil, err
	}
	if request.Request.Kind == consent.Look {
		return granted(id, request.Request, choice).AsLook(at.At.Name, choice.Uses, local(choice.Until)), nil
	}
	terms := termsOf(request.Request, at.At.ID, choice)
	return terms.AsMove(w.name(terms.Source), at.At.Name, uses(choice), local(choice.Until)), nil
}

func (w *Wallet) name(id consent.InstitutionID) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.registry != nil {
		if i, ok := w.registry.Institution(id); ok {
			return i.Name
		}
	}
	return w.book.name(id)
}

func check(r consent.Request, c Choice) error {
	if err := c.Scope.Check(); err != nil {
		return err
	}
	asked := r.Scope
	asked.Sensitive = consent.SensitiveClasses() // the patient may tick what was not asked
	switch {
	case !c.Scope.Within(asked),
		r.Uses > 0 && (c.Uses == 0 || c.Uses > r.Uses),
		r.Until != 0 && local(c.Until) > r.Until,
		r.KeptUntil != "" && c.KeptUntil > r.KeptUntil: // days in their text form stand in their order
		return ErrWider
	}
	return nil
}

// uses of a transfer are counted; "as often as needed" does not exist there.
func uses(c Choice) uint32 { return max(1, c.Uses) }

func granted(id RequestID, r consent.Request, c Choice) consent.Granted {
	number := id.Number
	return consent.Granted{Request: &number, By: r.By, Purpose: r.Purpose, Scope: c.Scope}
}

func (w *Wallet) grant(ctx context.Context, id RequestID, r consent.Request, at chart, c Choice) error {
	content := granted(id, r, c)
	content.Sentences = content.AsLook(at.At.Name, c.Uses, local(c.Until))
	body, err := lookConsent(at, content, w.Now(), c.Until)
	if err != nil {
		return err
	}
	content.Consent = body
	return w.perform(ctx, act{
		kind: ActApprove, chart: id.Chart, log: id.Chart, class: consent.ClassGrant,
		fields: consent.GrantFields{Expiry: local(c.Until), Uses: c.Uses}, content: &content, target: id.Number,
		still: w.unanswered(id),
	})
}

func termsOf(r consent.Request, destination consent.InstitutionID, c Choice) consent.Terms {
	return consent.Terms{
		Source: r.From, Destination: destination, By: r.By, Purpose: r.Purpose,
		Scope: c.Scope, KeptUntil: c.KeptUntil,
	}
}

// errKeyGone means that another wallet used up a one-time key first.
var errKeyGone = errors.New("a one-time key was used meanwhile")

// approveMove opens a transfer and gives each end its link.
func (w *Wallet) approveMove(ctx context.Context, id RequestID, r consent.OpenRequest, at chart, c Choice) error {
	for {
		source, key, err := w.sourceKey(ctx, r.Request.From)
		if err != nil {
			return err
		}
		m, err := w.move(id, r, at, source, key, c)
		if err != nil {
			return err
		}
		p, err := w.begin(ctx, m)
		if errors.Is(err, errKeyGone) {
			continue // with the next one
		}
		if err != nil {
			return err
		}
		w.handOver(ctx, p.Log)
		w.nudge(source.Log) // one of its one-time keys is gone
		return w.dispatch(ctx, p)
	}
}

// move is the act that opens a transfer: with it the book gets the transfer and
// its parcels, and loses a one-time key.
func (w *Wallet) move(id RequestID, r consent.OpenRequest, at, source chart, key consent.SignedSourceKey, c Choice) (act, error) {
	name := keys.TransferName{Master: at.Name.Master, Network: at.Name.Network, Chart: at.Log, Request: id.Number}
	k, err := w.Agent.Transfer(name)
	if err != nil {
		return act{}, err
	}
	log := consent.NewLogID(consent.TransferLog, at.Name.Network, consent.InstitutionID{}, k.Signer.Public())
	terms := termsOf(r.Request, at.At.ID, c)
	terms.Sentences = terms.AsMove(source.At.Name, at.At.Name, uses(c), local(c.Until))
	if terms.Consent, err = moveConsent(log, terms, source.At.Name, at.At.Name, w.Now(), c.Until); err != nil {
		return act{}, err
	}
	detail, err := consent.NewDetail(&terms)
	if err != nil {
		return act{}, err
	}
	ticket := consent.SignedTicket{Body: *r.Request.Ticket, Signature: *r.Request.Proof}
	parcels, err := w.parcels(log, detail, local(c.Until), at, source, key, ticket)
	if err != nil {
		return act{}, err
	}
	still := w.unanswered(id)
	return act{
		kind: ActApprove, chart: at.Log, log: log, class: consent.ClassTransferOpen,
		fields: consent.TransferFields{
			Patient: k.Signer.Public(), TLS: k.TLS.PublicKey(), Source: key.Body.Key,
			Ticket: ticket.Body, TicketProof: ticket.Signature, Expiry: local(c.Until), Uses: uses(c),
		},
		detail: &detail, signer: k.Signer, target: id.Number,
		still: func(b *book) error {
			if b.key(key) < 0 {
				return errKeyGone
			}
			return still(b)
		},
		also: func(b *book) {
			i := b.key(key)
			b.Keys = slices.Delete(b.Keys, i, i+1)
			b.Transfers = append(b.Transfers, transfer{
				Name: name, Log: log, From: source.At.ID, To: at.At.ID, Terms: inShort(terms), Asked: r.Time,
			})
			b.Parcels = append(b.Parcels, parcels...)
		},
	}, nil
}

// inShort leaves out the FHIR Consent, which says the same once more at length and
// is in the history.
func inShort(t consent.Terms) consent.Terms {
	t.Consent = nil
	return t
}

// key finds a one-time key, or −1.
func (b *book) key(key consent.SignedSourceKey) int {
	return slices.IndexFunc(b.Keys, func(k consent.SignedSourceKey) bool { return k.Body.Key == key.Body.Key })
}

// moveConsent is the FHIR form of a transfer's terms; its patient is the
// transfer, since nothing in it may lead to a chart.
func moveConsent(log consent.LogID, t consent.Terms, source, destination string, given, until time.Time) ([]byte, error) {
	return encodeConsent(fhir.ConsentTerms{
		ID: "transfer", Transfer: log.String(), Purpose: t.Purpose, Scope: t.Scope,
		Source: party(t.Source, source), Destination: party(t.Destination, destination),
		At: given, Until: until, Sentences: t.Sentences,
	})
}

// lookConsent is the FHIR form of a grant: one institution, in one chart.
func lookConsent(at chart, g consent.Granted, given, until time.Time) ([]byte, error) {
	here := party(at.At.ID, at.At.Name)
	return encodeConsent(fhir.ConsentTerms{
		ID: "grant", Transfer: at.Log.String(), Purpose: g.Purpose, Scope: g.Scope,
		Source: here, Destination: here, At: given, Until: until, Sentences: g.Sentences,
	})
}

func party(id consent.InstitutionID, name string) fhir.Party {
	return fhir.Party{ID: id.String(), Name: name}
}

func encodeConsent(t fhir.ConsentTerms) ([]byte, error) {
	r, err := fhir.ConsentOf(t)
	if err != nil {
		return nil, fmt.Errorf("the consent cannot be written down: %w", err)
	}
	return r.Raw, nil
}

// sourceKey is one of the keys that the source gave in advance, of which more
// are fetched when there are none.
func (w *Wallet) sourceKey(ctx context.Context, id consent.InstitutionID) (chart, consent.SignedSourceKey, error) {
	source, key, err := w.keyInHand(id)
	var waits *WaitsForError
	if !errors.As(err, &waits) {
		return source, key, err
	}
	if err := w.topUp(ctx, source.Log); err != nil {
		return chart{}, consent.SignedSourceKey{}, waits
	}
	return w.keyInHand(id)
}

// keyInHand is a key that the book has; a [*WaitsForError] comes with the chart.
func (w *Wallet) keyInHand(id consent.InstitutionID) (source chart, key consent.SignedSourceKey, err error) {
	w.withBook(func(b *book) {
		c := b.chartAt(id)
		if c == nil {
			err = fmt.Errorf("you have no chart at %s, where the records would come from", w.nameLocked(id))
			return
		}
		source = *c
		i := slices.IndexFunc(b.Keys, func(k consent.SignedSourceKey) bool {
			return k.Body.Source == id && k.Body.ValidUntil > w.nowLocked()
		})
		if i < 0 {
			err = &WaitsForError{Institution: c.At.Name}
			return
		}
		key = b.Keys[i]
	})
	return source, key, err
}

func (w *Wallet) nameLocked(id consent.InstitutionID) string {
	if w.registry != nil {
		if i, ok := w.registry.Institution(id); ok {
			return i.Name
		}
	}
	return w.book.name(id)
}

// parcels are what source and destination each get: a link from the chart
// there, and the terms. The destination also carries the source's, sealed.
func (w *Wallet) parcels(log consent.LogID, terms consent.Detail, expiry consent.Time, to, from chart, key consent.SignedSourceKey, ticket consent.SignedTicket) ([]parcel, error) {
	link := consent.TransferLink{
		Transfer: log, Expiry: expiry, Source: key, Ticket: ticket,
		Terms: terms.Commitment(to.Name.Network, log, consent.ClassTransferOpen),
	}
	atSource, err := w.parcel(from, link, terms)
	if err != nil {
		return nil, err
	}
	carry, err := seal(key.Body.Recipient, consent.Encode(atSource))
	if err != nil {
		return nil, err
	}
	atDestination, err := w.parcel(to, link, terms)
	if err != nil {
		return nil, err
	}
	atDestination.Carry = carry
	return []parcel{
		{Transfer: log, Chart: to.Log, Body: atDestination},
		{Transfer: log, Chart: from.Log, Body: atSource},
	}, nil
}

func (w *Wallet) parcel(c chart, link consent.TransferLink, terms consent.Detail) (consent.Parcel, error) {
	k, err := w.Agent.Chart(c.Name)
	if err != nil {
		return consent.Parcel{}, err
	}
	sig, err := k.Signer.Sign(link.Statement(w.Network.Chain(), c.Log))
	if err != nil {
		return consent.Parcel{}, err
	}
	return consent.Parcel{
		Link:  consent.SignedLink{Chart: c.Log, Body: link, Signature: sig},
		Terms: terms,
	}, nil
}

// seal encrypts to an institution's age recipient.
func seal(recipient string, plain []byte) ([]byte, error) {
	to, err := age.ParseHybridRecipient(recipient)
	if err != nil {
		return nil, fmt.Errorf("the source's seal is not a hybrid age recipient: %w", err)
	}
	var sealed bytes.Buffer
	out, err := age.Encrypt(&sealed, to)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(plain); err != nil {
		return nil, err
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return io.ReadAll(&sealed)
}

// handOver gives waiting parcels to their institutions; those that cannot be
// reached get them with a later refresh.
func (w *Wallet) handOver(ctx context.Context, log consent.LogID) {
	var waiting []parcel
	w.withBook(func(b *book) {
		for _, p := range b.Parcels {
			if p.Transfer == log {
				waiting = append(waiting, p)
			}
		}
	})
	for _, p := range waiting {
		if err := w.hand(ctx, p); err != nil {
			w.Log.Debug("a parcel waits", "err", err)
		}
	}
}

func (w *Wallet) hand(ctx context.Context, p parcel) error {
	r, err := w.readerOf(p.Chart)
	if err != nil {
		return err
	}
	if err := w.Network.Hand(ctx, r, p.Body); err != nil {
		return err
	}
	return w.update(func(b *book) (vault.Batch, error) {
		b.Parcels = slices.DeleteFunc(b.Parcels, func(q parcel) bool {
			return q.Transfer == p.Transfer && q.Chart == p.Chart
		})
		return vault.Batch{}, nil
	})
}
