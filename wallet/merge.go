package wallet

import "context"

// keepMerging joins the vault's segments in the background whenever a commit
// may have left many of them, so that a long history opens quickly.
func (w *Wallet) keepMerging(ctx context.Context) {
	for {
		if err := w.Vault.Merge(ctx); err != nil && ctx.Err() == nil {
			w.Log.Debug("the vault's segments were not joined", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-w.wrote:
		}
	}
}
