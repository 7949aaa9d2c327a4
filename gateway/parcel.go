package gateway

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// PutParcel is [client.Transfers.PutParcel]: the patient hands over the link
// of a transfer to this chart. From then on this side can act.
func (g *Gateway) PutParcel(ctx context.Context, chart consent.LogID, p consent.Parcel) error {
	if p.Link.Chart != chart {
		return client.NewFault(client.FaultForbidden, "the link is for another chart")
	}
	side, err := g.sideIn(p.Link.Body)
	if err != nil {
		return err
	}
	if err := g.acceptParcel(ctx, p, side); err != nil {
		return err
	}
	nudge(g.moveNow)
	return nil
}

// sideIn tells which part this institution has by a link's own words.
func (g *Gateway) sideIn(l consent.TransferLink) (store.Side, error) {
	switch g.config.Institution {
	case l.Ticket.Body.Sponsor:
		return store.Destination, nil
	case l.Source.Body.Source:
		return store.Source, nil
	}
	return 0, client.NewFault(client.FaultForbidden, "this institution has no part in the transfer")
}

// acceptParcel checks a parcel at a fresh moment and keeps it with the private
// half of this side's one-time key.
func (g *Gateway) acceptParcel(ctx context.Context, p consent.Parcel, side store.Side) error {
	chart, err := g.follow(ctx, p.Link.Chart)
	if err != nil {
		return err
	}
	if chart.Head == nil {
		return ErrNoChart
	}
	if err := g.checkParcel(p, chart); err != nil {
		return client.NewFault(client.FaultForbidden, "%s", err)
	}
	body := p.Link.Body
	l := store.Link{Signed: p.Link, Terms: p.Terms, Carried: p.Carry}
	begun := false
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		if err := g.takeKey(tx, &l, side); err != nil {
			return err
		}
		if err := tx.PutLink(side, l); err != nil {
			return err
		}
		if err := tx.PutDetail(body.Transfer, body.Terms, p.Terms); err != nil {
			return err
		}
		if side == store.Source {
			return nil // the destination has the first word
		}
		begun, err = g.firstUse(tx, body.Transfer)
		return err
	})
	if err == nil && begun {
		g.config.AfterStep(DestinationLinked)
	}
	return err
}

// checkParcel checks that the patient's present key in an open chart signed
// the link, and that the terms are the ones it names.
func (g *Gateway) checkParcel(p consent.Parcel, chart followed) error {
	body, keys := p.Link.Body, chart.Head.Chart.Keys
	if err := body.Statement(g.genesis.Chain, p.Link.Chart).Verify(keys.Sign, p.Link.Signature); err != nil {
		return fmt.Errorf("the chart's present key has not signed the link")
	}
	if chart.Tip.Time >= body.Expiry {
		return fmt.Errorf("the transfer has ended")
	}
	if p.Terms.Commitment(g.genesis.Network, body.Transfer, consent.ClassTransferOpen) != body.Terms {
		return consent.ErrOtherDetail
	}
	terms, err := termsOf(p.Terms)
	if err != nil {
		return err
	}
	if terms.Source != body.Source.Body.Source || terms.Destination != body.Ticket.Body.Sponsor || terms.Source == terms.Destination {
		return fmt.Errorf("the terms name other institutions than the link")
	}
	return nil
}

// takeKey moves this side's one-time key to the link. A link that is there
// already keeps its key: patients may hand over a parcel twice.
func (g *Gateway) takeKey(tx *store.Tx, l *store.Link, side store.Side) error {
	body := l.Signed.Body
	before, err := tx.Link(body.Transfer, side)
	if err == nil {
		l.Seed, l.Request = before.Seed, before.Request
		same := oneTimeKey(l.Seed).Public()
		if same != body.Source.Body.Key && same != body.Ticket.Body.Destination {
			return client.NewFault(client.FaultForbidden, "the transfer has another key here already")
		}
		return nil
	}
	if !store.IsNotFound(err) {
		return err
	}
	if side == store.Destination {
		return takeTicket(tx, l)
	}
	return takeSourceKey(tx, l)
}

func takeTicket(tx *store.Tx, l *store.Link) error {
	key := l.Signed.Body.Ticket.Body.Destination
	t, err := tx.Ticket(key)
	if store.IsNotFound(err) || err == nil && t.Chart != l.Signed.Chart {
		return client.NewFault(client.FaultForbidden, "the link answers no request of this institution in this chart")
	}
	l.Seed, l.Request = t.Seed, t.Request
	if err != nil {
		return err
	}
	return tx.DropTicket(key)
}

func takeSourceKey(tx *store.Tx, l *store.Link) error {
	key := l.Signed.Body.Source.Body.Key
	k, err := tx.SourceKey(key)
	if store.IsNotFound(err) || err == nil && k.Chart != l.Signed.Chart {
		return client.NewFault(client.FaultForbidden, "the link names a key that this institution did not give to this chart")
	}
	l.Seed = k.Seed
	if err != nil {
		return err
	}
	return tx.DropSourceKey(key)
}

// firstUse starts the destination's side, once, and tells whether it did.
func (g *Gateway) firstUse(tx *store.Tx, transfer consent.LogID) (bool, error) {
	_, err := tx.LatestUse(transfer, store.Destination)
	if !store.IsNotFound(err) {
		return false, err
	}
	return true, g.startUse(tx, transfer, 1)
}

func (g *Gateway) startUse(tx *store.Tx, transfer consent.LogID, use uint32) error {
	return tx.PutUse(store.Use{
		UseID: store.UseID{Transfer: transfer, Side: store.Destination, Use: use},
		Step:  uint8(DestinationLinked), Wake: g.now(), State: consent.Encode(incoming{}),
	})
}

// openCarried opens a parcel for this institution that the destination carried.
func (g *Gateway) openCarried(sealed []byte) (consent.Parcel, error) {
	plain, err := g.openSealed(sealed, consent.MaxParcelBytes)
	if err != nil {
		return consent.Parcel{}, err
	}
	return consent.DecodeParcel(plain)
}

// openSealed opens a short text that was sealed to this institution.
func (g *Gateway) openSealed(sealed []byte, limit int64) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), g.config.Keys.Seal)
	if err != nil {
		return nil, fmt.Errorf("what was sealed to this institution does not open: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(plain)) > limit {
		err = fmt.Errorf("what was sealed has more than %d bytes", limit)
	}
	return plain, err
}

// sealTo seals a short text to an institution's recipient.
func sealTo(recipient string, plain []byte) ([]byte, error) {
	to, err := age.ParseHybridRecipient(recipient)
	if err != nil {
		return nil, fmt.Errorf("a seal is not a hybrid age recipient: %w", err)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
