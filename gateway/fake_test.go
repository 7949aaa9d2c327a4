package gateway

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/records"
)

// fakeLedger decides by the real rules, in memory and without proofs. Each
// wait for a later height makes blocks, half a minute apart.
type fakeLedger struct {
	mu      sync.Mutex
	rules   consent.Rules
	state   fakeState
	entries map[consent.LogID][]consent.Verified
	pending [][]byte
	tip     consent.Tip
	drop    func(tx []byte) bool // accepted, and lost
	refuse  error                // a node's no
	stale   bool
	sent    map[consent.Hash]int // how often each transaction was handed in
}

type fakeState map[string][]byte

func (s fakeState) Get(key []byte) ([]byte, error) { return s[string(key)], nil }

// noNonces forgets nonces: the tests send nothing twice on purpose.
type noNonces struct{}

func (noNonces) Spent(int64, consent.Nonce) (bool, error) { return false, nil }

func newFakeLedger(t *testing.T, g *consent.Genesis) *fakeLedger {
	t.Helper()
	out, err := g.Outcome()
	if err != nil {
		t.Fatal(err)
	}
	l := &fakeLedger{
		rules: consent.Rules{Genesis: g}, state: fakeState{}, entries: map[consent.LogID][]consent.Verified{},
		tip: consent.Tip{Height: 2, Time: consent.At(g.Time)}, drop: func([]byte) bool { return false }, sent: map[consent.Hash]int{},
	}
	l.write(out)
	return l
}

func (l *fakeLedger) write(out consent.Outcome) {
	for _, c := range out.Changes {
		if c.Value == nil {
			delete(l.state, string(c.Key))
			continue
		}
		l.state[string(c.Key)] = c.Value
	}
	for _, e := range out.Entries {
		entry, item, err := consent.DecodeEntry(e.Leaf)
		if err != nil {
			panic(err) // the rules made it
		}
		l.entries[e.Log] = append(l.entries[e.Log], consent.Verified{Leaf: e.Leaf, Entry: entry, Item: item})
	}
}

// block makes a block of what is pending.
func (l *fakeLedger) block() {
	b := consent.Block{Height: l.tip.Height, Time: l.tip.Time.Add(30 * time.Second)}
	x, err := l.rules.Begin(l.state, noNonces{}, b)
	if err != nil {
		panic(err) // a fault of the test
	}
	for _, tx := range l.pending {
		x.Deliver(tx)
	}
	l.pending = nil
	l.write(x.Finish())
	l.tip.Height, l.tip.Time = l.tip.Height+1, b.Time
}

func (l *fakeLedger) Prove(_ context.Context, keys ...[]byte) (consent.Tip, [][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	values := make([][]byte, len(keys))
	for i, k := range keys {
		values[i] = l.state[string(k)]
	}
	if l.stale {
		return l.tip, nil, ErrStale
	}
	return l.tip, values, nil
}

func (l *fakeLedger) Follow(_ context.Context, log consent.LogID, from consent.Remembered) (consent.Reading, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	head, err := consent.DecodeHead(l.state[string(consent.HeadKey(log))])
	return consent.Reading{
		Tip: l.tip, Head: head, New: l.entries[log][from.Tree.Size:], Remembered: consent.Remembered{Tree: head.Tree},
	}, err
}

func (l *fakeLedger) Registry(context.Context) (*consent.Registry, error) {
	r := consent.NewRegistry()
	for _, e := range l.rules.Genesis.RegistryEntries() {
		item, err := consent.DecodeItem(e.Item)
		if err != nil {
			return nil, err
		}
		if err := r.Add(e, item); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (l *fakeLedger) Submit(_ context.Context, raw []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[consent.Sum(raw)]++
	if l.refuse != nil {
		return l.refuse
	}
	if !l.drop(raw) {
		l.pending = append(l.pending, raw)
	}
	return nil
}

func (l *fakeLedger) Wait(_ context.Context, height int64) (consent.Tip, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stale {
		return l.tip, ErrStale
	}
	for l.tip.Height < height {
		l.block()
	}
	return l.tip, nil
}

func (l *fakeLedger) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// house is one institution over the fake ledger.
type fakeHouse struct {
	*Gateway
	t      *testing.T
	ledger *fakeLedger
	config Config
}

func newFakeHouse(t *testing.T) *fakeHouse {
	t.Helper()
	dir := t.TempDir()
	keys, err := NewKeys(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	genesis := &consent.Genesis{
		Version: 1, Network: consent.NetworkID{1}, Chain: "fake-1", Time: time.Now().UTC(), Params: consent.DefaultParams(),
	}
	id := consent.NewInstitutionID(genesis.Network, keys.Ledger.Public())
	genesis.Registry = [][]byte{consent.Encode(consent.RegistryFields{Institution: &consent.Institution{
		ID: id, Kind: consent.Hospital, Name: "General Hospital", Seal: keys.Seal.Hash(),
		Ledger: []consent.LedgerKey{{Key: keys.Ledger.Public()}}, TLS: []consent.LedgerKey{{Key: keys.TLSKey()}},
	}})}
	held, err := records.OpenEmbedded(t.Context(), filepath.Join(dir, "records.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
	h := &fakeHouse{t: t, ledger: newFakeLedger(t, genesis), config: Config{
		Home: filepath.Join(dir, "gateway"), Institution: id, Keys: keys, Records: held,
		Addresses: []string{"127.0.0.1:1"}, Flush: 5 * time.Millisecond, Company: 5 * time.Millisecond,
	}}
	h.start()
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *fakeHouse) start() {
	h.t.Helper()
	c := h.config.withDefaults()
	var err error
	if h.Gateway, err = open(h.t.Context(), c, h.ledger.rules.Genesis, h.ledger); err != nil {
		h.t.Fatal(err)
	}
}

// invited is a patient with an invitation who has not used it.
type invited struct {
	client.EnrolRequest
	sign ledgerKey
	log  consent.LogID
}

// invites makes a new record and an invitation to it.
func (h *fakeHouse) invites(record string) invited {
	t, ctx := h.t, h.t.Context()
	t.Helper()
	p, err := fhir.Parse([]byte(`{"resourceType":"Patient","id":"p` + record + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := fhir.NewBundle([]fhir.Resource{p})
	if err := h.config.Records.(*records.Embedded).Load(ctx, record, b); err != nil {
		t.Fatal(err)
	}
	i, err := h.Invite(ctx, record)
	if err != nil {
		t.Fatal(err)
	}
	sign, tls := newPatientKey(t), newPatientKey(t)
	seal, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	e := consent.Enrolment{Ticket: i.Ticket, Seal: seal.Recipient().String(), Keys: consent.ChartKeys{
		Institution: h.config.Institution, Sign: sign.Public(), TLS: tls.Public(), Seal: consent.Sum([]byte(seal.Recipient().String())),
	}}
	chain := h.genesis.Chain
	log := consent.NewLogID(consent.ChartLog, h.genesis.Network, h.config.Institution, sign.Public())
	sig, err := sign.Sign(e.Statement(chain, log))
	if err != nil {
		t.Fatal(err)
	}
	return invited{client.EnrolRequest{Enrolment: e, Signature: sig}, sign, log}
}

// patient opens a chart for a new record.
func (h *fakeHouse) patient(record string) consent.LogID {
	t, ctx := h.t, h.t.Context()
	t.Helper()
	p := h.invites(record)
	e, log, sign, chain := p.Enrolment, p.log, p.sign, h.genesis.Chain
	enrolled, err := h.Enrol(ctx, p.EnrolRequest)
	if err != nil {
		t.Fatal(err)
	}
	tip, _, _ := h.ledger.Prove(ctx)
	raw, err := consent.NewTx(consent.Author{Chain: chain, Kind: consent.SignerPatient, Log: log, Signer: sign, ValidUntil: tip.Time.Add(time.Minute)},
		consent.NewItem(log, consent.ClassOpen, consent.OpenFields{Keys: e.Keys, Until: enrolled.Until, Sponsor: enrolled.Sponsor},
			enrolled.Detail.Commitment(h.genesis.Network, log, consent.ClassOpen)))
	if err != nil {
		t.Fatal(err)
	}
	h.ledger.set(func() { h.ledger.pending = append(h.ledger.pending, raw); h.ledger.block() })
	if _, err := h.follow(ctx, log); err != nil {
		t.Fatal(err)
	}
	return log
}

func newPatientKey(t *testing.T) ledgerKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return ledgerKey{private}
}
