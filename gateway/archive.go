package gateway

import (
	"context"
	"errors"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// archive is the ledger's state as it is shown to the holders of logs kept here:
// an entry that the node keeps no longer comes from the gateway's own database,
// which keeps all of them. Readers verify both in the same way.
type archive struct {
	client.State
	store *store.Store
}

// Entries is [client.State.Entries].
func (a archive) Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (page consent.Page, err error) {
	page, err = a.State.Entries(ctx, log, from, maxBytes)
	if !errors.Is(err, client.ErrPruned) {
		return page, err
	}
	err = a.store.View(ctx, func(tx *store.Tx) (err error) {
		page, err = tx.Page(log, from, maxBytes)
		return err
	})
	return page, err
}
