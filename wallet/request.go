package wallet

import (
	"slices"

	"carekey/consent"
)

// openRequest finds a request that waits for an answer.
func (w *Wallet) openRequest(id RequestID) (request consent.OpenRequest, at chart, err error) {
	w.withBook(func(b *book) { request, at, err = w.openIn(b, id) })
	return request, at, err
}

// openIn finds a request that waits for an answer in a book. The caller holds
// the lock.
func (w *Wallet) openIn(b *book, id RequestID) (consent.OpenRequest, chart, error) {
	c := b.chart(id.Chart)
	if c == nil {
		return consent.OpenRequest{}, chart{}, ErrUnknownRequest
	}
	i := slices.IndexFunc(c.View.Requests, func(r consent.OpenRequest) bool { return r.Number == id.Number })
	if i < 0 || b.answered(id) || w.pastDue(c.View.Requests[i]) {
		return consent.OpenRequest{}, chart{}, ErrUnknownRequest
	}
	return c.View.Requests[i], *c, nil
}

// unanswered looks once more before an answer is written down: a request is
// answered once, whoever else is at it.
func (w *Wallet) unanswered(id RequestID) func(*book) error {
	return func(b *book) error {
		_, _, err := w.openIn(b, id)
		return err
	}
}

// answered tells whether an answer to a request was given, proven or not. The
// chart itself shows proven ones, except for transfers.
func (b *book) answered(id RequestID) bool {
	return b.transferFor(id.Chart, id.Number) != nil || slices.ContainsFunc(b.Pending, func(p pending) bool {
		return p.Through == id.Chart && p.Target == id.Number && (p.Kind == ActApprove || p.Kind == ActDeny)
	})
}

// pastDue tells whether a request has expired.
func (w *Wallet) pastDue(r consent.OpenRequest) bool { return r.Due != 0 && w.nowLocked() >= r.Due }
