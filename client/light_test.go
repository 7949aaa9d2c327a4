package client

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"carekey/consent"
)

// Genesis, LightBlock and WaitHeight are [Chain]. Of a height that is not kept
// it gives the nearest above, as nodes do.
func (w *walk) Genesis(context.Context) ([]byte, error) { return w.file, nil }

func (w *walk) LightBlock(_ context.Context, height int64) ([]byte, error) {
	w.asked++
	if height == 0 {
		height = w.newest
	}
	for ; height <= w.newest; height++ {
		if b, ok := w.blocks[height]; ok {
			return b, nil
		}
	}
	return nil, ErrNotYet
}

func (w *walk) WaitHeight(context.Context, int64) (int64, error) { return w.newest, nil }

// light is a light client whose clock stands at a day of the walk.
func (w *walk) light(t *testing.T, trust Trust, day int64) *Light {
	t.Helper()
	genesis, err := DecodeGenesisFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLight(genesis, trust, func() time.Time {
		return genesis.App.Time.Add(time.Duration(day) * 24 * time.Hour)
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// slowly replaces one of five validators every ten days.
func slowly(day int64) []string {
	names := make([]string, 5)
	for i := range names {
		turn := (day + int64(i)*10) / 50
		names[i] = string(rune('a'+i)) + string(rune('0'+turn))
	}
	return names
}

func TestLightWalksAnchorsWhileValidatorsChange(t *testing.T) {
	w := days(t, 120, slowly)
	l := w.light(t, &MemoryTrust{}, 120)
	h, err := l.Advance(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	if h.Height != 120 {
		t.Errorf("height %d", h.Height)
	}
	if w.asked > 60 {
		t.Errorf("%d light blocks were asked for", w.asked)
	}
	if _, err := l.genesis.verifyPath(blocksOf(l.pathTo(h))); err != nil {
		t.Errorf("the path that is kept: %v", err)
	}
}

func TestLightNeedsTwoThirdsOfTheTrusted(t *testing.T) {
	w := days(t, 40, func(day int64) []string {
		if day < 20 {
			return []string{"a", "b", "c"}
		}
		return []string{"x", "y", "z"}
	})
	for day := int64(2); day < 40; day++ {
		delete(w.blocks, day) // nothing between that leads from one set to the other
	}
	_, err := w.light(t, &MemoryTrust{}, 40).Advance(t.Context(), w)
	if !errors.Is(err, &Lie{Kind: ForgedHeader}) {
		t.Errorf("Advance: %v", err)
	}
}

func TestThreeFifthsOfTheTrustedAreTooFew(t *testing.T) {
	w := days(t, 40, func(day int64) []string {
		if day < 20 {
			return []string{"a", "b", "c", "d", "e"}
		}
		return []string{"a", "b", "c", "x", "y"}
	})
	for day := int64(2); day < 40; day++ {
		delete(w.blocks, day)
	}
	if _, err := w.light(t, &MemoryTrust{}, 40).Advance(t.Context(), w); err == nil {
		t.Error("three of five trusted validators were enough")
	}
}

func TestLightStepsOverAtMost400Days(t *testing.T) {
	same := func(int64) []string { return []string{"a"} }
	w := days(t, 900, same)
	for day := int64(2); day < 900; day++ {
		if day%300 != 0 {
			delete(w.blocks, day)
		}
	}
	l := w.light(t, &MemoryTrust{}, 900)
	if _, err := l.Advance(t.Context(), w); err != nil {
		t.Fatalf("from the genesis on, by anchors: %v", err)
	}
	if n := len(l.path); n < 3 || n > 5 {
		t.Errorf("the path has %d headers", n)
	}
	delete(w.blocks, 300)
	delete(w.blocks, 600)
	if _, err := w.light(t, &MemoryTrust{}, 900).Advance(t.Context(), w); err == nil {
		t.Error("a step of 900 days was taken")
	}
}

func TestTrustEndsAfter400Days(t *testing.T) {
	w := days(t, 500, func(int64) []string { return []string{"a"} })
	trust := &MemoryTrust{}
	w.newest = 50
	l := w.light(t, trust, 50)
	if _, err := l.Advance(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	w.newest = 500
	if _, err := w.light(t, trust, 449).Advance(t.Context(), w); !errors.Is(err, ErrClock) {
		t.Errorf("a clock that is behind: %v", err)
	}
	if _, err := w.light(t, trust, 500).Advance(t.Context(), w); !errors.Is(err, ErrTrustEnded) {
		t.Errorf("after 450 days: %v", err)
	}
}

func TestKeptBlocksAreVerifiedAgain(t *testing.T) {
	w := days(t, 30, slowly)
	trust := FileTrust{Path: filepath.Join(t.TempDir(), "headers")}
	l := w.light(t, trust, 30)
	if _, err := l.Advance(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
	again := w.light(t, trust, 30)
	if h, ok := again.Newest(); !ok || h.Height != 30 {
		t.Errorf("after a restart: height %d, %v", h.Height, ok)
	}
	blocks, err := trust.Load()
	if err != nil {
		t.Fatal(err)
	}
	last := slices.Clone(blocks[len(blocks)-1])
	last[len(last)/2] ^= 1
	if err := trust.Save(append(blocks[:len(blocks)-1], last)); err != nil {
		t.Fatal(err)
	}
	genesis, err := DecodeGenesisFile(w.file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewLight(genesis, trust, time.Now); err == nil {
		t.Error("a changed block was taken for verified")
	}
}

// TestLightOfAnotherNetwork: the genesis decides, down to its last byte.
func TestLightOfAnotherNetwork(t *testing.T) {
	a, b := newChain(t), newChain(t)
	b.vals = newValidators("another")
	b.blocks = b.blocks[:0]
	b.blocks = append(b.blocks, b.vals.lightBlock(t, headerSpec{chain: testChain, height: 1, time: testStart}))
	if _, err := a.light().Advance(t.Context(), b); !errors.Is(err, &Lie{Kind: ForgedHeader}) {
		t.Errorf("Advance: %v", err)
	}
}

// TestBlocksAndProofsNameTheirPlace: the chain of a light block, the height of a
// state proof.
func TestBlocksAndProofsNameTheirPlace(t *testing.T) {
	c := newChain(t)
	c.idle(3, time.Second)
	if _, err := decodeLightBlock(c.blocks[2], "another-1"); err == nil {
		t.Error("a light block of another chain was read")
	}
	under, err := decodeLightBlock(c.blocks[3], testChain)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Prove(t.Context(), 3, [][]byte{consent.ClockKey()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := verifyProof(p, under); err != nil {
		t.Errorf("a good proof: %v", err)
	}
	p.Height--
	if _, err := verifyProof(p, under); err == nil {
		t.Error("a proof was believed to be of another height")
	}
}

func TestLightServesManyAtOnce(t *testing.T) {
	c := newChain(t)
	c.idle(60, time.Second)
	l := c.light()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for h := int64(1 + i); h <= int64(len(c.blocks)); h += 3 {
				if got, err := l.At(t.Context(), c, h); err != nil || got.Height != h {
					t.Errorf("height %d: %d, %v", h, got.Height, err)
				}
			}
		})
	}
	all.Wait()
}

func TestProofFile(t *testing.T) {
	c, read, details := detailed(t)
	entries := read.New
	l := c.light()
	log := entries[0].Entry.Log
	file, _, err := l.ProofFile(t.Context(), c, c.registry(l), log, details)
	if err != nil {
		t.Fatal(err)
	}
	f, err := VerifyEvidence(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	if f.Kind != 0 || f.Anchored || len(f.Entries) != len(entries) || f.Entries[1].Content == nil {
		t.Errorf("finding %+v", f)
	}
	if f.AsOf.Height != int64(len(c.blocks)) || f.AsOf.Time != consent.At(c.now) {
		t.Errorf("as of %+v", f.AsOf)
	}
	t.Run("withheld detail", func(t *testing.T) {
		file, _, err := l.ProofFile(t.Context(), c, c.registry(l), log, details[1:])
		if err != nil {
			t.Fatal(err)
		}
		f, err := VerifyEvidence(file, nil)
		if err != nil || !slices.Equal(f.Withheld, []uint64{details[0].Number}) {
			t.Errorf("VerifyEvidence: %v, withheld %v", err, f.Withheld)
		}
	})
	t.Run("swapped detail", func(t *testing.T) {
		swapped := slices.Clone(details)
		swapped[0].Detail = details[1].Detail
		file, _, err := l.ProofFile(t.Context(), c, c.registry(l), log, swapped)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyEvidence(file, nil); !errors.Is(err, &Lie{Kind: SwappedDetail}) {
			t.Errorf("VerifyEvidence: %v", err)
		}
	})
	t.Run("another registry", func(t *testing.T) {
		forged, err := decodeEvidence(file)
		if err != nil {
			t.Fatal(err)
		}
		e, item, err := consent.DecodeEntry(forged.Registry[0])
		if err != nil {
			t.Fatal(err)
		}
		e.Number = uint64(len(forged.Registry))
		e.Item = consent.Encode(item)
		forged.Registry = append(forged.Registry, consent.Encode(e))
		if _, err := VerifyEvidence(consent.Encode(forged), &f.Anchor); !errors.Is(err, ErrShowsNothing) {
			t.Errorf("VerifyEvidence: %v", err)
		}
	})
	t.Run("every byte counts", func(t *testing.T) {
		for i := 0; i < len(file); i += 97 {
			changed := slices.Clone(file)
			changed[i] ^= 1
			if g, err := VerifyEvidence(changed, &f.Anchor); err == nil && !sameHistory(f, g) {
				t.Fatalf("byte %d of %d may be changed", i, len(file))
			}
		}
	})
}

// sameHistory compares what two findings say of a log. Signatures of headers
// beyond two thirds may differ without changing it.
func sameHistory(a, b Finding) bool {
	return slices.EqualFunc(a.Entries, b.Entries, func(x, y consent.Verified) bool {
		return string(x.Leaf) == string(y.Leaf)
	}) && a.AsOf == b.AsOf
}
