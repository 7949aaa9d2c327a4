package gateway_test

import (
	"errors"
	"strings"
	"testing"

	"carekey/consent"
	"carekey/gateway"
)

// incoming is what the destination tells of a transfer.
func (a *approval) incoming() gateway.Incoming {
	a.at.t.Helper()
	s, err := a.at.gateway.Status(a.at.soon())
	if err != nil {
		a.at.t.Fatal(err)
	}
	for _, i := range s.Incoming {
		if i.Transfer == a.transfer.log {
			return i
		}
	}
	return gateway.Incoming{}
}

// collects begins another use, which must go wrong in this way.
func (a *approval) collectFails(kind error, text string) {
	a.at.t.Helper()
	_, err := a.at.gateway.Collect(a.at.soon(), a.transfer.log)
	if !errors.Is(err, kind) || !strings.Contains(err.Error(), text) {
		a.at.t.Errorf("got %v, want %q", err, text)
	}
}

func TestSecondUse(t *testing.T) {
	w, at, from, h := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	a := &approval{at: at, from: from, scope: labScope, uses: 2}
	h.set(gateway.DestinationAsked, func() { a.collectFails(gateway.ErrUnfinished, "not finished") })
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() == consent.VerdictOK && w.dest.atRest() && w.source.atRest() })
	if !h.saw(gateway.DestinationAsked) {
		t.Error("nobody tried while the first use ran")
	}
	if i := a.incoming(); !i.Again || i.Uses != 2 || i.Used != 1 || i.Record != "R-1" || i.Name != "General Hospital" || i.Step != gateway.DestinationDone {
		t.Errorf("after the first use: %+v", i)
	}
	if begun, err := w.dest.gateway.Collect(w.soon(), a.transfer.log); err != nil || begun.Use != 2 || begun.Left != 1 {
		t.Fatal(begun, err)
	}
	w.until(func() bool { return a.state().Stored == consent.TransferReceived && w.dest.atRest() })
	a.collectFails(gateway.ErrNotPermitted, "as often as the patient allowed, 2 of 2")
	if i := a.incoming(); i.Again || i.Used != 2 || i.Record != "" {
		t.Errorf("after the last use: %+v", i)
	}
	if n := w.dest.imports(); n != 2 {
		t.Errorf("%d imports", n)
	}
	if _, err := w.source.gateway.Collect(w.soon(), a.transfer.log); !errors.Is(err, gateway.ErrNoTransfer) {
		t.Errorf("the source collects: %v", err)
	}
}

func TestNoUseAfterAStop(t *testing.T) {
	w, at, from, _ := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	a := &approval{at: at, from: from, scope: labScope, uses: 3}
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() == consent.VerdictOK && w.dest.atRest() })
	a.stop()
	a.collectFails(gateway.ErrNotPermitted, "the patient stopped this transfer")
	if i := a.incoming(); i.Again {
		t.Errorf("after the stop: %+v", i)
	}
}
