package world

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"carekey/wallet"
	"carekey/wallet/keys"
)

// stage is a world with a past year, made once for all tests that only begin
// from it.
func newWorld(t *testing.T, empty bool, o Options) (*World, keys.Master) {
	t.Helper()
	master := keys.NewMaster()
	agent, err := keys.NewAgent(keys.Masters{Current: master})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "world")
	end := time.Now().Add(-time.Minute)
	start := time.Now()
	err = Make(context.Background(), Birth{Dir: dir, Patient: agent, Record: MadeUp(1, end), End: end, Seed: 1, Empty: empty})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("made in %s", time.Since(start))
	w, err := Start(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Error(err)
		}
	})
	return w, master
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func patient(t *testing.T, w *World, master keys.Master) *Patient {
	t.Helper()
	p, err := w.As(deadline(t), master, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestThePastYearIsProven(t *testing.T) {
	w, master := newWorld(t, false, Options{})
	p := patient(t, w, master)
	ctx := deadline(t)
	start := time.Now()
	err := p.Until(ctx, func(s wallet.Snapshot) bool { return s.Proof.Level == wallet.ProofGreen })
	s := p.Snapshot()
	t.Logf("proven in %s: %+v", time.Since(start), s.Proof)
	if err != nil {
		t.Fatalf("%v: %+v %+v", err, s.Proof, s.Problems)
	}
	if len(s.Institutions) != 3 || s.Proof.Institutions != 3 {
		t.Errorf("%d charts, %d cosigners", len(s.Institutions), s.Proof.Institutions)
	}
	if len(s.Permissions) != 1 {
		t.Errorf("%d permissions: %+v", len(s.Permissions), s.Permissions)
	}
	for _, problem := range s.Problems {
		if problem.Code != wallet.ProblemNoRecovery {
			t.Errorf("problem %+v", problem)
		}
	}
}

// Until waits until what the wallet shows is as wanted, refreshing as news
// come.
func (p *Patient) Until(ctx context.Context, wanted func(wallet.Snapshot) bool) error {
	run, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.Run(run) // ends with the context
	}()
	defer func() { stop(); <-ended }()
	for !wanted(p.Snapshot()) {
		select {
		case <-p.Changes():
		case <-time.After(time.Second): // ages change without news
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
