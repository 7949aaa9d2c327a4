package world

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/wallet"
	"carekey/wallet/keys"
)

// loses throws the wallet's files away; the person keeps her master secret.
func (p *person) loses() {
	p.t.Helper()
	p.close()
	for _, dir := range []string{"vault", "network", "evidence"} {
		if err := os.RemoveAll(filepath.Join(p.dir, dir)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// finds opens a wallet without files and has it look at all institutions.
func (p *person) finds() *person {
	p.t.Helper()
	p.opens()
	if err := p.Seek(p.on.Anchor(), p.on.Institutions()); err != nil {
		p.t.Fatal(err)
	}
	p.close()
	return p.opens()
}

// knows is what a wallet shows, without what depends on when it looked.
type knows struct {
	Institutions []wallet.Institution
	Permissions  []wallet.Permission
	Transfers    []wallet.Transfer
	Requests     []wallet.RequestID
	Rows         int
	Entries      uint64
}

func known(s wallet.Snapshot) knows {
	k := knows{Permissions: s.Permissions, Transfers: slices.Clone(s.Transfers), Rows: s.Rows, Entries: s.Proof.Of}
	for _, i := range s.Institutions {
		i.Reached, i.New = i.Opened, 0
		k.Institutions = append(k.Institutions, i)
	}
	slices.SortFunc(k.Institutions, func(a, b wallet.Institution) int { return a.Opened.Compare(b.Opened) })
	slices.SortFunc(k.Transfers, func(a, b wallet.Transfer) int { return a.Steps[0].At.Compare(b.Steps[0].At) })
	for _, r := range s.Requests {
		k.Requests = append(k.Requests, r.ID)
	}
	return k
}

// lives gives the person something to lose: charts, a finished transfer, one
// that runs, a stopped one, a live permission, a request that was denied, and
// one that waits.
func (p *person) lives(at *pause) {
	p.t.Helper()
	p.joins(Hospital, Clinic, Lab)
	p.seesTransfer("the match", p.approves(p.isAsked(labAndMedicines())), matched)
	p.granted(0)
	denied := p.isAsked(labAndMedicines())
	if err := p.Deny(soon(p.t), denied.ID, "no"); err != nil {
		p.t.Fatal(err)
	}
	reached, goOn := at.at(gateway.DestinationAsked)
	stopped := p.approves(p.isAsked(labAndMedicines()))
	<-reached
	if err := p.Revoke(soon(p.t), wallet.Permission{Transfer: stopped}); err != nil {
		p.t.Fatal(err)
	}
	p.seesTransfer("the stop", stopped, func(t wallet.Transfer) bool { return t.State == consent.TransferStopped })
	goOn()
	p.on.until(p.t, "rest", func() bool { return p.on.atRest(p.t, Clinic, stopped) })
	reached, goOn = at.at(gateway.DestinationAsked)
	p.t.Cleanup(goOn)
	running := p.approves(p.isAsked(labAndMedicines()))
	<-reached
	p.seesTransfer("that it runs", running, func(t wallet.Transfer) bool { return t.State == consent.TransferOpen })
	p.isAsked(labAndMedicines())
	p.sees("all of it", func(s wallet.Snapshot) bool {
		return len(s.Transfers) == 3 && len(s.Permissions) == 2 && len(s.Requests) == 1 && len(s.Sending) == 0
	})
}

// TestEverythingIsFoundAgain: with nothing but the master secret and the names
// of institutions, the wallet knows again what it knew.
func TestEverythingIsFoundAgain(t *testing.T) {
	t.Parallel()
	at := &pause{}
	s := newStage(t, pausing(at))
	p := s.person(t, illnesses(), anna()).opens()
	p.lives(at)
	before := known(p.Snapshot())
	p.loses()
	p.finds()
	p.sees("what she knew", func(s wallet.Snapshot) bool { return s.Rows >= before.Rows && len(s.Transfers) == 3 })
	after := known(p.sees("green", func(s wallet.Snapshot) bool { return s.Proof.Level == wallet.ProofGreen }))
	if !reflect.DeepEqual(before, after) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

// pruned is a node that keeps, once it forgets, of each log but the registry
// only the newest entry. Gateways' own readings, which ask for as much as there
// is, were before that.
type pruned struct {
	client.Node
	forgets *atomic.Bool
	asked   *atomic.Int64 // how often for what was forgotten
}

func (f pruned) Entries(ctx context.Context, log consent.LogID, from uint64, most int) (consent.Page, error) {
	p, err := f.Node.Entries(ctx, log, from, most)
	if f.forgets.Load() && most != 0 && len(p.Leaves) > 1 && len(p.Companions) > 0 {
		f.asked.Add(1)
		return consent.Page{}, fmt.Errorf("entry %d: %w", from, client.ErrPruned)
	}
	return p, err
}

// TestOldEntriesAreFoundAgain: what the nodes keep no longer, the institutions
// whose logs it is in still prove.
func TestOldEntriesAreFoundAgain(t *testing.T) {
	t.Parallel()
	at := &pause{}
	var forgets atomic.Bool
	var asked atomic.Int64
	s := newStage(t, pausing(at), func(_ *Birth, o *Options) {
		before := o.Change
		o.Change = func(role Role, c *gateway.Config) {
			before(role, c)
			c.Node = pruned{c.Node, &forgets, &asked}
		}
	})
	p := s.person(t, illnesses(), anna()).opens()
	p.lives(at)
	before := known(p.Snapshot())
	p.loses()
	forgets.Store(true)
	p.finds()
	p.sees("what she knew", func(s wallet.Snapshot) bool { return s.Rows >= before.Rows && len(s.Transfers) == 3 })
	after := known(p.sees("green", func(s wallet.Snapshot) bool { return s.Proof.Level == wallet.ProofGreen }))
	if !reflect.DeepEqual(before, after) {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	if asked.Load() == 0 {
		t.Error("the node kept everything")
	}
}

// TestOldMastersFindTheirCharts: after the master secret was replaced, what the
// old one opened is found, read and continued, with the vault and without it;
// new charts belong to the new one.
func TestOldMastersFindTheirCharts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	p.close()
	next, err := p.masters.Rotated(keys.NewMaster())
	if err != nil {
		t.Fatal(err)
	}
	p.masters = next
	p.opens().joins(Lab)
	if n := len(p.Snapshot().Institutions); n != 3 {
		t.Errorf("%d charts with the vault", n)
	}
	p.loses()
	p.finds()
	p.sees("three charts", func(s wallet.Snapshot) bool {
		return len(s.Institutions) == 3 && s.Proof.Level == wallet.ProofGreen && s.Proof.Entries == 3
	})
	r := p.isAsked(labAndMedicines())
	if err := p.Approve(soon(t), r.ID, wallet.Choice{Scope: r.Scope, Uses: 1, Until: r.Until}); err != nil {
		t.Fatal(err)
	}
	p.sees("the match", func(s wallet.Snapshot) bool { return len(s.Transfers) == 1 && matched(s.Transfers[0]) })
	p.close()
	p.masters = keys.Masters{Current: next.Current}
	p.loses()
	p.finds()
	p.sees("the one chart of the new secret", func(s wallet.Snapshot) bool {
		return len(s.Institutions) == 1 && s.Institutions[0].Name == "Bellmoor Laboratory"
	})
}
