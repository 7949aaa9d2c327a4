package gateway

import (
	"context"
	"errors"
	"time"

	"carekey/consent"
)

// freshness is how old a proven moment may be on which a gateway acts
// (protocol §3.3).
const freshness = 30 * time.Second

// Ledger is the network as a gateway believes it: everything it returns was
// verified, none of it is older than 30 seconds, and an older view is an error.
type Ledger interface {
	// Prove returns what keys of the state hold at one moment, nil for absent.
	Prove(ctx context.Context, keys ...[]byte) (consent.Tip, [][]byte, error)
	// Follow reads a log on from what is remembered. The log must exist.
	Follow(ctx context.Context, log consent.LogID, from consent.Remembered) (consent.Reading, error)
	// Registry is the registry as of the newest moment.
	Registry(ctx context.Context) (*consent.Registry, error)
	// Submit hands in a transaction; accepted is not committed. A
	// *consent.Refusal is the no of one node, which is no proof.
	Submit(ctx context.Context, tx []byte) error
	// Wait returns the newest moment once its height is at least height.
	Wait(ctx context.Context, height int64) (consent.Tip, error)
}

var (
	// ErrStale means that no fresh proven moment could be had, so that nothing
	// can be decided.
	ErrStale = errors.New("the ledger's newest proven state is too old to act on")
	// ErrNoChart means that the record has no chart, or not here.
	ErrNoChart = errors.New("this record has no chart: invite the patient first")
	// ErrChartClosed means that the patient closed the chart.
	ErrChartClosed = errors.New("the patient has closed the chart")
	// ErrBlocked means that the patient asked for no more requests.
	ErrBlocked = errors.New("the patient has asked this institution for no more requests")
	// ErrNotPermitted means that no live permission covers what is wanted.
	ErrNotPermitted = errors.New("no live permission of the patient covers this")
	// ErrNotTaken means that the ledger did not take an entry.
	ErrNotTaken = errors.New("the ledger did not take the entry")
	// ErrUnfinished means that what was begun before has to end first.
	ErrUnfinished = errors.New("the use before is not finished")
	// ErrNoTransfer means that nothing may come here under this transfer's id.
	ErrNoTransfer = errors.New("this institution receives no transfer of this name")
	// ErrNoQuestion means that no question of the patient has this number.
	ErrNoQuestion = errors.New("this is no open question of the patient")
	// ErrNoSource means that no institution of the registry could give records.
	ErrNoSource = errors.New("the institution that would give the records is not active in the registry")
	// ErrMalformed means that nothing can be done in the way that was asked.
	ErrMalformed = errors.New("this cannot be done as it was asked")
)

// decode reads a proven value; nil stays nil.
func decode[T any](value []byte, read func([]byte) (T, error)) (*T, error) {
	if value == nil {
		return nil, nil
	}
	v, err := read(value)
	if err != nil {
		return nil, err
	}
	return &v, nil
}

// head proves a log's head, nil if there is none.
func (g *Gateway) head(ctx context.Context, log consent.LogID) (consent.Tip, *consent.Head, error) {
	tip, values, err := g.ledger.Prove(ctx, consent.HeadKey(log))
	if err != nil {
		return tip, nil, err
	}
	head, err := decode(values[0], consent.DecodeHead)
	return tip, head, err
}

// decodeInstitution reads an institution as the state holds it.
func decodeInstitution(b []byte) (consent.Institution, error) {
	var i consent.Institution
	err := consent.Decode(b, consent.MaxRegistryBytes, &i)
	return i, err
}
