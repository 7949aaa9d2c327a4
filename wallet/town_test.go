package wallet

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"carekey/consent"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// town is the edge of these tests: the real rules over a ledger in memory,
// with institutions that keep what they are given. It proves nothing; package
// client does that.
type town struct {
	t       *testing.T
	genesis *consent.Genesis
	mu      sync.Mutex
	now     time.Time
	height  int64
	state   map[string][]byte
	spent   map[consent.SpentNonce]bool
	logs    map[consent.LogID][][]byte
	details map[consent.Hash]consent.Detail
	parcels map[consent.InstitutionID][]consent.Parcel
	houses  map[consent.InstitutionID]*house
	deaf    bool                           // nobody takes transactions
	lose    bool                           // accepted, and lost
	shy     bool                           // details are withheld
	branch  byte                           // which ledger it is, for Header
	mute    bool                           // nobody takes details
	no      string                         // what everybody answers to a transaction, if anything
	dark    map[consent.InstitutionID]bool // cannot be read from
	sent    [][]byte                       // every transaction handed over
	grown   chan struct{}
}

// house is an institution of the town.
type house struct {
	*town
	id   consent.InstitutionID
	name string
	key  testKey
	seal *age.HybridIdentity
}

type testKey struct{ private ed25519.PrivateKey }

func newKey(seed byte) testKey {
	return testKey{ed25519.NewKeyFromSeed(slices.Repeat([]byte{seed}, 32))}
}

func (k testKey) Public() consent.PublicKey {
	return consent.PublicKey(k.private.Public().(ed25519.PublicKey))
}

func (k testKey) Sign(s consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(k.private, s.Bytes())), nil
}

func newTown(t *testing.T, names ...string) *town {
	g := &consent.Genesis{
		Version: 1, Network: consent.NetworkID{7}, Chain: "town-1",
		Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Params: consent.DefaultParams(),
	}
	tn := &town{
		t: t, genesis: g, now: g.Time, state: map[string][]byte{}, spent: map[consent.SpentNonce]bool{},
		logs: map[consent.LogID][][]byte{}, details: map[consent.Hash]consent.Detail{},
		parcels: map[consent.InstitutionID][]consent.Parcel{}, houses: map[consent.InstitutionID]*house{},
		dark: map[consent.InstitutionID]bool{}, grown: make(chan struct{}),
	}
	for i, name := range names {
		h := &house{town: tn, name: name, key: newKey(byte(10 + i))}
		h.id = consent.NewInstitutionID(g.Network, h.key.Public())
		h.seal = must(age.GenerateHybridIdentity())(t)
		tn.houses[h.id] = h
		g.Registry = append(g.Registry, consent.Encode(consent.RegistryFields{Institution: &consent.Institution{
			ID: h.id, Kind: consent.Hospital, Name: name,
			Ledger: []consent.LedgerKey{{Key: h.key.Public()}}, TLS: []consent.LedgerKey{{Key: newKey(byte(50 + i)).Public()}},
		}}))
	}
	outcome := must(g.Outcome())(t)
	tn.apply(outcome)
	return tn
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (tn *town) house(name string) *house {
	for _, h := range tn.houses {
		if h.name == name {
			return h
		}
	}
	tn.t.Fatalf("no house %q", name)
	return nil
}

func (tn *town) Get(key []byte) ([]byte, error) { return tn.state[string(key)], nil }

type townNonces struct{ *town }

func (n townNonces) Spent(bucket int64, nonce consent.Nonce) (bool, error) {
	return n.spent[consent.SpentNonce{Bucket: bucket, Nonce: nonce}], nil
}

func (tn *town) apply(o consent.Outcome) {
	for _, c := range o.Changes {
		if c.Value == nil {
			delete(tn.state, string(c.Key))
		} else {
			tn.state[string(c.Key)] = c.Value
		}
	}
	for _, s := range o.Spent {
		tn.spent[s] = true
	}
	for _, e := range o.Entries {
		tn.logs[e.Log] = append(tn.logs[e.Log], e.Leaf)
	}
	close(tn.grown)
	tn.grown = make(chan struct{})
}

// commit runs one transaction as a block of its own.
func (tn *town) commit(tx []byte) error {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.height++
	tn.now = tn.now.Add(time.Second)
	x, err := consent.Rules{Genesis: tn.genesis}.Begin(tn, townNonces{tn}, consent.Block{Height: tn.height, Time: consent.At(tn.now)})
	if err != nil {
		return err
	}
	r := x.Deliver(tx)
	tn.apply(x.Finish())
	if r.Code != consent.CodeOK {
		return &consent.Refusal{Code: r.Code, Text: r.Text}
	}
	return nil
}

// pass lets time go by.
func (tn *town) pass(d time.Duration) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.now = tn.now.Add(d)
}

func (tn *town) clock() time.Time {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	return tn.now
}

// says lets an institution write in a chart.
func (h *house) says(log consent.LogID, class consent.Class, fields any, content consent.Content) {
	h.t.Helper()
	d := must(consent.NewDetail(content))(h.t)
	h.mu.Lock()
	commitment := d.Commitment(h.genesis.Network, log, class)
	h.details[commitment] = d
	now := h.now
	h.mu.Unlock()
	tx := must(consent.NewTx(consent.Author{
		Chain: h.genesis.Chain, Kind: consent.SignerInstitution, Institution: h.id, Signer: h.key,
		Nonce: must(consent.NewNonce())(h.t), ValidUntil: consent.At(now).Add(time.Minute),
	}, consent.NewItem(log, class, fields, commitment)))(h.t)
	if err := h.commit(tx); err != nil {
		h.t.Fatal(err)
	}
}

// asksMove is a request to move records from another house.
func (h *house) asksMove(log consent.LogID, from consent.InstitutionID, destination testKey) {
	h.t.Helper()
	now := consent.At(h.clock())
	ticket := consent.SponsorTicket{Sponsor: h.id, Destination: destination.Public(), Expiry: now.Add(time.Hour)}
	proof := must(h.key.Sign(ticket.Statement(h.genesis.Chain)))(h.t)
	h.says(log, consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: now.Add(time.Hour)}, &consent.Request{
		Kind: consent.Move, By: consent.Person{Name: "Dr. Lee"}, Purpose: consent.PurposeTreatment,
		Scope: consent.Scope{Types: []consent.RecordType{consent.Medicines, consent.Allergies}},
		From:  from, Uses: 1, Until: now.Add(48 * time.Hour), Ticket: &ticket, Proof: &proof,
	})
}

func (h *house) asksLook(log consent.LogID, due time.Duration) {
	h.t.Helper()
	now := consent.At(h.clock())
	h.says(log, consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: now.Add(due)}, &consent.Request{
		Kind: consent.Look, By: consent.Person{Name: "Dr. Weber"}, Purpose: consent.PurposeResearch,
		Scope: consent.Scope{Types: []consent.RecordType{consent.Conditions, consent.TestResults}}, Until: now.Add(48 * time.Hour),
	})
}

// The town as a wallet's Network.

func (tn *town) Chain() string { return tn.genesis.Chain }

func (tn *town) Registry(context.Context) (*consent.Registry, error) {
	r := consent.NewRegistry()
	for _, e := range tn.genesis.RegistryEntries() {
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

func (tn *town) Follow(_ context.Context, r Reader, known consent.Remembered) (consent.Reading, error) {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	reading := consent.Reading{
		Tip:        consent.Tip{Height: tn.height + 1, Time: consent.At(tn.now)},
		Remembered: known, Cosigners: []consent.InstitutionID{r.At},
	}
	if tn.dark[r.At] {
		return reading, errDeaf
	}
	raw := tn.state[string(consent.HeadKey(r.Log))]
	if raw == nil {
		return reading, nil
	}
	head, err := consent.DecodeHead(raw)
	if err != nil {
		return reading, err
	}
	reading.Head, reading.Remembered.Tree = head, head.Tree
	for _, leaf := range tn.logs[r.Log][known.Tree.Size:] {
		v, err := tn.verified(leaf)
		if err != nil {
			return reading, err
		}
		reading.New = append(reading.New, v)
	}
	return reading, nil
}

func (tn *town) verified(leaf []byte) (consent.Verified, error) {
	e, item, err := consent.DecodeEntry(leaf)
	if err != nil {
		return consent.Verified{}, err
	}
	v := consent.Verified{Leaf: leaf, Entry: e, Item: item}
	if d, ok := tn.details[item.Commitment]; ok && !tn.shy {
		if v.Content, err = d.Open(tn.genesis.Network, item); err != nil {
			return v, err
		}
		v.Detail = &d
	}
	return v, nil
}

func (tn *town) Await(ctx context.Context, r Reader, size uint64) error {
	for {
		tn.mu.Lock()
		n, grown := uint64(len(tn.logs[r.Log])), tn.grown
		tn.mu.Unlock()
		if n > size {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errDeaf = errors.New("nobody answers")

func (tn *town) Approach(context.Context, Reader) {}

func (tn *town) Submit(_ context.Context, _ Reader, tx []byte, _ bool) error {
	tn.sent = append(tn.sent, tx)
	switch {
	case tn.no != "":
		return &consent.Refusal{Code: consent.CodeParty, Text: tn.no}
	case tn.deaf:
		return errDeaf
	case tn.lose:
		return nil
	}
	return tn.commit(tx)
}

func (tn *town) Header(_ context.Context, _ Reader, height int64) (consent.Hash, error) {
	return consent.Hash{tn.branch, byte(height)}, nil
}

func (tn *town) Find(_ context.Context, r Reader) (consent.LogID, bool, error) {
	if tn.dark[r.At] {
		return consent.LogID{}, false, errDeaf
	}
	key := consent.PublicKey(r.Cert.Leaf.PublicKey.(ed25519.PublicKey))
	raw := tn.state[string(consent.KeyUseKey(key))]
	if raw == nil {
		return consent.LogID{}, false, nil
	}
	use, err := consent.DecodeKeyUse(raw)
	return use.Log, err == nil, err
}

func (tn *town) Give(_ context.Context, r Reader, class consent.Class, d consent.Detail) error {
	tn.mu.Lock()
	defer tn.mu.Unlock()
	if tn.mute {
		return errDeaf
	}
	tn.details[d.Commitment(tn.genesis.Network, r.Log, class)] = d
	return nil
}

func (tn *town) Details(_ context.Context, r Reader, numbers []uint64) (map[uint64]consent.Detail, error) {
	found := map[uint64]consent.Detail{}
	if tn.shy {
		return found, nil
	}
	for _, n := range numbers {
		_, item, err := consent.DecodeEntry(tn.logs[r.Log][n])
		if err != nil {
			return nil, err
		}
		found[n] = tn.details[item.Commitment]
	}
	return found, nil
}

func (tn *town) SourceKeys(_ context.Context, r Reader) ([]consent.SignedSourceKey, error) {
	h := tn.houses[r.At]
	var out []consent.SignedSourceKey
	for range sourceKeys {
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			return nil, err
		}
		body := consent.SourceKey{
			Key: testKey{private}.Public(), Source: h.id, Recipient: h.seal.Recipient().String(),
			ValidUntil: consent.At(tn.clock()).Add(24 * time.Hour),
		}
		sig, err := h.key.Sign(body.Statement(tn.genesis.Chain))
		if err != nil {
			return nil, err
		}
		out = append(out, consent.SignedSourceKey{Body: body, Signature: sig})
	}
	return out, nil
}

func (tn *town) Hand(_ context.Context, r Reader, p consent.Parcel) error {
	if tn.deaf {
		return errDeaf
	}
	tn.mu.Lock()
	defer tn.mu.Unlock()
	tn.parcels[r.At] = append(tn.parcels[r.At], p)
	tn.details[p.Link.Body.Terms] = p.Terms
	return nil
}

func (tn *town) Enrol(_ context.Context, inv consent.Invitation, e consent.Enrolment, sig consent.Signature) (Enrolled, error) {
	h := tn.houses[inv.Institution]
	log := consent.NewLogID(consent.ChartLog, tn.genesis.Network, h.id, e.Keys.Sign)
	if err := e.Statement(tn.genesis.Chain, log).Verify(e.Keys.Sign, sig); err != nil {
		return Enrolled{}, err
	}
	d, err := consent.NewDetail(&consent.Opened{Record: "MRN-1", Identified: "passport"})
	if err != nil {
		return Enrolled{}, err
	}
	tn.details[d.Commitment(tn.genesis.Network, log, consent.ClassOpen)] = d
	sponsor, err := h.key.Sign(consent.OpenStatement(tn.genesis.Chain, log, e.Keys, inv.Expiry))
	return Enrolled{Until: inv.Expiry, Sponsor: sponsor, Opened: d}, err
}

// invitation is what the house's desk hands out.
func (h *house) invitation() consent.Invitation {
	return consent.Invitation{
		Version: 1, Anchor: consent.Anchor{Version: 1, Network: h.genesis.Network},
		Institution: h.id, Name: h.name, Addresses: []string{"127.0.0.1:1"},
		Expiry: consent.At(h.clock()).Add(consent.InvitationLife),
	}
}

// person opens a wallet of a fresh person on a vault in dir.
func (tn *town) person(dir string, master keys.Master) *Wallet {
	tn.t.Helper()
	agent := must(keys.NewAgent(keys.Masters{Current: master}))(tn.t)
	seals := must(agent.VaultSeals())(tn.t)
	v := must(vault.Open(dir, seals[0]))(tn.t)
	w := must(Open(Config{Person: "rosa", Agent: agent, Vault: v, Network: tn, Now: tn.clock, Log: slog.New(slog.DiscardHandler)}))(tn.t)
	tn.t.Cleanup(func() { v.Close() })
	return w
}

// joined is a wallet with a chart at each of the houses.
func (tn *town) joined(names ...string) *Wallet {
	tn.t.Helper()
	w := tn.person(tn.t.TempDir(), keys.NewMaster())
	for _, name := range names {
		h := tn.house(name)
		if err := w.Join(context.Background(), h.invitation(), tn); err != nil {
			tn.t.Fatal(err)
		}
	}
	tn.settle(w)
	return w
}

func (tn *town) settle(w *Wallet) {
	tn.t.Helper()
	if err := w.Refresh(context.Background()); err != nil {
		tn.t.Fatal(err)
	}
	if s := w.Snapshot(); len(s.Sending) > 0 {
		tn.t.Fatalf("still sending %+v", s.Sending)
	}
}

func (tn *town) chartAt(w *Wallet, name string) consent.LogID {
	tn.t.Helper()
	for _, i := range w.Snapshot().Institutions {
		if i.Name == name {
			return i.Chart
		}
	}
	tn.t.Fatalf("no chart at %s", name)
	return consent.LogID{}
}
