package gateway

import (
	"context"
	"fmt"
	"slices"

	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/store"
)

// LookSpec is who looks at what, and why.
type LookSpec struct {
	By        consent.Person
	Purpose   consent.Purpose
	Types     []consent.RecordType // none: all
	Basis     consent.Basis        // care, law, payment, operations; grant with Grant
	Grant     *uint64              // the permission used
	Automatic bool                 // a system looks, not a person
	Late      string               // why it is written down late, if it is
}

// Looked is what a look showed.
type Looked struct {
	Bundle  fhir.Bundle
	Records int             // records in the bundle, without the people and places that they name
	Omitted []fhir.Omission // what could not be read
	Grant   *Written        // the access, when a permission was used
}

// Look reads a patient's records for somebody of the institution and writes
// the access down first: under a permission it is proven on the ledger before
// this returns, on another basis it is in the outbox. Without a chart there is
// nowhere to write it, and the result says so ([ErrNoChart]).
func (g *Gateway) Look(ctx context.Context, record string, spec LookSpec) (Looked, error) {
	chart, err := g.chartOf(ctx, record)
	if err != nil {
		return Looked{}, err
	}
	scope, err := g.lookScope(chart, spec)
	if err != nil {
		return Looked{}, err
	}
	whole, omitted, err := g.config.Records.Read(ctx, record)
	if err != nil {
		return Looked{}, err
	}
	seq, err := g.queueAccess(ctx, chart.Log, spec, scope.Types)
	if err != nil {
		return Looked{}, err
	}
	result := Looked{Omitted: fhir.MergeOmissions(fhir.Concerning(scope, omitted))}
	if spec.Grant != nil {
		access, err := g.written(ctx, chart.Log, seq)
		if err != nil {
			return Looked{}, err
		}
		result.Grant = &access
	}
	bundle, manifest := fhir.Narrow(whole, scope)
	result.Bundle, result.Records = bundle, manifest.Records()
	return result, nil
}

// lookScope is what may be shown. A permission is checked again here, so that
// a dead one is refused before the ledger has to.
func (g *Gateway) lookScope(chart followed, spec LookSpec) (consent.Scope, error) {
	types := spec.Types
	if len(types) == 0 {
		types = consent.RecordTypes()
	}
	types = slices.Clone(types)
	slices.Sort(types)
	scope := consent.Scope{Types: slices.Compact(types), Sensitive: consent.SensitiveClasses()}
	if err := scope.Check(); err != nil {
		return scope, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	switch {
	case (spec.Grant != nil) != (spec.Basis == consent.BasisGrant):
		return scope, fmt.Errorf("a look under a permission names it, and no other does: %w", ErrNotPermitted)
	case spec.Basis == consent.BasisTransfer || spec.Basis == consent.BasisEmergency:
		return scope, fmt.Errorf("a look on the basis of %s is not made here: %w", spec.Basis, ErrNotPermitted)
	case spec.Grant == nil:
		return scope, nil
	}
	return granted(chart, *spec.Grant, spec, scope)
}

// granted narrows a look to a live permission.
func granted(chart followed, number uint64, spec LookSpec, scope consent.Scope) (consent.Scope, error) {
	i := slices.IndexFunc(chart.View.Grants, func(l consent.LiveGrant) bool { return l.Number == number })
	if i < 0 || chart.Tip.Time >= chart.View.Grants[i].Expiry {
		return scope, ErrNotPermitted
	}
	grant := chart.View.Grants[i].Granted
	if grant == nil {
		return scope, fmt.Errorf("what permission %d covers has not arrived: %w", number, ErrNotPermitted)
	}
	if spec.Purpose != grant.Purpose {
		return scope, fmt.Errorf("permission %d is for another purpose: %w", number, ErrNotPermitted)
	}
	narrow := grant.Scope
	if len(spec.Types) > 0 {
		narrow.Types = scope.Types
	}
	if !narrow.Within(grant.Scope) {
		return scope, fmt.Errorf("permission %d covers less: %w", number, ErrNotPermitted)
	}
	return narrow, nil
}

// queueAccess writes a look down. With a permission it goes to the ledger at
// once, else with the next batch.
func (g *Gateway) queueAccess(ctx context.Context, chart consent.LogID, spec LookSpec, types []consent.RecordType) (seq int64, err error) {
	access := &consent.Accessed{
		Basis: spec.Basis, By: spec.By, Purpose: spec.Purpose, Types: types,
		Event: g.now(), Automatic: spec.Automatic, Late: spec.Late,
	}
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		seq, _, err = g.queue(tx, chart, consent.ClassAccess, consent.AccessFields{Grant: spec.Grant}, access, g.now(), false)
		return err
	})
	return seq, err
}
