package world

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"carekey/consent"
	"carekey/gateway"
	"carekey/wallet"
)

// pause stops an institution right after it took a step, once, so that a test
// can do something at exactly that moment.
type pause struct {
	mu      sync.Mutex
	step    gateway.Step
	reached chan struct{}
	on      chan struct{}
	seen    []gateway.Step
}

// pausing makes a network's institutions stop where the pause says.
func pausing(at *pause) func(*Birth, *Options) {
	return func(_ *Birth, o *Options) {
		o.Change = func(_ Role, c *gateway.Config) { c.AfterStep = at.after }
	}
}

func (p *pause) after(s gateway.Step) {
	p.mu.Lock()
	p.seen = append(p.seen, s)
	reached, on := p.reached, p.on
	if s != p.step || reached == nil {
		p.mu.Unlock()
		return
	}
	p.reached = nil
	p.mu.Unlock()
	close(reached)
	<-on
}

// at makes the next one who takes the step wait until goOn is called.
func (p *pause) at(s gateway.Step) (reached <-chan struct{}, goOn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step, p.reached, p.on, p.seen = s, make(chan struct{}), make(chan struct{}), nil
	return p.reached, sync.OnceFunc(func() { close(p.on) })
}

func (p *pause) saw(s gateway.Step) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.seen, s)
}

// stoppable tells whether a transfer can be stopped right after a step: it is
// open, and the destination has not signed for it.
func stoppable(s gateway.Step) bool {
	switch s {
	case gateway.DestinationLinked, gateway.DestinationReceived, gateway.DestinationDone, gateway.SourceDone:
		return false
	}
	return s.Usual()
}

// TestStoppedAfterEachStep has the patient stop the transfer right after each
// step that either side takes. From the moment that the stop is proven no
// release is committed and no sending begins; and her screen says that the
// destination may have the data exactly from the release on until it says
// what became of it.
func TestStoppedAfterEachStep(t *testing.T) {
	for _, role := range []Role{Hospital, Clinic} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			at := &pause{}
			s := newStage(t, pausing(at))
			p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
			for _, step := range usual(role) {
				if !stoppable(step) {
					continue
				}
				stopAfter(t, p, at, step)
				if t.Failed() {
					t.Fatalf("after %s", step)
				}
			}
		})
	}
}

func stopAfter(t *testing.T, p *person, at *pause, step gateway.Step) {
	imports := p.filed(Clinic)["Provenance"]
	reached, goOn := at.at(step)
	defer goOn()
	id := p.approves(p.isAsked(labAndMedicines()))
	select {
	case <-reached:
	case <-soon(t).Done():
		t.Fatalf("%s was never reached", step)
	}
	// All is sent and the other side may be done before this side knows.
	if err := p.Revoke(soon(t), wallet.Permission{Transfer: id}); err != nil && step != gateway.SourceSent {
		t.Fatal(err)
	}
	stopped := p.seesTransfer("the stop", id, func(t wallet.Transfer) bool {
		return t.Stopped || step == gateway.SourceSent && t.State == consent.TransferReceived
	})
	if !stopped.Stopped {
		p.sees("that nothing is on its way", func(s wallet.Snapshot) bool { return len(s.Sending) == 0 })
		return
	}
	released := slices.Contains(classes(p.on.log(t, id)), consent.ClassRelease) && stopped.State != consent.TransferReceived
	if stopped.MayHaveData != released {
		t.Errorf("she is told that data may be there: %t, released and not received: %t", stopped.MayHaveData, released)
	}
	_, warned := problemIn(p.Snapshot(), wallet.ProblemMayHaveData)
	if warned != released && step != gateway.SourceSent {
		t.Errorf("warned: %t, released and not received: %t", warned, released)
	}
	sending := at.saw(gateway.SourceSending)
	goOn()
	p.on.until(t, "rest", func() bool {
		_, asked := p.on.uses(t, Clinic, id)
		return asked && p.on.atRest(t, Hospital, id) && p.on.atRest(t, Clinic, id)
	})
	arrived := p.filed(Clinic)["Provenance"] - imports
	checkStopped(t, p, id, at, sending, arrived)
}

// checkStopped: nothing was released or begun to be sent after the stop, and
// the screen agrees with the log about what the destination has.
func checkStopped(t *testing.T, p *person, id consent.LogID, at *pause, sending bool, arrived int) {
	t.Helper()
	log := classes(p.on.log(t, id))
	stop := slices.Index(log, consent.ClassStop)
	if stop < 0 {
		t.Fatalf("entries %v", log)
	}
	if after := log[stop:]; slices.Contains(after, consent.ClassRelease) || slices.Contains(after, consent.ClassCollect) {
		t.Errorf("entries %v", log)
	}
	if !sending && (at.saw(gateway.SourceSending) || arrived > 0) {
		t.Errorf("sending began after the stop was proven; %d arrived", arrived)
	}
	received := slices.Contains(log, consent.ClassReceived)
	undelivered := slices.Contains(log, consent.ClassUndelivered)
	released := slices.Contains(log, consent.ClassRelease)
	if arrived > 0 && !received || released && received == undelivered {
		t.Errorf("%d arrived, entries %v", arrived, log)
	}
	got := p.seesTransfer("the end", id, func(t wallet.Transfer) bool {
		last := t.Steps[len(t.Steps)-1].Name
		return !t.MayHaveData && (!received || last == wallet.StepReceived || last == wallet.StepMatched) &&
			undelivered == hasStep(t, wallet.StepUndelivered)
	})
	if has := got.Verdict == consent.VerdictOK && got.State == consent.TransferReceived; has != (arrived > 0) {
		t.Errorf("%d arrived; the screen says %+v", arrived, got)
	}
	if _, warned := problemIn(p.Snapshot(), wallet.ProblemMayHaveData); warned {
		t.Error("she is still warned")
	}
	if err := p.Revoke(soon(t), wallet.Permission{Transfer: id}); !errors.Is(err, wallet.ErrUnknownPermission) {
		t.Errorf("stopped twice: %v", err)
	}
}

func hasStep(t wallet.Transfer, name wallet.TransferStepName) bool {
	return slices.ContainsFunc(t.Steps, func(s wallet.TransferStep) bool { return s.Name == name })
}
