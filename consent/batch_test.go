package consent_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

func TestBatchIsJudgedItemByItem(t *testing.T) {
	n := newNetwork(t)
	ann, bob, eve := n.chart("ann", n.hospital), n.chart("bob", n.hospital), n.chart("eve", n.clinic)
	once := n.As(ann).may(ann.grants(n.now.Add(time.Hour), 1))
	tr := n.transfer("move", 1)
	items := []consent.Item{
		ann.looks(),
		eve.looks(), // another institution's chart
		ann.uses(once),
		ann.uses(once), // used up by the item before
		bob.uses(once), // no grant of Bob's
		bob.says(consent.SideInstitution),
		bob.says(consent.SidePatient),
		bob.item(consent.ClassSay, consent.GrantFields{}), // fields of another class
		bob.revokes(0),
		tr.stops(),
		bob.item(consent.ClassCheckpoint, consent.CloseFields{}),
		n.newChart("new", n.hospital).open(),
		consent.NewItem(consent.LogID{1}, consent.ClassAccess, consent.AccessFields{}, consent.Hash{}),
		bob.looks(),
	}
	want := []consent.ItemResult{
		{Number: 2}, {Code: consent.CodeParty}, {Number: 3}, {Code: consent.CodeNotLive}, {Code: consent.CodeNotLive},
		{Number: 1}, {Code: consent.CodeParty}, {Code: consent.CodeMalformed}, {Code: consent.CodeParty},
		{Code: consent.CodeParty}, {Code: consent.CodeClass}, {Code: consent.CodeParty}, {Code: consent.CodeUnknown}, {Number: 2},
	}
	eveBefore, trBefore := n.head(eve.LogID), n.head(tr.LogID)
	tx := n.As(n.hospital).signs(items...)
	if r := n.check(tx); r.Code != consent.CodeOK {
		t.Errorf("check refuses the batch: %+v", r)
	}
	result := n.block(tx)[0]
	if result.Code != consent.CodeOK || result.Text != "" || !reflect.DeepEqual(result.Items, want) {
		t.Errorf("result %+v", result)
	}
	if len(n.leaves[ann.LogID]) != 4 || len(n.leaves[bob.LogID]) != 3 || len(n.leaves[eve.LogID]) != 1 {
		t.Error("refused items left entries")
	}
	if !reflect.DeepEqual(eveBefore, n.head(eve.LogID)) || !reflect.DeepEqual(trBefore, n.head(tr.LogID)) {
		t.Error("a refused item changed a head")
	}
}

func TestBatchOfRefusedItemsLeavesNothingButItsNonce(t *testing.T) {
	n := newNetwork(t)
	eve := n.chart("eve", n.clinic)
	before, batches := n.record(), len(n.batches)
	tx := n.As(n.hospital).signs(eve.looks(), eve.looks())
	result := n.block(tx)[0]
	if result.Code != consent.CodeOK || result.Items[0].Code != consent.CodeParty || result.Items[1].Code != consent.CodeParty {
		t.Errorf("%+v", result)
	}
	if !reflect.DeepEqual(before, n.record()) || len(n.batches) != batches {
		t.Error("a batch of refused items changed the state")
	}
	n.refuses(consent.CodeReplayed, tx)
}

// A batch's items in one log are numbered in their order; each entry names the
// batch and its place, and the companion proves that it was signed.
func TestEntriesOfABatchAndTheirCompanion(t *testing.T) {
	n := newNetwork(t)
	ann, bob := n.chart("ann", n.hospital), n.chart("bob", n.hospital)
	items := []consent.Item{ann.looks(), bob.looks(), ann.says(consent.SideInstitution), ann.says(consent.SidePatient), ann.looks()}
	tx := n.As(n.hospital).signs(items...)
	n.block(tx)
	decoded, header, err := consent.DecodeTx(tx)
	if err != nil {
		t.Fatal(err)
	}
	id := consent.BatchID(decoded.Header, decoded.Signature)
	batch, ok := n.batches[id]
	if !ok {
		t.Fatal("the batch is not kept")
	}
	var indices []uint32
	var hashes []consent.Hash
	for i, leaf := range n.leaves[ann.LogID][1:] {
		e, item, err := consent.DecodeEntry(leaf)
		if err != nil {
			t.Fatal(err)
		}
		want := []uint32{0, 2, 4}[i]
		if e.Batch != id || e.Index != want || e.Height != n.height || e.Time != n.now || e.Number != uint64(i+1) {
			t.Errorf("entry %+v", e)
		}
		if !reflect.DeepEqual(item, items[want]) {
			t.Errorf("item %d is %+v", want, item)
		}
		indices, hashes = append(indices, e.Index), append(hashes, consent.LeafHash(e.Item))
	}
	companion := consent.Companion{Header: batch.Header, Signature: batch.Signature, Path: consent.ProveLeaves(batch.Items, indices)}
	got, err := companion.Verify(chainName, n.hospital.ledger.Public(), id, indices, hashes)
	if err != nil || got != header {
		t.Fatalf("companion: %v, %+v", err, got)
	}
	breakCompanion(t, n, companion, id, indices, hashes)
}

func breakCompanion(t *testing.T, n *network, good consent.Companion, id consent.Hash, indices []uint32, hashes []consent.Hash) {
	hospital := n.hospital.ledger.Public()
	verify := func(c consent.Companion, chain string, k consent.PublicKey, id consent.Hash, indices []uint32, hashes []consent.Hash) error {
		_, err := c.Verify(chain, k, id, indices, hashes)
		return err
	}
	swapped := slices.Clone(hashes)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	path := good
	path.Path = slices.Clone(good.Path)
	path.Path[0][0] ^= 1
	sig := good
	sig.Signature[0] ^= 1
	sigID := consent.BatchID(sig.Header, sig.Signature)
	header := good
	header.Header = append(slices.Clone(good.Header), 0)
	for name, err := range map[string]error{
		"another chain":             verify(good, "x", hospital, id, indices, hashes),
		"another key":               verify(good, chainName, n.clinic.ledger.Public(), id, indices, hashes),
		"another batch":             verify(good, chainName, hospital, consent.Hash{}, indices, hashes),
		"other indices":             verify(good, chainName, hospital, id, []uint32{0, 1, 4}, hashes),
		"swapped items":             verify(good, chainName, hospital, id, indices, swapped),
		"fewer items":               verify(good, chainName, hospital, id, indices[:2], hashes[:2]),
		"a changed path":            verify(path, chainName, hospital, id, indices, hashes),
		"a forged signature":        verify(sig, chainName, hospital, sigID, indices, hashes),
		"a signature of another id": verify(sig, chainName, hospital, id, indices, hashes),
		"a malformed header":        verify(header, chainName, hospital, consent.BatchID(header.Header, header.Signature), indices, hashes),
	} {
		if err == nil {
			t.Errorf("%s: verified", name)
		}
	}
	if err := verify(sig, chainName, hospital, sigID, indices, hashes); !errors.Is(err, consent.ErrBadSignature) {
		t.Errorf("a forged signature: %v", err)
	}
}

// The key id in a header is signed; a companion under another key of the same
// owner is refused before any arithmetic.
func TestCompanionNamesItsKey(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	h := n.As(c)
	item := consent.Encode(c.says(consent.SidePatient))
	header := h.header(item)
	header.Key = newKey("other").Public().ID()
	raw := consent.Encode(header)
	sig := c.sign.sign(header.Statement(chainName, raw))
	companion := consent.Companion{Header: raw, Signature: sig}
	_, err := companion.Verify(chainName, c.sign.Public(), consent.BatchID(raw, sig), []uint32{0}, []consent.Hash{consent.LeafHash(item)})
	if !errors.Is(err, consent.ErrBadSignature) {
		t.Errorf("%v", err)
	}
}

func TestLargestBatch(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	tx := n.As(n.hospital).signs(slices.Repeat([]consent.Item{c.looks()}, consent.MaxBatchItems)...)
	result := n.block(tx)[0]
	if len(result.Items) != consent.MaxBatchItems || result.Items[consent.MaxBatchItems-1] != (consent.ItemResult{Number: consent.MaxBatchItems}) {
		t.Errorf("%d items, the last %+v", len(result.Items), result.Items[len(result.Items)-1])
	}
}

func TestStateOnlyGrowsByWhatIsWritten(t *testing.T) {
	n := newNetwork(t)
	for i := range 20 {
		n.chart(fmt.Sprint("p", i), n.hospital)
	}
	c := n.chart("ann", n.hospital)
	size := func() (sum int) {
		for _, v := range n.record() {
			sum += len(v)
		}
		return sum
	}
	before, keys := size(), len(n.state)
	for range 200 {
		n.As(n.hospital).may(c.looks())
	}
	if grown := size() - before; len(n.state) != keys || grown > 8*34 {
		t.Errorf("200 accesses added %d keys and %d bytes to the state", len(n.state)-keys, grown)
	}
}

// What cannot be read permits nothing.
func TestFaultsOfTheStatePermitNothing(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	next, tr := n.newChart("bob", n.hospital), n.newTransfer("move", 1)
	opening, moving := n.As(next).signs(next.open()), n.As(tr).signs(tr.open())
	broken := errors.New("disk")
	for prefix, tx := range map[string][]byte{
		"log/" + string(c.LogID[:]):      n.As(n.hospital).signs(c.looks()),
		"log/":                           opening,
		"inst/":                          opening,
		"key/":                           opening,
		"quota/":                         opening,
		"inst/" + string(n.clinic.ID[:]): moving,
		"grant/":                         n.As(n.hospital).signs(c.uses(number)),
	} {
		x, err := n.rules.Begin(faulty{n, prefix, broken}, n, consent.Block{Height: n.height + 1, Time: n.now.Add(time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		if r, o := x.Deliver(tx), x.Finish(); r.Code == consent.CodeOK || len(o.Entries) > 0 {
			t.Errorf("%q cannot be read: %+v, %d entries", prefix, r, len(o.Entries))
		}
	}
	for _, key := range []string{"clock", "nonces"} {
		if _, err := n.rules.Begin(faulty{n, key, broken}, n, consent.Block{Height: 9, Time: n.now}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", key, err)
		}
	}
	x, err := n.rules.Begin(n, faultyNonces{broken}, consent.Block{Height: n.height + 1, Time: n.now.Add(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if r := x.Deliver(n.As(c).signs(c.says(consent.SidePatient))); r.Code == consent.CodeOK {
		t.Errorf("the nonces cannot be read: %+v", r)
	}
}

type faulty struct {
	*network
	prefix string
	err    error
}

func (f faulty) Get(key []byte) ([]byte, error) {
	if strings.HasPrefix(string(key), f.prefix) {
		return nil, f.err
	}
	return f.network.Get(key)
}

type faultyNonces struct{ err error }

func (f faultyNonces) Spent(int64, consent.Nonce) (bool, error) { return false, f.err }

func TestCodeOf(t *testing.T) {
	if got := consent.CodeOf(nil); got != consent.CodeOK {
		t.Errorf("of nothing: %d", got)
	}
	if got := consent.CodeOf(fmt.Errorf("wrapped: %w", &consent.Refusal{Code: consent.CodeRate})); got != consent.CodeRate {
		t.Errorf("of a wrapped refusal: %d", got)
	}
	if got := consent.CodeOf(errors.New("x")); got != consent.CodeMalformed {
		t.Errorf("of another error: %d", got)
	}
}
