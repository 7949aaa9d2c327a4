package gateway

import (
	"context"

	"carekey/consent"
	"carekey/gateway/store"
)

// OneTimeKey gives a test the destination's one-time key, to misuse it.
func (g *Gateway) OneTimeKey(ctx context.Context, transfer consent.LogID) (consent.Signer, store.Link, error) {
	l, _, err := g.link(ctx, transfer, store.Destination)
	return oneTimeKey(l.Seed), l, err
}

// Asked gives a test the request and the offer that the destination keeps.
func (g *Gateway) Asked(ctx context.Context, transfer consent.LogID) (core consent.Core, offer consent.Offer, err error) {
	err = g.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.LatestUse(transfer, store.Destination)
		if err != nil {
			return err
		}
		var in incoming
		err = consent.Decode(u.State, maxUseState, &in)
		core, offer = in.Core, in.Offer
		return err
	})
	return core, offer, err
}
