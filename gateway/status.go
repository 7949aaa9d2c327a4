package gateway

import (
	"context"
	"errors"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

// Status is how a gateway does. It names no patient but by record number, and
// only where staff must act.
type Status struct {
	Institution consent.InstitutionID `json:"institution"`
	Name        string                `json:"name"`
	Ledger      LedgerStatus          `json:"ledger"`
	Charts      ChartStatus           `json:"charts"`
	Outbox      OutboxStatus          `json:"outbox"`
	Questions   []Question            `json:"questions"`
	Transfers   []TransferStatus      `json:"transfers"`
	Incoming    []Incoming            `json:"incoming"`
	Events      []Event               `json:"events"`
}

// LedgerStatus is the newest proven moment. Problem says why there is none
// that is fresh.
type LedgerStatus struct {
	Height  int64     `json:"height"`
	Time    time.Time `json:"time"`
	Problem string    `json:"problem,omitempty"`
}

// ChartStatus counts charts.
type ChartStatus struct {
	Open    int `json:"open"`
	Pending int `json:"pending"`
	Closed  int `json:"closed"`
}

// OutboxStatus counts what is on its way to the ledger.
type OutboxStatus struct {
	Waiting int `json:"waiting"`
	Sent    int `json:"sent"`
	Refused int `json:"refused"`
}

// Question is an "I don't recognise this" that staff should answer.
type Question struct {
	Record string        `json:"record"`
	Chart  consent.LogID `json:"chart"`
	Number uint64        `json:"number"` // of the question, to answer it
	About  uint64        `json:"about"`  // the entry that is not recognised
	Text   string        `json:"text"`   // in the patient's words; empty until the wallet handed them over
	Due    time.Time     `json:"due"`
}

// TransferStatus is how far one use of a transfer is here.
type TransferStatus struct {
	Transfer consent.LogID `json:"transfer"`
	Use      uint32        `json:"use"`
	Step     Step          `json:"step"`
	Done     bool          `json:"done"`
	Text     string        `json:"text,omitempty"` // why it ended, if it did not end well
}

// Event is a line of the audit log.
type Event struct {
	Time     time.Time `json:"time"`
	Kind     string    `json:"kind"`
	Transfer string    `json:"transfer,omitempty"`
	Text     string    `json:"text,omitempty"`
}

const statusLines = 50

// Status tells how the gateway does.
func (g *Gateway) Status(ctx context.Context) (Status, error) {
	s := Status{Institution: g.config.Institution, Ledger: g.ledgerStatus(ctx)}
	if registry, err := g.ledger.Registry(ctx); err == nil {
		i, _ := registry.Institution(g.config.Institution)
		s.Name = i.Name
	}
	err := g.store.View(ctx, func(tx *store.Tx) error {
		return errors.Join(s.count(tx), s.questions(tx), s.transfers(tx), s.events(tx))
	})
	var unproven error
	if s.Incoming, unproven = g.incoming(ctx); unproven != nil && s.Ledger.Problem == "" {
		s.Ledger.Problem = unproven.Error()
	}
	return s, err
}

func (g *Gateway) ledgerStatus(ctx context.Context) LedgerStatus {
	tip, err := g.ledger.Wait(ctx, 0)
	if err != nil {
		return LedgerStatus{Problem: err.Error()}
	}
	return LedgerStatus{Height: tip.Height, Time: tip.Time.Time()}
}

func (s *Status) count(tx *store.Tx) error {
	var failed error
	charts := func(state store.ChartState) int {
		n, err := tx.CountCharts(state)
		failed = errors.Join(failed, err)
		return n
	}
	outbox := func(state store.OutboxState) int {
		n, err := tx.CountOutbox(state)
		failed = errors.Join(failed, err)
		return n
	}
	s.Charts = ChartStatus{Open: charts(store.ChartOpen), Pending: charts(store.ChartPending), Closed: charts(store.ChartClosed)}
	s.Outbox = OutboxStatus{Waiting: outbox(store.OutboxWaiting), Sent: outbox(store.OutboxSent), Refused: outbox(store.OutboxRefused)}
	return failed
}

func (s *Status) questions(tx *store.Tx) error {
	charts, err := tx.Asking(statusLines)
	s.Questions = []Question{}
	for _, c := range charts {
		for _, q := range c.View.Queries {
			text, err2 := questionText(tx, c.Log, q.Number)
			err = errors.Join(err, err2)
			s.Questions = append(s.Questions, Question{
				Record: c.Record, Chart: c.Log, Number: q.Number, About: q.About, Text: text, Due: timeOf(q.Due),
			})
		}
	}
	return err
}

// questionText is what a patient asks, if it is here and can be read.
func questionText(tx *store.Tx, chart consent.LogID, number uint64) (string, error) {
	found, err := tx.Details(chart, number, 1)
	if err != nil || len(found) == 0 || found[0].Number != number {
		return "", err
	}
	content, _ := consent.DecodeContent(found[0].Detail.Content) // a patient's nonsense hides no other question
	if q, ok := content.(*consent.Query); ok {
		return q.Text, nil
	}
	return "", nil
}

func timeOf(t consent.Time) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return t.Time()
}

func (s *Status) transfers(tx *store.Tx) error {
	uses, err := tx.NewestUses(statusLines)
	s.Transfers = []TransferStatus{}
	for _, u := range uses {
		t := TransferStatus{Transfer: u.Transfer, Use: u.UseID.Use, Step: Step(u.Step), Done: u.Done}
		text, err2 := textOf(u)
		err = errors.Join(err, err2)
		t.Text = text
		s.Transfers = append(s.Transfers, t)
	}
	return err
}

// textOf is what a use's state says of its end.
func textOf(u store.Use) (string, error) {
	if u.Side == store.Destination {
		var in incoming
		err := consent.Decode(u.State, maxUseState, &in)
		return in.Text, err
	}
	var out outgoing
	err := consent.Decode(u.State, maxUseState, &out)
	return out.Text, err
}

func (s *Status) events(tx *store.Tx) error {
	events, err := tx.Events(statusLines)
	s.Events = []Event{}
	for _, e := range events {
		s.Events = append(s.Events, Event{Time: e.Time.Time(), Kind: e.Kind, Transfer: short(e.Transfer), Text: e.Text})
	}
	return err
}
