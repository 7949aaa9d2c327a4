package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// ErrRecordTaken means that the record has an open chart already.
var ErrRecordTaken = store.ErrRecordTaken

// identifiedInPerson is what a chart's opening says of how the patient was
// identified: who hands out an invitation has done so.
const identifiedInPerson = "in person, at the desk"

// Invite makes an enrolment ticket for the patient with a record number, whom
// the caller has identified. It takes the place of earlier unused ones. The
// result holds a secret: hand it to that person only.
func (g *Gateway) Invite(ctx context.Context, record string) (consent.Invitation, error) {
	i, err := g.invitation(ctx, record)
	if err != nil {
		return consent.Invitation{}, err
	}
	return i, g.store.Update(ctx, func(tx *store.Tx) error {
		chart, err := tx.ChartOf(record)
		if err == nil && chart.State == store.ChartOpen {
			return ErrRecordTaken
		}
		if err != nil && !store.IsNotFound(err) {
			return err
		}
		return errors.Join(tx.WithdrawInvitations(record),
			tx.PutInvitation(store.Invitation{Hash: consent.Sum(i.Ticket[:]), Record: record, Expiry: i.Expiry}))
	})
}

// InviteAgain is an invitation for the owner of a record's open chart who has
// lost the wallet's files, and has the key: it leads the wallet here, where its
// key finds the chart. Nothing is written down, so it opens no chart for anyone.
func (g *Gateway) InviteAgain(ctx context.Context, record string) (consent.Invitation, error) {
	err := g.store.View(ctx, func(tx *store.Tx) error {
		chart, err := tx.ChartOf(record)
		if store.IsNotFound(err) || err == nil && chart.State != store.ChartOpen {
			return ErrNoChart
		}
		return err
	})
	if err != nil {
		return consent.Invitation{}, err
	}
	return g.invitation(ctx, record)
}

// invitation names this institution and holds a ticket that is good for
// nothing yet.
func (g *Gateway) invitation(ctx context.Context, record string) (consent.Invitation, error) {
	if _, err := g.config.Records.Patient(ctx, record); err != nil {
		return consent.Invitation{}, err
	}
	registry, err := g.ledger.Registry(ctx)
	if err != nil {
		return consent.Invitation{}, err
	}
	me, ok := registry.Institution(g.config.Institution)
	if !ok {
		return consent.Invitation{}, errors.New("this institution is not in the network's registry")
	}
	i := consent.Invitation{
		Version: 1, Anchor: g.config.Anchor, Institution: me.ID, Name: me.Name, TLS: g.config.Keys.TLSKey(),
		Addresses: g.config.Addresses, Expiry: g.now().Add(consent.InvitationLife),
	}
	if _, err := rand.Read(i.Ticket[:]); err != nil {
		return consent.Invitation{}, err
	}
	return i, nil
}

// Enrol is [client.Desk.Enrol]: it spends the ticket on exactly these keys.
func (g *Gateway) Enrol(ctx context.Context, r client.EnrolRequest) (client.Enrolled, error) {
	log := consent.NewLogID(consent.ChartLog, g.genesis.Network, r.Enrolment.Keys.Institution, r.Enrolment.Keys.Sign)
	if err := g.checkEnrolment(r, log); err != nil {
		return client.Enrolled{}, err
	}
	tip, values, err := g.ledger.Prove(ctx, consent.HeadKey(log), consent.KeyUseKey(r.Enrolment.Keys.Sign), consent.KeyUseKey(r.Enrolment.Keys.TLS))
	if err != nil {
		return client.Enrolled{}, err
	}
	if values[0] == nil && (values[1] != nil || values[2] != nil) {
		return client.Enrolled{}, client.NewFault(client.FaultForbidden, "these keys are in use already")
	}
	until, detail, err := g.spendTicket(ctx, r, log, max(tip.Time, g.now()))
	if err != nil {
		return client.Enrolled{}, err
	}
	sponsor, err := g.config.Keys.Ledger.Sign(consent.OpenStatement(g.genesis.Chain, log, r.Enrolment.Keys, until))
	return client.Enrolled{Until: until, Sponsor: sponsor, Detail: detail}, err
}

func (g *Gateway) checkEnrolment(r client.EnrolRequest, log consent.LogID) error {
	e := r.Enrolment
	if e.Keys.Institution != g.config.Institution {
		return client.NewFault(client.FaultForbidden, "the keys are for another institution")
	}
	if err := e.Keys.Check(); err != nil {
		return client.NewFault(client.FaultMalformed, "%s", err)
	}
	if err := e.Statement(g.genesis.Chain, log).Verify(e.Keys.Sign, r.Signature); err != nil {
		return client.NewFault(client.FaultForbidden, "the new chart's key has not signed")
	}
	if _, err := age.ParseHybridRecipient(e.Seal); err != nil || consent.Sum([]byte(e.Seal)) != e.Keys.Seal {
		return client.NewFault(client.FaultMalformed, "the seal is not the one that the keys name")
	}
	return nil
}

// spendTicket binds the invitation to a chart, and returns the invitation's end
// and the chart's opening detail. The same keys get the same answer again until
// that end, by which the chart must be open.
func (g *Gateway) spendTicket(ctx context.Context, r client.EnrolRequest, log consent.LogID, now consent.Time) (until consent.Time, detail consent.Detail, err error) {
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		i, err := tx.Invitation(consent.Sum(r.Enrolment.Ticket[:]))
		switch {
		case store.IsNotFound(err), err == nil && i.Chart != nil && *i.Chart != log:
			return client.NewFault(client.FaultForbidden, "this invitation is not known here or was used already: ask for a new one")
		case err != nil:
			return err
		case now >= i.Expiry:
			return client.NewFault(client.FaultForbidden, "this invitation has expired: ask for a new one")
		}
		if until = i.Expiry; i.Chart != nil {
			detail, err = g.openingOf(tx, log)
		} else {
			detail, err = g.enrol(tx, i, r.Enrolment, log)
		}
		return err
	})
	return until, detail, err
}

// enrol writes down a new chart, not yet on the ledger.
func (g *Gateway) enrol(tx *store.Tx, i store.Invitation, e consent.Enrolment, log consent.LogID) (consent.Detail, error) {
	if c, err := tx.ChartOf(i.Record); err == nil && c.State == store.ChartOpen {
		return consent.Detail{}, client.NewFault(client.FaultForbidden, "%s", ErrRecordTaken)
	} else if err != nil && !store.IsNotFound(err) {
		return consent.Detail{}, err
	}
	detail, commitment, err := g.detail(log, consent.ClassOpen, &consent.Opened{Record: i.Record, Identified: identifiedInPerson})
	if err != nil {
		return consent.Detail{}, err
	}
	i.Chart = &log
	chart := store.Chart{Log: log, Record: i.Record, State: store.ChartPending, Recipient: e.Seal, Opening: commitment}
	return detail, errors.Join(tx.PutInvitation(i), tx.PutChart(chart), tx.PutDetail(log, commitment, detail))
}

func (g *Gateway) openingOf(tx *store.Tx, log consent.LogID) (consent.Detail, error) {
	chart, err := tx.Chart(log)
	if err != nil {
		return consent.Detail{}, fmt.Errorf("an invitation names a chart that is gone: %w", err)
	}
	return tx.Detail(log, chart.Opening)
}
