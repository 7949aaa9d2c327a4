package slip39

import (
	"bytes"
	"crypto/fips140"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// anyGroup draws a group that can be.
func anyGroup(t *rapid.T) Group {
	members := rapid.IntRange(1, maxCount).Draw(t, "members")
	if members == 1 {
		return Group{1, 1}
	}
	return Group{rapid.IntRange(2, members).Draw(t, "threshold"), members}
}

// anyScheme draws a scheme that can be.
func anyScheme(t *rapid.T) Scheme {
	s := Scheme{
		NotExtendable: rapid.Bool().Draw(t, "not extendable"),
		Passphrase:    []byte(rapid.StringMatching(`[ -~]{0,12}`).Draw(t, "passphrase")),
	}
	for range rapid.IntRange(1, 5).Draw(t, "groups") {
		s.Groups = append(s.Groups, anyGroup(t))
	}
	s.GroupThreshold = rapid.IntRange(1, len(s.Groups)).Draw(t, "group threshold")
	return s
}

// anySecret is never all zeros, which is what a wiped share holds.
func anySecret(t *rapid.T) []byte {
	n := 2 * rapid.IntRange(MinSecretBytes/2, MaxSecretBytes/2).Draw(t, "half of the length")
	secret := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "secret")
	if (Share{value: secret}).blank() {
		secret[0] = 1
	}
	return secret
}

// some draws n of the shares, in any order.
func some(t *rapid.T, shares []Share, n int) []Share {
	return rapid.Permutation(shares).Draw(t, "order")[:n]
}

// enough draws just as many groups and members as are needed.
func enough(t *rapid.T, s Scheme, groups [][]Share) [][]Share {
	var chosen [][]Share
	for _, g := range rapid.Permutation(groups).Draw(t, "groups' order")[:s.GroupThreshold] {
		chosen = append(chosen, some(t, g, g[0].Threshold))
	}
	return chosen
}

func flat(groups [][]Share) (all []Share) {
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// quickly splits without PBKDF2, which is the same for all shapes and slow.
func quickly(t *rapid.T, s Scheme, secret []byte) [][]Share {
	common := Share{
		ID: uint16(rapid.IntRange(0, maxID).Draw(t, "id")), Extendable: !s.NotExtendable, Exponent: s.Exponent,
		GroupThreshold: s.GroupThreshold, Groups: len(s.Groups),
	}
	if err := s.check(secret); err != nil {
		t.Fatal(err)
	}
	groups, err := s.share(rand.Reader, common, secret)
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

// TestAnyThresholdRecovers: whatever the shape, enough shares give the secret,
// through their words and through their bytes, in any order, with others beside
// them and some of them twice.
func TestAnyThresholdRecovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, secret := anyScheme(t), anySecret(t)
		groups := quickly(t, s, secret)
		chosen := flat(enough(t, s, groups))
		all := flat(groups)
		for range rapid.IntRange(0, 4).Draw(t, "more") {
			chosen = append(chosen, rapid.SampledFrom(all).Draw(t, "one more"))
		}
		for i, share := range chosen {
			again, err := Parse(share.Sentence())
			if err != nil {
				t.Fatal(err)
			}
			if chosen[i], err = Unpack(again.Pack()); err != nil {
				t.Fatal(err)
			}
		}
		got, _, err := gather(rapid.Permutation(chosen).Draw(t, "order"))
		if err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("got %x, %v; want %x", got, err, secret)
		}
	})
}

// TestFewerDoNot: one share less than enough is refused, and what is missing is
// said.
func TestFewerDoNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyScheme(t)
		chosen := enough(t, s, quickly(t, s, anySecret(t)))
		short := rapid.IntRange(0, len(chosen)-1).Draw(t, "the group that is short")
		chosen[short] = chosen[short][1:]
		shares := flat(chosen)
		_, err := Combine(shares, s.Passphrase)
		var missing *MissingError
		if !errors.As(err, &missing) {
			t.Fatalf("got %v", err)
		}
		p, err := Missing(shares)
		if err != nil || p.Done() || fmt.Sprint(p) != missing.Error() {
			t.Fatalf("missing: %v, %v; combining said %v", p, err, missing)
		}
	})
}

// TestFewerSayNothing: with one share less than the threshold the polynomial can
// still take any value at the secret's place: for each there is a last share that
// gives just that.
func TestFewerSayNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(2, maxCount).Draw(t, "threshold")
		values, err := split(rand.Reader, threshold, maxCount, anySecret(t))
		if err != nil {
			t.Fatal(err)
		}
		other := anySecretOf(t, len(values[0]))
		points := make([]point, 0, threshold)
		for i := range threshold - 1 {
			points = append(points, point{byte(i), values[i]})
		}
		last, got := make([]byte, len(other)), make([]byte, len(other))
		interpolate(append(points, point{secretAt, other}), []byte{byte(threshold - 1)}, [][]byte{last})
		interpolate(append(points, point{byte(threshold - 1), last}), []byte{secretAt}, [][]byte{got})
		if !bytes.Equal(got, other) {
			t.Fatalf("got %x, want %x", got, other)
		}
	})
}

// TestFewerTellAGuess: what one share less does say, by the standard's digest, and
// why a secret must have 128 bits of chance in it: the right guess fits, and a wrong
// one does not.
func TestFewerTellAGuess(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 16)
	values, err := split(rand.Reader, 3, 5, secret)
	if err != nil {
		t.Fatal(err)
	}
	for guess := range byte(20) {
		points := []point{{0, values[0]}, {1, values[1]}, {secretAt, bytes.Repeat([]byte{guess}, 16)}}
		d := make([]byte, 16)
		interpolate(points, []byte{digestAt}, [][]byte{d})
		if fits := bytes.Equal(d[:digestBytes], digest(d[digestBytes:], points[2].y)); fits != (guess == 7) {
			t.Errorf("the guess %d fits: %v", guess, fits)
		}
	}
}

func anySecretOf(t *rapid.T, n int) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "another secret")
}

// TestAltered: a share of which a bit is another never gives another secret. With
// one share more than needed the others still give the right one.
func TestAltered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.IntRange(2, 6).Draw(t, "threshold")
		secret := anySecret(t)
		shares := quickly(t, Simple(threshold, threshold+1), secret)[0]
		bad := rapid.IntRange(0, threshold-1).Draw(t, "which")
		shares[bad].value[rapid.IntRange(0, len(secret)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if got, _, err := gather(shares[:threshold]); !errors.Is(err, ErrDigest) {
			t.Fatalf("got %x, %v", got, err)
		}
		if got, _, err := gather(shares); err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("with one more: got %x, %v", got, err)
		}
	})
}

// TestDigestIsComparedWhole: each bit of the digest counts.
func TestDigestIsComparedWhole(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 16)
	for bit := range 8 * digestBytes {
		key := bytes.Repeat([]byte{1}, len(secret)-digestBytes)
		d := append(digest(key, secret), key...)
		d[bit/8] ^= 1 << (bit % 8)
		points := []point{{0, make([]byte, 16)}, {1, make([]byte, 16)}}
		interpolate([]point{{digestAt, d}, {secretAt, secret}}, []byte{0, 1}, [][]byte{points[0].y, points[1].y})
		if got, err := recoverFrom(points); !errors.Is(err, ErrDigest) || got != nil {
			t.Errorf("bit %d: got %x, %v", bit, got, err)
		}
	}
}

// TestPassphrase: another passphrase gives another secret, as the standard wants
// it, and only ASCII is taken.
func TestPassphrase(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	s := Simple(2, 3)
	s.Passphrase = []byte("TREZOR")
	groups, err := s.Split(secret)
	if err != nil {
		t.Fatal(err)
	}
	for passphrase, right := range map[string]bool{"TREZOR": true, "TREZOr": false, "": false} {
		got, err := Combine(groups[0][:2], []byte(passphrase))
		if err != nil || bytes.Equal(got, secret) != right {
			t.Errorf("with %q: got %x, %v", passphrase, got, err)
		}
	}
	for _, bad := range []string{"Zoë", "tab\t", "\x7f", "\x00", "\xff"} {
		s.Passphrase = []byte(bad)
		if _, err := s.Split(secret); !errors.Is(err, ErrPassphrase) {
			t.Errorf("splitting with %q: got %v", bad, err)
		}
		if _, err := Combine(groups[0][:2], []byte(bad)); !errors.Is(err, ErrPassphrase) {
			t.Errorf("combining with %q: got %v", bad, err)
		}
	}
}

// TestSchemesThatCannotBe are refused before anything is drawn at random.
func TestSchemesThatCannotBe(t *testing.T) {
	many := make([]Group, maxCount+1)
	for i := range many {
		many[i] = Group{1, 1}
	}
	one := []Group{{2, 3}}
	tests := map[string]Scheme{
		"no group":                    {GroupThreshold: 1},
		"too many groups":             {GroupThreshold: 1, Groups: many},
		"no group is needed":          {GroupThreshold: 0, Groups: one},
		"more groups than there are":  {GroupThreshold: 2, Groups: one},
		"no member":                   {GroupThreshold: 1, Groups: []Group{{0, 0}}},
		"no member is needed":         {GroupThreshold: 1, Groups: []Group{{0, 3}}},
		"more members than there are": {GroupThreshold: 1, Groups: []Group{{4, 3}}},
		"too many members":            {GroupThreshold: 1, Groups: []Group{{2, 17}}},
		"one of several":              {GroupThreshold: 1, Groups: []Group{{1, 2}}},
		"a negative exponent":         {GroupThreshold: 1, Groups: one, Exponent: -1},
		"too high an exponent":        {GroupThreshold: 1, Groups: one, Exponent: 16},
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := s.split(iotest.ErrReader(errors.New("asked for random numbers")), make([]byte, 16))
			var refused *SchemeError
			if !errors.As(err, &refused) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, n := range []int{0, 1, 14, 15, 17, 33, 65, 66} {
		_, err := Simple(2, 3).Split(make([]byte, n))
		var refused *SecretError
		if !errors.As(err, &refused) || refused.Bytes != n {
			t.Errorf("a secret of %d bytes: got %v", n, err)
		}
	}
}

// TestRandomNumbersFail: no share leaves where the random numbers end early,
// wherever that is.
func TestRandomNumbersFail(t *testing.T) {
	s := Scheme{GroupThreshold: 2, Groups: []Group{{3, 4}, {2, 3}}}
	drawn := &counter{from: rand.Reader}
	if _, err := s.split(drawn, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	for n := range drawn.n {
		shares, err := s.split(io.LimitReader(rand.Reader, int64(n)), make([]byte, 16))
		if err == nil || shares != nil || !strings.Contains(err.Error(), "nothing was split") {
			t.Fatalf("after %d bytes: %v, %v", n, shares, err)
		}
	}
}

type counter struct {
	from io.Reader
	n    int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += n
	return n, err
}

// TestSharesDoNotPrint their values.
func TestSharesDoNotPrint(t *testing.T) {
	groups, err := Simple(2, 3).Split([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	s := groups[0][1]
	want := fmt.Sprintf("share 2 of group 1 in set %d", s.ID)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		if got := fmt.Sprintf(verb, s); got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
		if got := fmt.Sprintf(verb, &s); got != want {
			t.Errorf("%s of a pointer prints %q, want %q", verb, got, want)
		}
	}
}

// TestCipher: with PBKDF2, too, what was split comes back, with either flag and at
// exponents 0 and 1.
func TestCipher(t *testing.T) {
	secret := []byte("a secret of 128 bits, and as much more"[:38])
	for _, s := range []Scheme{
		{}, {NotExtendable: true}, {Exponent: 1}, {Exponent: 1, NotExtendable: true, Passphrase: []byte(" p ~")},
	} {
		s.GroupThreshold, s.Groups = 1, []Group{{2, 3}}
		groups, err := s.Split(secret)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Combine(groups[0][1:], s.Passphrase); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

// TestGroupsThatDisagree: where one group is enough nothing checks its secret but
// another group, and that must say the same.
func TestGroupsThatDisagree(t *testing.T) {
	groups, err := Scheme{GroupThreshold: 1, Groups: []Group{{1, 1}, {1, 1}}}.Split(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	shares := flat(groups)
	if _, err := Combine(shares, nil); err != nil {
		t.Fatal(err)
	}
	shares[1].value[5] ^= 1
	if got, err := Combine(shares, nil); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("got %x, %v", got, err)
	}
}

// TestGroupsThatAreNotGenuine: a group whose shares were altered does not count.
func TestGroupsThatAreNotGenuine(t *testing.T) {
	secret := bytes.Repeat([]byte{4}, 16)
	groups, err := Scheme{GroupThreshold: 2, Groups: []Group{{2, 2}, {2, 2}, {2, 2}}}.Split(secret)
	if err != nil {
		t.Fatal(err)
	}
	groups[1][0].value[0] ^= 1
	if got, err := Combine(flat(groups[:2]), nil); !errors.Is(err, ErrDigest) {
		t.Errorf("got %x, %v", got, err)
	}
	if got, err := Combine(flat(groups), nil); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("with a third group: got %x, %v", got, err)
	}
}

// TestUnpackLengths: packed shares have a length that a secret can have.
func TestUnpackLengths(t *testing.T) {
	for n := range 80 {
		want := n >= headerBytes+MinSecretBytes && n <= headerBytes+MaxSecretBytes && (n-headerBytes)%2 == 0
		_, err := Unpack(make([]byte, n))
		var length *LengthError
		if refused := errors.As(err, &length); refused == want {
			t.Errorf("%d bytes: got %v", n, err)
		}
	}
}

// TestTwoSecrets: where forged shares give a secret of their own beside the genuine
// ones, neither is returned, in whatever order they come.
func TestTwoSecrets(t *testing.T) {
	scheme := Scheme{GroupThreshold: 2, Groups: []Group{{1, 1}, {1, 1}, {1, 1}, {1, 1}}}
	for _, scheme := range []Scheme{Simple(2, 4), Simple(3, 6), scheme} {
		rapid.Check(t, func(t *rapid.T) {
			secret := anySecret(t)
			shares := flat(quickly(t, scheme, secret))
			secret[0] ^= 1
			forged := flat(quickly(t, scheme, secret))
			for i := len(shares) / 2; i < len(shares); i++ {
				forged[i].ID = shares[i].ID
				shares[i] = forged[i]
			}
			if got, _, err := gather(rapid.Permutation(shares).Draw(t, "order")); !errors.Is(err, ErrAmbiguous) || got != nil {
				t.Fatalf("%+v: got %x, %v", scheme, got, err)
			}
		})
	}
}

// TestAGroupOfTwoSecrets is not passed over for others.
func TestAGroupOfTwoSecrets(t *testing.T) {
	scheme := Scheme{GroupThreshold: 1, Groups: []Group{{2, 4}, {1, 1}}}
	var both [2][]Share
	for i := range both {
		groups, err := scheme.Split(bytes.Repeat([]byte{byte(i + 1)}, 16))
		if err != nil {
			t.Fatal(err)
		}
		both[i] = flat(groups)
		for j := range both[i] {
			both[i][j].ID = 1
		}
	}
	shares := append(both[0][:2:2], both[1][2:]...)
	if got, err := Combine(shares, nil); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("got %x, %v", got, err)
	}
}

// TestSharesThatCannotBe: fields are anybody's to set; what no share can say is
// refused by everything that takes shares, and nothing panics.
func TestSharesThatCannotBe(t *testing.T) {
	groups, err := Simple(1, 1).Split(bytes.Repeat([]byte{7}, 16))
	if err != nil {
		t.Fatal(err)
	}
	good := groups[0][0]
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	slow := good
	slow.Exponent = MaxExponent + 1
	if slow.Check() == nil {
		t.Errorf("an exponent of %d passes", slow.Exponent)
	}
	wiped, err := Unpack(good.Pack())
	if err != nil {
		t.Fatal(err)
	}
	wiped.Wipe()
	bad := map[string]Share{"nothing": {}, "wiped": wiped}
	for name, change := range map[string]func(*Share){
		"a set's number of 16 bits": func(s *Share) { s.ID |= 1 << 15 },
		"a negative exponent":       func(s *Share) { s.Exponent = -1 },
		"a huge exponent":           func(s *Share) { s.Exponent = 1 << 40 }, // 0 rounds, if it were taken
		"seventeen groups":          func(s *Share) { s.Group, s.Groups = 16, 17 },
		"a negative group":          func(s *Share) { s.Group = -1 },
		"a group there is not":      func(s *Share) { s.Group = 1 },
		"no group is needed":        func(s *Share) { s.GroupThreshold = 0 },
		"too many are needed":       func(s *Share) { s.GroupThreshold = 2 },
		"a negative member":         func(s *Share) { s.Member = -1 },
		"member 17":                 func(s *Share) { s.Member = 16 },
		"the secret's place":        func(s *Share) { s.Member = secretAt },
		"no member is needed":       func(s *Share) { s.Threshold = 0 },
		"fewer than none":           func(s *Share) { s.Threshold = -1 },
		"seventeen members":         func(s *Share) { s.Threshold = 17 },
	} {
		s := good
		change(&s)
		bad[name] = s
	}
	for name, s := range bad {
		_, err := Combine([]Share{good, s}, nil)
		_, alone := Combine([]Share{s}, nil)
		_, missing := Missing([]Share{s})
		for _, err := range []error{err, alone, missing, s.Check()} {
			var shape *ShapeError
			if !errors.As(err, &shape) || err.Error() == "" || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: got %v", name, err)
			}
		}
		_ = s.Sentence() // does not panic
	}
}

// TestNothingIsReadBesideAnError.
func TestNothingIsReadBesideAnError(t *testing.T) {
	s := Share{Extendable: true, GroupThreshold: 2, Groups: 1, Threshold: 2, value: bytes.Repeat([]byte{7}, 16)}
	read, err := Parse(s.Sentence())
	unpacked, err2 := Unpack(s.Pack())
	if err == nil || err2 == nil || read.value != nil || unpacked.value != nil {
		t.Errorf("got %x, %v; %x, %v", read.value, err, unpacked.value, err2)
	}
}

// TestForbiddenCryptography: where the standard library refuses what the standard
// needs, an error says so.
func TestForbiddenCryptography(t *testing.T) {
	if os.Getenv(envForbidden) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestForbiddenCryptography$")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", envForbidden+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if !fips140.Enforced() {
		t.Fatal("nothing is forbidden here")
	}
	secret := bytes.Repeat([]byte{7}, 16)
	if _, err := Simple(2, 2).Split(secret); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("splitting: got %v", err)
	}
	shares, err := Simple(2, 2).share(rand.Reader, Share{GroupThreshold: 1, Groups: 1}, secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Combine(shares[0], nil); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("combining: got %v", err)
	}
}

const envForbidden = "SLIP39_FORBIDDEN"
