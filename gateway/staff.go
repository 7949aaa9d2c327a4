package gateway

import (
	"context"
	"fmt"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

// RequestSpec is what somebody of the institution asks a patient for.
type RequestSpec struct {
	Kind      consent.RequestKind
	By        consent.Person
	Purpose   consent.Purpose
	Why       string
	Scope     consent.Scope
	From      consent.InstitutionID // source, to move records
	KeptUntil consent.Date
	Uses      uint32        // 0: as often as needed
	For       time.Duration // how long the permission is wanted; 0: 90 days
	Answer    time.Duration // how long the patient has to answer; 0: 14 days
}

const (
	defaultFor    = 90 * 24 * time.Hour
	defaultAnswer = 14 * 24 * time.Hour
)

// Written is an entry of this institution, proven.
type Written struct {
	Chart  consent.LogID `json:"chart"`
	Number uint64        `json:"number"`
}

// Request asks the patient of a record, and returns when the request is proven
// to stand in the chart. It returns [ErrNoChart], [ErrChartClosed],
// [ErrBlocked] or [ErrNotTaken].
func (g *Gateway) Request(ctx context.Context, record string, spec RequestSpec) (Written, error) {
	chart, err := g.chartOf(ctx, record)
	if err != nil {
		return Written{}, err
	}
	switch {
	case chart.State != store.ChartOpen:
		return Written{}, ErrChartClosed
	case chart.View.Blocked:
		return Written{}, ErrBlocked
	}
	if err := g.checkSource(ctx, spec); err != nil {
		return Written{}, err
	}
	var seq int64
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		seq, err = g.queueRequest(tx, chart, spec)
		return err
	})
	if err != nil {
		return Written{}, err
	}
	return g.written(ctx, chart.Log, seq)
}

// written sends an item off and waits until it is proven.
func (g *Gateway) written(ctx context.Context, chart consent.LogID, seq int64) (Written, error) {
	nudge(g.flushNow)
	number, err := g.await(ctx, seq)
	return Written{Chart: chart, Number: number}, err
}

// checkSource checks that records are asked of an active other institution.
func (g *Gateway) checkSource(ctx context.Context, spec RequestSpec) error {
	if spec.Kind != consent.Move {
		return nil
	}
	if spec.From == g.config.Institution {
		return fmt.Errorf("%w: records move from another institution; to use one's own, ask to look", ErrMalformed)
	}
	tip, values, err := g.ledger.Prove(ctx, consent.InstitutionKey(spec.From))
	if err != nil {
		return err
	}
	source, err := decode(values[0], decodeInstitution)
	if err != nil {
		return err
	}
	if source == nil || !source.ActiveAt(tip.Time) || source.Kind == consent.Board {
		return ErrNoSource
	}
	return nil
}

// queueRequest makes the request, with a one-time key if records are to move.
func (g *Gateway) queueRequest(tx *store.Tx, chart followed, spec RequestSpec) (int64, error) {
	now := max(chart.Tip.Time, g.now())
	due := chart.Tip.Time.Add(orDefault(spec.Answer, defaultAnswer))
	r := &consent.Request{
		Kind: spec.Kind, By: spec.By, Purpose: spec.Purpose, Why: spec.Why, Scope: spec.Scope,
		From: spec.From, KeptUntil: spec.KeptUntil, Uses: spec.Uses,
		Until: now.Add(orDefault(spec.For, defaultFor)),
	}
	if spec.Kind != consent.Move {
		r.From = consent.InstitutionID{}
		return g.queueSay(tx, chart.Log, nil, due, r)
	}
	ticket, seed, err := g.newTicket(due)
	if err != nil {
		return 0, err
	}
	r.Ticket, r.Proof = &ticket.Body, &ticket.Signature
	fields := consent.SayFields{Side: consent.SideInstitution, Due: due}
	seq, commitment, err := g.queue(tx, chart.Log, consent.ClassSay, fields, r, g.now(), false)
	if err != nil {
		return 0, err
	}
	return seq, tx.PutTicket(store.Ticket{
		Destination: ticket.Body.Destination, Chart: chart.Log, Expiry: ticket.Body.Expiry, Request: commitment, Seed: seed,
	})
}

// newTicket makes a one-time destination key and this institution's promise to
// sponsor one transfer with it.
func (g *Gateway) newTicket(expiry consent.Time) (consent.SignedTicket, store.Seed, error) {
	key, seed, err := newOneTimeKey()
	if err != nil {
		return consent.SignedTicket{}, seed, err
	}
	nonce, err := consent.NewNonce()
	if err != nil {
		return consent.SignedTicket{}, seed, err
	}
	t := consent.SignedTicket{Body: consent.SponsorTicket{
		Sponsor: g.config.Institution, Nonce: nonce, Destination: key.Public(), Expiry: expiry,
	}}
	t.Signature, err = g.config.Keys.Ledger.Sign(t.Body.Statement(g.genesis.Chain))
	return t, seed, err
}

// Answer answers a patient's question about an entry ("I don't recognise
// this"), and returns when the answer is proven to stand in the chart.
func (g *Gateway) Answer(ctx context.Context, record string, query uint64, by consent.Person, text string) (Written, error) {
	chart, err := g.chartOf(ctx, record)
	if err != nil {
		return Written{}, err
	}
	if !asks(chart.View, query) {
		return Written{}, fmt.Errorf("entry %d: %w", query, ErrNoQuestion)
	}
	var seq int64
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		seq, err = g.queueSay(tx, chart.Log, &query, 0, &consent.Answer{By: by, Text: text})
		return err
	})
	if err != nil {
		return Written{}, err
	}
	return g.written(ctx, chart.Log, seq)
}

func asks(v consent.View, number uint64) bool {
	for _, q := range v.Queries {
		if q.Number == number {
			return true
		}
	}
	return false
}
