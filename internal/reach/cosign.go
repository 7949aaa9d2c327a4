package reach

import (
	"context"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
)

// cosignFor is how long cosignatures of a reading may take; those that come
// later do not count for it.
const cosignFor = 2 * time.Second

// How often gateways are asked for cosignatures, and how long those count.
const (
	cosignAgain = 10 * time.Second
	cosignFresh = time.Minute
)

// cosigns are the cosignatures that count now.
type cosigns struct {
	who   []consent.InstitutionID
	at    time.Time
	going bool // being asked for
}

// cosigners returns whose cosignature counts. The first time it asks, later it
// asks in the background, so that a reading never waits for a slow gateway.
func (n *Network) cosigners(ctx context.Context) []consent.InstitutionID {
	n.mu.Lock()
	known, age := n.cosigns, time.Since(n.cosigns.at)
	due := !known.going && age > cosignAgain
	if due {
		n.cosigns.going = true
	}
	n.mu.Unlock()
	switch {
	case due && known.at.IsZero():
		return n.collect(ctx)
	case due:
		go n.collect(context.WithoutCancel(ctx))
	}
	if age > cosignFresh {
		return nil
	}
	return known.who
}

// collect asks every gateway for its cosignature of the newest header it
// verified.
func (n *Network) collect(ctx context.Context) []consent.InstitutionID {
	ctx, cancel := context.WithTimeout(ctx, cosignFor)
	defer cancel()
	targets := n.anywhere()
	valid := make([]bool, len(targets))
	var asking sync.WaitGroup
	for i, t := range targets {
		asking.Go(func() { valid[i] = n.cosigned(ctx, t) })
	}
	asking.Wait()
	var who []consent.InstitutionID
	for i, t := range targets {
		if valid[i] {
			who = append(who, t.Expect.Institution)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cosigns = cosigns{who: who, at: time.Now()}
	return who
}

// cosigned asks one gateway. Its cosignature counts if a registered key signed
// it, its header is on the verified chain, and it is at most a minute old.
func (n *Network) cosigned(ctx context.Context, t client.Target) bool {
	pool := n.nobody(t)
	c, err := on(ctx, pool, func(c *client.Conn) (consent.Cosignature, error) { return c.Cosignature(ctx) })
	if err != nil || c.Institution != t.Expect.Institution {
		return false
	}
	registry, err := n.known(ctx)
	if err != nil {
		return false
	}
	key, ok := registry.KeyAt(c.Institution, c.Key, c.Cosigned.Height, c.Cosigned.Time)
	if !ok || c.Cosigned.Statement(n.Chain()).Verify(key, c.Signature) != nil {
		return false
	}
	h, err := n.light.At(ctx, held{pool}, c.Cosigned.Height)
	return err == nil && h.Hash == c.Cosigned.Hash && n.light.Fresh(h, time.Minute) == nil
}
