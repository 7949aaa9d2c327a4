package gateway

import (
	"context"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
)

// carried remembers which transactions this gateway carried for somebody, so
// that whoever made one can see what became of it, and nobody else.
type carried struct {
	mu    sync.Mutex
	of    map[consent.Hash]carriage
	order []consent.Hash
}

type carriage struct {
	log consent.LogID
	at  time.Time
}

const (
	maxCarried  = 50_000
	keepCarried = 24 * time.Hour
)

func (c *carried) put(batch consent.Hash, log consent.LogID, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[consent.Hash]carriage{}
	}
	if _, known := c.of[batch]; !known {
		c.order = append(c.order, batch)
	}
	c.of[batch] = carriage{log: log, at: now}
	for len(c.order) > maxCarried {
		delete(c.of, c.order[0])
		c.order = c.order[1:]
	}
}

func (c *carried) get(batch consent.Hash, now time.Time) (consent.LogID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.of[batch]
	return found.log, ok && now.Sub(found.at) < keepCarried
}

// Submit is [client.Carrier]: it carries a patient's transaction to the ledger.
func (g *Gateway) Submit(ctx context.Context, raw []byte) error {
	tx, header, err := consent.DecodeTx(raw)
	if err != nil {
		return client.NewFault(client.FaultMalformed, "%s", err)
	}
	if header.Kind != consent.SignerPatient {
		return client.NewFault(client.FaultForbidden, "this gateway carries patients' transactions only")
	}
	log := consent.LogID(header.Signer)
	g.carried.put(consent.BatchID(tx.Header, tx.Signature), log, g.config.Now())
	if err := g.config.Node.Submit(ctx, raw); err != nil {
		return err
	}
	go g.afterCarried(log)
	return nil
}

// afterCarried has a log of this institution followed when the transaction may
// be in it.
func (g *Gateway) afterCarried(log consent.LogID) {
	ctx, cancel := context.WithTimeout(g.run, time.Minute)
	defer cancel()
	tip, _, err := g.head(ctx, log)
	if err != nil {
		return // the sweep will come by
	}
	if _, err := g.ledger.Wait(ctx, tip.Height+2); err != nil {
		return
	}
	g.followSoon(log)
	nudge(g.moveNow)
}

// Carried is [client.Carrier.Carried].
func (g *Gateway) Carried(ctx context.Context, batch consent.Hash, from uint64) (client.Carried, error) {
	log, ok := g.carried.get(batch, g.config.Now())
	if !ok {
		return client.Carried{}, client.ErrNotFound
	}
	proof, err := g.config.Node.Prove(ctx, 0, [][]byte{consent.HeadKey(log)})
	if err != nil {
		return client.Carried{}, err
	}
	c := client.Carried{Proof: proof, Page: consent.Page{Log: log, From: from}}
	if len(proof.Keys) == 1 && !proof.Keys[0].Present {
		return c, nil
	}
	c.Page, err = g.config.Node.Entries(ctx, log, from, consent.MaxPageBytes/4)
	return c, err
}
