package client

import (
	"testing"
	"time"

	"carekey/consent"
)

// branches are two ledgers of one validator that parted at their beginning.
func branches(t *testing.T) (a, b *chain) {
	a, b = newChain(t), newChain(t)
	a.openChart("patient")
	b.openChart("somebody else")
	b.salt = "fork"
	return a, b
}

// TestLieForkByTime: a header that is lower than one that was verified, and
// later, is of another branch, though nothing else of theirs can be compared.
func TestLieForkByTime(t *testing.T) {
	a, b := branches(t)
	a.idle(20, time.Second)
	b.idle(4, 10*time.Second)
	a.now = b.now
	isBranch(t, a, b)
}

// isBranch has somebody who verified the newest header of one ledger meet the
// newest of the other.
func isBranch(t *testing.T, a, b *chain) {
	t.Helper()
	l := a.light()
	if _, err := l.Advance(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	_, err := l.Advance(t.Context(), b)
	if f := caught(t, a, err, Fork); !f.Convicts {
		t.Error("two signed headers convict the ledger")
	}
}

// TestForkIsNotCalledAForgedHeader: the header after the newest that was verified
// is not later than that one. Its signatures are genuine, so that nobody forged
// it: it is of another branch.
func TestForkIsNotCalledAForgedHeader(t *testing.T) {
	a, b := branches(t)
	a.idle(4, 10*time.Second)
	b.idle(5, time.Second)
	isBranch(t, a, b)
}

// TestForkIsNotCalledAForgedProof: the header of a height is known from one
// branch when somebody who follows the other proves the state below it. He has
// forged nothing; the evidence is the two headers.
func TestForkIsNotCalledAForgedProof(t *testing.T) {
	a, b := branches(t)
	for _, c := range []*chain{a, b} {
		c.idle(5, time.Second)
	}
	l := a.light()
	if _, err := l.Advance(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	proof, _, _, err := l.Prove(t.Context(), b, [][]byte{consent.ClockKey()})
	if f := caught(t, a, err, Fork); !f.Convicts {
		t.Error("two signed headers convict the ledger")
	}
	if proof.Height != 0 {
		t.Error("a proof that is refused is handed on")
	}
}
