package gateway_test

import (
	"slices"
	"sync"
	"testing"

	"carekey/consent"
	"carekey/gateway"
)

// hook is what a test does after a step, once.
type hook struct {
	mu   sync.Mutex
	step gateway.Step
	do   func()
	seen []gateway.Step
}

func (h *hook) after(s gateway.Step) {
	h.mu.Lock()
	h.seen = append(h.seen, s)
	do := h.do
	if s != h.step || do == nil {
		h.mu.Unlock()
		return
	}
	h.do = nil
	h.mu.Unlock()
	do()
}

func (h *hook) set(s gateway.Step, do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.step, h.do, h.seen = s, do, nil
}

func (h *hook) saw(s gateway.Step) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.seen, s)
}

// stop commits the patient's stop straight at the ledger and waits until it is
// proven.
func (a *approval) stop() {
	a.at.t.Helper()
	reason := detailOf(a.at.t, &consent.Reason{Text: "no more"})
	before := a.transfer.size()
	if err := a.at.node.Submit(a.at.soon(), a.transfer.tx(consent.ClassStop, consent.StopFields{}, reason)); err != nil {
		a.at.t.Error(err)
		return
	}
	a.at.until(func() bool { return a.transfer.size() > before && a.state().Stopped })
}

// atRest tells whether no use of a transfer is unfinished at a house.
func (h *house) atRest() bool {
	h.t.Helper()
	s, err := h.gateway.Status(h.soon())
	if err != nil {
		h.t.Fatal(err)
	}
	return !slices.ContainsFunc(s.Transfers, func(t gateway.TransferStatus) bool { return !t.Done })
}

func (h *house) imports() int {
	h.t.Helper()
	got, _, err := h.records.Read(h.soon(), "R-1")
	if err != nil {
		h.t.Fatal(err)
	}
	n := 0
	for _, r := range got.Entries {
		if r.Type == "AuditEvent" {
			n++
		}
	}
	return n
}

// TestStopAfterEachStep stops the transfer right after each step of either
// side: no release is committed and no sending begins afterwards, and both
// sides come to rest.
func TestStopAfterEachStep(t *testing.T) {
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 3))
	w.dest.load("R-1", medicalRecord("pr", 0))
	h := &hook{}
	for _, house := range []*house{w.source, w.dest} {
		house.tweak = func(c *gateway.Config) { c.AfterStep = h.after }
		house.start()
	}
	at, from := w.dest.join("R-1"), w.source.join("S-1")
	for _, step := range gateway.Steps() {
		if !step.Usual() || step == gateway.DestinationLinked || step == gateway.DestinationDone || step == gateway.SourceDone ||
			step == gateway.DestinationReceived {
			continue // before it is open, or after it has ended, nothing can be stopped
		}
		t.Run(step.String(), func(t *testing.T) {
			a := &approval{at: at, from: from, scope: labScope, uses: 2}
			imports := w.dest.imports()
			stopped := make(chan bool, 1)
			sendingBefore := false
			h.set(step, func() {
				sendingBefore = h.saw(gateway.SourceSending)
				a.stop()
				stopped <- true
			})
			a.approve(w.ask())
			select {
			case <-stopped:
			case <-w.soon().Done():
				t.Fatal("the step was never taken")
			}
			w.until(func() bool { return w.source.atRest() && w.dest.atRest() })
			checkStopped(t, a, sendingBefore, w.dest.imports()-imports)
		})
		if t.Failed() {
			return
		}
	}
}

// checkStopped: releases stand before the stop only, and what was not being
// sent when the stop was proven never arrived.
func checkStopped(t *testing.T, a *approval, sendingBefore bool, imported int) {
	t.Helper()
	stopped := false
	for _, v := range a.transfer.entries() {
		switch v.Item.Class {
		case consent.ClassStop:
			stopped = true
		case consent.ClassRelease, consent.ClassCollect:
			if stopped {
				t.Errorf("%s was committed after the stop", v.Item.Class)
			}
		}
	}
	if !stopped {
		t.Error("the stop is not in the log")
	}
	if imported > 0 && !sendingBefore {
		t.Error("data arrived although sending had not begun when the stop was proven")
	}
	state := a.state()
	if state.Stored == consent.TransferReleased {
		t.Errorf("the transfer stays %s though both sides are at rest", state.Stored)
	}
}
