package gateway_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/gateway/records"
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

// shifting is a record system whose record changes while it is first read.
type shifting struct {
	records.Records
	times atomic.Int32
}

func (s *shifting) Outline(ctx context.Context, record string) (fhir.Outline, []fhir.Omission, error) {
	if s.times.Add(1) > 1 {
		return s.Records.Outline(ctx, record)
	}
	whole, _, err := s.Read(ctx, record)
	if err != nil {
		return fhir.Outline{}, nil, err
	}
	var text strings.Builder
	if err := fhir.Write(&text, whole); err != nil {
		return fhir.Outline{}, nil, err
	}
	texts := []string{text.String(), strings.ReplaceAll(text.String(), `"final"`, `"fatal"`)}
	return fhir.ReadOutline(func() (io.ReadCloser, error) {
		next := texts[0]
		texts = texts[1:]
		return io.NopCloser(strings.NewReader(next)), nil
	}, fhir.Limits{})
}

// TestRecordThatChangesIsReadAgain: nothing is offered that is not what was
// narrowed; what the record is afterwards is moved.
func TestRecordThatChangesIsReadAgain(t *testing.T) {
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 3))
	w.dest.load("R-1", medicalRecord("pr", 0))
	kept := &shifting{Records: w.source.records}
	w.source.tweak = func(c *gateway.Config) { c.Records = kept }
	w.source.start()
	w.dest.start()
	a := &approval{at: w.dest.join("R-1"), from: w.source.join("S-1"), scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() != 0 })
	if a.verdict() != consent.VerdictOK || kept.times.Load() != 2 || w.dest.imports() != 1 {
		t.Errorf("verdict %v, read %d times, %d imports", a.verdict(), kept.times.Load(), w.dest.imports())
	}
	got, _, err := w.dest.records.Read(w.soon(), "R-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got.Entries {
		if strings.Contains(string(r.Raw), "fatal") {
			t.Errorf("%s arrived as it was never judged", r.Ref())
		}
	}
}
