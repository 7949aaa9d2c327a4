package client

import (
	"errors"
	"slices"
	"testing"
	"time"

	"carekey/consent"
)

// showsNothing changes what an evidence file is about, in ways after which it
// does not show what it claims any more.
func showsNothing[T any](t *testing.T, file []byte, changes map[string]func(*T)) {
	t.Helper()
	for name, change := range changes {
		f, err := decodeEvidence(slices.Clone(file))
		if err != nil {
			t.Fatal(err)
		}
		m, err := decodeMaterial[T](f)
		if err != nil {
			t.Fatal(err)
		}
		change(&m)
		f.Material = consent.Encode(m)
		if _, err := VerifyEvidence(consent.Encode(f), nil); !errors.Is(err, ErrShowsNothing) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// evidenceOf is the evidence of a lie of a kind.
func evidenceOf(t *testing.T, err error, kind LieKind) []byte {
	t.Helper()
	var l *Lie
	if !errors.As(err, &l) || l.Kind != kind {
		t.Fatalf("got %v, want %s", err, kind)
	}
	return l.Evidence
}

// TestHonestEvidenceShowsNothing: a file that calls a lie what is none is
// refused, kind by kind.
func TestHonestEvidenceShowsNothing(t *testing.T) {
	c := newChain(t)
	p := c.year()
	t.Run("entries", func(t *testing.T) {
		hide := func(g *consent.Page) {
			if g.From == 0 {
				g.Leaves = slices.Delete(g.Leaves, 5, 6)
			}
		}
		_, err := c.follow(c.light(), &liar{chain: c, page: hide}, p.log, consent.Remembered{})
		whole, pageErr := c.Entries(t.Context(), p.log, 0, 0)
		if pageErr != nil {
			t.Fatal(pageErr)
		}
		showsNothing(t, evidenceOf(t, err, HiddenEntry), map[string]func(*logMaterial){
			"all entries":             func(m *logMaterial) { m.Pages = []consent.Page{whole} },
			"another lie":             func(m *logMaterial) { m.Pages[0].Leaves[0][0] = 0xff },
			"a false proof":           func(m *logMaterial) { m.Proof.Height-- },
			"a start after its end":   func(m *logMaterial) { m.Start.Tree = treeOf([]consent.Page{whole, whole}) },
			"an impossible start":     func(m *logMaterial) { m.Start.Tree.Size = 1 },
			"a log that is not there": func(m *logMaterial) { m.Log[0]++ },
		})
	})
	t.Run("header", func(t *testing.T) {
		forge := func(h int64, b []byte) []byte {
			if h == 1 {
				return b
			}
			return alterHeader(t, b, "mine")
		}
		_, err := c.light().Advance(t.Context(), &liar{chain: c, block: forge})
		showsNothing(t, evidenceOf(t, err, ForgedHeader), map[string]func(*blockMaterial){
			"the genuine one": func(m *blockMaterial) { m.Block = c.blocks[len(c.blocks)-1] },
			"the first one":   func(m *blockMaterial) { m.Block = c.blocks[0] },
		})
	})
	t.Run("proof", func(t *testing.T) {
		forge := func(s *consent.StateProof) { s.Keys[0].Value = append(slices.Clone(s.Keys[0].Value), 0) }
		l := c.light()
		_, _, _, err := l.Prove(t.Context(), &liar{chain: c, proof: forge}, [][]byte{consent.HeadKey(p.log)})
		honest, proveErr := c.Prove(t.Context(), 0, [][]byte{consent.HeadKey(p.log)})
		if proveErr != nil {
			t.Fatal(proveErr)
		}
		showsNothing(t, evidenceOf(t, err, ForgedProof), map[string]func(*proofMaterial){
			"the genuine one": func(m *proofMaterial) { m.Proof = honest },
		})
	})
}

// TestEvidenceOfTimeShowsNothing: the same for lies about what is newest.
func TestEvidenceOfTimeShowsNothing(t *testing.T) {
	t.Run("stale view", func(t *testing.T) {
		c := newChain(t)
		p := c.year()
		c.idle(40, 2*time.Second)
		l := c.light()
		registry := c.registry(l)
		_, err := l.Follow(t.Context(), &liar{chain: c, behind: 39}, registry, p.log, consent.Remembered{})
		old := c.blocks[2]
		showsNothing(t, evidenceOf(t, err, StaleView), map[string]func(*staleMaterial){
			"a fresh one":             func(m *staleMaterial) { m.Shown = c.blocks[len(c.blocks)-2] },
			"one that is not genuine": func(m *staleMaterial) { m.Shown = alterHeader(t, old, "mine") },
			"noise":                   func(m *staleMaterial) { m.Shown = []byte("noise") },
		})
	})
	t.Run("fork", func(t *testing.T) {
		a, b := branches(t)
		for _, c := range []*chain{a, b} {
			c.idle(5, time.Second)
		}
		l := a.light()
		if _, err := l.Advance(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		_, err := l.Advance(t.Context(), b)
		newest := len(a.blocks) - 1
		showsNothing(t, evidenceOf(t, err, Fork), map[string]func(*blockMaterial){
			"the same one":       func(m *blockMaterial) { m.Block = a.blocks[newest] },
			"the one before":     func(m *blockMaterial) { m.Block = a.blocks[newest-1] },
			"one that is forged": func(m *blockMaterial) { m.Block = alterHeader(t, b.blocks[newest], "mine") },
			"noise":              func(m *blockMaterial) { m.Block = []byte("noise") },
		})
	})
	t.Run("cosignature", func(t *testing.T) {
		c := newChain(t)
		l := c.light()
		h, err := l.Advance(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		said := consent.Cosigned{Height: h.Height, Hash: consent.Hash{1}, Time: h.Time}
		err = l.CheckCosignature(t.Context(), c, c, c.registry(l), cosign(c, "clinic", said))
		showsNothing(t, evidenceOf(t, err, FalseCosignature), map[string]func(*cosignatureMaterial){
			"a true word": func(m *cosignatureMaterial) {
				m.Cosignature = cosign(c, "clinic", consent.Cosigned{Height: h.Height, Hash: h.Hash, Time: h.Time})
			},
			"another height": func(m *cosignatureMaterial) {
				m.Cosignature = cosign(c, "clinic", consent.Cosigned{Height: h.Height + 1, Hash: said.Hash, Time: h.Time})
			},
			"a forged word": func(m *cosignatureMaterial) { m.Cosignature.Signature[0]++ },
			"a stranger's":  func(m *cosignatureMaterial) { m.Cosignature = cosign(c, "stranger", said) },
		})
	})
	t.Run("roll-back", func(t *testing.T) {
		c := newChain(t)
		p := c.year()
		l := c.light()
		before, err := c.follow(l, c, p.log, consent.Remembered{})
		if err != nil {
			t.Fatal(err)
		}
		whole := consent.Page{Log: p.log, Leaves: slices.Clone(c.leaves[p.log])}
		p.accesses(1)
		p.cut(3)
		_, err = c.follow(l, c, p.log, before.Keep)
		kept := c.leaves[p.log]
		showsNothing(t, evidenceOf(t, err, RolledBack), map[string]func(*rollbackMaterial){
			"what still stands":   func(m *rollbackMaterial) { m.Before.Tree = treeOf([]consent.Page{{Leaves: kept}}) },
			"a memory of nothing": func(m *rollbackMaterial) { m.Before.Audit = nil },
			"another tree":        func(m *rollbackMaterial) { m.Before.Tree = treeOf([]consent.Page{whole, whole}) },
		})
	})
}

// TestFilesThatAreNoEvidence: each is refused with a sentence of its own.
func TestFilesThatAreNoEvidence(t *testing.T) {
	c := newChain(t)
	p := c.year()
	l := c.light()
	good, _, err := l.ProofFile(t.Context(), c, c.registry(l), p.log, nil)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*evidenceFile)) []byte {
		f, err := decodeEvidence(good)
		if err != nil {
			t.Fatal(err)
		}
		change(&f)
		return consent.Encode(f)
	}
	tests := []struct {
		name string
		file []byte
		is   error // nil: any
	}{
		{"empty", nil, ErrNoEvidence},
		{"noise", []byte("this is a letter, not evidence"), ErrNoEvidence},
		{"cut off", good[:len(good)/2], ErrNoEvidence},
		{"something behind it", append(slices.Clone(good), 0), ErrNoEvidence},
		{"another format", with(func(f *evidenceFile) { f.Format = "carekey/proof/2" }), nil},
		{"an unknown lie", with(func(f *evidenceFile) { f.Format, f.Kind = evidenceFormat, lieEnd }), nil},
		{"a proof of a lie", with(func(f *evidenceFile) { f.Kind = HiddenEntry }), nil},
		{"no genesis", with(func(f *evidenceFile) { f.Genesis = nil }), nil},
		{"no headers", with(func(f *evidenceFile) { f.Blocks = nil }), ErrShowsNothing},
		{"headers that do not begin at the first", with(func(f *evidenceFile) { f.Blocks = f.Blocks[1:] }), nil},
		{"no contents", with(func(f *evidenceFile) { f.Material = nil }), ErrNoEvidence},
		{"contents of another kind", with(func(f *evidenceFile) { f.Material = consent.Encode(blockMaterial{}) }), ErrNoEvidence},
		{"no registry", with(func(f *evidenceFile) { f.Registry = nil }), ErrShowsNothing},
	}
	for _, tt := range tests {
		f, err := VerifyEvidence(tt.file, nil)
		if err == nil || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%s: %v, kind %s", tt.name, err, f.Kind)
		}
	}
}
