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

// Core gives a test the request that the destination keeps.
func (g *Gateway) Core(ctx context.Context, transfer consent.LogID) (core consent.Core, err error) {
	err = g.store.View(ctx, func(tx *store.Tx) error {
		u, err := tx.LatestUse(transfer, store.Destination)
		if err != nil {
			return err
		}
		var in incoming
		err = consent.Decode(u.State, maxUseState, &in)
		core = in.Core
		return err
	})
	return core, err
}
