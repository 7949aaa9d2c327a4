package wallet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carekey/consent"
)

// lagLimit is how long a ledger may end before what is remembered of it, as a
// server that is a little behind does, until that counts as a lie.
const lagLimit = time.Minute

// turnedBack is a ledger that is not the one, or not as long as the one, that
// this wallet proved in an earlier run.
type turnedBack struct {
	height int64
	why    string
}

// Error says what was remembered.
func (t *turnedBack) Error() string {
	return fmt.Sprintf("the ledger was turned back: %s the header that was proven before, number %d", t.why, t.height)
}

// Lie names what was found.
func (t *turnedBack) Lie() string { return "turned-back" }

// Evidence is nil: the marks keep a header's digest, not its bytes.
func (t *turnedBack) Evidence() []byte { return nil }

// errLagging means that a ledger ends before what is remembered of it.
var errLagging = errors.New("the institution is behind what was proven before")

// compare compares the ledger with the newest header that the marks remember
// from earlier runs, once in each run. Old copies of all the wallet's files
// cannot make it believe a ledger that forgot something since.
func (w *Wallet) compare(ctx context.Context, r Reader, tip consent.Tip) error {
	if w.Marks == nil || w.comparedBefore() {
		return nil
	}
	height, header := w.Marks.Newest(w.Anchor().Network)
	if tip.Height < height {
		return w.lags(height)
	}
	if height > 0 {
		found, err := w.Network.Header(ctx, r, height)
		if errors.Is(err, ErrNoHeader) {
			found, err = header, nil // too long ago: what the client verified must do
		}
		if err != nil {
			return err
		}
		if found != header {
			return &turnedBack{height, "it does not have"}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.compared = true
	return nil
}

func (w *Wallet) comparedBefore() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.compared
}

// lags notes since when the ledger is too short.
func (w *Wallet) lags(height int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.Now()
	if w.lagging.IsZero() {
		w.lagging = now
	}
	if now.Sub(w.lagging) > lagLimit {
		return &turnedBack{height, "it ends before"}
	}
	return errLagging
}
