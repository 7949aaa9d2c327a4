package client

import (
	"testing"

	"carekey/consent"
)

func (c *chain) follow(l *Light, source Source, log consent.LogID, from consent.Remembered) (Progress, error) {
	c.Helper()
	return l.Follow(c.Context(), source, c.registry(l), log, from)
}

func TestFollowProvesAWholeChart(t *testing.T) {
	c := newChain(t)
	p := c.year()
	l := c.light()
	whole, err := c.follow(l, c, p.log, consent.Remembered{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(whole.New), len(c.leaves[p.log]); got != want {
		t.Errorf("%d entries, want %d", got, want)
	}
	if k := whole.Keep.Keys; len(k) != 2 || k[1] != p.keys {
		t.Errorf("keys %v", k)
	}
	if whole.Tip.Height != int64(len(c.blocks)) {
		t.Errorf("tip %d, want %d", whole.Tip.Height, len(c.blocks))
	}
}

func TestFollowGoesOnFromWhatIsRemembered(t *testing.T) {
	c := newChain(t)
	p := c.openChart("patient")
	c.pageMax = 1 // one entry per page
	l := c.light()
	kept := consent.Remembered{}
	read := 0
	step := func() {
		t.Helper()
		progress, err := c.follow(l, c, p.log, kept)
		if err != nil {
			t.Fatal(err)
		}
		kept = progress.Keep
		read += len(progress.New)
		if read != len(c.leaves[p.log]) {
			t.Fatalf("%d entries read of %d", read, len(c.leaves[p.log]))
		}
	}
	step()
	p.accesses(5)
	step()
	step() // nothing new
	p.rotate("patient 2")
	p.accesses(2)
	step()
	p.accepts(p.patient(consent.ClassSay, consent.SayFields{Side: consent.SidePatient}))
	step()
}
