package recovery

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"carekey/consent"
	"carekey/recovery/slip39"
)

var update = flag.Bool("update", false, "write testdata/sharekeys.json anew")

// keyVector is a share with its key, leaf and one proof, for other
// implementations; everything but the words is hexadecimal.
type keyVector struct {
	Plan      string `json:"plan"`
	Words     string `json:"words"`
	Packed    string `json:"packed"`
	Public    string `json:"public"`
	Leaf      string `json:"leaf"`
	Challenge string `json:"challenge"`
	Signature string `json:"signature"`
}

const keyVectors = "testdata/sharekeys.json"

func TestShareKeyVectors(t *testing.T) {
	if *update {
		writeKeyVectors(t)
	}
	b, err := os.ReadFile(keyVectors)
	if err != nil {
		t.Fatal(err)
	}
	var all []keyVector
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 6 {
		t.Errorf("only %d vectors", len(all))
	}
	for i, want := range all {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			share, err := slip39.Parse(want.Words)
			if err != nil {
				t.Fatal(err)
			}
			if got := vectorOf(t, PlanID(unhex(t, want.Plan)), share, Challenge(unhex(t, want.Challenge))); got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectorOf(t *testing.T, plan PlanID, share slip39.Share, c Challenge) keyVector {
	t.Helper()
	k := keyOf(t, plan, share)
	p, err := k.Prove(c)
	if err != nil {
		t.Fatal(err)
	}
	leaf, public := k.Leaf(), k.Public()
	return keyVector{
		Plan: plan.String(), Words: share.Sentence(), Packed: hex.EncodeToString(share.Pack()), Public: hex.EncodeToString(public[:]),
		Leaf: hex.EncodeToString(leaf[:]), Challenge: hex.EncodeToString(c[:]), Signature: hex.EncodeToString(p.Signature[:]),
	}
}

func keyOf(t testing.TB, plan PlanID, share slip39.Share) *ShareKey {
	t.Helper()
	k, err := NewShareKey(plan, share)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func writeKeyVectors(t *testing.T) {
	t.Helper()
	var all []keyVector
	for n := slip39.MinSecretBytes; n <= slip39.MaxSecretBytes; n += 16 {
		groups := splitting(t, slip39.Simple(2, 3), n)
		for i, share := range groups[0][:2] {
			plan := PlanID(bytes.Repeat([]byte{byte(n + i)}, 16))
			all = append(all, vectorOf(t, plan, share, Challenge(bytes.Repeat([]byte{byte(i)}, 32))))
		}
	}
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyVectors, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func splitting(t testing.TB, s slip39.Scheme, n int) [][]slip39.Share {
	t.Helper()
	groups, err := s.Split(bytes.Repeat([]byte{0x42}, n))
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

// plan is a splitting with its leaves.
func aPlan(t testing.TB) (PlanID, [][]slip39.Share, Leaves) {
	t.Helper()
	id, err := NewPlanID()
	if err != nil {
		t.Fatal(err)
	}
	groups := splitting(t, slip39.Scheme{GroupThreshold: 2, Groups: []slip39.Group{{Threshold: 2, Members: 3}, {Threshold: 1, Members: 1}}}, 16)
	leaves, err := LeavesOf(id, groups)
	if err != nil {
		t.Fatal(err)
	}
	return id, groups, leaves
}

// TestBadCardsAreNamed before anything is put together.
func TestBadCardsAreNamed(t *testing.T) {
	id, groups, leaves := aPlan(t)
	good := []slip39.Share{groups[0][2], groups[1][0], groups[0][0]}
	if err := leaves.Check(id, good); err != nil {
		t.Fatal(err)
	}
	altered := func(change func([]byte)) slip39.Share {
		b := groups[0][0].Pack()
		change(b)
		s, err := slip39.Unpack(b)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	_, strangers, _ := aPlan(t)
	for name, bad := range map[string]slip39.Share{
		"a bit of the value":     altered(func(b []byte) { b[len(b)-1] ^= 1 }),
		"another member's place": altered(func(b []byte) { b[4] ^= 0x10 }),
		"another group's place":  altered(func(b []byte) { b[2] ^= 0x10 }),
		"a member there is not":  altered(func(b []byte) { b[4] |= 0xf0 }),
		"another set's number":   altered(func(b []byte) { b[0] ^= 1 }),
		"another exponent":       altered(func(b []byte) { b[1] ^= 1 }),
		"another plan's card":    strangers[0][0],
	} {
		t.Run(name, func(t *testing.T) {
			var named *BadCardError
			err := leaves.Check(id, append(good[:2:2], bad))
			if !errors.As(err, &named) || named.Place != 2 {
				t.Errorf("got %v", err)
			}
		})
	}
	negative, wiped := groups[0][0], altered(func([]byte) {})
	negative.Group = -1
	wiped.Wipe()
	for _, bad := range []slip39.Share{{}, negative, wiped} {
		var named *BadCardError
		if err := leaves.Check(id, append(good[:1:1], bad)); !errors.As(err, &named) || named.Place != 1 {
			t.Errorf("no share at all: got %v", err)
		}
		var shape *slip39.ShapeError
		if k, err := NewShareKey(id, bad); !errors.As(err, &shape) || k != nil {
			t.Errorf("no share at all: its key is %v, %v", k, err)
		}
	}
	other, err := NewPlanID()
	if err != nil {
		t.Fatal(err)
	}
	var named *BadCardError
	if err := leaves.Check(other, good); !errors.As(err, &named) || named.Place != 0 {
		t.Errorf("under another plan's id: got %v", err)
	}
}

// TestPossession: who holds a card can answer a challenge, once, for that plan;
// nobody else can.
func TestPossession(t *testing.T) {
	id, groups, leaves := aPlan(t)
	c := Challenge{1}
	proof := func(plan PlanID, s slip39.Share, c Challenge) Possession {
		p, err := keyOf(t, plan, s).Prove(c)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for g, members := range groups {
		for m, s := range members {
			gotGroup, gotMember, err := leaves.Holder(id, c, proof(id, s, c))
			if err != nil || gotGroup != g || gotMember != m {
				t.Errorf("share %d of group %d is found as %d of %d, %v", m, g, gotMember, gotGroup, err)
			}
		}
	}
	_, strangers, _ := aPlan(t)
	share := groups[0][1]
	forged := proof(id, share, c)
	forged.Signature[3] ^= 1
	anothers := proof(id, strangers[0][0], c)
	borrowed := Possession{Key: forged.Key, Signature: anothers.Signature}
	for name, p := range map[string]Possession{
		"another challenge": proof(id, share, Challenge{2}),
		"another plan":      proof(PlanID{9}, share, c),
		"another's card":    anothers,
		"a bit":             forged,
		"another's answer":  borrowed,
		"nothing":           {},
	} {
		if g, m, err := leaves.Holder(id, c, p); !errors.Is(err, ErrNoPossession) {
			t.Errorf("%s: got %d, %d, %v", name, g, m, err)
		}
	}
}

// TestKeysAreDerivedApart: every bit of a share and of the plan's id leads to
// another key.
func TestKeysAreDerivedApart(t *testing.T) {
	share := splitting(t, slip39.Simple(2, 3), 16)[0][0]
	whole := append(make([]byte, 16), share.Pack()...)
	rapid.Check(t, func(r *rapid.T) {
		bit := rapid.IntRange(0, 8*len(whole)-1).Draw(r, "bit")
		other := bytes.Clone(whole)
		other[bit/8] ^= 1 << (bit % 8)
		s, err := slip39.Unpack(other[16:])
		if err != nil {
			return // no share
		}
		if keyOf(t, PlanID(other[:16]), s).Leaf() == keyOf(t, PlanID{}, share).Leaf() {
			r.Fatalf("bit %d does not count", bit)
		}
	})
}

// TestKeysDoNotPrint.
func TestKeysDoNotPrint(t *testing.T) {
	k := keyOf(t, PlanID{}, splitting(t, slip39.Simple(2, 3), 16)[0][0])
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		if got := fmt.Sprintf(verb, k); got != "(key of a share)" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
	k.Wipe()
	if !bytes.Equal(k.private, make([]byte, len(k.private))) {
		t.Error("the key is still there")
	}
	if s := fmt.Sprint(PlanID{0xab, 0xcd, 0xef}.Short()); s != "abcd-ef00" {
		t.Errorf("a plan's short name is %s", s)
	}
	var _ consent.Signer = k
}
