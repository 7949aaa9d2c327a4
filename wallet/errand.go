package wallet

import (
	"context"
	"slices"

	"carekey/consent"
	"carekey/wallet/vault"
)

// errands are what a fresh reading makes possible: waiting acts are sent
// again, parcels handed over, source keys fetched, late details asked for.
func (w *Wallet) errands(ctx context.Context, log consent.LogID, tip consent.Tip) {
	var waiting []pending
	var transfers []consent.LogID
	var keys, isChart, recovering bool
	w.withBook(func(b *book) {
		for _, p := range b.Pending {
			if p.Log == log {
				waiting = append(waiting, p)
			}
		}
		c := b.chart(log)
		if isChart = c != nil; !isChart {
			return
		}
		keys, recovering = b.keysOf(c.At.ID) < sourceKeys, c.Recovering
		for _, p := range b.Parcels {
			if p.Chart == log {
				transfers = append(transfers, p.Transfer)
			}
		}
	})
	for _, p := range waiting {
		if err := w.resend(ctx, p, tip); err != nil {
			w.Log.Debug("an act waits", "act", p.Kind, "err", err)
		}
	}
	w.explain(ctx, log)
	for _, t := range transfers {
		w.handOver(ctx, t)
	}
	if keys {
		if err := w.topUp(ctx, log); err != nil {
			w.Log.Debug("source keys wait", "err", err)
		}
	}
	w.askDetails(ctx, log)
	if recovering {
		if err := w.recoverTransfers(ctx, log); err != nil {
			w.Log.Debug("transfers are still looked for", "err", err)
		}
	}
}

// sourceKeys is how many one-time keys a wallet keeps of each institution.
const sourceKeys = 4

// keysOf counts the one-time keys of an institution.
func (b *book) keysOf(id consent.InstitutionID) int {
	n := 0
	for _, k := range b.Keys {
		if k.Body.Source == id {
			n++
		}
	}
	return n
}

// topUp fetches one-time keys of a chart's institution.
func (w *Wallet) topUp(ctx context.Context, log consent.LogID) error {
	r, err := w.readerOf(log)
	if err != nil {
		return err
	}
	fetched, err := w.Network.SourceKeys(ctx, r)
	if err != nil {
		return err
	}
	return w.update(func(b *book) (vault.Batch, error) {
		c := b.chart(log)
		if c == nil || len(fetched) == 0 {
			return vault.Batch{}, errSame
		}
		b.Keys = slices.DeleteFunc(b.Keys, func(k consent.SignedSourceKey) bool { return k.Body.ValidUntil <= w.nowLocked() })
		for _, k := range fetched {
			known := slices.ContainsFunc(b.Keys, func(have consent.SignedSourceKey) bool { return have.Body.Key == k.Body.Key })
			if k.Body.Source == c.At.ID && !known && b.keysOf(c.At.ID) < sourceKeys {
				b.Keys = append(b.Keys, k)
			}
		}
		return vault.Batch{}, nil
	})
}

// askDetails asks again for what an institution has not shown.
func (w *Wallet) askDetails(ctx context.Context, log consent.LogID) {
	var withheld []uint64
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			withheld = slices.Clone(c.View.Withheld)
		} else if t := b.transfer(log); t != nil {
			withheld = slices.Clone(t.Withheld)
		}
	})
	if len(withheld) == 0 {
		return
	}
	r, err := w.readerOf(log)
	if err != nil {
		return
	}
	details, err := w.Network.Details(ctx, r, withheld)
	if err != nil {
		return
	}
	for number, d := range details {
		if err := w.disclose(log, number, d); err != nil {
			w.Log.Debug("a late detail was not taken", "err", err)
		}
	}
}
