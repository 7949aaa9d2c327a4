package consent_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

// network is a ledger in memory: state, nonces and logs are maps, all else is
// the real thing.
type network struct {
	testing.TB
	genesis *consent.Genesis
	rules   consent.Rules
	state   map[string][]byte
	nonces  map[consent.SpentNonce]bool
	leaves  map[consent.LogID][][]byte
	batches map[consent.Hash]consent.StoredBatch
	height  int64
	now     consent.Time // of the newest block
	serial  uint64

	hospital, clinic, laboratory, board, former institution
}

// genesisTime is early enough in its day and in its hour that tests can count
// within one of either.
var genesisTime = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

const chainName = "carekey-test-1"

// newNetwork starts a ledger with three institutions, a board, and one that
// leaves after thirty days. Amend may change the genesis.
func newNetwork(t testing.TB, amend ...func(*consent.Genesis)) *network {
	t.Helper()
	n := &network{
		TB: t, state: map[string][]byte{}, nonces: map[consent.SpentNonce]bool{},
		leaves: map[consent.LogID][][]byte{}, batches: map[consent.Hash]consent.StoredBatch{},
		now: consent.At(genesisTime),
	}
	n.genesis = &consent.Genesis{
		Version: 1, Network: consent.NetworkID(consent.Sum([]byte("network"))),
		Chain: chainName, Time: genesisTime, Params: consent.DefaultParams(),
	}
	n.hospital = n.admit("City Hospital", consent.Hospital, 0)
	n.clinic = n.admit("Heart Clinic", consent.Clinic, 0)
	n.laboratory = n.admit("Laboratory", consent.Laboratory, 0)
	n.board = n.admit("Board", consent.Board, 0)
	n.former = n.admit("Former Clinic", consent.Clinic, n.now.Add(30*24*time.Hour))
	for _, f := range amend {
		f(n.genesis)
	}
	n.rules = consent.Rules{Genesis: n.genesis}
	outcome, err := n.genesis.Outcome()
	if err != nil {
		t.Fatal(err)
	}
	n.write(outcome)
	t.Cleanup(n.audit)
	return n
}

// admit puts an institution into the genesis.
func (n *network) admit(name string, kind consent.InstitutionKind, until consent.Time) institution {
	i := institution{name: name, ledger: newKey(name + " ledger"), tls: newKey(name + " tls")}
	i.ID = consent.NewInstitutionID(n.genesis.Network, i.ledger.Public())
	n.genesis.Registry = append(n.genesis.Registry, consent.Encode(consent.RegistryFields{Institution: i.content(kind, until)}))
	return i
}

func (i institution) content(kind consent.InstitutionKind, until consent.Time) *consent.Institution {
	return &consent.Institution{
		ID: i.ID, Kind: kind, Name: i.name, Place: "Springfield",
		Ledger:    []consent.LedgerKey{{Key: i.ledger.Public()}},
		TLS:       []consent.LedgerKey{{Key: i.tls.Public()}},
		Seal:      consent.Sum([]byte(i.name + " seal")),
		Addresses: []string{"127.0.0.1:1"},
		Until:     until,
	}
}

// Get is the state before the block.
func (n *network) Get(key []byte) ([]byte, error) { return n.state[string(key)], nil }

// Spent tells whether a nonce was used before the block.
func (n *network) Spent(bucket int64, nonce consent.Nonce) (bool, error) {
	return n.nonces[consent.SpentNonce{Bucket: bucket, Nonce: nonce}], nil
}

func (n *network) begin(block consent.Block) *consent.Execution {
	n.Helper()
	x, err := n.rules.Begin(n, n, block)
	if err != nil {
		n.Fatal(err)
	}
	return x
}

// block executes one block a second after the last one, and shows that a
// second execution of it decides alike.
func (n *network) block(txs ...[]byte) []consent.Result {
	n.Helper()
	block := consent.Block{Height: n.height + 1, Time: n.now.Add(time.Second)}
	results, outcome := n.execute(block, txs)
	again, sameOutcome := n.execute(block, txs)
	if !reflect.DeepEqual(results, again) || !reflect.DeepEqual(outcome, sameOutcome) {
		n.Fatal("two executions of one block differ")
	}
	n.height, n.now = block.Height, block.Time
	n.write(outcome)
	return results
}

func (n *network) execute(block consent.Block, txs [][]byte) ([]consent.Result, consent.Outcome) {
	n.Helper()
	x := n.begin(block)
	results := make([]consent.Result, len(txs))
	for i, tx := range txs {
		results[i] = x.Deliver(tx)
	}
	return results, x.Finish()
}

func (n *network) write(o consent.Outcome) {
	n.Helper()
	for i, c := range o.Changes {
		if i > 0 && bytes.Compare(o.Changes[i-1].Key, c.Key) >= 0 {
			n.Fatalf("changes are not sorted and distinct at %q", c.Key)
		}
		if c.Value == nil {
			delete(n.state, string(c.Key))
		} else {
			n.state[string(c.Key)] = c.Value
		}
	}
	for _, e := range o.Entries {
		if uint64(len(n.leaves[e.Log])) != e.Number {
			n.Fatalf("entry %d of %s follows %d entries", e.Number, e.Log, len(n.leaves[e.Log]))
		}
		n.leaves[e.Log] = append(n.leaves[e.Log], e.Leaf)
	}
	for _, b := range o.Batches {
		n.batches[b.ID] = b
	}
	for _, s := range o.Spent {
		n.nonces[s] = true
	}
	for _, bucket := range o.DropBuckets {
		maps.DeleteFunc(n.nonces, func(s consent.SpentNonce, _ bool) bool { return s.Bucket == bucket })
	}
}

// wait lets block time pass in blocks that are not further apart than live
// time counts, so that live time passes too.
func (n *network) wait(d time.Duration) {
	n.Helper()
	for step := 2 * n.genesis.Params.EmptyBlocks; d > 0; d -= step {
		n.halt(min(d, step))
	}
}

// halt lets block time pass between two blocks.
func (n *network) halt(d time.Duration) {
	n.Helper()
	n.now = n.now.Add(d - time.Second)
	n.block()
}

// audit hashes every log again and compares it with its head.
func (n *network) audit() {
	n.Helper()
	heads := 0
	for key := range n.state {
		if strings.HasPrefix(key, "log/") {
			heads++
		}
	}
	if heads != len(n.leaves) {
		n.Errorf("%d heads for %d logs", heads, len(n.leaves))
	}
	for log, leaves := range n.leaves {
		n.auditLog(log, leaves)
	}
}

func (n *network) auditLog(log consent.LogID, leaves [][]byte) {
	n.Helper()
	hashes := make([]consent.Hash, len(leaves))
	for i, leaf := range leaves {
		hashes[i] = consent.LeafHash(leaf)
		e, _, err := consent.DecodeEntry(leaf)
		if err != nil || e.Log != log || e.Number != uint64(i) {
			n.Errorf("entry %d of %s: %+v, %v", i, log, e, err)
		}
	}
	head := n.head(log)
	if head.Tree.Size != uint64(len(leaves)) || head.Tree.Root() != consent.TreeRoot(hashes) {
		n.Errorf("the head of %s is not that of its %d entries", log, len(leaves))
	}
}

func (n *network) head(log consent.LogID) consent.Head {
	n.Helper()
	h, err := consent.DecodeHead(n.state[string(consent.HeadKey(log))])
	if err != nil {
		n.Fatal(err)
	}
	return h
}

// clock is the ledger's clock after the newest block.
func (n *network) clock() consent.Clock {
	n.Helper()
	c, err := consent.DecodeClock(n.state[string(consent.ClockKey())])
	if err != nil {
		n.Fatal(err)
	}
	return c
}

// record is the state without what every block or transaction changes.
func (n *network) record() map[string][]byte {
	record := maps.Clone(n.state)
	delete(record, string(consent.ClockKey()))
	delete(record, "nonces")
	return record
}

// accepts delivers a transaction of one item in a block of its own and returns
// the number of its entry.
func (n *network) accepts(tx []byte) uint64 {
	n.Helper()
	if r := n.check(tx); r.Code != consent.CodeOK {
		n.Fatalf("check: refused with %d: %s", r.Code, r.Text)
	}
	r := n.block(tx)[0]
	if r.Code != consent.CodeOK || len(r.Items) != 1 || r.Items[0].Code != consent.CodeOK {
		n.Fatalf("refused with %d: %s", r.Code, r.Text)
	}
	return r.Items[0].Number
}

// refuses delivers a transaction in a block of its own and shows that it is
// refused, with this code and a sentence, and that nothing came of it.
func (n *network) refuses(code consent.Code, tx []byte) {
	n.Helper()
	if r := n.check(tx); r.Code != code {
		n.Fatalf("check: code %d (%s), want %d", r.Code, r.Text, code)
	}
	before, entries, batches := n.record(), n.entries(), len(n.batches)
	r := n.block(tx)[0]
	if r.Code != code {
		n.Fatalf("code %d (%s), want %d", r.Code, r.Text, code)
	}
	if r.Text == "" || len(r.Text) > 300 || strings.ContainsAny(r.Text, "\n\x00") {
		n.Errorf("refused with %q, which is no sentence", r.Text)
	}
	if !reflect.DeepEqual(before, n.record()) || entries != n.entries() || batches != len(n.batches) {
		n.Fatalf("a refused transaction (%s) changed the state", r.Text)
	}
}

func (n *network) check(tx []byte) consent.Result {
	n.Helper()
	return n.begin(consent.Block{Height: n.height + 1, Time: n.now.Add(time.Second)}).Check(tx)
}

func (n *network) entries() int {
	sum := 0
	for _, leaves := range n.leaves {
		sum += len(leaves)
	}
	return sum
}

// run is a subtest on the same ledger.
func (n *network) run(name string, f func()) {
	outer := n.TB
	outer.(*testing.T).Run(name, func(t *testing.T) {
		n.TB = t
		defer func() { n.TB = outer }()
		f()
	})
}

// key is an Ed25519 key made from a label.
type key struct{ private ed25519.PrivateKey }

func newKey(label string) key {
	seed := sha256.Sum256([]byte(label))
	return key{ed25519.NewKeyFromSeed(seed[:])}
}

func (k key) Public() consent.PublicKey {
	return consent.PublicKey(k.private.Public().(ed25519.PublicKey))
}

func (k key) Sign(s consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(k.private, s.Bytes())), nil
}

func (k key) sign(s consent.Statement) consent.Signature {
	sig, _ := k.Sign(s)
	return sig
}

// party is anyone who can sign a transaction.
type party interface{ author() consent.Author }

// hand is a party about to write.
type hand struct {
	n *network
	consent.Author
}

// As lends the hand of a party, with a nonce of its own and ten minutes to be
// included.
func (n *network) As(p party) hand {
	a := p.author()
	a.Chain, a.ValidUntil = n.genesis.Chain, n.now.Add(10*time.Minute)
	n.serial++
	binary.BigEndian.PutUint64(a.Nonce[:], n.serial)
	return hand{n, a}
}

func (h hand) signs(items ...consent.Item) []byte {
	h.n.Helper()
	tx, err := consent.NewTx(h.Author, items...)
	if err != nil {
		h.n.Fatal(err)
	}
	return tx
}

func (h hand) author() consent.Author { return h.Author }

func (h hand) may(item consent.Item) uint64 {
	h.n.Helper()
	return h.n.accepts(h.signs(item))
}

func (h hand) mayNot(code consent.Code, item consent.Item) {
	h.n.Helper()
	h.n.refuses(code, h.signs(item))
}

// institution can sign with its ledger key.
type institution struct {
	ID          consent.InstitutionID
	name        string
	ledger, tls key
}

func (i institution) author() consent.Author {
	return consent.Author{Kind: consent.SignerInstitution, Institution: i.ID, Signer: i.ledger}
}

// chart is the patient's side of a chart.
type chart struct {
	consent.LogID
	at        institution
	sign, tls key
	until     consent.Time // of the institution's countersignature
}

func (c chart) author() consent.Author {
	return consent.Author{Kind: consent.SignerPatient, Log: c.LogID, Signer: c.sign}
}

func (c chart) keys() consent.ChartKeys {
	return consent.ChartKeys{
		Institution: c.at.ID, Sign: c.sign.Public(), TLS: c.tls.Public(),
		Seal: consent.Sum(c.LogID[:]),
	}
}

// newChart makes the keys of a chart that is not open yet.
func (n *network) newChart(name string, at institution) chart {
	c := chart{at: at, sign: newKey(name + " sign"), tls: newKey(name + " tls"), until: n.now.Add(consent.MaxEnrolment)}
	c.LogID = consent.NewLogID(consent.ChartLog, n.genesis.Network, at.ID, c.sign.Public())
	return c
}

// chart opens a chart.
func (n *network) chart(name string, at institution) chart {
	n.Helper()
	c := n.newChart(name, at)
	n.As(c).may(c.open())
	return c
}

func commitment(what string) consent.Hash { return consent.Sum([]byte(what)) }

func (c chart) item(class consent.Class, fields any) consent.Item {
	return consent.NewItem(c.LogID, class, fields, commitment(class.String()))
}

func (c chart) open() consent.Item { return c.openWith(c.keys()) }

func (c chart) openWith(keys consent.ChartKeys) consent.Item {
	sponsor := c.at.ledger.sign(consent.OpenStatement(chainName, c.LogID, keys, c.until))
	return c.item(consent.ClassOpen, consent.OpenFields{Keys: keys, Until: c.until, Sponsor: sponsor})
}

func (c chart) says(side consent.Side) consent.Item {
	return c.item(consent.ClassSay, consent.SayFields{Side: side})
}

func (c chart) answers(side consent.Side, entry uint64) consent.Item {
	return c.item(consent.ClassSay, consent.SayFields{Side: side, Answers: &entry})
}

func (c chart) grants(until consent.Time, uses uint32) consent.Item {
	return c.item(consent.ClassGrant, consent.GrantFields{Expiry: until, Uses: uses})
}

func (c chart) revokes(grant uint64) consent.Item {
	return c.item(consent.ClassRevoke, consent.RevokeFields{Grant: grant})
}

func (c chart) looks() consent.Item {
	return c.item(consent.ClassAccess, consent.AccessFields{})
}

func (c chart) uses(grant uint64) consent.Item {
	return c.item(consent.ClassAccess, consent.AccessFields{Grant: &grant})
}

func (c chart) freezes(until consent.Time) consent.Item {
	return c.item(consent.ClassFreeze, consent.FreezeFields{Until: until})
}

func (c chart) closes() consent.Item {
	return c.item(consent.ClassClose, consent.CloseFields{})
}

// rotates is the item that replaces c's keys by next's.
func (c chart) rotates(next chart) consent.Item {
	keys := next.keys()
	proof := next.sign.sign(consent.RotateStatement(chainName, c.LogID, keys))
	return c.item(consent.ClassRotate, consent.RotateFields{Keys: keys, Proof: proof})
}

// successor has new keys for the same chart.
func (c chart) successor(name string) chart {
	c.sign, c.tls = newKey(name+" sign"), newKey(name+" tls")
	return c
}

// transfer is all ends of a transfer.
type transfer struct {
	consent.LogID
	sponsor                           institution
	patient, tls, source, destination key
	expiry, ticketExpiry              consent.Time
	uses                              uint32
}

// end is one signer of a transfer.
type end struct {
	kind consent.SignerKind
	log  consent.LogID
	key  key
}

func (e end) author() consent.Author {
	return consent.Author{Kind: e.kind, Log: e.log, Signer: e.key}
}

func (t transfer) author() consent.Author {
	return consent.Author{Kind: consent.SignerPatient, Log: t.LogID, Signer: t.patient}
}

func (t transfer) S() end { return end{consent.SignerSource, t.LogID, t.source} }
func (t transfer) R() end { return end{consent.SignerDestination, t.LogID, t.destination} }

// newTransfer makes the keys of a transfer to the clinic that is not open yet.
func (n *network) newTransfer(name string, uses uint32) transfer {
	t := transfer{
		sponsor: n.clinic, uses: uses,
		patient: newKey(name + " patient"), tls: newKey(name + " tls"),
		source: newKey(name + " source"), destination: newKey(name + " destination"),
		expiry: n.now.Add(24 * time.Hour), ticketExpiry: n.now.Add(24 * time.Hour),
	}
	t.LogID = consent.NewLogID(consent.TransferLog, n.genesis.Network, consent.InstitutionID{}, t.patient.Public())
	return t
}

// transfer opens a transfer to the clinic.
func (n *network) transfer(name string, uses uint32) transfer {
	n.Helper()
	t := n.newTransfer(name, uses)
	n.As(t).may(t.open())
	return t
}

func (t transfer) fields() consent.TransferFields {
	ticket := consent.SponsorTicket{
		Sponsor: t.sponsor.ID, Nonce: consent.Nonce{1},
		Destination: t.destination.Public(), Expiry: t.ticketExpiry,
	}
	return consent.TransferFields{
		Patient: t.patient.Public(), TLS: t.tls.Public(), Source: t.source.Public(),
		Ticket: ticket, TicketProof: t.sponsor.ledger.sign(ticket.Statement(chainName)),
		Expiry: t.expiry, Uses: t.uses,
	}
}

func (t transfer) item(class consent.Class, fields any) consent.Item {
	return consent.NewItem(t.LogID, class, fields, commitment(class.String()))
}

func (t transfer) open() consent.Item {
	return t.item(consent.ClassTransferOpen, t.fields())
}

func (t transfer) offer(use uint32) consent.Hash {
	return commitment(fmt.Sprintf("offer %s %d", t.LogID, use))
}

// step is a collect, release, received or void of a use.
func (t transfer) step(class consent.Class, use uint32) consent.Item {
	return t.item(class, consent.StepFields{Use: use, Offer: t.offer(use)})
}

func (t transfer) stops() consent.Item {
	return t.item(consent.ClassStop, consent.StopFields{})
}

// undelivered is signed by other apart from the transaction's signer.
func (t transfer) undelivered(use uint32, other key) consent.Item {
	step := consent.StepFields{Use: use, Offer: t.offer(use)}
	sig := other.sign(consent.UndeliveredStatement(chainName, t.LogID, step))
	return t.item(consent.ClassUndelivered, consent.UndeliveredFields{Step: step, Other: sig})
}
