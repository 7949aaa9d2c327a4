package ledger_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"carekey/consent"
	"carekey/ledger"
)

const chainName = "carekey-test-1"

// key signs statements.
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

// network is a ledger of one validator and one hospital.
type network struct {
	home     string
	file     []byte
	genesis  *consent.Genesis
	hospital key
	id       consent.InstitutionID
}

// newNetwork makes the home of a network that began at start. Amend may change
// the genesis.
func newNetwork(t testing.TB, start time.Time, amend ...func(*consent.Genesis)) *network {
	t.Helper()
	n := &network{home: t.TempDir(), hospital: newKey(t)}
	g := &consent.Genesis{
		Version: 1, Network: consent.NetworkID(newKey(t).Public()), Chain: chainName,
		Time: start.UTC().Truncate(time.Millisecond), Params: consent.DefaultParams(),
	}
	n.id = consent.NewInstitutionID(g.Network, n.hospital.Public())
	g.Registry = [][]byte{consent.Encode(consent.RegistryFields{Institution: &consent.Institution{
		ID: n.id, Kind: consent.Hospital, Name: "City Hospital", Place: "Springfield",
		Ledger: []consent.LedgerKey{{Key: n.hospital.Public()}},
		TLS:    []consent.LedgerKey{{Key: newKey(t).Public()}},
	}})}
	for _, f := range amend {
		f(g)
	}
	n.genesis = g
	n.install(t)
	return n
}

func (n *network) install(t testing.TB) {
	t.Helper()
	validator, err := ledger.NewValidator(n.home)
	if err != nil {
		t.Fatal(err)
	}
	if n.file, err = ledger.NewGenesis(n.genesis, validator); err != nil {
		t.Fatal(err)
	}
	if err := ledger.InstallGenesis(n.home, n.file); err != nil {
		t.Fatal(err)
	}
}

// emptyBlocks sets the interval of blocks without transactions.
func emptyBlocks(d time.Duration) func(*consent.Genesis) {
	return func(g *consent.Genesis) { g.Params.EmptyBlocks = d }
}

// start runs the network's node until the test ends.
func (n *network) start(t testing.TB) *ledger.Node {
	t.Helper()
	node, err := ledger.Start(soon(t), ledger.Config{Home: n.home})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, node) })
	return node
}

func stop(t testing.TB, node *ledger.Node) {
	t.Helper()
	if err := node.Stop(); err != nil {
		t.Error(err)
	}
}

// soon is the deadline of whatever a test waits for.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// chart is a patient's relationship with the hospital.
type chart struct {
	*network
	keys consent.ChartKeys
	sign key
	log  consent.LogID
	now  func() consent.Time // by which valid-until is reckoned
}

func (n *network) newChart(t testing.TB) *chart {
	t.Helper()
	c := &chart{network: n, sign: newKey(t), now: func() consent.Time { return consent.At(time.Now()) }}
	c.keys = consent.ChartKeys{Institution: n.id, Sign: c.sign.Public(), TLS: newKey(t).Public()}
	c.log = consent.NewLogID(consent.ChartLog, n.genesis.Network, n.id, c.keys.Sign)
	return c
}

func (c *chart) author(t testing.TB, kind consent.SignerKind, signer key) consent.Author {
	t.Helper()
	nonce, err := consent.NewNonce()
	if err != nil {
		t.Fatal(err)
	}
	return consent.Author{
		Chain: chainName, Kind: kind, Institution: c.id, Log: c.log, Signer: signer,
		Nonce: nonce, ValidUntil: c.now().Add(10 * time.Minute),
	}
}

// patient signs one item.
func (c *chart) patient(t testing.TB, class consent.Class, fields any) []byte {
	t.Helper()
	return c.tx(t, c.author(t, consent.SignerPatient, c.sign), consent.NewItem(c.log, class, fields, consent.Hash{}))
}

func (c *chart) tx(t testing.TB, a consent.Author, items ...consent.Item) []byte {
	t.Helper()
	tx, err := consent.NewTx(a, items...)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func (c *chart) open(t testing.TB) []byte {
	t.Helper()
	until := c.now().Add(time.Hour)
	sponsor, err := c.hospital.Sign(consent.OpenStatement(chainName, c.log, c.keys, until))
	if err != nil {
		t.Fatal(err)
	}
	return c.patient(t, consent.ClassOpen, consent.OpenFields{Keys: c.keys, Until: until, Sponsor: sponsor})
}

// accesses is one batch of the hospital with n accesses in the chart.
func (c *chart) accesses(t testing.TB, n int) []byte {
	t.Helper()
	items := make([]consent.Item, n)
	for i := range items {
		items[i] = consent.NewItem(c.log, consent.ClassAccess, consent.AccessFields{}, consent.Sum([]byte{byte(i), byte(i >> 8)}))
	}
	return c.tx(t, c.author(t, consent.SignerInstitution, c.hospital), items...)
}

func (c *chart) grant(t testing.TB) []byte {
	t.Helper()
	return c.patient(t, consent.ClassGrant, consent.GrantFields{Expiry: c.now().Add(24 * time.Hour)})
}

func (c *chart) revoke(t testing.TB, grant uint64) []byte {
	t.Helper()
	return c.patient(t, consent.ClassRevoke, consent.RevokeFields{Grant: grant})
}

// commit submits a transaction, waits until it is committed and returns its
// height and result.
func commit(t testing.TB, node *ledger.Node, tx []byte) (int64, consent.Result) {
	t.Helper()
	ctx := soon(t)
	accepted, err := node.Submit(ctx, tx)
	if err != nil {
		t.Fatalf("submit: %v", err)
	}
	if accepted.Code != consent.CodeOK {
		return 0, accepted
	}
	height, result, err := node.Await(ctx, ledger.TxID(tx))
	if err != nil {
		t.Fatalf("await: %v", err)
	}
	return height, result
}

// accept is commit of what must be accepted; it returns the entry's number.
func accept(t testing.TB, node *ledger.Node, tx []byte) (height int64, number uint64) {
	t.Helper()
	height, result := commit(t, node, tx)
	if result.Code != consent.CodeOK {
		t.Fatalf("refused with code %d: %s", result.Code, result.Text)
	}
	return height, result.Items[0].Number
}
