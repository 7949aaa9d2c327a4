package gateway_test

import (
	"slices"
	"testing"

	"carekey/consent"
)

// pair is a patient with a chart at both houses.
func pair(t testing.TB) (w *world, at, from *chart) {
	t.Helper()
	w = newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 3))
	w.dest.load("R-1", medicalRecord("pr", 0))
	w.source.start()
	w.dest.start()
	return w, w.dest.join("R-1"), w.source.join("S-1")
}

// ask has the destination's staff ask for records.
func (w *world) ask() uint64 {
	w.t.Helper()
	written, err := w.dest.gateway.Request(w.soon(), "R-1", requestMove(w.source.id))
	if err != nil {
		w.t.Fatal(err)
	}
	return written.Number
}

func TestTransfer(t *testing.T) {
	w, at, from := pair(t)
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return a.state().Stored == consent.TransferReceived })

	got, _, err := w.dest.records.Read(w.soon(), "R-1")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]int{}
	for _, r := range got.Entries {
		types[r.Type]++
	}
	// Its own: patient, medicine, HIV test. Filed: medicine, three results, traces.
	if types["Observation"] != 4 || types["MedicationRequest"] != 2 || types["Provenance"] != 1 || types["AuditEvent"] != 1 || types["Patient"] != 1 {
		t.Errorf("filed %v", types)
	}
	w.until(func() bool { return hasTransferAccess(at, false) && hasTransferAccess(from, true) })

	classes := []consent.Class{}
	for _, v := range a.transfer.entries() {
		classes = append(classes, v.Item.Class)
		if v.Content == nil {
			t.Errorf("the destination does not show what %s says", v.Item.Class)
		}
	}
	want := []consent.Class{consent.ClassTransferOpen, consent.ClassCollect, consent.ClassRelease, consent.ClassReceived}
	if !slices.Equal(classes, want) {
		t.Errorf("entries %v", classes)
	}
	atSource := *a.transfer
	atSource.house, atSource.conn = w.source, nil
	w.until(func() bool {
		return !slices.ContainsFunc(atSource.contents(), func(c consent.Content) bool { return c == nil })
	})
}

// hasTransferAccess tells whether a chart shows the access of a transfer.
func hasTransferAccess(c *chart, gave bool) bool {
	return slices.ContainsFunc(c.contents(), func(content consent.Content) bool {
		a, ok := content.(*consent.Accessed)
		return ok && a.Basis == consent.BasisTransfer && a.Transfer.Gave == gave
	})
}
