package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"carekey/consent"
	"carekey/gateway"
	"carekey/internal/synth"
	"carekey/internal/world"
	"carekey/wallet"
)

// Transfers: node and gateways as programs of their own, as institutions run
// them, and a patient who approves. Measured is the time from the destination's
// request to the proof that it received.

const (
	transferRuns   = 3
	bundleBytes    = 64 << 20
	transferLimit  = 2
	transferMemory = 3 // times the bundle
)

func measureTransfer(ctx context.Context, dir string) (rows []row, err error) {
	bundle := filepath.Join(dir, "bundle.json")
	if err := os.WriteFile(bundle, synth.Large(bundleBytes), 0o600); err != nil {
		return nil, err
	}
	p, err := openProvince(ctx, dir, bundle)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	bare, err := startBare(ctx, filepath.Join(dir, "bare"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.Stop()) }()
	var moves samples
	var floors [4]samples
	f, err := newTransferFloor(dir, bundle, bare)
	if err != nil {
		return nil, err
	}
	for range transferRuns {
		took, err := p.move(ctx)
		if err != nil {
			return nil, err
		}
		moves = append(moves, took)
		for i, part := range f.parts(ctx) {
			if err := floors[i].add(part); err != nil {
				return nil, err
			}
		}
	}
	return p.rows(moves, floors)
}

func (p *province) rows(moves samples, floors [4]samples) ([]row, error) {
	sum := samples{floors[0].at(0.5) + floors[1].at(0.5) + floors[2].at(0.5) + floors[3].at(0.5)}
	name := fmt.Sprintf("64 MB transfer, request → received, vs read and narrow %s + seal %s + open %s + two commits %s",
		milliseconds(floors[0].at(0.5)), milliseconds(floors[1].at(0.5)), milliseconds(floors[2].at(0.5)), milliseconds(floors[3].at(0.5)))
	rows := []row{atMost(name, moves, sum, 0.5, transferLimit)}
	for _, role := range []world.Role{world.Hospital, world.Clinic} {
		used, err := peakMemory(p.programs[role].cmd.Process.Pid)
		if err != nil {
			return rows, err
		}
		which := map[world.Role]string{world.Hospital: "source", world.Clinic: "destination"}[role]
		rows = append(rows, row{
			name: "memory of the " + which + "'s gateway (VmHWM) vs the bundle", value: megabytes(used), floor: megabytes(p.size),
			ratio: float64(used) / float64(p.size), limit: fmt.Sprintf("≤ %.2f ×", float64(transferMemory)), met: used <= transferMemory*p.size,
		})
	}
	return rows, nil
}

// province is a network whose parts are programs, and a patient.
type province struct {
	dir      string
	size     int64
	numbers  map[world.Role]string
	homes    map[world.Role]world.GatewayHome
	programs map[world.Role]*program
	patient  *traveller
	end      context.CancelFunc
	working  sync.WaitGroup
}

const nodeRole world.Role = "node"

// openProvince makes the network, starts its programs and lets the patient
// join both ends.
func openProvince(ctx context.Context, dir, bundle string) (*province, error) {
	p := &province{dir: filepath.Join(dir, "world"), homes: map[world.Role]world.GatewayHome{}, programs: map[world.Role]*program{}}
	info, err := os.Stat(bundle)
	if err != nil {
		return nil, err
	}
	p.size = info.Size()
	binary := filepath.Join(dir, "carekey")
	if err := errors.Join(build(ctx, ".", binary), p.make(ctx, bundle)); err != nil {
		return nil, err
	}
	if err := errors.Join(p.start(ctx, binary), p.join(ctx, dir)); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// make makes a network whose hospital holds the bundle.
func (p *province) make(ctx context.Context, bundle string) error {
	record, _, err := world.ReadRecord(bundle)
	if err != nil {
		return err
	}
	p.numbers = record.Numbers()
	agent, err := newAgent()
	if err != nil {
		return err
	}
	end := time.Now().Add(-time.Minute)
	return world.Make(ctx, world.Birth{Dir: p.dir, Patient: agent, Record: record, End: end, Seed: 1, Empty: true})
}

func (p *province) start(ctx context.Context, binary string) error {
	serves := func(role world.Role, what string, args ...string) error {
		started, err := run(ctx, binary, append(args, "--home", p.home(role))...)
		if err != nil {
			return err
		}
		p.programs[role] = started
		_, err = started.says(ctx, what)
		return err
	}
	if err := serves(nodeRole, "the node serves", "node"); err != nil {
		return err
	}
	for _, role := range world.Gateways() {
		home, err := world.ReadGatewayHome(p.home(role))
		if err != nil {
			return err
		}
		p.homes[role] = home
		if err := serves(role, "the gateway serves", "gateway", "run"); err != nil {
			return err
		}
	}
	return nil
}

func (p *province) home(role world.Role) string { return filepath.Join(p.dir, string(role)) }

func (p *province) admin(role world.Role) gateway.Admin { return gateway.Admin{Home: p.home(role)} }

// join lets the patient open her charts at both ends.
func (p *province) join(ctx context.Context, dir string) (err error) {
	if p.patient, err = p.newTraveller(ctx, dir); err != nil {
		return err
	}
	running, end := context.WithCancel(ctx)
	p.end = end
	p.working.Go(func() { _ = p.patient.Run(running) }) // ends with the context
	for _, role := range []world.Role{world.Hospital, world.Clinic} {
		invitation, err := p.admin(role).Invite(ctx, p.numbers[role])
		if err != nil {
			return err
		}
		if err := p.patient.Join(ctx, invitation, p.patient.network); err != nil {
			return err
		}
	}
	return p.patient.sees(ctx, func(s wallet.Snapshot) bool { return len(s.Institutions) == 2 && len(s.Sending) == 0 })
}

// move lets the records move once and returns how long that took.
func (p *province) move(ctx context.Context) (time.Duration, error) {
	if err := p.ask(ctx); err != nil {
		return 0, err
	}
	ready := func(s wallet.Snapshot) bool { return len(s.Requests) == 1 && s.Requests[0].WaitsFor == "" }
	if err := p.patient.sees(ctx, ready); err != nil {
		return 0, fmt.Errorf("the request does not arrive: %w", err)
	}
	r := p.patient.Snapshot().Requests[0]
	r.Scope.Sensitive = consent.SensitiveClasses()
	if err := p.patient.Approve(ctx, r.ID, wallet.Choice{Scope: r.Scope, Uses: 1, Until: r.Until}); err != nil {
		return 0, err
	}
	asked, err := p.programs[world.Clinic].says(ctx, gateway.DestinationAsked.String())
	if err != nil {
		return 0, err
	}
	received, err := p.programs[world.Clinic].says(ctx, gateway.DestinationReceived.String())
	if err != nil {
		return 0, err
	}
	return received.Sub(asked), p.patient.sees(ctx, arrived)
}

// arrived tells whether the newest transfer brought something.
func arrived(s wallet.Snapshot) bool {
	return len(s.Transfers) > 0 && s.Transfers[0].Verdict == consent.VerdictOK && s.Transfers[0].Records > 0
}

func (p *province) ask(ctx context.Context) error {
	_, err := p.admin(world.Clinic).Request(ctx, p.numbers[world.Clinic], gateway.RequestSpec{
		Kind: consent.Move, Purpose: consent.PurposeTreatment, Uses: 1, Why: "Before your operation.",
		By:    consent.Person{Name: "Dr. Amina Lee", Role: "cardiology"},
		Scope: consent.Scope{Types: consent.RecordTypes()}, From: p.homes[world.Hospital].Institution,
	})
	return err
}

func (p *province) stop() error {
	var failed error
	if p.end != nil {
		p.end()
		p.working.Wait()
	}
	if p.patient != nil {
		failed = p.patient.close()
	}
	for _, role := range append(world.Gateways(), nodeRole) {
		if started := p.programs[role]; started != nil {
			failed = errors.Join(failed, started.stop())
		}
	}
	return failed
}
