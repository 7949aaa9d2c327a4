package wallet

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"carekey/consent"
)

// told is a lie as a client reports it.
type told struct{ kind, file string }

func (t told) Error() string    { return "caught: " + t.kind }
func (t told) Lie() string      { return t.kind }
func (t told) Evidence() []byte { return []byte(t.file) }

// TestASeenLieIsALine: a lie that the patient has seen is no alarm any more, its
// evidence stays, also in another run; told again, it alarms again.
func TestASeenLieIsALine(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	w.Config.Evidence = t.TempDir()
	log, at := tn.chartAt(w, "City Hospital"), tn.house("City Hospital").id
	alarms := func(w *Wallet) []Problem {
		return slices.DeleteFunc(slices.Clone(w.Snapshot().Problems), func(p Problem) bool { return p.Code != ProblemLie })
	}
	tn.settle(w)
	w.failed(log, at, told{"altered-entry", "one"})
	w.failed(log, at, told{"altered-entry", "two"}) // the same while it alarms
	found := alarms(w)
	if len(found) != 1 || w.Snapshot().Proof.Level != ProofRed {
		t.Fatalf("alarms %+v, proof %+v", found, w.Snapshot().Proof)
	}
	if files, err := os.ReadDir(w.Config.Evidence); err != nil || len(files) != 1 {
		t.Errorf("%d files of evidence, %v", len(files), err)
	}
	w.failed(log, at, told{"hidden-entry", "three"})
	if err := w.Seen(found[0]); err != nil {
		t.Fatal(err)
	}
	if left := alarms(w); len(left) != 1 || left[0].Detail != "hidden-entry" || w.Snapshot().Proof.Level != ProofRed {
		t.Errorf("one of two was seen: %+v, proof %+v", left, w.Snapshot().Proof)
	}
	if err := w.Seen(alarms(w)[0]); err != nil {
		t.Fatal(err)
	}
	again := must(Open(w.Config))(t)
	for name, w := range map[string]*Wallet{"this run": w, "the next": again} {
		if len(alarms(w)) != 0 || !hasProblem(w, ProblemSeenLie) || w.Snapshot().Proof.Level == ProofRed {
			t.Errorf("%s: %+v, proof %+v", name, w.Snapshot().Problems, w.Snapshot().Proof)
		}
	}
	if _, err := os.Stat(found[0].Evidence); err != nil {
		t.Errorf("the evidence is gone: %v", err)
	}
	w.failed(log, at, told{"altered-entry", "four"})
	if len(alarms(w)) != 1 || w.Snapshot().Proof.Level != ProofRed {
		t.Error("the same lie told again is no alarm")
	}
	if err := w.Seen(Problem{Chart: consent.LogID{9}, Detail: "fork", Since: time.Now()}); !errors.Is(err, ErrNoEvidence) {
		t.Errorf("nothing was seen: %v", err)
	}
}
