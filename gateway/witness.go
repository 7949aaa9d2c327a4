package gateway

import (
	"context"
	"errors"
	"fmt"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// Cosignature is [client.Witness.Cosignature]: this institution's word that it
// verified the newest header. It is marked on the disk first, so that never two
// headers of one height are signed, whatever happens.
func (g *Gateway) Cosignature(ctx context.Context) (consent.Cosignature, error) {
	tip, err := g.ledger.Wait(ctx, 0)
	if err != nil {
		return consent.Cosignature{}, fmt.Errorf("%w: %w", client.ErrStale, err)
	}
	c := consent.Cosigned{Height: tip.Height, Hash: tip.Header, Time: tip.Time}
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		marked, err := tx.Marked()
		if err == nil && marked.Height > c.Height {
			c = marked // two callers at once: the newer header stands
			return nil
		}
		return tx.Mark(c)
	})
	if errors.Is(err, store.ErrTwoHeaders) {
		g.log.Error("the ledger shows another header than the one this institution cosigned", "height", c.Height)
		return consent.Cosignature{}, client.ErrStale
	}
	if err != nil {
		return consent.Cosignature{}, err
	}
	sig, err := g.config.Keys.Ledger.Sign(c.Statement(g.genesis.Chain))
	return consent.Cosignature{
		Institution: g.config.Institution, Key: g.config.Keys.Ledger.Public().ID(), Cosigned: c, Signature: sig,
	}, err
}
