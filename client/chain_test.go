package client

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/cosmos/iavl"
	idb "github.com/cosmos/iavl/db"

	"carekey/consent"
)

// signer signs with a key in memory.
type signer struct{ key ed25519.PrivateKey }

func named(name string) signer {
	seed := consent.Sum([]byte(name))
	return signer{ed25519.NewKeyFromSeed(seed[:])}
}

func (s signer) Public() consent.PublicKey {
	return consent.PublicKey(s.key.Public().(ed25519.PublicKey))
}

func (s signer) Sign(st consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(s.key, st.Bytes())), nil
}

func (s signer) sign(st consent.Statement) consent.Signature {
	sig, _ := s.Sign(st)
	return sig
}

const testChain = "carekey-test-1"

var testStart = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// testGenesis is a network of a hospital and a clinic.
func testGenesis(at time.Time, chain string) *consent.Genesis {
	g := &consent.Genesis{
		Version: 1, Network: consent.NetworkID(consent.Sum([]byte("network"))), Chain: chain,
		Time: at, Params: consent.DefaultParams(),
	}
	for _, name := range []string{"hospital", "clinic"} {
		g.Registry = append(g.Registry, consent.Encode(consent.RegistryFields{Institution: &consent.Institution{
			ID: idOf(g, name), Kind: consent.Hospital, Name: name, Place: "Springfield",
			Ledger:    []consent.LedgerKey{{Key: named(name).Public()}, {Key: named(name + " stolen").Public(), Compromised: 2}},
			TLS:       []consent.LedgerKey{{Key: named(name + " tls").Public()}},
			Addresses: []string{"127.0.0.1:1"},
		}}))
	}
	return g
}

func idOf(g *consent.Genesis, name string) consent.InstitutionID {
	return consent.NewInstitutionID(g.Network, named(name).Public())
}

func encodeGenesis(t testing.TB, g *consent.Genesis) []byte {
	t.Helper()
	b, err := json.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// chain is a ledger in memory with a real state tree, real rules and really
// signed headers: a [Node] whose every byte a test can change.
type chain struct {
	testing.TB
	genesis *consent.Genesis
	file    []byte
	rules   consent.Rules
	vals    validators
	tree    *iavl.MutableTree
	state   map[string][]byte
	nonces  map[spent]bool
	leaves  map[consent.LogID][][]byte
	where   map[consent.LogID][]placed
	batches map[consent.Hash]consent.StoredBatch
	blocks  [][]byte // by height-1; the newest has no state of its own yet proven
	roots   [][]byte // application hash after each height
	now     time.Time
	serial  uint64
	pageMax int
	shift   int64  // heights by which forced entries lie
	salt    string // makes headers unlike those of another chain
}

type spent struct {
	bucket int64
	nonce  consent.Nonce
}

type placed struct {
	batch consent.Hash
	index uint32
}

func newChain(t testing.TB, amend ...func(*consent.Genesis)) *chain {
	t.Helper()
	g := testGenesis(testStart, testChain)
	for _, f := range amend {
		f(g)
	}
	c := &chain{
		TB: t, genesis: g, rules: consent.Rules{Genesis: g}, vals: newValidators("validator"),
		tree:  iavl.NewMutableTree(idb.NewMemDB(), 1000, true, iavl.NewNopLogger()),
		state: map[string][]byte{}, nonces: map[spent]bool{},
		leaves: map[consent.LogID][][]byte{}, where: map[consent.LogID][]placed{},
		batches: map[consent.Hash]consent.StoredBatch{}, now: testStart, pageMax: 1 << 20,
	}
	c.file = c.vals.genesisFile(t, encodeGenesis(t, g), g.Chain, g.Time)
	out, err := g.Outcome()
	if err != nil {
		t.Fatal(err)
	}
	c.blocks = append(c.blocks, c.vals.lightBlock(t, headerSpec{chain: testChain, height: 1, time: c.now}))
	c.write(out)
	c.commit()
	return c
}

// Get is the state before the block.
func (c *chain) Get(key []byte) ([]byte, error) { return c.state[string(key)], nil }

// Spent tells whether a nonce was used before the block.
func (c *chain) Spent(bucket int64, nonce consent.Nonce) (bool, error) {
	return c.nonces[spent{bucket, nonce}], nil
}

func (c *chain) write(o consent.Outcome) {
	c.Helper()
	for _, ch := range o.Changes {
		c.set(ch.Key, ch.Value)
	}
	for _, e := range o.Entries {
		c.leaves[e.Log] = append(c.leaves[e.Log], e.Leaf)
		c.where[e.Log] = append(c.where[e.Log], placed{e.Batch, e.Index})
	}
	for _, b := range o.Batches {
		c.batches[b.ID] = b
	}
	for _, s := range o.Spent {
		c.nonces[spent{s.Bucket, s.Nonce}] = true
	}
}

// set writes the state past all rules.
func (c *chain) set(key, value []byte) {
	c.Helper()
	var err error
	if value == nil {
		delete(c.state, string(key))
		_, _, err = c.tree.Remove(key)
	} else {
		c.state[string(key)] = value
		_, err = c.tree.Set(key, value)
	}
	if err != nil {
		c.Fatal(err)
	}
}

// commit ends a block and signs the header that proves it, a second later.
func (c *chain) commit() {
	c.Helper()
	root, version, err := c.tree.SaveVersion()
	if err != nil {
		c.Fatal(err)
	}
	if version != int64(len(c.blocks)) {
		c.Fatalf("version %d at height %d", version, len(c.blocks))
	}
	c.roots = append(c.roots, root)
	c.now = c.now.Add(time.Second)
	c.blocks = append(c.blocks, c.vals.lightBlock(c, headerSpec{
		chain: testChain, height: int64(len(c.blocks) + 1), time: c.now, app: root, salt: c.salt,
		last: hashOf(c, c.blocks[len(c.blocks)-1]),
	}))
}

// height is that of the block being made.
func (c *chain) height() int64 { return int64(len(c.blocks)) }

// block executes transactions in the newest block and proves them.
func (c *chain) block(txs ...[]byte) []consent.Result {
	c.Helper()
	x, err := c.rules.Begin(c, c, consent.Block{Height: c.height(), Time: consent.At(c.now)})
	if err != nil {
		c.Fatal(err)
	}
	results := make([]consent.Result, len(txs))
	for i, tx := range txs {
		results[i] = x.Deliver(tx)
	}
	c.write(x.Finish())
	c.commit()
	return results
}

// accepts is a block of one transaction, all of whose items must stand.
func (c *chain) accepts(tx []byte) uint64 {
	c.Helper()
	r := c.block(tx)[0]
	if r.Code != consent.CodeOK {
		c.Fatalf("refused with %d: %s", r.Code, r.Text)
	}
	for _, item := range r.Items {
		if item.Code != consent.CodeOK {
			c.Fatalf("an item is refused with %d", item.Code)
		}
	}
	return r.Items[0].Number
}

// force appends an item past all rules, as a ledger would whose every
// validator lies; change amends the head.
func (c *chain) force(tx []byte, change func(*consent.Head)) {
	c.Helper()
	decoded, _, err := consent.DecodeTx(tx)
	if err != nil {
		c.Fatal(err)
	}
	batch := consent.BatchID(decoded.Header, decoded.Signature)
	stored := consent.StoredBatch{ID: batch, Header: decoded.Header, Signature: decoded.Signature}
	out := consent.Outcome{}
	for i, raw := range decoded.Items {
		stored.Items = append(stored.Items, consent.LeafHash(raw))
		item, err := consent.DecodeItem(raw)
		if err != nil {
			c.Fatal(err)
		}
		head, err := consent.DecodeHead(c.state[string(consent.HeadKey(item.Log))])
		if err != nil {
			c.Fatal(err)
		}
		leaf := consent.Encode(consent.Entry{
			Version: 1, Log: item.Log, Number: head.Tree.Size, Height: c.height() + c.shift, Time: consent.At(c.now),
			Item: raw, Batch: batch, Index: uint32(i),
		})
		head.Tree.Append(consent.LeafHash(leaf))
		if change != nil {
			change(&head)
		}
		out.Entries = append(out.Entries, consent.NewEntry{Log: item.Log, Leaf: leaf, Batch: batch, Index: uint32(i)})
		c.set(consent.HeadKey(item.Log), consent.Encode(head))
	}
	out.Batches = []consent.StoredBatch{stored}
	c.write(out)
	c.commit()
}

// idle lets time pass in empty blocks.
func (c *chain) idle(blocks int, each time.Duration) {
	c.Helper()
	for range blocks {
		c.now = c.now.Add(each - time.Second)
		c.block()
	}
}

func (c *chain) author(kind consent.SignerKind, by signer, log consent.LogID, inst string) consent.Author {
	c.serial++
	a := consent.Author{Chain: testChain, Kind: kind, Log: log, Signer: by, ValidUntil: consent.At(c.now).Add(5 * time.Minute)}
	if inst != "" {
		a.Institution = idOf(c.genesis, inst)
	}
	n := consent.Sum(fmt.Appendf(nil, "nonce %d", c.serial))
	a.Nonce = consent.Nonce(n[:16])
	return a
}

func (c *chain) tx(a consent.Author, items ...consent.Item) []byte {
	c.Helper()
	tx, err := consent.NewTx(a, items...)
	if err != nil {
		c.Fatal(err)
	}
	return tx
}

// Genesis, LightBlock, WaitHeight, Prove, Entries and Submit are [Node].
func (c *chain) Genesis(context.Context) ([]byte, error) { return c.file, nil }

func (c *chain) LightBlock(_ context.Context, height int64) ([]byte, error) {
	if height == 0 {
		height = int64(len(c.blocks))
	}
	if height > int64(len(c.blocks)) {
		return nil, ErrNotYet
	}
	return c.blocks[height-1], nil
}

func (c *chain) WaitHeight(context.Context, int64) (int64, error) { return int64(len(c.blocks)), nil }

func (c *chain) Prove(_ context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	if height == 0 {
		height = int64(len(c.blocks)) - 1
	}
	tree, err := c.tree.GetImmutable(height)
	if err != nil {
		return consent.StateProof{}, err
	}
	p := consent.StateProof{Height: height}
	for _, key := range keys {
		value, err := tree.Get(key)
		if err != nil {
			return p, err
		}
		proof, err := tree.GetProof(key)
		if err != nil {
			return p, err
		}
		raw, err := proof.Marshal()
		if err != nil {
			return p, err
		}
		p.Keys = append(p.Keys, consent.ProvenKey{Key: key, Present: value != nil, Value: value, Proof: raw})
	}
	return p, nil
}

func (c *chain) Entries(_ context.Context, log consent.LogID, from uint64, _ int) (consent.Page, error) {
	p := consent.Page{Log: log, From: from}
	indices := map[consent.Hash][]uint32{}
	var order []consent.Hash
	size := 0
	for n := from; n < uint64(len(c.leaves[log])) && size < c.pageMax; n++ {
		at := c.where[log][n]
		if len(indices[at.batch]) == 0 {
			order = append(order, at.batch)
		}
		indices[at.batch] = append(indices[at.batch], at.index)
		p.Leaves = append(p.Leaves, c.leaves[log][n])
		size += len(c.leaves[log][n])
	}
	for _, id := range order {
		if b, ok := c.batches[id]; ok {
			p.Companions = append(p.Companions, consent.Companion{
				Header: b.Header, Signature: b.Signature, Path: consent.ProveLeaves(b.Items, indices[id]),
			})
		}
	}
	return p, nil
}

func (c *chain) Submit(_ context.Context, tx []byte) error { c.block(tx); return nil }

// light is a light client of the chain whose clock stands at its newest block.
func (c *chain) light() *Light {
	c.Helper()
	genesis, err := DecodeGenesisFile(c.file)
	if err != nil {
		c.Fatal(err)
	}
	l, err := NewLight(genesis, &MemoryTrust{}, func() time.Time { return c.now })
	if err != nil {
		c.Fatal(err)
	}
	return l
}

// registry is the verified registry.
func (c *chain) registry(l *Light) *Registry {
	c.Helper()
	r, err := l.FollowRegistry(c.Context(), c)
	if err != nil {
		c.Fatal(err)
	}
	return r
}

// Chart is one patient's chart at the hospital.
type testChart struct {
	*chain
	log  consent.LogID
	keys consent.ChartKeys
	key  signer
}

func (c *chain) openChart(name string) *testChart {
	c.Helper()
	p, opening := c.opening(name, consent.At(c.now).Add(time.Hour))
	c.accepts(opening)
	return p
}

// opening is the transaction that opens a chart, with an institution's word
// that counts until a time.
func (c *chain) opening(name string, until consent.Time) (*testChart, []byte) {
	c.Helper()
	key, tls := named(name), named(name+" tls")
	keys := consent.ChartKeys{Institution: idOf(c.genesis, "hospital"), Sign: key.Public(), TLS: tls.Public()}
	log := consent.NewLogID(consent.ChartLog, c.genesis.Network, keys.Institution, keys.Sign)
	sponsor := named("hospital").sign(consent.OpenStatement(testChain, log, keys, until))
	item := consent.NewItem(log, consent.ClassOpen, consent.OpenFields{Keys: keys, Until: until, Sponsor: sponsor}, consent.Hash{})
	tx := c.tx(c.author(consent.SignerPatient, key, log, ""), item)
	return &testChart{chain: c, log: log, keys: keys, key: key}, tx
}

func (c *testChart) item(class consent.Class, fields any) consent.Item {
	return consent.NewItem(c.log, class, fields, consent.Hash{})
}

// patient and hospital make transactions of one side.
func (c *testChart) patient(class consent.Class, fields any) []byte {
	c.Helper()
	return c.tx(c.author(consent.SignerPatient, c.key, c.log, ""), c.item(class, fields))
}

func (c *testChart) hospital(class consent.Class, fields any) []byte {
	c.Helper()
	return c.tx(c.author(consent.SignerInstitution, named("hospital"), consent.LogID{}, "hospital"), c.item(class, fields))
}

// accesses writes n accesses in one batch.
func (c *testChart) accesses(n int) {
	c.Helper()
	items := make([]consent.Item, n)
	for i := range items {
		items[i] = consent.NewItem(c.log, consent.ClassAccess, consent.AccessFields{}, consent.Sum(fmt.Append(nil, c.serial, i)))
	}
	c.accepts(c.tx(c.author(consent.SignerInstitution, named("hospital"), consent.LogID{}, "hospital"), items...))
}

// year is a chart with something of every class.
func (c *chain) year() *testChart {
	c.Helper()
	p := c.openChart("patient")
	p.accesses(3)
	due := consent.At(c.now).Add(time.Hour)
	ask := p.accepts(p.hospital(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: due}))
	p.accepts(p.patient(consent.ClassSay, consent.SayFields{Side: consent.SidePatient, Answers: &ask}))
	grant := p.accepts(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: due, Uses: 2}))
	p.accepts(p.hospital(consent.ClassAccess, consent.AccessFields{Grant: &grant}))
	p.accepts(p.patient(consent.ClassRevoke, consent.RevokeFields{Grant: grant}))
	p.rotate("patient 2")
	p.accepts(p.patient(consent.ClassFreeze, consent.FreezeFields{Until: consent.At(c.now).Add(time.Minute)}))
	p.accesses(2)
	return p
}

func (c *testChart) rotate(name string) {
	c.Helper()
	next := named(name)
	keys := consent.ChartKeys{Institution: c.keys.Institution, Sign: next.Public(), TLS: named(name + " tls").Public()}
	proof := next.sign(consent.RotateStatement(testChain, c.log, keys))
	c.accepts(c.patient(consent.ClassRotate, consent.RotateFields{Keys: keys, Proof: proof}))
	c.key, c.keys = next, keys
}
