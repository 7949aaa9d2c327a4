package slip39

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/vectors.json anew")

// ownVector is one of our own cases, for what the official vectors miss. Any
// implementation can use them: the shares give the secret under the passphrase,
// or must be refused for the reason that fails names.
type ownVector struct {
	Name       string   `json:"name"`
	Shares     []string `json:"shares"`
	Passphrase string   `json:"passphrase"`
	Secret     string   `json:"secret,omitempty"` // hexadecimal
	Fails      string   `json:"fails,omitempty"`
}

const vectorsFile = "testdata/vectors.json"

// reason is the word for an error in the vectors.
func reason(err error) string {
	var set *SetError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, ErrChecksum):
		return "checksum"
	case errors.Is(err, ErrPadding):
		return "padding"
	case errors.Is(err, ErrDigest):
		return "digest"
	case errors.Is(err, ErrAmbiguous):
		return "ambiguous"
	case errors.Is(err, ErrPassphrase):
		return "passphrase"
	case errors.As(err, &set):
		return "set: " + set.Difference.String()
	case errors.As(err, new(*ConflictError)):
		return "conflict"
	case errors.As(err, new(*MissingError)):
		return "missing"
	case errors.As(err, new(*WordError)):
		return "word"
	case errors.As(err, new(*LengthError)):
		return "length"
	case errors.As(err, new(*ShapeError)):
		return "shape"
	}
	return "unknown: " + err.Error()
}

// run puts a vector's shares together.
func (v ownVector) run() ([]byte, error) {
	var shares []Share
	for _, text := range v.Shares {
		s, err := Parse(text)
		if err != nil {
			return nil, err
		}
		shares = append(shares, s)
	}
	return Combine(shares, []byte(v.Passphrase))
}

// TestOwnVectors are what testdata/README.md describes.
func TestOwnVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	b, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	var all []ownVector
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			if (v.Secret == "") == (v.Fails == "") {
				t.Fatal("the vector says neither a secret nor how it fails, or both")
			}
			secret, err := v.run()
			if got := reason(err); got != v.Fails || hex.EncodeToString(secret) != v.Secret {
				t.Errorf("got %x, %v (%s); want %q%q", secret, err, got, v.Secret, v.Fails)
			}
		})
	}
	for _, want := range []string{
		"the extendable flag", "digest", "the length", "how many of its group are needed", "missing", "conflict", "passphrase",
		"padding", "checksum", "word", "shape", "ambiguous", "the number of the set", "the iteration exponent", "how many groups are needed", "how many groups there are",
	} {
		if !slices.ContainsFunc(all, func(v ownVector) bool { return strings.HasSuffix(v.Fails, want) }) {
			t.Errorf("no vector fails by %s", want)
		}
	}
}

// writeVectors makes the vectors from new random shares.
func writeVectors(t *testing.T) {
	t.Helper()
	secret := bytes.Repeat([]byte{0x5a, 0xc3}, 8)
	long := bytes.Repeat([]byte{1, 2, 3, 4}, 8)
	splitting := func(s Scheme, secret []byte) [][]Share {
		groups, err := s.Split(secret)
		if err != nil {
			t.Fatal(err)
		}
		return groups
	}
	words := func(shares ...Share) (all []string) {
		for _, s := range shares {
			all = append(all, s.Sentence())
		}
		return all
	}
	one := splitting(Simple(2, 4), secret)[0]
	groups := splitting(Scheme{GroupThreshold: 2, Groups: []Group{{2, 3}, {1, 1}, {3, 5}}}, secret)
	branches := splitting(Scheme{GroupThreshold: 2, Groups: []Group{{1, 1}, {1, 1}, {1, 1}}}, long)
	sealed := Simple(2, 3)
	sealed.Passphrase, sealed.Exponent, sealed.NotExtendable = []byte(" ~correct horse~ "), 1, true
	old := splitting(sealed, long)[0]
	forged := splitting(Simple(2, 4), long[:16])[0]
	for i := range forged {
		forged[i].ID = one[0].ID
	}

	all := []ownVector{
		{Name: "two of four", Shares: words(one[3], one[1]), Secret: hex.EncodeToString(secret)},
		{Name: "more shares than needed", Shares: words(one...), Secret: hex.EncodeToString(secret)},
		{Name: "two genuine shares, and two forged ones that give another secret", Shares: words(forged[3], one[0], forged[2], one[1]), Fails: "ambiguous"},
		{Name: "a share that is there twice is ignored", Shares: words(one[0], one[0], one[2]), Secret: hex.EncodeToString(secret)},
		{Name: "one share twice is not two", Shares: words(one[0], one[0]), Fails: "missing"},
		{Name: "more groups than needed", Shares: words(branches[0][0], branches[1][0], branches[2][0]), Secret: hex.EncodeToString(long)},
		{Name: "more groups, one of them short", Shares: words(groups[0][0], groups[0][2], groups[1][0], groups[2][4]), Secret: hex.EncodeToString(secret)},
		{Name: "too few groups", Shares: words(groups[2][0], groups[2][1], groups[2][2]), Fails: "missing"},
		{Name: "enough members, of too few groups", Shares: words(groups[0][0], groups[0][1], groups[0][2], groups[2][0], groups[2][1]), Fails: "missing"},
		{Name: "capitals, numbers and line breaks", Shares: []string{numbered(one[0]), strings.ToUpper(one[1].Sentence())}, Secret: hex.EncodeToString(secret)},
		{Name: "words cut to four letters", Shares: []string{cut(one[2]), cut(one[3])}, Secret: hex.EncodeToString(secret)},
		{Name: "not extendable, with a passphrase and twice the rounds", Shares: words(old[2], old[0]), Passphrase: string(sealed.Passphrase), Secret: hex.EncodeToString(long)},
		{Name: "a passphrase that is not ASCII", Shares: words(old[0], old[1]), Passphrase: "corréct", Fails: "passphrase"},
		{Name: "a passphrase with a line break", Shares: words(old[0], old[1]), Passphrase: "correct\n", Fails: "passphrase"},
	}
	differing := func(name string, d Difference, change func(*Share)) {
		other := one[1]
		other.value = slices.Clone(other.value)
		change(&other)
		all = append(all, ownVector{Name: name, Shares: words(one[0], other), Fails: "set: " + d.String()})
	}
	differing("another set's number", DifferentID, func(s *Share) { s.ID ^= 1 })
	differing("the extendable flag differs", DifferentExtendable, func(s *Share) { s.Extendable = !s.Extendable })
	differing("the exponent differs", DifferentExponent, func(s *Share) { s.Exponent++ })
	differing("the group threshold differs", DifferentGroupThreshold, func(s *Share) { s.GroupThreshold, s.Groups = 2, 2 })
	differing("the number of groups differs", DifferentGroups, func(s *Share) { s.Groups = 2 })
	differing("the length differs", DifferentLength, func(s *Share) { s.value = append(s.value, 0, 0) })
	differing("the member threshold differs", DifferentThreshold, func(s *Share) { s.Threshold = 3 })

	altered := func(name, fails string, change func(*Share)) {
		other := one[1]
		other.value = slices.Clone(other.value)
		change(&other)
		all = append(all, ownVector{Name: name, Shares: words(one[0], other), Fails: fails})
	}
	altered("the first byte of a value is another", "digest", func(s *Share) { s.value[0] ^= 1 })
	altered("the last byte of a value is another", "digest", func(s *Share) { s.value[15] ^= 0x80 })
	altered("two shares of one number", "conflict", func(s *Share) { s.Member = 0 })
	altered("more groups needed than there are", "shape", func(s *Share) { s.GroupThreshold = 2 })
	altered("a group that there is not", "shape", func(s *Share) { s.Group = 1 })
	for i := range digestBytes {
		all = append(all, ownVector{Name: "byte " + string(rune('1'+i)) + " of the digest is another", Shares: words(falseDigest(secret, i)...), Fails: "digest"})
	}
	wrong := one[1].Words()
	wrong[4], wrong[5] = wrong[5], wrong[4]
	padded := one[1].symbols()
	padded[headerWords] |= 1 << 9
	sum := checksum(true, padded[:len(padded)-checksumWords])
	copy(padded[len(padded)-checksumWords:], sum[:])
	var spoiled []string
	for _, n := range padded {
		spoiled = append(spoiled, wordAt(n))
	}
	all = append(all,
		ownVector{Name: "two words swapped", Shares: []string{one[0].Sentence(), strings.Join(wrong, " ")}, Fails: "checksum"},
		ownVector{Name: "the padding is not zero", Shares: []string{one[0].Sentence(), strings.Join(spoiled, " ")}, Fails: "padding"},
		ownVector{Name: "the extendable flag is changed and the checksum not", Shares: []string{one[0].Sentence(), flagless(one[1])}, Fails: "checksum"},
		ownVector{Name: "a word of another language", Shares: []string{strings.Replace(one[0].Sentence(), one[0].Words()[7], "clé", 1)}, Fails: "word"},
		ownVector{Name: "a word is missing", Shares: []string{strings.Join(one[0].Words()[1:], " ")}, Fails: "length"},
		ownVector{Name: "no share", Shares: []string{}, Fails: "missing"},
	)
	b, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsFile, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// falseDigest are two shares that give the secret and a digest of which one byte
// is another.
func falseDigest(secret []byte, at int) []Share {
	key := bytes.Repeat([]byte{3}, len(secret)-digestBytes)
	d := append(digest(key, secret), key...)
	d[at] ^= 1
	shares := make([]Share, 2)
	for i := range shares {
		shares[i] = Share{ID: 7, Extendable: true, GroupThreshold: 1, Groups: 1, Member: i, Threshold: 2, value: make([]byte, len(secret))}
	}
	interpolate([]point{{digestAt, d}, {secretAt, secret}}, []byte{0, 1}, [][]byte{shares[0].value, shares[1].value})
	return shares
}

// flagless has the extendable flag cleared in its words, and the checksum as it
// was.
func flagless(s Share) string {
	symbols := s.symbols()
	symbols[1] &^= 1 << 4
	words := make([]string, len(symbols))
	for i, n := range symbols {
		words[i] = wordAt(n)
	}
	return strings.Join(words, " ")
}

// numbered has a number and a line for each word.
func numbered(s Share) string {
	var b strings.Builder
	for i, w := range s.Words() {
		fmt.Fprintf(&b, "%2d. %s\n", i+1, w)
	}
	return b.String()
}

func cut(s Share) string {
	words := s.Words()
	for i, w := range words {
		words[i] = w[:4]
	}
	return strings.Join(words, " ")
}
