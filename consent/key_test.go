package consent_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"carekey/consent"
)

// shared reads a file of the data that lies beside the module, or skips.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	root := filepath.Join(dir, "..", "shared")
	if _, err := os.Stat(root); err != nil {
		t.Skip("skipped: ../shared is absent")
	}
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// littleEndian is the encoding of a number as a key without a sign bit.
func littleEndian(n *big.Int, sign byte) consent.PublicKey {
	var k consent.PublicKey
	n.FillBytes(k[:])
	slices.Reverse(k[:])
	k[31] |= sign << 7
	return k
}

func fieldPrime() *big.Int {
	p := new(big.Int).Lsh(big.NewInt(1), 255)
	return p.Sub(p, big.NewInt(19))
}

// weakKeys are all points of small order in all their encodings, and every
// encoding of a y that is not reduced.
func weakKeys(t testing.TB) []consent.PublicKey {
	var weak []consent.PublicKey
	for sign := range byte(2) {
		for i := range int64(19) { // p, p+1, … 2²⁵⁵−1
			weak = append(weak, littleEndian(new(big.Int).Add(fieldPrime(), big.NewInt(i)), sign))
		}
		for _, y := range []string{
			"0000000000000000000000000000000000000000000000000000000000000000",
			"0100000000000000000000000000000000000000000000000000000000000000",
			"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
			"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
			"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		} {
			k := consent.PublicKey(unhex(t, y))
			k[31] |= sign << 7
			weak = append(weak, k)
		}
	}
	return weak
}

func TestWeakKeysAreRefused(t *testing.T) {
	for _, k := range weakKeys(t) {
		if err := k.Check(); !errors.Is(err, consent.ErrBadKey) {
			t.Errorf("%s: %v", k, err)
		}
	}
	p := fieldPrime()
	for _, below := range []int64{2, 3, 100, 256} { // p−1 has order 2
		k := littleEndian(new(big.Int).Sub(p, big.NewInt(below)), 0)
		if err := k.Check(); err != nil {
			t.Errorf("p − %d: %v", below, err)
		}
	}
	high := littleEndian(new(big.Int).Sub(p, big.NewInt(2)), 0)
	high[15] = 0                                             // 0x7f above and 0xeb below, but not all ones between
	low := consent.PublicKey(bytes.Repeat([]byte{0xff}, 32)) // only the highest byte says that it is below
	low[31] = 0x7e
	for _, k := range []consent.PublicKey{high, low, newKey("any").Public()} {
		if err := k.Check(); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
}

// Under the neutral point every message has the signature (1, 0): whoever got
// such a key into a log could write there without any secret.
func TestWeakKeysOpenAndEnterNothing(t *testing.T) {
	n := newNetwork(t)
	ann := n.chart("ann", n.hospital)
	for _, k := range weakKeys(t) {
		c := chart{at: n.hospital, tls: newKey("tls")}
		c.LogID = consent.NewLogID(consent.ChartLog, n.genesis.Network, n.hospital.ID, k)
		keys := consent.ChartKeys{Institution: n.hospital.ID, Sign: k, TLS: c.tls.Public()}
		a := n.As(c).Author
		a.Signer = neutral(k)
		r := n.block(hand{n, a}.signs(c.openWith(keys)))[0]
		if r.Code != consent.CodeMalformed && r.Code != consent.CodeSignature || len(n.leaves[c.LogID]) != 0 {
			t.Errorf("%s opened a chart: %+v", k, r)
		}
		next := ann.keys()
		next.Sign = k
		proof, _ := neutral(k).Sign(consent.Statement{})
		n.As(ann).mayNot(consent.CodeMalformed, ann.item(consent.ClassRotate, consent.RotateFields{Keys: next, Proof: proof}))
	}
	forger := neutral{0: 1}
	s := consent.Statement{Context: consent.ContextTransaction, Chain: "any"}
	sig, _ := forger.Sign(s)
	if s.Verify(forger.Public(), sig) != nil {
		t.Error("the forged signature does not verify, so this test shows nothing")
	}
}

// neutral signs for a key without its secret: (1, 0) verifies under the
// neutral point.
type neutral consent.PublicKey

func (k neutral) Public() consent.PublicKey { return consent.PublicKey(k) }
func (neutral) Sign(consent.Statement) (consent.Signature, error) {
	return consent.Signature{0: 1}, nil
}

func TestWeakKeysDoNotEnterTheRegistry(t *testing.T) {
	n := newNetwork(t)
	for _, weak := range weakKeys(t)[:20] {
		good := institution{consent.InstitutionID{1}, "X", newKey("x"), newKey("y")}
		for name, change := range map[string]func(*consent.RegistryFields){
			"ledger": func(f *consent.RegistryFields) { f.Institution.Ledger[0].Key = weak },
			"tls":    func(f *consent.RegistryFields) { f.Institution.TLS[0].Key = weak },
			"licence": func(f *consent.RegistryFields) {
				f.Institution, f.Licence = nil, &consent.Licence{Key: weak, Board: n.board.ID, Status: 1}
			},
		} {
			f := consent.RegistryFields{Institution: good.content(consent.Clinic, 0)}
			change(&f)
			if _, err := consent.DecodeRegistryFields(consent.Item{Fields: consent.Encode(f)}); !errors.Is(err, consent.ErrBadKey) {
				t.Errorf("%s key %s: %v", name, weak, err)
			}
		}
	}
}

// A signature has one form: (R, S + L) is the same to lenient verifiers and
// would give one transaction two names.
func TestSignaturesAreNotMalleable(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	h := n.As(c)
	item := consent.Encode(c.says(consent.SidePatient))
	raw := consent.Encode(h.header(item))
	sig := c.sign.sign(h.header(item).Statement(chainName, raw))
	for i := int64(1); i < 16; i++ {
		bad := sig
		if !addOrder(&bad, i) {
			break
		}
		n.refuses(consent.CodeSignature, consent.Encode(consent.Tx{Header: raw, Signature: bad, Items: [][]byte{item}}))
	}
	n.accepts(consent.Encode(consent.Tx{Header: raw, Signature: sig, Items: [][]byte{item}}))
}

// addOrder adds the group's order to S some times, if there is room.
func addOrder(sig *consent.Signature, times int64) bool {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := slices.Clone(sig[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order.Mul(order, big.NewInt(times)))
	if sum.BitLen() > 256 {
		return false
	}
	sum.FillBytes(s)
	slices.Reverse(s)
	copy(sig[32:], s)
	return true
}

func TestStatementsDoNotVerifyAsOneAnother(t *testing.T) {
	k := newKey("any")
	s := consent.Statement{Context: consent.ContextOpen, Chain: chainName, Log: consent.LogID{1}, Body: []byte{0x80}}
	sig := k.sign(s)
	if err := s.Verify(k.Public(), sig); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*consent.Statement){
		"context": func(s *consent.Statement) { s.Context = consent.ContextRotate },
		"chain":   func(s *consent.Statement) { s.Chain += "x" },
		"log":     func(s *consent.Statement) { s.Log[31] = 1 },
		"no log":  func(s *consent.Statement) { s.Log = consent.LogID{} },
		"body":    func(s *consent.Statement) { s.Body = []byte{0x81, 0x00} },
	} {
		other := s
		change(&other)
		if err := other.Verify(k.Public(), sig); !errors.Is(err, consent.ErrBadSignature) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if err := s.Verify(newKey("other").Public(), sig); !errors.Is(err, consent.ErrBadSignature) {
		t.Errorf("another key: %v", err)
	}
}

func TestEdgeCaseKeys(t *testing.T) {
	var vectors []struct {
		Key, Sig, Msg string
		Flags         []string
	}
	if err := json.Unmarshal(shared(t, "data/vectors/cctv-ed25519/ed25519vectors.json"), &vectors); err != nil {
		t.Fatal(err)
	}
	weak, verifies := 0, 0
	for i, v := range vectors {
		k := consent.PublicKey(unhex(t, v.Key))
		bad := slices.Contains(v.Flags, "low_order_A") || slices.Contains(v.Flags, "non_canonical_A")
		if got := k.Check() != nil; got != bad {
			t.Errorf("vector %d: key %s refused: %v, flags %v", i, k, got, v.Flags)
		}
		if bad {
			weak++
			if ed25519.Verify(k[:], []byte(v.Msg), unhex(t, v.Sig)) {
				verifies++
			}
		}
	}
	if weak == 0 || verifies == 0 {
		t.Errorf("%d weak keys, %d of whose signatures verify: the vectors show nothing", weak, verifies)
	}
}

// The verifier in use agrees with Wycheproof, whose keys are all good ones.
func TestWycheproofSignatures(t *testing.T) {
	var vectors struct {
		TestGroups []struct {
			PublicKey struct{ PK string }
			Tests     []struct {
				TcID             int
				Msg, Sig, Result string
			}
		}
	}
	if err := json.Unmarshal(shared(t, "data/vectors/wycheproof/ed25519_test.json"), &vectors); err != nil {
		t.Fatal(err)
	}
	tests := 0
	for _, g := range vectors.TestGroups {
		k := consent.PublicKey(unhex(t, g.PublicKey.PK))
		if err := k.Check(); err != nil {
			t.Errorf("key %s: %v", k, err)
		}
		for _, v := range g.Tests {
			tests++
			sig := unhex(t, v.Sig)
			got := len(sig) == ed25519.SignatureSize && k.Signed(unhex(t, v.Msg), consent.Signature(sig))
			if got != (v.Result == "valid") {
				t.Errorf("test %d: verifies %v, want %s", v.TcID, got, v.Result)
			}
		}
	}
	if tests < 100 {
		t.Errorf("%d tests ran", tests)
	}
}
