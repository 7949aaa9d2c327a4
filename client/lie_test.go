package client

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	ics23 "github.com/cosmos/ics23/go"

	"carekey/consent"
)

// liar is a server that changes what it hands on.
type liar struct {
	*chain
	page   func(*consent.Page)
	proof  func(*consent.StateProof)
	block  func(height int64, b []byte) []byte
	behind int // heights it shows less than there are
}

func (s *liar) Entries(ctx context.Context, log consent.LogID, from uint64, most int) (consent.Page, error) {
	p, err := s.chain.Entries(ctx, log, from, most)
	if s.page != nil && log != consent.RegistryLogID(s.genesis.Network) {
		p.Leaves = slices.Clone(p.Leaves)
		for i := range p.Leaves {
			p.Leaves[i] = slices.Clone(p.Leaves[i])
		}
		s.page(&p)
	}
	return p, err
}

func (s *liar) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	if height == 0 {
		height = int64(len(s.blocks) - 1 - s.behind)
	}
	p, err := s.chain.Prove(ctx, height, keys)
	if s.proof != nil {
		s.proof(&p)
	}
	return p, err
}

func (s *liar) LightBlock(ctx context.Context, height int64) ([]byte, error) {
	b, err := s.chain.LightBlock(ctx, height)
	if s.block != nil {
		b = s.block(height, slices.Clone(b))
	}
	return b, err
}

// caught checks that err is a lie of the kind, and that its file shows the
// same to one who has nothing else, and nothing once it is tampered with.
func caught(t *testing.T, c *chain, err error, kind LieKind) Finding {
	t.Helper()
	var l *Lie
	if !errors.As(err, &l) || l.Kind != kind {
		t.Fatalf("got %v, want %s", err, kind)
	}
	genesis, decodeErr := DecodeGenesisFile(c.file)
	if decodeErr != nil {
		t.Fatal(decodeErr)
	}
	anchor := genesis.Anchor()
	finding, verifyErr := VerifyEvidence(l.Evidence, &anchor)
	if verifyErr != nil {
		t.Fatalf("the evidence: %v", verifyErr)
	}
	if finding.Kind != kind || !finding.Anchored {
		t.Errorf("finding %+v", finding)
	}
	if own, err := VerifyEvidence(l.Evidence, nil); err != nil || own.Anchored {
		t.Errorf("without an anchor: %v, anchored %v", err, own.Anchored)
	}
	anchor.Genesis[0]++
	if _, err := VerifyEvidence(l.Evidence, &anchor); !errors.Is(err, ErrOtherAnchor) {
		t.Errorf("with another anchor: %v", err)
	}
	return finding
}

// rewrite changes an entry of a page and encodes it again.
func rewrite(t *testing.T, p *consent.Page, i int, change func(*consent.Entry, *consent.Item)) {
	t.Helper()
	e, item, err := consent.DecodeEntry(p.Leaves[i])
	if err != nil {
		t.Fatal(err)
	}
	change(&e, &item)
	e.Item = consent.Encode(item)
	p.Leaves[i] = consent.Encode(e)
}

// TestLieAlteredEntry: the time of an entry is changed, or what it commits to.
func TestLieAlteredEntry(t *testing.T) {
	c := newChain(t)
	p := c.year()
	tests := []struct {
		name   string
		change func(*consent.Page)
		number uint64 // where it can be told
	}{
		{"commitment", func(g *consent.Page) {
			rewrite(t, g, 2, func(_ *consent.Entry, it *consent.Item) { it.Commitment[0] ^= 1 })
		}, 1},
		{"time", func(g *consent.Page) {
			last := len(g.Leaves) - 1
			rewrite(t, g, last-1, func(e *consent.Entry, _ *consent.Item) { e.Time++ })
			rewrite(t, g, last, func(e *consent.Entry, _ *consent.Item) { e.Time++ })
		}, 0},
		{"unreadable", func(g *consent.Page) { g.Leaves[3][0] = 0xff }, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.follow(c.light(), &liar{chain: c, page: tt.change}, p.log, consent.Remembered{})
			if f := caught(t, c, err, AlteredEntry); f.Number != tt.number {
				t.Errorf("entry %d, want %d", f.Number, tt.number)
			}
		})
	}
}

// TestLieHiddenEntry: an entry is left out, in the middle or at the end.
func TestLieHiddenEntry(t *testing.T) {
	c := newChain(t)
	p := c.year()
	tests := []struct {
		name   string
		change func(*consent.Page)
		number uint64
	}{
		{"middle", func(g *consent.Page) {
			if g.From == 0 {
				g.Leaves = slices.Delete(g.Leaves, 5, 6)
			}
		}, 5},
		{"end", func(g *consent.Page) {
			if g.From > 0 {
				g.Leaves, g.Companions = nil, nil
				return
			}
			g.Leaves = g.Leaves[:4] // the opening and a batch of three
			g.Companions = g.Companions[:2]
		}, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.follow(c.light(), &liar{chain: c, page: tt.change}, p.log, consent.Remembered{})
			f := caught(t, c, err, HiddenEntry)
			if !f.HasEntry || f.Number != tt.number {
				t.Errorf("entry %d, want %d", f.Number, tt.number)
			}
		})
	}
}

// TestLieReorderedEntries: two entries change places.
func TestLieReorderedEntries(t *testing.T) {
	c := newChain(t)
	p := c.year()
	swap := func(g *consent.Page) { g.Leaves[5], g.Leaves[6] = g.Leaves[6], g.Leaves[5] }
	_, err := c.follow(c.light(), &liar{chain: c, page: swap}, p.log, consent.Remembered{})
	caught(t, c, err, ReorderedEntries)
}

// TestLieAddedEntry: an entry is shown twice, one of another log is slipped in,
// or an invented one with its number while the others move up.
func TestLieAddedEntry(t *testing.T) {
	c := newChain(t)
	p := c.year()
	other := c.openChart("somebody else")
	tests := []struct {
		name   string
		change func(*consent.Page)
	}{
		{"twice", func(g *consent.Page) { g.Leaves = slices.Insert(g.Leaves, 4, g.Leaves[2]) }},
		{"of another log", func(g *consent.Page) { g.Leaves[0] = c.leaves[other.log][0] }},
		{"invented", func(g *consent.Page) { invent(t, p, g) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.follow(c.light(), &liar{chain: c, page: tt.change}, p.log, consent.Remembered{})
			caught(t, c, err, AddedEntry)
		})
	}
}

// invent adds an access, well signed by the hospital, before the last entries
// of a page, and moves those up.
func invent(t *testing.T, p *testChart, g *consent.Page) {
	t.Helper()
	at := len(g.Leaves) - 2
	before, _, err := consent.DecodeEntry(g.Leaves[at-1])
	if err != nil {
		t.Fatal(err)
	}
	a := p.author(consent.SignerInstitution, named("hospital"), consent.LogID{}, "hospital")
	a.ValidUntil = consent.At(p.now)
	tx, _, err := consent.DecodeTx(p.tx(a, p.item(consent.ClassAccess, consent.AccessFields{})))
	if err != nil {
		t.Fatal(err)
	}
	g.Leaves = slices.Insert(g.Leaves, at, slices.Clone(g.Leaves[at]))
	rewrite(t, g, at, func(e *consent.Entry, it *consent.Item) {
		e.Batch, e.Index, e.Time, e.Height = consent.BatchID(tx.Header, tx.Signature), 0, before.Time, before.Height
		item, _ := consent.DecodeItem(tx.Items[0])
		*it = item
	})
	for i := at + 1; i < len(g.Leaves); i++ {
		rewrite(t, g, i, func(e *consent.Entry, _ *consent.Item) { e.Number++ })
	}
	last := len(g.Companions) - 1
	g.Companions = slices.Insert(g.Companions, last, consent.Companion{Header: tx.Header, Signature: tx.Signature})
}

// TestLieStaleView: a server shows an old state, while a newer one is proven
// elsewhere.
func TestLieStaleView(t *testing.T) {
	c := newChain(t)
	p := c.year()
	c.idle(40, 2*time.Second)
	l := c.light()
	registry := c.registry(l)
	_, err := l.Follow(t.Context(), &liar{chain: c, behind: 39}, registry, p.log, consent.Remembered{})
	caught(t, c, err, StaleView)
	_, err = l.Follow(t.Context(), &liar{chain: c, behind: 3}, registry, p.log, consent.Remembered{})
	if err != nil {
		t.Errorf("a small delay is no lie: %v", err)
	}
}

// TestStaleViewIsNotFresh: alone with one server, old headers are not fresh by
// the local clock.
func TestStaleViewIsNotFresh(t *testing.T) {
	c := newChain(t)
	c.year()
	l := c.light()
	h, err := l.Advance(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Fresh(h, time.Minute); err != nil {
		t.Error(err)
	}
	c.now = c.now.Add(2 * time.Minute)
	if err := l.Fresh(h, time.Minute); !errors.Is(err, ErrStaleView) {
		t.Errorf("two minutes later: %v", err)
	}
}

// TestFreshByTheNewestHeader: a clock that is behind makes nothing fresh.
func TestFreshByTheNewestHeader(t *testing.T) {
	c := newChain(t)
	c.idle(1, time.Minute)
	l := advanced(t, c)
	old, err := l.At(t.Context(), c, 2)
	if err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(-9 * time.Second)
	if err := l.Fresh(old, 55*time.Second); !errors.Is(err, ErrStaleView) {
		t.Errorf("a minute before the newest header: %v", err)
	}
}

// TestCosignatureCountsForAMinute: to the second.
func TestCosignatureCountsForAMinute(t *testing.T) {
	c := newChain(t)
	l := advanced(t, c)
	registry := c.registry(l)
	h, _ := l.Newest()
	word := cosign(c, "clinic", consent.Cosigned{Height: h.Height, Hash: h.Hash, Time: h.Time})
	c.now = h.Time.Time().Add(time.Minute)
	if err := l.CheckCosignature(t.Context(), c, c, registry, word); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	c.now = c.now.Add(1)
	if err := l.CheckCosignature(t.Context(), c, c, registry, word); !errors.Is(err, ErrStaleView) {
		t.Errorf("after more than a minute: %v", err)
	}
}

// TestEarlierStateThanRemembered: a state before the remembered one is never
// taken for progress, nor for a roll-back.
func TestEarlierStateThanRemembered(t *testing.T) {
	c := newChain(t)
	p := c.year()
	l := c.light()
	now, err := c.follow(l, c, p.log, consent.Remembered{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.follow(l, &liar{chain: c, behind: 3}, p.log, now.Keep)
	if !errors.Is(err, ErrStaleView) {
		t.Errorf("Follow: %v", err)
	}
}

// TestLieRolledBack: the ledger itself, its validators' signatures and all,
// proves a shorter log, other entries, or no log where one was proven.
func TestLieRolledBack(t *testing.T) {
	tests := []struct {
		name  string
		alter func(*testChart)
	}{
		{"shorter", func(p *testChart) { p.cut(3) }},
		{"gone", func(p *testChart) {
			p.set(consent.HeadKey(p.log), nil)
			p.commit()
		}},
		{"same length", func(p *testChart) {
			size := len(p.leaves[p.log])
			p.cut(size - 2)
			p.accesses(2)
		}},
		{"longer", func(p *testChart) {
			size := len(p.leaves[p.log])
			p.cut(size - 2)
			p.accesses(4)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newChain(t)
			p := c.year()
			l := c.light()
			before, err := c.follow(l, c, p.log, consent.Remembered{})
			if err != nil {
				t.Fatal(err)
			}
			tt.alter(p)
			_, err = c.follow(l, c, p.log, before.Keep)
			if f := caught(t, c, err, RolledBack); !f.Convicts {
				t.Error("two signed states convict the ledger")
			}
		})
	}
}

// cut makes the ledger forget all but the first entries of the chart.
func (c *testChart) cut(keep int) {
	c.Helper()
	c.leaves[c.log], c.where[c.log] = c.leaves[c.log][:keep], c.where[c.log][:keep]
	head, err := consent.DecodeHead(c.state[string(consent.HeadKey(c.log))])
	if err != nil {
		c.Fatal(err)
	}
	head.Tree = treeOf([]consent.Page{{Leaves: c.leaves[c.log]}})
	c.set(consent.HeadKey(c.log), consent.Encode(head))
	c.commit()
}

// TestLieFork: the validator signs two headers of one height; whoever verified
// one is not shown the other.
func TestLieFork(t *testing.T) {
	twin := func() (*chain, *chain) {
		a, b := newChain(t), newChain(t)
		a.openChart("patient")
		b.openChart("patient")
		b.salt = "fork"
		for _, c := range []*chain{a, b} {
			c.idle(5, time.Second)
		}
		return a, b
	}
	t.Run("same height", func(t *testing.T) {
		a, b := twin()
		isBranch(t, a, b)
	})
	t.Run("next height", func(t *testing.T) {
		a, b := twin()
		l := a.light()
		if _, err := l.Advance(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		b.idle(1, time.Second)
		a.now = b.now
		_, err := l.Advance(t.Context(), b)
		caught(t, a, err, Fork)
	})
	t.Run("set back and gone on", func(t *testing.T) {
		a, b := twin()
		l := a.light()
		if _, err := l.Advance(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		b.idle(4, time.Second)
		a.now = b.now
		_, err := l.Advance(t.Context(), b)
		caught(t, a, err, Fork)
	})
}

// TestLieForkFoundByCosignature: an institution follows the other branch and
// vouches for it.
func TestLieForkFoundByCosignature(t *testing.T) {
	a, b := newChain(t), newChain(t)
	b.salt = "fork"
	for _, c := range []*chain{a, b} {
		c.idle(5, time.Second)
	}
	l := a.light()
	registry := a.registry(l)
	theirs := b.light()
	h, err := theirs.Advance(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	word := cosign(a, "clinic", consent.Cosigned{Height: h.Height, Hash: h.Hash, Time: h.Time})
	caught(t, a, l.CheckCosignature(t.Context(), a, b, registry, word), Fork)
}

func cosign(c *chain, name string, said consent.Cosigned) consent.Cosignature {
	return consent.Cosignature{
		Institution: idOf(c.genesis, name), Key: named(name).Public().ID(), Cosigned: said,
		Signature: named(name).sign(said.Statement(testChain)),
	}
}

// TestLieFalseCosignature: an institution vouches for a header that is nowhere.
func TestLieFalseCosignature(t *testing.T) {
	c := newChain(t)
	c.idle(5, time.Second)
	l := c.light()
	registry := c.registry(l)
	h, err := l.Advance(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	said := consent.Cosigned{Height: h.Height, Hash: h.Hash, Time: h.Time}
	if err := l.CheckCosignature(t.Context(), c, c, registry, cosign(c, "clinic", said)); err != nil {
		t.Errorf("a good cosignature: %v", err)
	}
	if err := l.CheckCosignature(t.Context(), c, c, registry, cosign(c, "nobody", said)); !errors.Is(err, ErrCosigner) {
		t.Errorf("of nobody: %v", err)
	}
	unsigned := cosign(c, "clinic", said)
	unsigned.Signature[3] ^= 1
	if err := l.CheckCosignature(t.Context(), c, c, registry, unsigned); !errors.Is(err, ErrCosigner) {
		t.Errorf("with a false signature: %v", err)
	}
	early := said
	early.Time++
	if err := l.CheckCosignature(t.Context(), c, c, registry, cosign(c, "clinic", early)); !errors.Is(err, ErrCosigner) {
		t.Errorf("with another time than its header: %v", err)
	}
	said.Hash[0] ^= 1
	err = l.CheckCosignature(t.Context(), c, c, registry, cosign(c, "clinic", said))
	if f := caught(t, c, err, FalseCosignature); !f.Convicts {
		t.Error("its own signature convicts the institution")
	}
}

// TestLieForgedHeader: a header is changed and its signatures are not, or it is
// signed by somebody else.
func TestLieForgedHeader(t *testing.T) {
	c := newChain(t)
	c.idle(5, time.Second)
	stranger := newValidators("stranger")
	tests := []struct {
		name  string
		block func(int64, []byte) []byte
	}{
		{"changed", func(h int64, b []byte) []byte {
			if h == 1 {
				return b
			}
			return alterHeader(t, b, "mine")
		}},
		{"signed by another", func(h int64, b []byte) []byte {
			if h == 1 {
				return b
			}
			return stranger.lightBlock(t, headerSpec{chain: testChain, height: 7, time: c.now, app: consentSum("mine")})
		}},
		{"the first one", func(_ int64, b []byte) []byte {
			return stranger.lightBlock(t, headerSpec{chain: testChain, height: 1, time: c.now, app: consentSum("mine")})
		}},
		{"the first one, changed", func(h int64, b []byte) []byte {
			if h != 1 {
				return b
			}
			return alterHeader(t, b, "mine")
		}},
		{"the first one, before the genesis", func(int64, []byte) []byte {
			return c.vals.lightBlock(t, headerSpec{chain: testChain, height: 1, time: testStart.Add(-time.Hour)})
		}},
		{"of another chain", func(int64, []byte) []byte {
			return c.vals.lightBlock(t, headerSpec{chain: "another-1", height: 7, time: c.now, app: consentSum("mine")})
		}},
		{"noise", func(int64, []byte) []byte { return []byte("noise") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.light().Advance(t.Context(), &liar{chain: c, block: tt.block})
			caught(t, c, err, ForgedHeader)
		})
	}
}

// TestHeaderAheadOfTheClockIsRefused: at most ten seconds, whoever signed it.
func TestHeaderAheadOfTheClockIsRefused(t *testing.T) {
	c := newChain(t)
	l := c.light()
	late := c.now.Add(11 * time.Second)
	c.idle(1, 12*time.Second)
	c.now = late.Add(-11 * time.Second)
	if _, err := l.Advance(t.Context(), c); !errors.Is(err, ErrClock) {
		t.Errorf("Advance: %v", err)
	}
	c.now = c.now.Add(2 * time.Second)
	if _, err := l.Advance(t.Context(), c); err != nil {
		t.Errorf("within ten seconds: %v", err)
	}
}

// TestLieForgedProof: a value is changed, a key is said to be absent, or an old
// proof is shown under a new header.
func TestLieForgedProof(t *testing.T) {
	c := newChain(t)
	p := c.year()
	log := consent.HeadKey(p.log)
	tests := []struct {
		name  string
		proof func(*consent.StateProof)
	}{
		{"value", func(s *consent.StateProof) {
			for i := range s.Keys {
				if string(s.Keys[i].Key) == string(log) {
					s.Keys[i].Value = slices.Clone(s.Keys[i].Value)
					s.Keys[i].Value[9] ^= 1
				}
			}
		}},
		{"absence", func(s *consent.StateProof) {
			for i := range s.Keys {
				s.Keys[i].Present, s.Keys[i].Value = false, nil
			}
		}},
		{"absence of another key", func(s *consent.StateProof) {
			for i := range s.Keys {
				if string(s.Keys[i].Key) == string(log) {
					s.Keys[i] = consent.ProvenKey{Key: log, Proof: absenceOfAnother(t, c, log)}
				}
			}
		}},
		{"old", func(s *consent.StateProof) {
			old, err := c.Prove(t.Context(), s.Height-1, [][]byte{log})
			if err != nil {
				t.Fatal(err)
			}
			for i := range s.Keys {
				if string(s.Keys[i].Key) == string(log) {
					s.Keys[i] = old.Keys[0]
				}
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := c.light()
			registry := c.registry(l)
			_, err := l.Follow(t.Context(), &liar{chain: c, proof: tt.proof}, registry, p.log, consent.Remembered{})
			caught(t, c, err, ForgedProof)
		})
	}
}

// absenceOfAnother is a genuine proof that a key is absent, made to speak of
// this one.
func absenceOfAnother(t *testing.T, c *chain, key []byte) []byte {
	t.Helper()
	absent, err := c.Prove(t.Context(), 0, [][]byte{append(slices.Clone(key), 0)})
	if err != nil {
		t.Fatal(err)
	}
	var proof ics23.CommitmentProof
	if err := proof.Unmarshal(absent.Keys[0].Proof); err != nil {
		t.Fatal(err)
	}
	proof.GetNonexist().Key = key
	raw, err := proof.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestLieForgedSignature: a companion's signature is changed; or the ledger
// took in an entry that a stranger signed, or the institution with a key that
// was compromised by then.
func TestLieForgedSignature(t *testing.T) {
	t.Run("companion", func(t *testing.T) {
		c := newChain(t)
		p := c.year()
		change := func(g *consent.Page) { g.Companions[3].Signature[7] ^= 1 }
		_, err := c.follow(c.light(), &liar{chain: c, page: change}, p.log, consent.Remembered{})
		if f := caught(t, c, err, ForgedSignature); f.Convicts {
			t.Error("the ledger is not to blame")
		}
	})
	t.Run("missing and surplus companions", func(t *testing.T) {
		c := newChain(t)
		p := c.year()
		for _, change := range []func(*consent.Page){
			func(g *consent.Page) { g.Companions = g.Companions[:len(g.Companions)-1] },
			func(g *consent.Page) { g.Companions = append(g.Companions, g.Companions[0]) },
		} {
			_, err := c.follow(c.light(), &liar{chain: c, page: change}, p.log, consent.Remembered{})
			caught(t, c, err, ForgedSignature)
		}
	})
	t.Run("stranger signs for the patient", func(t *testing.T) {
		c := newChain(t)
		p := c.openChart("patient")
		a := c.author(consent.SignerPatient, named("stranger"), p.log, "")
		fields := consent.GrantFields{Expiry: consent.At(c.now).Add(time.Hour)}
		c.force(c.tx(a, p.item(consent.ClassGrant, fields)), func(h *consent.Head) {
			rated(c, 1)(h)
		})
		_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
		if f := caught(t, c, err, ForgedSignature); !f.Convicts {
			t.Error("the ledger took it in")
		}
	})
	t.Run("another institution", func(t *testing.T) {
		c := newChain(t)
		p := c.openChart("patient")
		a := c.author(consent.SignerInstitution, named("clinic"), consent.LogID{}, "clinic")
		c.force(c.tx(a, p.item(consent.ClassAccess, consent.AccessFields{})), nil)
		_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
	t.Run("compromised key", func(t *testing.T) {
		c := newChain(t)
		p := c.openChart("patient")
		a := c.author(consent.SignerInstitution, named("hospital stolen"), consent.LogID{}, "hospital")
		c.force(c.tx(a, p.item(consent.ClassAccess, consent.AccessFields{})), nil)
		_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
	t.Run("signed for another log", func(t *testing.T) {
		c := newChain(t)
		p := c.openChart("patient")
		a := c.author(consent.SignerPatient, p.key, consent.LogID{7}, "")
		c.force(c.tx(a, p.item(consent.ClassSay, consent.SayFields{Side: consent.SidePatient})), rated(c, 1))
		_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
	t.Run("rotation to a key that did not agree", func(t *testing.T) {
		c := newChain(t)
		p := c.openChart("patient")
		keys := consent.ChartKeys{Institution: p.keys.Institution, Sign: named("thief").Public(), TLS: named("thief tls").Public()}
		proof := named("patient").sign(consent.RotateStatement(testChain, p.log, keys))
		c.force(p.patient(consent.ClassRotate, consent.RotateFields{Keys: keys, Proof: proof}), func(h *consent.Head) {
			rated(c, 1)(h)
			h.Chart.Keys = keys
		})
		_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
	t.Run("unregistered key", func(t *testing.T) {
		c := newChain(t)
		p := c.openChart("patient")
		a := c.author(consent.SignerInstitution, named("stranger"), consent.LogID{}, "hospital")
		c.force(c.tx(a, p.item(consent.ClassAccess, consent.AccessFields{})), nil)
		_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
}

// TestLieSwappedDetail and TestLieWithheldDetail: private parts. The evidence
// holds an entry that stands in the log; one that does not shows nothing.
func TestLieSwappedDetail(t *testing.T) {
	c, read, details := detailed(t)
	l := advanced(t, c)
	if problems := l.OpenDetails(read, details); len(problems) != 0 || read.New[1].Content == nil {
		t.Fatalf("good details: %v", problems)
	}
	right := details[0].Detail
	details[0].Detail, details[1].Detail = details[1].Detail, details[0].Detail
	problems := l.OpenDetails(read, details)
	if len(problems) != 2 {
		t.Fatalf("%d problems", len(problems))
	}
	f := caught(t, c, problems[0], SwappedDetail)
	if f.Number != details[0].Number || f.Log != read.New[0].Entry.Log {
		t.Errorf("finding %+v", f)
	}
	showsNothing(t, problems[0].Evidence, map[string]func(*detailMaterial){
		"the right one": func(m *detailMaterial) { m.Detail = &right },
		"none":          func(m *detailMaterial) { m.Detail = nil },
		"an entry that is not in the log": func(m *detailMaterial) {
			e, item, _ := consent.DecodeEntry(m.Leaf)
			item.Commitment[0]++
			e.Item = consent.Encode(item)
			m.Leaf = consent.Encode(e)
		},
		"an entry in another tree": func(m *detailMaterial) {
			e, item, _ := consent.DecodeEntry(m.Leaf)
			item.Commitment[0]++
			e.Item = consent.Encode(item)
			m.Leaf = consent.Encode(e)
			hash := consent.LeafHash(m.Leaf)
			copy(m.After, hash[:])
		},
		"an entry elsewhere in the log": func(m *detailMaterial) { m.Before.Append(consent.LeafHash(m.Leaf)) },
		"an impossible tree":            func(m *detailMaterial) { m.Before.Roots = nil },
		"half a hash":                   func(m *detailMaterial) { m.After = m.After[:len(m.After)-1] },
		"an entry without one": func(m *detailMaterial) {
			m.Leaf, m.Before = read.New[0].Leaf, consent.Frontier{}
			m.After = nil
			for _, v := range read.New {
				hash := consent.LeafHash(v.Leaf)
				m.After = append(m.After, hash[:]...)
			}
		},
		"another proof": func(m *detailMaterial) { m.Proof.Keys[0].Value = append(m.Proof.Keys[0].Value, 0) },
	})
}

func TestLieWithheldDetail(t *testing.T) {
	c, read, details := detailed(t)
	l := advanced(t, c)
	problems := l.OpenDetails(read, details[1:])
	if len(problems) != 1 || problems[0].Number != details[0].Number {
		t.Fatalf("problems: %v", problems)
	}
	caught(t, c, problems[0], WithheldDetail)
	if problems := l.OpenDetails(read, nil); len(problems) != 2 || problems[0].Evidence == nil || problems[1].Evidence != nil {
		t.Error("one evidence file for all that are withheld is enough")
	}
}

// advanced is a light client that has come to the chain's newest header.
func advanced(t *testing.T, c *chain) *Light {
	t.Helper()
	l := c.light()
	if _, err := l.Advance(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestDetailEvidenceAfterMemory: the entry came after others that are only
// remembered.
func TestDetailEvidenceAfterMemory(t *testing.T) {
	c, read, _ := detailed(t)
	l := advanced(t, c)
	log := read.New[0].Entry.Log
	for known := 1; known < len(read.New); known++ {
		before := consent.Frontier{}
		for _, v := range read.New[:known] {
			before.Append(consent.LeafHash(v.Leaf))
		}
		later := Progress{New: slices.Clone(read.New[known:]), before: before, proof: read.proof, header: read.header}
		problems := l.OpenDetails(later, nil)
		if f := caught(t, c, problems[0], WithheldDetail); f.Log != log || f.Number != uint64(known) {
			t.Errorf("after %d entries: %+v", known, f)
		}
	}
}

// detailed is a chart with two accesses and their details.
func detailed(t *testing.T) (*chain, Progress, []NumberedDetail) {
	t.Helper()
	c := newChain(t)
	p := c.openChart("patient")
	var details []NumberedDetail
	for _, name := range []string{"Dr. Lee", "Dr. Roy"} {
		d, err := consent.NewDetail(&consent.Accessed{
			Basis: consent.BasisCare, By: consent.Person{Name: name}, Purpose: consent.PurposeTreatment,
			Types: []consent.RecordType{consent.Medicines}, Event: consent.At(c.now),
		})
		if err != nil {
			t.Fatal(err)
		}
		item := consent.NewItem(p.log, consent.ClassAccess, consent.AccessFields{}, d.Commitment(c.genesis.Network, p.log, consent.ClassAccess))
		n := c.accepts(c.tx(c.author(consent.SignerInstitution, named("hospital"), consent.LogID{}, "hospital"), item))
		details = append(details, NumberedDetail{Number: n, Detail: d})
	}
	progress, err := c.follow(c.light(), c, p.log, consent.Remembered{})
	if err != nil {
		t.Fatal(err)
	}
	return c, progress, details
}

func TestLieKindsHaveWords(t *testing.T) {
	names := map[string]bool{}
	for k := AlteredEntry; k < lieEnd; k++ {
		if names[k.String()] || k.String() == "" || k.Sentence() == "" {
			t.Errorf("kind %d: %q %q", k, k, k.Sentence())
		}
		names[k.String()] = true
	}
}
