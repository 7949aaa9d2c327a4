package gateway

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

// queueAccess puts a care access in the outbox without sending it yet.
func (h *fakeHouse) access(log consent.LogID, grant *uint64) int64 {
	h.t.Helper()
	spec := LookSpec{By: consent.Person{Name: "A"}, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare, Grant: grant}
	seq, err := h.queueAccess(h.t.Context(), log, spec, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	nudge(h.flushNow)
	return seq
}

func (h *fakeHouse) wait(seq int64) (uint64, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer cancel()
	return h.await(ctx, seq)
}

func TestOutboxSendsTheSameBytesUntilTheyCannotCount(t *testing.T) {
	h := newFakeHouse(t)
	log := h.patient("1")
	var lost []byte
	h.ledger.set(func() {
		h.ledger.drop = func(tx []byte) bool { // the first transaction never arrives
			if lost == nil {
				lost = bytes.Clone(tx)
			}
			return bytes.Equal(tx, lost)
		}
	})
	number, err := h.wait(h.access(log, nil))
	if err != nil || number != 1 {
		t.Fatalf("entry %d, %v", number, err)
	}
	h.ledger.set(func() {
		if n := h.ledger.sent[consent.Sum(lost)]; n < 2 {
			t.Errorf("the lost bytes were sent %d times", n)
		}
		if n := len(h.ledger.entries[log]); n != 2 {
			t.Errorf("%d entries: the access stands twice", n)
		}
	})
}

func TestOutboxSurvivesACrashInBetween(t *testing.T) {
	h := newFakeHouse(t)
	log := h.patient("1")
	h.ledger.set(func() { h.ledger.refuse = errors.New("no node answers") })
	seq := h.access(log, nil)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h.ledger.set(func() { h.ledger.refuse = nil })
	h.start()
	if number, err := h.wait(seq); err != nil || number != 1 {
		t.Fatalf("entry %d, %v", number, err)
	}
}

func TestOneRefusedItemDoesNotKeepOthersBack(t *testing.T) {
	h := newFakeHouse(t)
	log := h.patient("1")
	h.ledger.set(func() { h.ledger.stale = true }) // so that both go together
	none := uint64(77)
	bad, good := h.access(log, &none), h.access(log, nil)
	h.ledger.set(func() { h.ledger.stale = false })
	if _, err := h.wait(good); err != nil {
		t.Fatal(err)
	}
	if _, err := h.wait(bad); !errors.Is(err, ErrNotTaken) {
		t.Errorf("an access under no permission: %v", err)
	}
	s, err := h.Status(t.Context())
	if err != nil || s.Outbox.Refused != 1 || len(s.Events) == 0 {
		t.Errorf("the refusal is not shown: %+v, %v", s.Outbox, err)
	}
}

func TestItemRefusedAloneIsGivenUpWithTheReason(t *testing.T) {
	h := newFakeHouse(t)
	log := h.patient("1")
	h.ledger.set(func() { h.ledger.refuse = &consent.Refusal{Code: consent.CodeNotLive, Text: "it has ended"} })
	none := uint64(77)
	_, err := h.wait(h.access(log, &none))
	if !errors.Is(err, ErrNotTaken) || !strings.Contains(err.Error(), "it has ended") {
		t.Errorf("got %v", err)
	}
}

func TestNothingIsShownOrAskedWithoutAFreshLedger(t *testing.T) {
	h := newFakeHouse(t)
	h.patient("1")
	h.ledger.set(func() { h.ledger.stale = true })
	if _, err := h.Look(t.Context(), "1", LookSpec{Purpose: consent.PurposeTreatment, Basis: consent.BasisCare}); !errors.Is(err, ErrStale) {
		t.Errorf("look: %v", err)
	}
	if _, err := h.Request(t.Context(), "1", RequestSpec{Kind: consent.Look}); !errors.Is(err, ErrStale) {
		t.Errorf("request: %v", err)
	}
	if _, err := h.Cosignature(t.Context()); err == nil {
		t.Error("a stale header was cosigned")
	}
}

func TestTransferAccessWaitsForCompany(t *testing.T) {
	h := newFakeHouse(t)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	h.config.Company = time.Hour
	h.start()
	log, other := h.patient("1"), h.patient("2")
	access := &consent.Accessed{
		Basis: consent.BasisTransfer, Purpose: consent.PurposeTreatment, Event: h.now(), Transfer: &consent.TransferUse{Use: 1},
	}
	if err := h.store.Update(t.Context(), h.queueTransferAccess(log, access)); err != nil {
		t.Fatal(err)
	}
	nudge(h.flushNow)
	if _, err := h.ledger.Wait(t.Context(), 50); err != nil {
		t.Fatal(err)
	}
	var waiting int
	err := h.store.View(t.Context(), func(tx *store.Tx) (err error) {
		waiting, err = tx.CountOutbox(store.OutboxWaiting)
		return err
	})
	if err != nil || waiting != 1 {
		t.Fatalf("%d wait, %v: it went alone", waiting, err)
	}
	if _, err := h.wait(h.access(other, nil)); err != nil {
		t.Fatal(err)
	}
	h.ledger.set(func() {
		a, b := h.ledger.entries[log], h.ledger.entries[other]
		if len(a) != 2 || len(b) != 2 || a[1].Entry.Batch != b[1].Entry.Batch {
			t.Errorf("%d and %d entries: not in one transaction", len(a), len(b))
		}
	})
}

func TestSecondChartForARecordIsNotLinked(t *testing.T) {
	h := newFakeHouse(t)
	first := h.patient("1")
	second := consent.LogID{9}
	err := h.store.Update(t.Context(), func(tx *store.Tx) error {
		return h.keepChart(tx, &store.Chart{Log: second, Record: "1", State: store.ChartPending}, false)
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := h.chart(t.Context(), second)
	if err != nil || c.State != store.ChartSuperseded {
		t.Errorf("got %v, %v", c.State, err)
	}
	if f, err := h.chartOf(t.Context(), "1"); err != nil || f.Log != first {
		t.Errorf("the record leads to another chart now: %v", err)
	}
}

func TestCosignatureIsMarkedFirst(t *testing.T) {
	h := newFakeHouse(t)
	if _, err := h.Cosignature(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.ledger.set(func() { h.ledger.tip.Header[0] ^= 1 }) // a fork at the same height
	if c, err := h.Cosignature(t.Context()); err == nil {
		t.Errorf("two headers of height %d were signed", c.Cosigned.Height)
	}
}
