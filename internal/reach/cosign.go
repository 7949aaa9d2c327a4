package reach

import (
	"context"
	"errors"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
)

// cosignFor is how long cosignatures of a reading may take; those that come
// later do not count for it.
const cosignFor = 2 * time.Second

// How often gateways are asked for cosignatures.
const (
	cosignAgain = 10 * time.Second
	cosignSoon  = time.Second // while fewer than enough count
)

// enough is how many cosignatures leave nothing to hurry for.
const enough = 2

// cosigns are the cosignatures that counted when they were asked for.
type cosigns struct {
	of    map[consent.InstitutionID]consent.Time // of the header that each signed
	at    time.Time
	going bool        // being asked for
	lie   *client.Lie // what a cosignature gave away; it stays
}

// cosigners returns whose cosignature counts. The first time it asks, later it
// asks in the background, so that a reading never waits for a slow gateway. Its
// error is a lie: an institution signed another version of the ledger than the
// one that ours shows.
func (n *Network) cosigners(ctx context.Context, ours held) ([]consent.InstitutionID, error) {
	// The first collection is waited for by whoever comes meanwhile.
	n.first.Do(func() { n.collect(ctx, ours) })
	n.mu.Lock()
	known, age := n.cosigns, time.Since(n.cosigns.at)
	who := n.counting(known.of)
	again := cosignAgain
	if len(who) < enough {
		again = cosignSoon
	}
	if due := !known.going && age > again; due {
		n.cosigns.going = true
		go n.collect(context.WithoutCancel(ctx), ours)
	}
	n.mu.Unlock()
	if known.lie != nil {
		return nil, known.lie
	}
	return who, nil
}

// counting are the institutions whose header is still young enough.
func (n *Network) counting(of map[consent.InstitutionID]consent.Time) []consent.InstitutionID {
	var who []consent.InstitutionID
	for id, signed := range of {
		if n.light.Fresh(client.Header{Time: signed}, client.CosignatureLife) == nil {
			who = append(who, id)
		}
	}
	return who
}

// collect asks every gateway for its cosignature of the newest header it
// verified.
func (n *Network) collect(ctx context.Context, ours held) {
	ctx, cancel := context.WithTimeout(ctx, cosignFor)
	defer cancel()
	targets := n.anywhere()
	failed := make([]error, len(targets))
	signed := make([]consent.Time, len(targets))
	var asking sync.WaitGroup
	for i, t := range targets {
		asking.Go(func() { signed[i], failed[i] = n.cosigned(ctx, ours, t) })
	}
	asking.Wait()
	now := cosigns{at: time.Now(), of: map[consent.InstitutionID]consent.Time{}}
	for i, t := range targets {
		var lie *client.Lie
		switch {
		case failed[i] == nil:
			now.of[t.Expect.Institution] = signed[i]
		case errors.As(failed[i], &lie):
			now.lie = lie
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.lie == nil {
		now.lie = n.cosigns.lie
	}
	n.cosigns = now
}

// cosigned asks one gateway and returns the time of the header that it signed,
// if its cosignature counts. If we have not come to the height that it signed,
// it has to show the way there itself.
func (n *Network) cosigned(ctx context.Context, ours held, t client.Target) (consent.Time, error) {
	theirs := held{n.nobody(t)}
	c, err := on(ctx, theirs.pool, func(c *client.Conn) (consent.Cosignature, error) { return c.Cosignature(ctx) })
	if err != nil {
		return 0, err
	}
	if c.Institution != t.Expect.Institution {
		return 0, client.ErrCosigner
	}
	registry, err := n.known(ctx)
	if err != nil {
		return 0, err
	}
	err = n.light.CheckCosignature(ctx, ours, theirs, registry, c)
	var lie *client.Lie
	if err != nil && !errors.As(err, &lie) {
		err = n.light.CheckCosignature(ctx, theirs, theirs, registry, c)
	}
	return c.Cosigned.Time, err
}
