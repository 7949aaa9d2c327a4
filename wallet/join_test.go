package wallet

import (
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// A join that was cut off is done again with the same invitation: its keys are
// the same, and there is one chart.
func TestAJoinThatWasCutOffIsTakenUpAgain(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.person(t.TempDir(), keys.NewMaster())
	invitation := tn.house("City Hospital").invitation()
	tn.no = "not now"
	if err := w.Join(ctx, invitation, tn); err == nil {
		t.Fatal("no word of the refusal")
	}
	first := w.book.Charts[0].Log
	w = must(Open(w.Config))(t)
	tn.no = ""
	if err := w.Join(ctx, invitation, tn); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	if len(w.book.Charts) != 1 || w.book.Charts[0].Log != first || w.Snapshot().Institutions[0].Entries != 1 {
		t.Errorf("%+v", w.Snapshot().Institutions)
	}
	tn.pass(2 * validFor)
	tn.settle(w)
	if len(w.book.Charts) != 1 || len(w.book.Pending) != 0 {
		t.Errorf("%d charts, %d acts", len(w.book.Charts), len(w.book.Pending))
	}
}

func TestAChartThatNeverOpenedIsForgotten(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.person(t.TempDir(), keys.NewMaster())
	tn.no = "the quota of today is used up"
	if err := w.Join(ctx, tn.house("City Hospital").invitation(), tn); err == nil {
		t.Fatal("no word of the refusal")
	}
	tn.pass(2 * validFor)
	tn.settle(w)
	if n := len(w.book.Charts) + len(w.book.Pending); n != 0 {
		t.Errorf("%d charts and acts left", n)
	}
}

// Where somebody occupied the keys of a chart, the next ones are taken.
func TestOccupiedKeysArePassedOver(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	h := tn.house("City Hospital")
	w := tn.person(t.TempDir(), keys.NewMaster())
	if err := w.Join(ctx, tn.house("Heart Clinic").invitation(), tn); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	name := w.nextChart(h.invitation())
	k := must(w.Agent.Chart(name))(t)
	tn.state[string(consent.KeyUseKey(k.TLS.PublicKey()))] = tn.state[string(consent.KeyUseKey(must(w.Agent.Chart(w.book.Charts[0].Name))(t).TLS.PublicKey()))]
	got, err := w.freeName(ctx, name, must(tn.Registry(ctx))(t).Institutions()[0])
	if err != nil || got.Epoch != name.Epoch+1 {
		t.Errorf("epoch %d after %d: %v", got.Epoch, name.Epoch, err)
	}
}

// With the key and an invitation alone, the chart that the key opened before is
// found, not a second one opened.
func TestAnInvitationFindsTheOldChart(t *testing.T) {
	tn := newTown(t, "City Hospital")
	master := keys.NewMaster()
	w := tn.person(t.TempDir(), master)
	invitation := tn.house("City Hospital").invitation()
	if err := w.Join(ctx, invitation, tn); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	lost := tn.person(t.TempDir(), master)
	if err := lost.Join(ctx, invitation, tn); err != nil {
		t.Fatal(err)
	}
	tn.settle(lost)
	if len(lost.book.Charts) != 1 || lost.book.Charts[0].Log != w.book.Charts[0].Log || len(tn.logs) != 2 {
		t.Errorf("%+v, %d logs", lost.Snapshot().Institutions, len(tn.logs))
	}
}

func TestOneHouseInTheDarkHidesNoOther(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic", "Laboratory")
	master := keys.NewMaster()
	w := tn.person(t.TempDir(), master)
	for _, name := range []string{"City Hospital", "Heart Clinic", "Laboratory"} {
		if err := w.Join(ctx, tn.house(name).invitation(), tn); err != nil {
			t.Fatal(err)
		}
	}
	tn.settle(w)
	lost := tn.person(t.TempDir(), master)
	all := must(tn.Registry(ctx))(t).Institutions()
	if err := lost.Seek(w.Anchor(), all); err != nil {
		t.Fatal(err)
	}
	tn.dark[all[0].ID] = true
	if err := lost.Refresh(ctx); err == nil {
		t.Error("nobody hears that one does not answer")
	}
	if n := len(lost.Snapshot().Institutions); n != 2 || lost.Snapshot().Institutions[0].Entries != 1 {
		t.Errorf("%d charts found and read", n)
	}
}

// A transfer that is long over takes little room in the book.
func TestOldTransfersAreForgotten(t *testing.T) {
	now := consent.At(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	old := transfer{
		Log: consent.LogID{1}, Done: true, Manifest: make([]byte, 4<<10), Terms: consent.Terms{Consent: make([]byte, 4<<10)},
		Steps: []step{{Time: 1}, {Time: now.Add(-keepFinished - 1)}},
	}
	young := old
	young.Log, young.Steps = consent.LogID{2}, []step{{Time: now.Add(-keepFinished + 1)}}
	running := old
	running.Log, running.Done = consent.LogID{3}, false
	b := &book{summary: summary{Version: 1}, Transfers: []transfer{old, young, running}}
	b.forget(now)
	if n := len(b.Transfers[0].Manifest) + len(b.Transfers[0].Terms.Consent); n != 0 || len(b.Transfers[0].Steps) != 1 {
		t.Errorf("%d bytes and %d steps of the old one", n, len(b.Transfers[0].Steps))
	}
	for _, kept := range b.Transfers[1:] {
		if len(kept.Manifest) == 0 || len(kept.Terms.Consent) == 0 {
			t.Errorf("transfer %s lost something", kept.Log)
		}
	}
	if _, err := decodeBook(b.written()); err != nil {
		t.Error(err)
	}
	w := newTown(t, "City Hospital").joined("City Hospital")
	err := w.update(func(b *book) (vault.Batch, error) {
		b.Transfers = []transfer{{Log: consent.LogID{1}, Done: true, Manifest: old.Manifest, Steps: []step{{Time: 1}}}}
		return vault.Batch{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(w.book.Transfers[0].Manifest); n != 0 {
		t.Errorf("%d bytes after a change of the book", n)
	}
	for n := range 1000 {
		old.Log[1] = byte(n)
		b.Transfers = append(b.Transfers, old)
	}
	b.forget(now)
	if size := len(b.written().logs); size > vault.MaxBlobBytes/4 {
		t.Errorf("a thousand old transfers take %d bytes", size)
	}
}
