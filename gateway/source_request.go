package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/records"
	"carekey/gateway/store"
)

// TransferRequest is [client.Peer.TransferRequest]: the source checks
// everything at fresh proven moments, seals what the terms allow, and offers
// it. The same request gets the same offer again.
func (g *Gateway) TransferRequest(ctx context.Context, from consent.InstitutionID, caller client.Caller, r client.TransferRequest) (client.TransferOffer, error) {
	unlock, err := g.moves.lock(ctx, r.Core.Transfer)
	if err != nil {
		return client.TransferOffer{}, err
	}
	defer unlock()
	offer, err := g.answerRequest(ctx, from, caller, r)
	var no *client.Declined
	if errors.As(err, &no) {
		err2 := g.store.Update(ctx, func(tx *store.Tx) error {
			return g.audit(tx, refusedTransfer, r.Core.Transfer, no.Text)
		})
		return offer, errors.Join(err, err2)
	}
	nudge(g.moveNow)
	return offer, err
}

func (g *Gateway) answerRequest(ctx context.Context, from consent.InstitutionID, caller client.Caller, r client.TransferRequest) (client.TransferOffer, error) {
	if _, err := consent.DecodeCore(consent.Encode(r.Core)); err != nil {
		return client.TransferOffer{}, client.NewFault(client.FaultMalformed, "%s", err)
	}
	link, terms, at, err := g.checkRequest(ctx, from, caller, r)
	if err != nil {
		return client.TransferOffer{}, err
	}
	id := store.UseID{Transfer: r.Core.Transfer, Side: store.Source, Use: r.Core.Use}
	d := &departure{Gateway: g, use: &store.Use{UseID: id}, link: link, terms: terms, at: at}
	known, err := d.resume(ctx, r.Core)
	if err != nil {
		return client.TransferOffer{}, err
	}
	if !known {
		if !d.awaitable() {
			return client.TransferOffer{}, declined(client.DeclineNotLive, "the transfer is "+d.state().String())
		}
		d.out = outgoing{From: from, Core: r.Core}
		if err := d.put(ctx, SourceAsked); err != nil {
			return client.TransferOffer{}, err
		}
	}
	if err := d.makeOffer(ctx); err != nil {
		return client.TransferOffer{}, err
	}
	return client.TransferOffer{Offer: d.out.Offer, Signature: d.out.Signature, Manifest: d.out.Manifest}, nil
}

// checkRequest checks who asks, in which session, and for what.
func (g *Gateway) checkRequest(ctx context.Context, from consent.InstitutionID, caller client.Caller, r client.TransferRequest) (link store.Link, terms *consent.Terms, at transferAt, err error) {
	link, terms, err = g.link(ctx, r.Core.Transfer, store.Source)
	if store.IsNotFound(err) {
		link, terms, err = g.carriedLink(ctx, r.Core)
	}
	if err != nil {
		return link, terms, at, err
	}
	if at, err = g.followTransfer(ctx, r.Core.Transfer); err != nil {
		return link, terms, at, err
	}
	checks := []func() error{
		func() error { return g.checkTransfer(ctx, at, link, from) },
		func() error {
			return g.checkSession(caller, r.Core.Transfer, at, r.Session, r.Signature, r.Core.Hash())
		},
		func() error { return g.checkTicket(link, r.Ticket) },
		func() error { return g.checkDestination(ctx, from) },
		func() error { return g.checkChart(ctx, link) },
		func() error { return g.checkTerms(terms, from, r.Core.Scope) },
		func() error { return g.checkPatient(ctx, link, r.Core.Demographics) },
	}
	for _, check := range checks {
		if err := check(); err != nil {
			return link, terms, at, err
		}
	}
	return link, terms, at, nil
}

// carriedLink takes the patient's parcel from the destination's hands: it was
// sealed to this institution while this gateway was away.
func (g *Gateway) carriedLink(ctx context.Context, core consent.Core) (store.Link, *consent.Terms, error) {
	if len(core.Link) == 0 {
		return store.Link{}, nil, declined(client.DeclineNoLink, "the patient's link has not arrived")
	}
	p, err := g.openCarried(core.Link)
	if err != nil || p.Link.Body.Transfer != core.Transfer || p.Link.Body.Source.Body.Source != g.config.Institution {
		return store.Link{}, nil, declined(client.DeclineNoLink, "the patient's link cannot be read")
	}
	err = g.acceptParcel(ctx, p, store.Source)
	var fault *client.Fault
	if errors.As(err, &fault) || errors.Is(err, ErrNoChart) {
		return store.Link{}, nil, declined(client.DeclineNoLink, err.Error())
	}
	if err != nil {
		return store.Link{}, nil, err
	}
	return g.link(ctx, core.Transfer, store.Source)
}

// checkSession checks that the holder of the destination key speaks in this
// very session about this very request.
func (g *Gateway) checkSession(caller client.Caller, transfer consent.LogID, at transferAt, p consent.SessionProof, sig consent.Signature, core consent.Hash) error {
	if p.Exporter != caller.Exporter || p.Core != core ||
		p.Statement(g.genesis.Chain, transfer).Verify(at.state().Destination, sig) != nil {
		return declined(client.DeclineSession, "the request does not belong to this connection")
	}
	return nil
}

// checkTicket checks that the request shows the ticket of the patient's link;
// the ledger has checked its signature when the transfer was opened.
func (g *Gateway) checkTicket(l store.Link, t consent.SignedTicket) error {
	if t != l.Signed.Body.Ticket {
		return declined(client.DeclineNoLink, "the sponsor's ticket is not the one the patient's link names")
	}
	return nil
}

// checkPatient compares who the destination means with the patient of the
// link: by record number first, then by what the record says.
func (g *Gateway) checkPatient(ctx context.Context, l store.Link, sealed []byte) error {
	plain, err := g.openSealed(sealed, consent.MaxCoreBytes)
	if err != nil {
		return declined(client.DeclineWrongPatient, "who the patient is cannot be read")
	}
	var theirs fhir.Demographics
	if err := consent.Decode(plain, consent.MaxCoreBytes, &theirs); err != nil {
		return declined(client.DeclineWrongPatient, "who the patient is cannot be read")
	}
	chart, err := g.chart(ctx, l.Signed.Chart)
	if err != nil {
		return err
	}
	patient, err := g.config.Records.Patient(ctx, chart.Record)
	if err != nil {
		return recordsFailed(err)
	}
	if !fhir.Match(fhir.DemographicsOf(patient), theirs).Certain() {
		return declined(client.DeclineWrongPatient, "this is not certainly the same patient")
	}
	return nil
}

func recordsFailed(err error) error {
	return errors.Join(declined(client.DeclineRecords, "the source's record system could not be read"), err)
}

// resume loads a use that began before. It tells whether there is one; another
// request in its place is declined.
func (d *departure) resume(ctx context.Context, core consent.Core) (bool, error) {
	err := d.store.View(ctx, func(tx *store.Tx) error {
		kept, err := tx.Use(d.use.UseID)
		if err == nil {
			d.use = &kept
		}
		return err
	})
	if store.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := consent.Decode(d.use.State, maxUseState, &d.out); err != nil {
		return false, fmt.Errorf("a transfer's state on the disk: %w", err)
	}
	switch {
	case d.use.Done:
		return true, declined(client.DeclineUnknownOffer, "this use of the transfer has ended")
	case d.out.Core.Hash() != core.Hash():
		return true, declined(client.DeclineOtherCore, "another request for this use is under way")
	}
	return true, nil
}

// makeOffer takes the use to the step at which an offer exists.
func (d *departure) makeOffer(ctx context.Context) error {
	if Step(d.use.Step) == SourceAsked {
		if err := d.sealRecords(ctx); err != nil {
			return err
		}
		if err := d.put(ctx, SourceSealed); err != nil {
			return err
		}
	}
	if Step(d.use.Step) != SourceSealed {
		return nil
	}
	sig, err := oneTimeKey(d.link.Seed).Sign(d.out.Offer.Statement(d.genesis.Chain, d.use.Transfer))
	if err != nil {
		return err
	}
	d.out.Signature, d.out.Offered = sig, d.now()
	return d.put(ctx, SourceOffered)
}

// sealRecords reads the record, cuts it down to the scope and writes it, sealed
// to the one-time recipient, to the disk. Only ciphertext is ever written.
func (d *departure) sealRecords(ctx context.Context) error {
	chart, err := d.chart(ctx, d.link.Signed.Chart)
	if err != nil {
		return err
	}
	whole, omitted, err := d.config.Records.Outline(ctx, chart.Record)
	if err != nil {
		return recordsFailed(err)
	}
	narrowed, manifest := whole.Narrow(d.out.Core.Scope)
	manifest.Add(fhir.Concerning(d.out.Core.Scope, omitted))
	d.out.Manifest = consent.Encode(manifest.Disclosed())
	to, err := age.ParseHybridRecipient(d.out.Core.Recipient)
	if err != nil {
		return declined(client.DeclineSession, "the request's one-time recipient is not a hybrid age recipient")
	}
	count := &counter{hash: sha256.New()}
	err = d.store.WriteBundle(d.use.UseID, func(w io.Writer) error {
		sealed, err := age.Encrypt(io.MultiWriter(w, count), to)
		if err != nil {
			return err
		}
		return errors.Join(narrowed.Write(sealed), sealed.Close())
	})
	if errors.Is(err, fhir.ErrChanged) || errors.Is(err, records.ErrUnavailable) {
		err = recordsFailed(err)
	}
	d.out.Offer = consent.Offer{
		Core: d.out.Core.Hash(), Ciphertext: count.sum(), Size: count.size, Manifest: consent.Sum(d.out.Manifest),
	}
	return err
}
