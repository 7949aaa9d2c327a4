package world

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/internal/reach"
	"carekey/ledger"
	"carekey/wallet"
	"carekey/wallet/keys"
)

// liar is a ledger as somebody shows it who changes what goes through.
type liar struct {
	client.Node
	lies  atomic.Bool // honest until then
	page  func(*consent.Page)
	proof func(*consent.StateProof)
	block func(height int64, b []byte) []byte
	until int64 // shows nothing after this height, if set
}

func (l *liar) Entries(ctx context.Context, log consent.LogID, from uint64, most int) (consent.Page, error) {
	p, err := l.Node.Entries(ctx, log, from, most)
	if l.lies.Load() && l.page != nil && err == nil && len(p.Leaves) > 0 {
		p.Leaves = slices.Clone(p.Leaves)
		l.page(&p)
	}
	return p, err
}

func (l *liar) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	if l.lies.Load() && l.until != 0 && height == 0 {
		height = l.until
	}
	p, err := l.Node.Prove(ctx, height, keys)
	if l.lies.Load() && l.proof != nil && err == nil {
		l.proof(&p)
	}
	return p, err
}

func (l *liar) LightBlock(ctx context.Context, height int64) ([]byte, error) {
	if l.lies.Load() && l.until != 0 && height == 0 {
		height = l.until + 1
	}
	b, err := l.Node.LightBlock(ctx, height)
	if l.lies.Load() && l.block != nil && err == nil {
		b = l.block(height, bytes.Clone(b))
	}
	return b, err
}

// change encodes an entry of a page anew.
func change(p *consent.Page, i int, item func(*consent.Item)) {
	e, it, err := consent.DecodeEntry(p.Leaves[i])
	if err != nil {
		return // somebody changed it before
	}
	item(&it)
	e.Item = consent.Encode(it)
	p.Leaves[i] = consent.Encode(e)
}

// lies are told by the institution itself, in what it shows of the ledger and
// of its own private parts.
type lie struct {
	name    string
	kind    client.LieKind
	node    *liar
	details func([]client.NumberedDetail) []client.NumberedDetail
}

func lies() []lie {
	return []lie{
		{name: "altered entry", kind: client.AlteredEntry, node: &liar{page: func(p *consent.Page) {
			change(p, len(p.Leaves)-1, func(i *consent.Item) { i.Commitment[0] ^= 1 })
		}}},
		{name: "hidden entry", kind: client.HiddenEntry, node: &liar{page: func(p *consent.Page) { p.Leaves = p.Leaves[1:] }}},
		{name: "hidden entry, its signature left behind", kind: client.HiddenEntry, node: &liar{page: func(p *consent.Page) {
			p.Leaves = p.Leaves[1:]
			for len(p.Companions) > 0 && len(p.Companions) <= len(p.Leaves) {
				p.Companions = append(p.Companions, p.Companions[0])
			}
		}}},
		{name: "reordered entries", kind: client.ReorderedEntries, node: &liar{page: func(p *consent.Page) {
			p.Leaves[0], p.Leaves[1] = p.Leaves[1], p.Leaves[0]
		}}},
		{name: "added entry", kind: client.AddedEntry, node: &liar{page: func(p *consent.Page) {
			p.Leaves = slices.Insert(p.Leaves, 1, p.Leaves[0])
		}}},
		{name: "forged header", kind: client.ForgedHeader, node: &liar{block: func(_ int64, b []byte) []byte {
			b[len(b)/3] ^= 1
			return b
		}}},
		{name: "forged proof", kind: client.ForgedProof, node: &liar{proof: func(p *consent.StateProof) {
			for i := range p.Keys {
				if p.Keys[i].Present {
					p.Keys[i].Value = append(bytes.Clone(p.Keys[i].Value), 0)
				}
			}
		}}},
		{name: "swapped detail", kind: client.SwappedDetail, node: &liar{}, details: func(all []client.NumberedDetail) []client.NumberedDetail {
			if len(all) > 1 {
				all[0].Detail, all[1].Detail = all[1].Detail, all[0].Detail
			}
			return all
		}},
	}
}

// meets has a person reach the heart clinic through somebody else.
func (p *person) meets(i *impostor) {
	p.reach = func(c *reach.Config) {
		at := map[consent.InstitutionID][]string{}
		for id, addresses := range c.Addresses {
			at[id] = addresses
		}
		at[p.on.House(i.role).ID] = []string{i.address}
		c.Addresses = at
	}
}

// visited has the heart clinic's staff look a few times; the wallet is closed
// meanwhile, so that it reads all of it at once.
func (p *person) isVisited(times int) {
	p.t.Helper()
	p.close()
	by, _ := p.on.Person("dr-lee")
	size := len(p.on.log(p.t, p.chart(Clinic)))
	for range times {
		_, err := p.on.House(Clinic).Gateway.Look(soon(p.t), p.records[Clinic], gateway.LookSpec{
			By: by, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare, Types: []consent.RecordType{consent.Medicines},
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
	chart := p.chart(Clinic)
	p.on.until(p.t, "the looks stand in the chart", func() bool { return len(p.on.log(p.t, chart)) == size+times })
}

// convicts checks an evidence file as somebody does who has nothing else.
func (s *stage) convicts(t *testing.T, path string, kinds ...client.LieKind) client.Finding {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	anchor := s.Anchor()
	found, err := client.VerifyEvidence(file, &anchor)
	if err != nil {
		t.Fatalf("the evidence shows nothing: %v", err)
	}
	if !slices.Contains(kinds, found.Kind) || !found.Anchored {
		t.Errorf("found %+v, want %v", found, kinds)
	}
	anchor.Genesis[0] ^= 1
	if _, err := client.VerifyEvidence(file, &anchor); !errors.Is(err, client.ErrOtherAnchor) {
		t.Errorf("with another anchor: %v", err)
	}
	file[len(file)/2] ^= 1
	if f, err := client.VerifyEvidence(file, nil); err == nil && f.Text == found.Text {
		t.Errorf("a damaged file convicts: %+v", f)
	}
	return found
}

// catches reads everything, block by block, until a lie is found.
func (p *person) catches() wallet.Problem {
	p.t.Helper()
	var found wallet.Problem
	defer func() {
		if found == (wallet.Problem{}) {
			p.t.Logf("what it shows instead: %+v", p.Snapshot().Problems)
		}
	}()
	p.on.until(p.t, "a lie is caught", func() (ok bool) {
		_ = p.Refresh(soon(p.t)) // what it cannot read it shows
		found, ok = problemIn(p.Snapshot(), wallet.ProblemLie)
		return ok
	})
	return found
}

// TestInstitutionLies: whatever a gateway with its own keys shows that is not
// so, the wallet names it, shows nothing of it, and keeps what proves it.
func TestInstitutionLies(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, told := range lies() {
		t.Run(told.name, func(t *testing.T) {
			t.Parallel()
			p := s.person(t, nil, anna())
			told.node.Node = s.service
			p.meets(newImpostor(t, s, Clinic, func(i *impostor) {
				i.node = told.node
				i.details = func(all []client.NumberedDetail) []client.NumberedDetail {
					if told.details != nil && told.node.lies.Load() {
						return told.details(all)
					}
					return all
				}
			}))
			p.opens().joins(Clinic, Hospital)
			p.isVisited(3)
			told.node.lies.Store(true)
			p.opens()
			problem := p.catches()
			if problem.Institution != "Northside Heart Clinic" || problem.Detail != told.kind.String() {
				t.Errorf("problem %+v", problem)
			}
			shown := p.Snapshot()
			taken := shown.Rows - 2 // what others vouched for before it could lie about that
			if shown.Proof.Level != wallet.ProofRed || taken != 0 && told.kind != client.ForgedHeader {
				t.Errorf("%d rows are shown, proof %+v", shown.Rows, shown.Proof)
			}
			s.convicts(t, problem.Evidence, told.kind)
		})
	}
}

// TestWithheldDetail: an institution that does not say what an entry was is
// named for it, until it does.
func TestWithheldDetail(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna())
	var silent atomic.Bool
	p.meets(newImpostor(t, s, Clinic, func(i *impostor) {
		i.details = func(all []client.NumberedDetail) []client.NumberedDetail {
			if silent.Load() {
				return nil
			}
			return all
		}
	}))
	p.opens().joins(Clinic)
	p.isVisited(2)
	silent.Store(true)
	p.opens()
	problem := p.seesProblem(wallet.ProblemWithheld)
	rows, n, err := p.History(wallet.Filter{Classes: []consent.Class{consent.ClassAccess}}, 0, 9)
	if err != nil || n != 2 || rows[0].Content != nil || problem.Institution != "Northside Heart Clinic" {
		t.Errorf("%d rows, %v, problem %+v", n, err, problem)
	}
	p.proves(p.chart(Clinic), 3) // the looks, and how the chart was opened
	silent.Store(false)
	s.until(t, "the words", func() bool {
		_ = p.Refresh(soon(t)) // what it cannot read it shows
		rows, _, err := p.History(wallet.Filter{Classes: []consent.Class{consent.ClassAccess}}, 0, 9)
		return err == nil && rows[0].Content != nil && rows[1].Content != nil
	})
	p.sees("no problem", func(s wallet.Snapshot) bool {
		_, withheld := problemIn(s, wallet.ProblemWithheld)
		return !withheld
	})
}

// proves exports a log's proof, which says of how many entries the institution
// has not shown the private part.
func (p *person) proves(log consent.LogID, withheld int) {
	p.t.Helper()
	r, err := p.Reader(log)
	if err != nil {
		p.t.Fatal(err)
	}
	file, err := p.Network.ProofFile(soon(p.t), r)
	if err != nil {
		p.t.Fatal(err)
	}
	anchor := p.on.Anchor()
	found, err := client.VerifyEvidence(file, &anchor)
	if err != nil || len(found.Withheld) != withheld {
		p.t.Errorf("the proof: %v, withheld %v", err, found.Withheld)
	}
}

// TestStaleView: an institution goes on showing the state of months ago.
func TestStaleView(t *testing.T) {
	t.Parallel()
	masters := keys.Masters{Current: keys.NewMaster()}
	s := newStage(t, func(b *Birth, _ *Options) { b.Empty, b.Patient = false, newAgent(t, masters) })
	p := s.rosa(t)
	p.masters = masters
	l := &liar{Node: s.service}
	p.meets(newImpostor(t, s, Clinic, func(i *impostor) { i.node = l }))
	p.finds()
	p.sees("green", func(s wallet.Snapshot) bool { return s.Proof.Level == wallet.ProofGreen && len(s.Institutions) == 3 })
	log := s.log(t, p.chart(Clinic))
	l.until = log[len(log)-2].Height
	l.lies.Store(true)
	problem := p.catches()
	if problem.Detail != client.StaleView.String() {
		t.Errorf("problem %+v", problem)
	}
	s.convicts(t, problem.Evidence, client.StaleView)
}

// branch starts a second ledger from what the first one's folder was, validator
// key and all, and has institutions follow it from now on.
func (s *stage) branch(t *testing.T, folder string, follow ...Role) {
	t.Helper()
	b, err := ledger.Start(context.Background(), ledger.Config{Home: folder})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	node := ledger.NewService(b)
	s.other = node
	s.options.Change = func(role Role, c *gateway.Config) {
		if slices.Contains(follow, role) {
			c.Node = node
		}
	}
	newest := func(n client.Node) int64 {
		h, err := n.WaitHeight(soon(t), 0)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	s.start(s.Dir)
	if _, err := node.WaitHeight(soon(t), newest(s.service)+2); err != nil {
		t.Fatal(err)
	}
}

// copied is a copy of the ledger's folder as it is now; the network is stopped.
func (s *stage) copied(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "node")
	if err := os.CopyFS(to, os.DirFS(filepath.Join(s.Dir, "node"))); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(to, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// TestForkedLedger: the validator's key signs two different continuations of
// one ledger. One institution is shown the one, the others the other.
func TestForkedLedger(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	both := s.person(t, nil, anna()).opens().joins(Clinic, Hospital)
	one := s.person(t, nil, anna()).opens().joins(Clinic)
	both.close()
	one.close()
	s.stop()
	s.branch(t, s.copied(t), Clinic)

	t.Run("two institutions", func(t *testing.T) {
		both.opens()
		found := both.catches()
		if f := s.convicts(t, found.Evidence, client.Fork); !f.Convicts {
			t.Errorf("found %+v", f)
		}
	})
	t.Run("cosignatures", func(t *testing.T) {
		one.opens()
		found := one.catches()
		s.convicts(t, found.Evidence, client.Fork, client.FalseCosignature)
	})
}

// TestGatewayRemembersTheLedger: the ledger is set back and goes on
// differently. A gateway that has seen more does not follow, vouches for
// nothing, serves nobody, and keeps the evidence.
func TestGatewayRemembersTheLedger(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna()).opens().joins(Lab, Clinic)
	s.stop()
	before := s.copied(t)
	s.start(s.Dir)
	if _, err := p.looks(func(l *gateway.LookSpec) { l.Basis, l.Purpose = consent.BasisCare, consent.PurposeTreatment }); err != nil {
		t.Fatal(err)
	}
	s.until(t, "the laboratory has seen the look", func() bool {
		log := s.log(t, p.chart(Lab))
		return len(log) == 2 && s.status(t, Lab).Ledger.Height > log[1].Height
	})
	p.close()
	s.stop()
	s.branch(t, before, Lab)
	lab := s.House(Lab).Gateway
	s.until(t, "the laboratory is at odds", func() bool { return s.status(t, Lab).Ledger.Problem != "" })
	if c, err := lab.Cosignature(soon(t)); err == nil {
		t.Errorf("it vouches for %+v", c)
	}
	if _, err := lab.Request(soon(t), p.records[Lab], gateway.RequestSpec{Kind: consent.Look}); err == nil {
		t.Error("it acts on what it does not believe")
	}
	files, err := filepath.Glob(filepath.Join(s.Dir, string(Lab), "evidence", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no evidence: %v", err)
	}
	if f := s.convicts(t, files[0], client.Fork, client.ForgedHeader); !f.Convicts && f.Kind == client.Fork {
		t.Errorf("found %+v", f)
	}
	p.opens()
	p.seesProblem(wallet.ProblemUnreachable)
}

// TestLedgerRolledBack: the whole ledger is set back and has lost an entry, and
// the institution plays along. The wallet remembers, with or without the
// headers that it kept.
func TestLedgerRolledBack(t *testing.T) {
	t.Parallel()
	for _, forgets := range []bool{false, true} {
		t.Run(map[bool]string{false: "headers kept", true: "headers lost"}[forgets], func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.person(t, nil, anna()).opens().joins(Clinic)
			s.stop()
			before := s.copied(t)
			s.start(s.Dir)
			p.isVisited(1)
			p.opens()
			p.sees("the look", func(s wallet.Snapshot) bool { return s.Proof.Entries == 2 })
			chart := p.chart(Clinic)
			p.close()
			s.stop()
			s.branch(t, before, Clinic, Hospital, Lab) // nobody shows what was before
			p.meets(newImpostor(t, s, Clinic, func(i *impostor) {
				i.node = s.other
				i.owner = func(consent.PublicKey) (consent.LogID, error) { return chart, nil }
			}))
			if forgets {
				if err := os.RemoveAll(filepath.Join(p.dir, "network")); err != nil {
					t.Fatal(err)
				}
			}
			p.opens()
			found := p.catches()
			if p.Snapshot().Rows != 2 {
				t.Error("what was proven before is gone from the screen")
			}
			if forgets {
				s.convicts(t, found.Evidence, client.RolledBack)
				return
			}
			s.convicts(t, found.Evidence, client.RolledBack, client.Fork)
		})
	}
}
