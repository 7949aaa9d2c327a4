package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/internal/bench/bareengine"
	"carekey/internal/synth"
	"carekey/internal/world"
	"carekey/wallet"
	"carekey/wallet/keys"
)

// Approving: from the patient's yes to the proof in her wallet, over TLS and a
// gateway, with the wallet following its charts as it does beside a screen.

// A patient may write sixty entries an hour in a chart, so that many approvals
// need many charts: patients × institutions × rounds × at once.
const (
	approvers     = 2
	approveRounds = 5
	approveAtOnce = 10 // requests that wait in one chart
	approveLimit  = 1.5
)

func measureApprove(ctx context.Context, dir string) (rows []row, err error) {
	bare, err := startBare(ctx, filepath.Join(dir, "bare"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.Stop()) }()
	people, stop, err := openApprovers(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	var acts, floors samples
	for range approveRounds {
		for _, p := range people {
			if err := p.round(ctx, bare, &acts, &floors); err != nil {
				return nil, err
			}
		}
	}
	what := fmt.Sprintf("vs bare engine submit → provable (%d runs)", len(acts))
	return []row{
		atMost("approve → proven in the wallet, p50, "+what, acts, floors, 0.5, approveLimit),
		atMost("approve → proven in the wallet, p99, "+what, acts, floors, 0.99, approveLimit),
	}, nil
}

// bareChain is the floor's engine with a key to sign with.
type bareChain struct {
	*bareengine.Engine
	key    ed25519.PrivateKey
	serial int
}

func startBare(ctx context.Context, dir string) (*bareChain, error) {
	e, err := bareengine.Start(ctx, dir)
	if err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return &bareChain{Engine: e, key: key}, err
}

// tx is a new transaction of about the size of an entry's.
func (b *bareChain) tx() []byte {
	b.serial++
	return bareengine.NewTx(b.key, fmt.Appendf(make([]byte, 200), "%d", b.serial))
}

// provable takes one transaction from submit to the header that proves it.
func (b *bareChain) provable(ctx context.Context) error {
	tx := b.tx()
	if err := b.Submit(ctx, tx); err != nil {
		return err
	}
	height, err := b.Committed(ctx, tx)
	if err != nil {
		return err
	}
	return b.Provable(ctx, height)
}

// approver is a patient with a chart at every institution, and who asks.
type approver struct {
	*world.Patient
	houses  []*world.House
	records map[world.Role]string
}

// openApprovers makes a network and patients who joined everywhere.
func openApprovers(ctx context.Context, dir string) ([]*approver, func() error, error) {
	w, err := newWorld(ctx, filepath.Join(dir, "world"))
	if err != nil {
		return nil, nil, err
	}
	running, end := context.WithCancel(ctx)
	var working sync.WaitGroup
	closings := []func() error{w.Stop}
	stop := func() error {
		end()
		working.Wait()
		var failed error
		for i := len(closings) - 1; i >= 0; i-- {
			failed = errors.Join(failed, closings[i]())
		}
		return failed
	}
	var people []*approver
	for i := range approvers {
		p, err := w.As(ctx, keys.NewMaster(), filepath.Join(dir, fmt.Sprint("patient", i)))
		if err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		closings = append(closings, p.Close)
		a := &approver{Patient: p, records: map[world.Role]string{}}
		working.Go(func() { _ = p.Run(running) }) // ends with the context
		if err := a.joinAll(ctx, w, uint64(i)); err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		people = append(people, a)
	}
	return people, stop, nil
}

// newWorld is a network without a past, whose gateways send at once.
func newWorld(ctx context.Context, dir string) (*world.World, error) {
	agent, err := newAgent()
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(-time.Minute)
	birth := world.Birth{Dir: dir, Patient: agent, Record: world.MadeUp(1, end), End: end, Seed: 1, Empty: true}
	if err := world.Make(ctx, birth); err != nil {
		return nil, err
	}
	return world.Start(ctx, dir, world.Options{})
}

// joinAll registers the person everywhere and opens her charts.
func (a *approver) joinAll(ctx context.Context, w *world.World, number uint64) error {
	for _, role := range world.Gateways() {
		house := w.House(role)
		record := fmt.Sprintf("BENCH-%d", number)
		bundle, _ := fhir.NewBundle([]fhir.Resource{synth.StrangerAt(number, string(role), record)})
		if err := house.Records.Load(ctx, record, bundle); err != nil {
			return err
		}
		invitation, err := house.Gateway.Invite(ctx, record)
		if err != nil {
			return err
		}
		if err := a.Join(ctx, invitation, a.Network); err != nil {
			return err
		}
		a.houses, a.records[role] = append(a.houses, house), record
	}
	return a.sees(ctx, func(s wallet.Snapshot) bool { return len(s.Institutions) == len(a.houses) && len(s.Sending) == 0 })
}

func (a *approver) sees(ctx context.Context, wanted func(wallet.Snapshot) bool) error {
	return sees(ctx, a.Wallet, wanted)
}

// sees waits until a wallet shows what is wanted.
func sees(ctx context.Context, w *wallet.Wallet, wanted func(wallet.Snapshot) bool) error {
	for !wanted(w.Snapshot()) {
		select {
		case <-w.Changes():
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// round lets every institution ask, measures the answers in turns with the
// floor, and takes all permissions back.
func (a *approver) round(ctx context.Context, bare *bareChain, acts, floors *samples) error {
	if err := a.ask(ctx); err != nil {
		return err
	}
	want := approveAtOnce * len(a.houses)
	if err := a.sees(ctx, func(s wallet.Snapshot) bool { return len(s.Requests) == want }); err != nil {
		return fmt.Errorf("the wallet does not see all requests: %w", err)
	}
	for _, r := range a.Snapshot().Requests {
		err := errors.Join(
			acts.add(func() error { return a.approve(ctx, r) }),
			floors.add(func() error { return bare.provable(ctx) }))
		if err != nil {
			return err
		}
	}
	return a.revokeAll(ctx)
}

// ask makes requests at all institutions, and waits until they are proven.
func (a *approver) ask(ctx context.Context) error {
	failed := make([]error, len(a.houses)*approveAtOnce)
	var asking sync.WaitGroup
	for i, house := range a.houses {
		for j := range approveAtOnce {
			asking.Go(func() {
				_, failed[i*approveAtOnce+j] = house.Gateway.Request(ctx, a.records[house.Role], gateway.RequestSpec{
					Kind: consent.Look, Purpose: consent.PurposeSecondOpinion, Uses: 1, Why: "A colleague is asked for an opinion.",
					By:    consent.Person{Name: "Dr. Amina Lee", Role: "cardiology"},
					Scope: consent.Scope{Types: []consent.RecordType{consent.Medicines, consent.TestResults}},
				})
			})
		}
	}
	asking.Wait()
	return errors.Join(failed...)
}

// approve says yes and waits until the wallet shows the proven permission.
func (a *approver) approve(ctx context.Context, r wallet.Request) error {
	before := len(a.Snapshot().Permissions)
	if err := a.Approve(ctx, r.ID, wallet.Choice{Scope: r.Scope, Uses: 1, Until: r.Until}); err != nil {
		return err
	}
	return a.sees(ctx, func(s wallet.Snapshot) bool { return len(s.Permissions) == before+1 && len(s.Sending) == 0 })
}

func (a *approver) revokeAll(ctx context.Context) error {
	for _, p := range a.Snapshot().Permissions {
		if err := a.Revoke(ctx, p); err != nil {
			return err
		}
	}
	return a.sees(ctx, func(s wallet.Snapshot) bool { return len(s.Permissions) == 0 && len(s.Sending) == 0 })
}
