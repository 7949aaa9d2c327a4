package gateway

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

// newOneTimeKey makes a key for one transfer, and its seed to keep.
func newOneTimeKey() (ledgerKey, store.Seed, error) {
	var seed store.Seed
	if _, err := rand.Read(seed[:]); err != nil {
		return ledgerKey{}, seed, err
	}
	return oneTimeKey(seed), seed, nil
}

func oneTimeKey(seed store.Seed) ledgerKey { return ledgerKey{ed25519.NewKeyFromSeed(seed[:])} }

const (
	maxSourceKeys = 4
	sourceKeyLife = 90 * 24 * time.Hour
	// keepSourceKey is how much longer than its public end an unused key is
	// kept: the link of a transfer opened in time may arrive late.
	keepSourceKey = 365 * 24 * time.Hour
	// maxKeptSourceKeys is how many unused keys a chart has here at most: more
	// than a wallet holds, as answers get lost.
	maxKeptSourceKeys = 16
)

// SourceKeys is [client.Transfers.SourceKeys]: it makes one-time keys with
// which the patient can open transfers from here while this gateway is away.
// The wallet says how many it lacks; how many are out is limited here.
func (g *Gateway) SourceKeys(ctx context.Context, chart consent.LogID, want uint8) ([]consent.SignedSourceKey, error) {
	if _, err := g.chart(ctx, chart); err != nil {
		return nil, err
	}
	tip, err := g.ledger.Wait(ctx, 0)
	if err != nil {
		return nil, err
	}
	until := tip.Time.Add(sourceKeyLife)
	var keys []consent.SignedSourceKey
	err = g.store.Update(ctx, func(tx *store.Tx) error {
		for range min(want, maxSourceKeys) {
			k, err := g.newSourceKey(tx, chart, until)
			if err != nil {
				return err
			}
			keys = append(keys, k)
		}
		// What an earlier answer lost on its way is never used: the oldest go.
		return tx.LimitSourceKeys(chart, maxKeptSourceKeys)
	})
	return keys, err
}

func (g *Gateway) newSourceKey(tx *store.Tx, chart consent.LogID, until consent.Time) (consent.SignedSourceKey, error) {
	key, seed, err := newOneTimeKey()
	if err != nil {
		return consent.SignedSourceKey{}, err
	}
	k := consent.SignedSourceKey{Body: consent.SourceKey{
		Key: key.Public(), Source: g.config.Institution, Recipient: g.config.Keys.Seal.RecipientText(), ValidUntil: until,
	}}
	if k.Signature, err = g.config.Keys.Ledger.Sign(k.Body.Statement(g.genesis.Chain)); err != nil {
		return k, err
	}
	return k, tx.PutSourceKey(store.SourceKey{Public: key.Public(), Chart: chart, ValidUntil: until.Add(keepSourceKey), Seed: seed})
}
