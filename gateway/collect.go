package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

// Begun is a use of a transfer that was begun at the destination.
type Begun struct {
	Transfer consent.LogID `json:"transfer"`
	Use      uint32        `json:"use"`  // its number in the transfer; one that came to nothing counts
	Left     uint32        `json:"left"` // how often the patient still allows it, this one included
}

// Collect begins another use of a transfer that the patient allowed more than
// once, and returns when that is on the disk; how it goes on, [Status] tells.
// It returns [ErrNoTransfer], [ErrUnfinished] or [ErrNotPermitted].
func (g *Gateway) Collect(ctx context.Context, transfer consent.LogID) (Begun, error) {
	if err := g.store.View(ctx, func(tx *store.Tx) error { return resting(tx, transfer) }); err != nil {
		return Begun{}, err
	}
	at, err := g.followTransfer(ctx, transfer)
	if err != nil {
		return Begun{}, err
	}
	if err := at.again(); err != nil {
		return Begun{}, err
	}
	b := Begun{Transfer: transfer, Use: at.state().Use + 1, Left: at.state().Uses - at.state().Done}
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		if err := resting(tx, transfer); err != nil {
			return err // somebody else was quicker
		}
		return g.startUse(tx, transfer, b.Use)
	})
	if err != nil {
		return Begun{}, err
	}
	g.config.AfterStep(DestinationLinked)
	nudge(g.moveNow)
	return b, nil
}

// resting tells what stands against a new use on this side's disk.
func resting(tx *store.Tx, transfer consent.LogID) error {
	latest, err := tx.LatestUse(transfer, store.Destination)
	switch {
	case store.IsNotFound(err):
		return ErrNoTransfer
	case err == nil && !latest.Done:
		return ErrUnfinished
	}
	return err
}

// again tells what stands against another use on the ledger.
func (t transferAt) again() error {
	if t.Head == nil {
		return fmt.Errorf("the patient has not opened this transfer: %w", ErrNotPermitted)
	}
	s := t.state()
	switch {
	case s.CanCollect(t.Tip.Time, t.Tip.Live):
		return nil
	case s.Stopped:
		return fmt.Errorf("the patient stopped this transfer: %w", ErrNotPermitted)
	case s.Done >= s.Uses:
		return fmt.Errorf("this transfer was used as often as the patient allowed, %d of %d: %w", s.Done, s.Uses, ErrNotPermitted)
	case t.Tip.Time >= s.Expiry:
		return fmt.Errorf("this transfer's time has ended: %w", ErrNotPermitted)
	}
	return ErrUnfinished
}

// Incoming is a transfer to this institution and how far it goes. The record's
// number is there where staff can act.
type Incoming struct {
	Transfer consent.LogID         `json:"transfer"`
	Record   string                `json:"record,omitempty"`
	From     consent.InstitutionID `json:"from"`
	Name     string                `json:"name"` // of the institution that holds the records
	Uses     uint32                `json:"uses"` // that the patient allowed
	Used     uint32                `json:"used"`
	Until    time.Time             `json:"until"`
	Step     Step                  `json:"step"`           // of the newest use here
	Text     string                `json:"text,omitempty"` // why that use ended, if it did not end well
	Again    bool                  `json:"again"`          // another use may begin
}

// incoming lists the transfers to this institution among the uses touched
// last, newest first.
func (g *Gateway) incoming(ctx context.Context) ([]Incoming, error) {
	latest, err := g.latestIncoming(ctx)
	if err != nil || len(latest) == 0 {
		return []Incoming{}, err
	}
	registry, err := g.ledger.Registry(ctx)
	if err != nil {
		return []Incoming{}, err
	}
	keys := make([][]byte, len(latest))
	for i, u := range latest {
		keys[i] = consent.HeadKey(u.Transfer)
	}
	tip, heads, err := g.ledger.Prove(ctx, keys...)
	if err != nil {
		return []Incoming{}, err
	}
	all := make([]Incoming, len(latest))
	return all, g.store.View(ctx, func(tx *store.Tx) error {
		var failed error
		for i, u := range latest {
			head, err := decode(heads[i], consent.DecodeHead)
			shown, err2 := incomingOf(tx, u, transferAt{tip, head})
			from, _ := registry.Institution(shown.From)
			shown.Name = from.Name
			all[i], failed = shown, errors.Join(failed, err, err2)
		}
		return failed
	})
}

// latestIncoming returns the newest use of each transfer to this institution.
func (g *Gateway) latestIncoming(ctx context.Context) ([]store.Use, error) {
	var latest []store.Use
	return latest, g.store.View(ctx, func(tx *store.Tx) error {
		uses, err := tx.NewestUses(statusLines)
		seen := map[consent.LogID]bool{}
		for _, u := range uses {
			if u.Side != store.Destination || seen[u.Transfer] {
				continue
			}
			seen[u.Transfer] = true
			l, err2 := tx.LatestUse(u.Transfer, store.Destination)
			latest, err = append(latest, l), errors.Join(err, err2)
		}
		return err
	})
}

func incomingOf(tx *store.Tx, u store.Use, at transferAt) (Incoming, error) {
	shown := Incoming{Transfer: u.Transfer, Step: Step(u.Step)}
	var err error
	if shown.Text, err = textOf(u); err != nil {
		return shown, err
	}
	link, err := tx.Link(u.Transfer, store.Destination)
	if err != nil {
		return shown, err
	}
	terms, err := termsOf(link.Terms)
	if err != nil {
		return shown, err
	}
	shown.From = terms.Source
	if at.Head == nil || at.Head.Transfer == nil {
		return shown, nil
	}
	s := at.state()
	shown.Uses, shown.Used, shown.Until = s.Uses, s.Done, s.Expiry.Time()
	if shown.Again = u.Done && at.again() == nil; shown.Again {
		chart, err := tx.Chart(link.Signed.Chart)
		shown.Record = chart.Record
		return shown, err
	}
	return shown, nil
}
