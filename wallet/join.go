package wallet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"carekey/consent"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// ErrOtherNetwork means that an invitation belongs to another network than the
// one this wallet trusts.
var ErrOtherNetwork = errors.New("this invitation belongs to another network than your other charts")

// maxEpochs bounds how many charts one person opens at one institution.
const maxEpochs = 64

// Join opens a chart with an invitation. The caller has compared the
// invitation's fingerprint words with the institution's. A chart that this
// wallet's key opened there before, and that the wallet does not know any more,
// is taken up again instead.
func (w *Wallet) Join(ctx context.Context, inv consent.Invitation, desk Enroller) error {
	if a := w.Anchor(); a != (consent.Anchor{}) && a != inv.Anchor {
		return ErrOtherNetwork
	}
	registry, err := w.Network.Registry(ctx)
	if err != nil {
		return err
	}
	institution, ok := registry.Institution(inv.Institution)
	if !ok {
		return errors.New("the institution of this invitation is not in the network's registry")
	}
	if !w.knows(institution.ID) {
		if n, err := w.Recover(ctx, inv.Anchor, institution); err != nil || n > 0 {
			return err
		}
	}
	return w.open(ctx, inv, desk, institution)
}

// open has a new chart countersigned and says so to the ledger.
func (w *Wallet) open(ctx context.Context, inv consent.Invitation, desk Enroller, at consent.Institution) error {
	name, err := w.freeName(ctx, w.nextChart(inv), at)
	if err != nil {
		return err
	}
	k, err := w.Agent.Chart(name)
	if err != nil {
		return err
	}
	log := consent.NewLogID(consent.ChartLog, name.Network, at.ID, k.Signer.Public())
	enrolled, err := w.enrol(ctx, inv, desk, k, log)
	if err != nil {
		return err
	}
	if err := w.glance(ctx, chart{Name: name, Log: log, At: at}); err != nil {
		return err
	}
	return w.perform(ctx, act{
		kind: ActJoin, chart: log, at: at.ID, log: log, network: name.Network, class: consent.ClassOpen,
		fields: consent.OpenFields{Keys: k.Keys(), Until: enrolled.Until, Sponsor: enrolled.Sponsor}, detail: &enrolled.Opened, signer: k.Signer,
		also: func(b *book) {
			b.Anchor = inv.Anchor
			b.Pending = slices.DeleteFunc(b.Pending, func(p pending) bool { return p.Log == log }) // refused before
			if b.chart(log) == nil {
				b.Charts = append(b.Charts, chart{Name: name, Log: log, At: at, View: consent.View{Log: log}})
			}
		},
	})
}

// freeName is the first chart from a name on whose keys nobody occupies. The
// institution is asked, which is about to see those keys anyway.
func (w *Wallet) freeName(ctx context.Context, name keys.ChartName, at consent.Institution) (keys.ChartName, error) {
	for range maxEpochs {
		k, err := w.Agent.Chart(name)
		if err != nil {
			return name, err
		}
		r, err := w.chartReader(&chart{Name: name, At: at})
		if err != nil {
			return name, err
		}
		log, used, err := w.Network.Find(ctx, r)
		if err != nil {
			return name, err
		}
		if !used || log == consent.NewLogID(consent.ChartLog, name.Network, at.ID, k.Signer.Public()) {
			return name, nil // free, or what it opened itself before it was cut off
		}
		name.Epoch++
	}
	return name, fmt.Errorf("no keys for another chart at %s are left", at.Name)
}

// glance learns the proven time from the chart's own absence, where nothing was
// proven in this run yet.
func (w *Wallet) glance(ctx context.Context, c chart) error {
	if _, ok := w.estimate(); ok {
		return nil
	}
	r, err := w.chartReader(&c)
	if err != nil {
		return err
	}
	reading, err := w.Network.Follow(ctx, r, consent.Remembered{})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tipped(reading.Tip)
	return nil
}

// knows tells whether the book has a chart at an institution.
func (w *Wallet) knows(id consent.InstitutionID) (known bool) {
	w.withBook(func(b *book) {
		known = slices.ContainsFunc(b.Charts, func(c chart) bool { return c.At.ID == id })
	})
	return known
}

// nextChart names the keys for one more chart at an institution. A chart that
// was never opened comes first: one without a gap behind it is found again, and
// its invitation is good for its keys only.
func (w *Wallet) nextChart(inv consent.Invitation) keys.ChartName {
	name := keys.ChartName{Master: w.Agent.Current(), Network: inv.Anchor.Network, Institution: inv.Institution}
	w.withBook(func(b *book) {
		for _, c := range b.Charts {
			if c.Name.Institution != name.Institution || c.Name.Master != name.Master {
				continue
			}
			if c.View.Size == 0 && !c.Recovering {
				name.Epoch = c.Name.Epoch
				return
			}
			name.Epoch = max(name.Epoch, c.Name.Epoch+1)
		}
	})
	return name
}

func (w *Wallet) enrol(ctx context.Context, inv consent.Invitation, desk Enroller, k *keys.Chart, log consent.LogID) (Enrolled, error) {
	e := consent.Enrolment{Ticket: inv.Ticket, Keys: k.Keys(), Seal: k.Seal.RecipientText()}
	sig, err := k.Signer.Sign(e.Statement(w.Network.Chain(), log))
	if err != nil {
		return Enrolled{}, err
	}
	enrolled, err := desk.Enrol(ctx, inv, e, sig)
	if err != nil {
		return Enrolled{}, fmt.Errorf("%s did not open the chart: %w", inv.Name, err)
	}
	return enrolled, nil
}

// Seek notes institutions at which charts are to be found again.
func (w *Wallet) Seek(anchor consent.Anchor, at []consent.Institution) error {
	return w.update(func(b *book) (vault.Batch, error) {
		b.Anchor, b.Seek = anchor, at
		return vault.Batch{}, nil
	})
}

// seek looks for charts at the noted institutions; those that answered are
// taken off the list, and one that does not answer keeps no other waiting.
func (w *Wallet) seek(ctx context.Context) error {
	var places []consent.Institution
	var anchor consent.Anchor
	w.withBook(func(b *book) { places, anchor = slices.Clone(b.Seek), b.Anchor })
	var failed []error
	for _, at := range places {
		if _, err := w.Recover(ctx, anchor, at); err != nil {
			failed = append(failed, fmt.Errorf("look for charts at %s: %w", at.Name, err))
			continue
		}
		err := w.update(func(b *book) (vault.Batch, error) {
			b.Seek = slices.DeleteFunc(b.Seek, func(i consent.Institution) bool { return i.ID == at.ID })
			return vault.Batch{}, nil
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// RecoveryOpened notes that the recovery file was opened: only that counts.
func (w *Wallet) RecoveryOpened() error {
	return w.update(func(b *book) (vault.Batch, error) {
		b.Recovery = local(w.Now())
		return vault.Batch{}, nil
	})
}

// Recover finds the charts of this master secret at an institution again,
// after the vault was lost: it asks for each of the chart's keys in turn until
// one is proven to be unknown there.
func (w *Wallet) Recover(ctx context.Context, anchor consent.Anchor, at consent.Institution) (int, error) {
	found := 0
	for _, master := range w.Agent.Known() {
		for epoch := range uint64(maxEpochs) {
			name := keys.ChartName{Master: master, Network: anchor.Network, Institution: at.ID, Epoch: epoch}
			ok, err := w.recoverChart(ctx, anchor, at, name)
			if err != nil {
				return found, err
			}
			if !ok {
				break
			}
			found++
		}
	}
	return found, nil
}

func (w *Wallet) recoverChart(ctx context.Context, anchor consent.Anchor, at consent.Institution, name keys.ChartName) (bool, error) {
	c := chart{Name: name, At: at}
	r, err := w.chartReader(&c)
	if err != nil {
		return false, err
	}
	log, ok, err := w.Network.Find(ctx, r)
	if err != nil || !ok {
		return false, err
	}
	c.Log, c.View.Log, c.Recovering = log, log, true
	return true, w.update(func(b *book) (vault.Batch, error) {
		if b.chart(log) != nil {
			return vault.Batch{}, errSame
		}
		b.Anchor = anchor
		b.Charts = append(b.Charts, c)
		return vault.Batch{}, nil
	})
}

// recoverTransfers finds, after a loss of the vault, the transfers that
// answered requests of a chart: each request's transfer key is known or not.
func (w *Wallet) recoverTransfers(ctx context.Context, log consent.LogID) error {
	var c chart
	w.withBook(func(b *book) {
		if found := b.chart(log); found != nil {
			c = *found
		}
	})
	for _, q := range c.View.Requests {
		if q.Request.Kind != consent.Move {
			continue
		}
		t := transfer{
			Name: keys.TransferName{Master: c.Name.Master, Network: c.Name.Network, Chart: log, Request: q.Number},
			From: q.Request.From, To: c.At.ID, Asked: q.Time,
		}
		if err := w.recoverTransfer(ctx, t); err != nil {
			return err
		}
	}
	return w.update(func(b *book) (vault.Batch, error) {
		b.chart(log).Recovering = false
		return vault.Batch{}, nil
	})
}

func (w *Wallet) recoverTransfer(ctx context.Context, t transfer) error {
	r, err := w.transferReader(&t, t.To)
	if err != nil {
		return err
	}
	id, ok, err := w.Network.Find(ctx, r)
	if err != nil || !ok {
		return err
	}
	t.Log = id
	return w.update(func(b *book) (vault.Batch, error) {
		if b.transfer(id) != nil {
			return vault.Batch{}, errSame
		}
		b.Transfers = append(b.Transfers, t)
		return vault.Batch{}, nil
	})
}
