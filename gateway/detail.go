package gateway

import (
	"context"
	"errors"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// Details is [client.Details.Details].
func (g *Gateway) Details(ctx context.Context, log consent.LogID, numbers []uint64) ([]client.NumberedDetail, error) {
	if err := g.followFor(ctx, log, numbers); err != nil {
		return nil, err
	}
	var found []client.NumberedDetail
	room := client.MaxDetailsBytes
	err := g.store.View(ctx, func(tx *store.Tx) error {
		for _, n := range numbers {
			e, err := tx.Entry(log, n)
			if store.IsNotFound(err) || err == nil && e.Detail == nil {
				continue
			}
			if err != nil {
				return err
			}
			if room -= len(e.Detail.Content) + 64; room < 0 {
				return nil
			}
			found = append(found, client.NumberedDetail{Number: n, Detail: *e.Detail})
		}
		return nil
	})
	return found, err
}

// followFor makes sure that entries that were just proven to the caller are
// known here too.
func (g *Gateway) followFor(ctx context.Context, log consent.LogID, numbers []uint64) error {
	missing := false
	err := g.store.View(ctx, func(tx *store.Tx) error {
		for _, n := range numbers {
			_, err := tx.Entry(log, n)
			if store.IsNotFound(err) {
				missing = true
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || !missing {
		return err
	}
	return g.followAny(ctx, log)
}

// followAny follows a chart or a transfer of this institution.
func (g *Gateway) followAny(ctx context.Context, log consent.LogID) error {
	_, err := g.chart(ctx, log)
	switch {
	case err == nil:
		_, err = g.follow(ctx, log)
		return err
	case errors.Is(err, ErrNoChart):
		_, err = g.followTransfer(ctx, log)
		return err
	}
	return err
}

// PutDetail is [client.Details.PutDetail].
func (g *Gateway) PutDetail(ctx context.Context, log consent.LogID, d consent.Detail) error {
	content, err := consent.DecodeContent(d.Content)
	if err != nil {
		return client.NewFault(client.FaultMalformed, "%s", err)
	}
	classes := patientClasses(content)
	if len(classes) == 0 {
		return client.NewFault(client.FaultForbidden, "patients do not write this")
	}
	var number *uint64
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		number, err = g.fileDetail(tx, log, d, classes)
		return err
	})
	switch {
	case errors.Is(err, store.ErrTooManyLoose):
		return client.NewFault(client.FaultBusy, "%s", err)
	case err != nil || number == nil:
		return err
	}
	return g.disclose(ctx, log, *number)
}

// fileDetail keeps a detail with the entry it belongs to, whose number it
// returns, or under each commitment that may still come.
func (g *Gateway) fileDetail(tx *store.Tx, log consent.LogID, d consent.Detail, classes []consent.Class) (*uint64, error) {
	for _, class := range classes {
		commitment := d.Commitment(g.genesis.Network, log, class)
		number, err := tx.Committed(log, commitment)
		if store.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return &number, tx.PutDetail(log, commitment, d)
	}
	for _, class := range classes {
		if err := tx.PutLooseDetail(log, d.Commitment(g.genesis.Network, log, class), d); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// patientClasses are the classes of entries by a patient that may say this.
func patientClasses(c consent.Content) []consent.Class {
	switch c.(type) {
	case *consent.Denial, *consent.Query, *consent.Blocking:
		return []consent.Class{consent.ClassSay}
	case *consent.Granted:
		return []consent.Class{consent.ClassGrant}
	case *consent.Revoked:
		return []consent.Class{consent.ClassRevoke}
	case *consent.Terms:
		return []consent.Class{consent.ClassTransferOpen}
	case *consent.Reason:
		return []consent.Class{consent.ClassStop, consent.ClassRotate, consent.ClassFreeze, consent.ClassClose}
	}
	return nil
}
