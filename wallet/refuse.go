package wallet

import (
	"context"
	"errors"
	"slices"

	"carekey/consent"
)

// ErrApprovalUnderway means that an approval is not proven yet, so that it
// cannot be taken back yet either.
var ErrApprovalUnderway = errors.New("an approval that you gave is still on its way and cannot be taken back yet: refuse everything again in a minute")

// Block refuses everything from an institution: its requests are denied, its
// permissions revoked, transfers that have not arrived stopped, and no new
// request wanted. Off lifts only the last. Accesses still appear.
func (w *Wallet) Block(ctx context.Context, log consent.LogID, on bool) error {
	var failed error
	if on {
		failed = w.refuseAll(ctx, log)
	}
	kind := ActBlock
	if !on {
		kind = ActUnblock
	}
	return errors.Join(failed, w.perform(ctx, act{
		kind: kind, chart: log, log: log, class: consent.ClassSay,
		fields:  consent.SayFields{Side: consent.SidePatient},
		content: &consent.Blocking{Off: !on},
	}))
}

func (w *Wallet) refuseAll(ctx context.Context, log consent.LogID) error {
	var at consent.InstitutionID
	var transfers []consent.LogID
	var failed []error
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			at = c.At.ID
		}
		for _, t := range b.Transfers {
			if (t.From == at || t.To == at) && !t.over() && !t.State.Stopped {
				transfers = append(transfers, t.Log)
			}
		}
		if slices.ContainsFunc(b.Pending, func(p pending) bool {
			return p.Log == log && p.Kind == ActApprove && p.waits()
		}) {
			failed = append(failed, ErrApprovalUnderway)
		}
	})
	for _, t := range transfers {
		failed = append(failed, w.stop(ctx, t))
	}
	s := w.Snapshot()
	for _, p := range s.Permissions {
		if p.Chart == log && p.Transfer == (consent.LogID{}) {
			failed = append(failed, w.Revoke(ctx, p))
		}
	}
	for _, r := range s.Requests {
		if r.ID.Chart == log {
			failed = append(failed, w.Deny(ctx, r.ID, ""))
		}
	}
	return errors.Join(failed...)
}
