package consent_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"carekey/consent"
)

// strangePoints are encodings of points of small order, canonical and not, and
// of values that are no point at all.
func strangePoints(t *testing.T) (points [][]byte) {
	for _, text := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", // the neutral element
		"0100000000000000000000000000000000000000000000000000000000000080", // with the sign of −0
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p, that is 0
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0200000000000000000000000000000000000000000000000000000000000000", // no point
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, b)
	}
	return points
}

// order is the order of the base point, little-endian: a scalar and the scalar
// plus it are the same, and only the smaller may be accepted.
const order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"

// TestSignedIsTheStandardLibrarys: where implementations of Ed25519 are known to
// differ, ours accepts what the standard library accepts; or nodes of two
// versions would part.
func TestSignedIsTheStandardLibrarys(t *testing.T) {
	l, err := hex.DecodeString(order)
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	same := func(what string, key, message, sig []byte) {
		t.Helper()
		want := ed25519.Verify(key, message, sig)
		if want {
			accepted++
		}
		if got := consent.PublicKey(key).Signed(message, consent.Signature(sig)); got != want {
			t.Errorf("%s: %v, the standard library says %v: key %x, message %x, signature %x", what, got, want, key, message, sig)
		}
	}
	points := strangePoints(t)
	scalars := [][]byte{make([]byte, 32), l, append([]byte{1}, make([]byte, 31)...)}
	for _, key := range points {
		for _, r := range points {
			for _, s := range scalars {
				for n := range byte(8) {
					same("small order", key, []byte{n}, append(append([]byte{}, r...), s...))
				}
			}
		}
	}
	if accepted == 0 {
		t.Error("nothing strange was accepted: the cases show nothing")
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := ed25519.Sign(private, []byte("message"))
	same("good", public, []byte("message"), good)
	same("scalar plus the order", public, []byte("message"), append(good[:32:32], plus(good[32:], l)...))
	for _, p := range points {
		same("strange key", p, []byte("message"), good)
		same("strange R", public, []byte("message"), append(append([]byte{}, p...), good[32:]...))
	}
}

// plus adds two little-endian numbers of 32 bytes.
func plus(a, b []byte) []byte {
	sum, carry := make([]byte, 32), 0
	for i := range sum {
		carry += int(a[i]) + int(b[i])
		sum[i], carry = byte(carry), carry>>8
	}
	return sum
}

// TestSignedNoticesEveryBit: any bit changed in key, message or signature is
// noticed, as the standard library notices it.
func TestSignedNoticesEveryBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		private := ed25519.NewKeyFromSeed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		public := append([]byte{}, private.Public().(ed25519.PublicKey)...)
		message := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "message")
		sig := ed25519.Sign(private, message)
		if !consent.PublicKey(public).Signed(message, consent.Signature(sig)) {
			t.Fatal("a good signature is refused")
		}
		part := rapid.SampledFrom([][]byte{public, message, sig}).Draw(t, "part")
		bit := rapid.IntRange(0, 8*len(part)-1).Draw(t, "bit")
		part[bit/8] ^= 1 << (bit % 8)
		if consent.PublicKey(public).Signed(message, consent.Signature(sig)) != ed25519.Verify(public, message, sig) {
			t.Fatal("the standard library says otherwise")
		}
	})
}
