package gateway_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/gateway/records"
	"carekey/ledger"
)

// world is a real ledger with two institutions and a patient who has a record
// at both.
type world struct {
	t       testing.TB
	genesis *consent.Genesis
	anchor  consent.Anchor
	node    client.Node
	light   *client.Light
	source  *house // General Hospital
	dest    *house // Heart Clinic
}

// house is an institution of the test.
type house struct {
	*world
	name    string
	dir     string
	id      consent.InstitutionID
	keys    *gateway.Keys
	address string
	records *records.Embedded
	gateway *gateway.Gateway
	served  chan error
	tweak   func(*gateway.Config)
	heard   ear
	lives   int // how often it was started
}

func newWorld(t testing.TB) *world { return newWorldWith(t, func(*world) {}) }

// newWorldWith makes a world whose genesis the test changes first.
func newWorldWith(t testing.TB, change func(*world)) *world {
	t.Helper()
	w := &world{t: t}
	var network consent.NetworkID
	rand.Read(network[:])
	w.genesis = &consent.Genesis{
		Version: 1, Network: network, Chain: "carekey-test-1", Time: time.Now().Add(-time.Minute).UTC().Truncate(time.Millisecond),
		Params: consent.DefaultParams(),
	}
	w.genesis.Params.EmptyBlocks = 300 * time.Millisecond
	w.source = w.newHouse("General Hospital", consent.Hospital)
	w.dest = w.newHouse("Heart Clinic", consent.Clinic)
	change(w)
	w.startLedger()
	return w
}

func (w *world) newHouse(name string, kind consent.InstitutionKind) *house {
	w.t.Helper()
	h := &house{world: w, name: name, dir: w.t.TempDir(), address: freeAddress(w.t), tweak: func(*gateway.Config) {}}
	var err error
	if h.keys, err = gateway.NewKeys(filepath.Join(h.dir, "keys")); err != nil {
		w.t.Fatal(err)
	}
	h.id = consent.NewInstitutionID(w.genesis.Network, h.keys.Ledger.Public())
	w.genesis.Registry = append(w.genesis.Registry, consent.Encode(consent.RegistryFields{Institution: &consent.Institution{
		ID: h.id, Kind: kind, Name: name, Place: "Springfield",
		Ledger: []consent.LedgerKey{{Key: h.keys.Ledger.Public()}},
		TLS:    []consent.LedgerKey{{Key: h.keys.TLSKey()}},
		Seal:   h.keys.Seal.Hash(), Addresses: []string{h.address},
	}}))
	if h.records, err = records.OpenEmbedded(w.t.Context(), filepath.Join(h.dir, "records.db")); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { h.records.Close() })
	return h
}

// freeAddress is a loopback address that nobody listens on. Its port is none of
// those that connections take by themselves, or one might before it is used.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 10_000+mathrand.IntN(20_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

func (w *world) startLedger() {
	t := w.t
	t.Helper()
	home := t.TempDir()
	validator, err := ledger.NewValidator(home)
	if err != nil {
		t.Fatal(err)
	}
	file, err := ledger.NewGenesis(w.genesis, validator)
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.InstallGenesis(home, file); err != nil {
		t.Fatal(err)
	}
	node, err := ledger.Start(w.soon(), ledger.Config{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := node.Stop(); err != nil {
			t.Error(err)
		}
	})
	w.node = ledger.NewService(node)
	if _, err := w.node.WaitHeight(w.soon(), 3); err != nil {
		t.Fatal(err)
	}
	w.anchor = consent.Anchor{Version: 1, Network: w.genesis.Network, Genesis: ledger.GenesisHash(file)}
	decoded, err := client.DecodeGenesisFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if w.light, err = client.NewLight(decoded, &client.MemoryTrust{}, time.Now); err != nil {
		t.Fatal(err)
	}
}

// soon is the deadline of whatever a test waits for.
func (w *world) soon() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

// start opens a house's gateway and serves it until the test ends.
func (h *house) start() *house {
	t := h.t
	t.Helper()
	c := h.config()
	h.tweak(&c)
	var err error
	if h.gateway, err = gateway.Open(h.soon(), c); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", h.address)
	if err != nil {
		t.Fatal(err)
	}
	h.lives++
	h.served = make(chan error, 1)
	go func() { h.served <- h.gateway.Serve(l) }()
	t.Cleanup(h.close)
	return h
}

func (h *house) config() gateway.Config {
	return gateway.Config{
		Home: filepath.Join(h.dir, "gateway"), Anchor: h.anchor, Institution: h.id, Keys: h.keys, Node: h.node,
		Records: h.records, Addresses: []string{h.address}, Flush: 200 * time.Millisecond, Company: time.Second,
		Log: slog.New(slog.NewTextHandler(testWriter{h}, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
}

func (h *house) close() {
	if h.gateway == nil {
		return
	}
	if err := h.gateway.Close(); err != nil {
		h.t.Error(err)
	}
	if err := <-h.served; err != nil {
		h.t.Error(err)
	}
	h.gateway = nil
}

// ear keeps what a gateway logs.
type ear struct {
	mu  sync.Mutex
	log []string
}

// logged tells whether a gateway has logged one of the texts.
func (h *house) logged(texts ...string) bool {
	h.heard.mu.Lock()
	defer h.heard.mu.Unlock()
	return slices.ContainsFunc(h.heard.log, func(line string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(line, text) })
	})
}

// testWriter keeps a gateway's log and sends it to the test's.
type testWriter struct{ *house }

func (w testWriter) Write(b []byte) (int, error) {
	w.heard.mu.Lock()
	w.heard.log = append(w.heard.log, string(b))
	w.heard.mu.Unlock()
	if w.t.Context().Err() == nil {
		w.t.Logf("%s: %s", w.name, bytes.TrimSpace(b))
	}
	return len(b), nil
}

// key signs statements and TLS handshakes of a test's patient.
type key struct{ private ed25519.PrivateKey }

func newKey(t testing.TB) key {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key{private}
}

func (k key) Public() consent.PublicKey {
	return consent.PublicKey(k.private.Public().(ed25519.PublicKey))
}

func (k key) Sign(s consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(k.private, s.Bytes())), nil
}

// chart is the patient's side of one chart, or of a transfer.
type chart struct {
	*house
	log  consent.LogID
	sign key
	tls  key
	seal *age.HybridIdentity
	conn *client.Conn
	life int // of the house to which conn leads
}

// load puts a patient's record into a house.
func (h *house) load(record, text string) {
	h.t.Helper()
	b, omitted, err := fhir.ReadBundle(bytes.NewReader([]byte(text)), fhir.Limits{})
	if err != nil || len(omitted) > 0 {
		h.t.Fatal(omitted, err)
	}
	if err := h.records.Load(h.soon(), record, b); err != nil {
		h.t.Fatal(err)
	}
}

const someone = `{"resourceType":"Patient","id":"%s","name":[{"use":"official","family":"Lee","given":["Anna"]}],"birthDate":"1970-01-02","gender":"female","identifier":[{"system":"urn:national","value":"123"}]}`

// medicalRecord is a patient with n results, a medicine, and an HIV test.
func medicalRecord(id string, n int) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"resourceType":"Bundle","type":"collection","entry":[{"resource":`+someone+`}`, id)
	fmt.Fprintf(&b, `,{"resource":{"resourceType":"MedicationRequest","id":"m1","status":"active","intent":"order","authoredOn":"2026-02-03","subject":{"reference":"Patient/%s"},"medicationCodeableConcept":{"text":"Aspirin"}}}`, id)
	fmt.Fprintf(&b, `,{"resource":{"resourceType":"Observation","id":"hiv","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]},"status":"final","code":{"text":"x"},"effectiveDateTime":"2026-01-02","subject":{"reference":"Patient/%s"}}}`, id)
	for i := range n {
		fmt.Fprintf(&b, `,{"resource":{"resourceType":"Observation","id":"o%d","status":"final","category":[{"coding":[{"code":"laboratory"}]}],"code":{"text":"Sodium"},"effectiveDateTime":"2026-01-02","valueString":"%d mmol/L","subject":{"reference":"Patient/%s"}}}`, i, i, id)
	}
	b.WriteString(`]}`)
	return b.String()
}

// join enrols the patient with a record at a house.
func (h *house) join(record string) *chart {
	t, ctx := h.t, h.soon()
	t.Helper()
	invitation, err := h.gateway.Invite(ctx, record)
	if err != nil {
		t.Fatal(err)
	}
	c := &chart{house: h, sign: newKey(t), tls: newKey(t)}
	if c.seal, err = age.GenerateHybridIdentity(); err != nil {
		t.Fatal(err)
	}
	keys := consent.ChartKeys{Institution: h.id, Sign: c.sign.Public(), TLS: c.tls.Public(), Seal: consent.Sum([]byte(c.seal.Recipient().String()))}
	c.log = consent.NewLogID(consent.ChartLog, h.genesis.Network, h.id, c.sign.Public())
	e := consent.Enrolment{Ticket: invitation.Ticket, Keys: keys, Seal: c.seal.Recipient().String()}
	sig, err := c.sign.Sign(e.Statement(h.genesis.Chain, c.log))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := client.Dial(ctx, client.Target{Addresses: invitation.Addresses, Key: invitation.TLS}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	enrolled, err := conn.Enrol(ctx, client.EnrolRequest{Enrolment: e, Signature: sig})
	if err != nil {
		t.Fatal(err)
	}
	c.write(consent.ClassOpen, consent.OpenFields{Keys: keys, Until: enrolled.Until, Sponsor: enrolled.Sponsor}, &enrolled.Detail)
	return c
}

// connect opens the patient's own session for the log.
func (c *chart) connect() *client.Conn {
	c.t.Helper()
	if c.conn != nil && c.life == c.lives {
		return c.conn
	}
	c.life = c.lives
	cert, err := client.NewCertificate(c.tls.private)
	if err != nil {
		c.t.Fatal(err)
	}
	c.conn = dial(c.t, c.soon(), client.Target{Addresses: []string{c.address}, Key: c.keys.TLSKey()}, &cert)
	c.t.Cleanup(func() { c.conn.Close() })
	return c.conn
}

func dial(t testing.TB, ctx context.Context, target client.Target, cert *tls.Certificate) *client.Conn {
	t.Helper()
	conn, err := client.Dial(ctx, target, cert)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// tx signs one item of the log.
func (c *chart) tx(class consent.Class, fields any, d *consent.Detail) []byte {
	c.t.Helper()
	nonce, err := consent.NewNonce()
	if err != nil {
		c.t.Fatal(err)
	}
	commitment := consent.Hash{}
	if d != nil {
		commitment = d.Commitment(c.genesis.Network, c.log, class)
	}
	raw, err := consent.NewTx(consent.Author{
		Chain: c.genesis.Chain, Kind: consent.SignerPatient, Log: c.log, Signer: c.sign, Nonce: nonce,
		ValidUntil: consent.At(time.Now()).Add(10 * time.Minute),
	}, consent.NewItem(c.log, class, fields, commitment))
	if err != nil {
		c.t.Fatal(err)
	}
	return raw
}

// write commits an entry of the patient's through the house, and hands over
// its private part.
func (c *chart) write(class consent.Class, fields any, d *consent.Detail) {
	c.t.Helper()
	raw := c.tx(class, fields, d)
	before := c.size()
	anonymous := dial(c.t, c.soon(), client.Target{Addresses: []string{c.address}, Key: c.keys.TLSKey()}, nil)
	defer anonymous.Close()
	if err := anonymous.Submit(c.soon(), raw); err != nil {
		c.t.Fatal(err)
	}
	c.until(func() bool { return c.size() > before })
	if d != nil && class != consent.ClassOpen {
		if err := c.connect().PutDetail(c.soon(), *d); err != nil {
			c.t.Fatal(err)
		}
	}
}

// head is the log's proven head, nil if there is none.
func (c *chart) head() *consent.Head { return c.world.head(c.log) }

func (w *world) head(log consent.LogID) *consent.Head {
	w.t.Helper()
	_, _, proven, err := w.light.Prove(w.soon(), w.node, [][]byte{consent.HeadKey(log)})
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := proven.Get(consent.HeadKey(log))
	if err != nil {
		w.t.Fatal(err)
	}
	if raw == nil {
		return nil
	}
	head, err := consent.DecodeHead(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	return &head
}

func (c *chart) size() uint64 {
	if h := c.head(); h != nil {
		return h.Tree.Size
	}
	return 0
}

// until waits, block by block, until something is so.
func (w *world) until(so func() bool) {
	w.t.Helper()
	ctx := w.soon()
	for !so() {
		newest, err := w.node.WaitHeight(ctx, 0)
		if err == nil {
			_, err = w.node.WaitHeight(ctx, newest+1)
		}
		if err != nil {
			w.t.Fatalf("it never happened: %v", err)
		}
	}
}

// entries reads the log as the patient does: proven, with the details that the
// house shows.
func (c *chart) entries() []consent.Verified {
	t, ctx := c.t, c.soon()
	t.Helper()
	registry, err := c.light.FollowRegistry(ctx, c.node)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.light.Follow(ctx, c.node, registry, c.log, consent.Remembered{})
	if err != nil {
		t.Fatal(err)
	}
	details, err := client.FetchDetails(ctx, c.connect(), p.New)
	if err != nil {
		t.Fatal(err)
	}
	c.light.OpenDetails(p, details)
	return p.New
}

// contents are what the log's entries say, as far as the house shows it.
func (c *chart) contents() []consent.Content {
	c.t.Helper()
	var all []consent.Content
	for _, v := range c.entries() {
		all = append(all, v.Content)
	}
	return all
}

func detailOf(t testing.TB, content consent.Content) *consent.Detail {
	t.Helper()
	d, err := consent.NewDetail(content)
	if err != nil {
		t.Fatal(err)
	}
	return &d
}

func newRecipient(t testing.TB) string {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id.Recipient().String()
}

// everything returns the bytes of all files below dir.
func everything(t testing.TB, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all = append(all, b...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
