package gateway_test

import (
	"path/filepath"
	"testing"

	"carekey/consent"
	"carekey/gateway"
	"carekey/gateway/records"
	"carekey/gateway/store"
	"carekey/internal/smalldisk"
)

// TestFullDisk: a side whose disk becomes full after a step goes on when there
// is room again; nothing is lost, and nothing is filed twice.
func TestFullDisk(t *testing.T) {
	steps := []gateway.Step{
		gateway.DestinationOffered, gateway.DestinationFetched, gateway.SourceAsked, gateway.SourceCollected,
	}
	for _, step := range steps {
		t.Run(step.String(), func(t *testing.T) {
			t.Parallel()
			disk := smalldisk.New(t, 6<<20)
			w, h := newWorld(t), &hook{}
			victim := w.dest
			if step.Side() == store.Source {
				victim = w.source
			}
			w.source.tweak = func(c *gateway.Config) { c.AfterStep = h.after }
			w.dest.tweak = w.source.tweak
			victim.movesTo(disk.Dir)
			w.source.load("S-1", medicalRecord("ps", 3))
			w.dest.load("R-1", medicalRecord("pr", 0))
			w.source.start()
			w.dest.start()
			a := &approval{at: w.dest.join("R-1"), from: w.source.join("S-1"), scope: labScope}
			h.set(step, disk.Fill)
			a.approve(w.ask())
			w.until(func() bool { return victim.logged("disk is full", "no space left") })
			disk.Free()
			w.until(func() bool { return a.verdict() == consent.VerdictOK })
			w.until(func() bool { return accessOf(a.at, a.transfer.log, false) && accessOf(a.from, a.transfer.log, true) })
			filedOnce(t, w)
			w.source.close()
			w.dest.close()
		})
	}
}

// movesTo keeps all that a house writes in another folder.
func (h *house) movesTo(dir string) {
	h.t.Helper()
	before := h.tweak
	h.tweak = func(c *gateway.Config) { before(c); c.Home = filepath.Join(dir, "gateway") }
	kept, err := records.OpenEmbedded(h.t.Context(), filepath.Join(dir, "records.db"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { kept.Close() })
	h.records = kept
}
