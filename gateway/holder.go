package gateway

import (
	"context"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// logOwners remembers which log a key ever opened: that never changes, so that
// only whether it still does is proven each time.
type logOwners struct {
	mu   sync.Mutex
	logs map[consent.PublicKey]consent.LogID
}

const maxOwners = 100_000

func (o *logOwners) get(key consent.PublicKey) (consent.LogID, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	log, ok := o.logs[key]
	return log, ok
}

func (o *logOwners) put(key consent.PublicKey, log consent.LogID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.logs == nil || len(o.logs) >= maxOwners {
		o.logs = map[consent.PublicKey]consent.LogID{}
	}
	o.logs[key] = log
}

// LogOf is [client.Holders.LogOf].
func (g *Gateway) LogOf(ctx context.Context, key consent.PublicKey) (consent.LogID, error) {
	log, known := g.logs.get(key)
	if !known {
		_, values, err := g.ledger.Prove(ctx, consent.KeyUseKey(key))
		if err != nil {
			return log, err
		}
		use, err := decode(values[0], consent.DecodeKeyUse)
		if err != nil {
			return log, err
		}
		if use == nil {
			return log, client.ErrForbidden
		}
		log = use.Log
		g.logs.put(key, log)
	}
	_, head, err := g.head(ctx, log)
	if err != nil {
		return log, err
	}
	if head == nil || !opens(head, key) {
		return consent.LogID{}, client.ErrForbidden
	}
	return log, g.party(ctx, log, head)
}

// opens tells whether key is the log's present TLS key.
func opens(h *consent.Head, key consent.PublicKey) bool {
	return h.Chart != nil && h.Chart.Keys.TLS == key || h.Transfer != nil && h.Transfer.TLS == key
}

// party returns an error unless this institution is a party to a log.
func (g *Gateway) party(ctx context.Context, log consent.LogID, h *consent.Head) error {
	if h.Chart != nil {
		if h.Chart.Keys.Institution != g.config.Institution {
			return client.ErrForbidden
		}
		return nil
	}
	if _, err := g.sideOf(ctx, log); err != nil {
		return client.ErrForbidden
	}
	return nil
}

// sideOf tells which part this institution has in a transfer.
func (g *Gateway) sideOf(ctx context.Context, transfer consent.LogID) (side store.Side, err error) {
	err = g.store.View(ctx, func(tx *store.Tx) error {
		for _, side = range []store.Side{store.Destination, store.Source} {
			if _, err := tx.Link(transfer, side); !store.IsNotFound(err) {
				return err
			}
		}
		return store.ErrNotFound
	})
	return side, err
}

// longPoll is how long a caller may wait for news.
const longPoll = 25 * time.Second

// WaitLog is [client.Holders.WaitLog].
func (g *Gateway) WaitLog(ctx context.Context, log consent.LogID, size uint64) (uint64, error) {
	waiting, cancel := context.WithTimeout(ctx, longPoll)
	defer cancel()
	for {
		tip, head, err := g.head(ctx, log)
		if err != nil {
			return 0, err
		}
		if head == nil {
			return 0, client.ErrNotFound
		}
		if head.Tree.Size > size || waiting.Err() != nil {
			return head.Tree.Size, nil
		}
		if _, err := g.ledger.Wait(waiting, tip.Height+1); err != nil && waiting.Err() == nil {
			return 0, err
		}
	}
}
