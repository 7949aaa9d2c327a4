package reach

import (
	"context"
	"time"

	"carekey/client"
	"carekey/consent"
)

// held reads one log from its institution with the log's own key.
type held struct{ pool *client.Pool }

// anyones reads what is public, without a key.
type anyones struct {
	pool    *client.Pool
	network consent.NetworkID
}

func on[T any](ctx context.Context, p *client.Pool, call func(*client.Conn) (T, error)) (T, error) {
	var result T
	err := p.Do(ctx, func(c *client.Conn) (err error) {
		result, err = call(c)
		return err
	})
	return result, err
}

func (h held) Genesis(ctx context.Context) ([]byte, error) {
	return on(ctx, h.pool, func(c *client.Conn) ([]byte, error) { return c.Genesis(ctx) })
}

func (h held) LightBlock(ctx context.Context, height int64) ([]byte, error) {
	return on(ctx, h.pool, func(c *client.Conn) ([]byte, error) { return c.LightBlock(ctx, height) })
}

func (h held) WaitHeight(ctx context.Context, height int64) (int64, error) {
	return on(ctx, h.pool, func(c *client.Conn) (int64, error) { return c.WaitHeight(ctx, height) })
}

func (h held) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	return on(ctx, h.pool, func(c *client.Conn) (consent.StateProof, error) { return c.ProveOwn(ctx, height, keys) })
}

func (h held) Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	return on(ctx, h.pool, func(c *client.Conn) (consent.Page, error) { return c.OwnEntries(ctx, log, from, maxBytes) })
}

// Details is [client.DetailSource].
func (h held) Details(ctx context.Context, numbers []uint64) ([]client.NumberedDetail, error) {
	return on(ctx, h.pool, func(c *client.Conn) ([]client.NumberedDetail, error) { return c.Details(ctx, numbers) })
}

func (a anyones) Genesis(ctx context.Context) ([]byte, error) { return held{a.pool}.Genesis(ctx) }

func (a anyones) LightBlock(ctx context.Context, height int64) ([]byte, error) {
	return held{a.pool}.LightBlock(ctx, height)
}

func (a anyones) WaitHeight(ctx context.Context, height int64) (int64, error) {
	return held{a.pool}.WaitHeight(ctx, height)
}

func (a anyones) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	return on(ctx, a.pool, func(c *client.Conn) (consent.StateProof, error) { return c.ProvePublic(ctx, height, keys) })
}

// Entries gives the registry log, which is all that anyone may read.
func (a anyones) Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	if log != consent.RegistryLogID(a.network) {
		return consent.Page{}, client.ErrForbidden
	}
	return on(ctx, a.pool, func(c *client.Conn) (consent.Page, error) { return c.RegistryEntries(ctx, from, maxBytes) })
}

// PublicRegistry reads a network's registry as anyone may, believing the anchor
// alone, and keeps nothing.
func PublicRegistry(ctx context.Context, pool *client.Pool, anchor consent.Anchor) (*consent.Registry, error) {
	file, err := on(ctx, pool, func(c *client.Conn) ([]byte, error) { return c.Genesis(ctx) })
	if err != nil {
		return nil, err
	}
	genesis, err := client.DecodeGenesisFile(file)
	if err != nil {
		return nil, err
	}
	if genesis.Anchor() != anchor {
		return nil, errOtherNetwork
	}
	light, err := client.NewLight(genesis, &client.MemoryTrust{}, time.Now)
	if err != nil {
		return nil, err
	}
	r, err := light.FollowRegistry(ctx, anyones{pool, anchor.Network})
	if err != nil {
		return nil, err
	}
	return r.Registry, nil
}
