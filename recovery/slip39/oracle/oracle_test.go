package oracle

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	theirs "github.com/gavincarr/go-slip39"

	"carekey/recovery/slip39"
)

// official are the standard's vectors, from the other implementation's module.
func official(t *testing.T) [][]json.RawMessage {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gavincarr/go-slip39").Output()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestOfficialVectors: each of the 45 gives its secret, or is refused.
func TestOfficialVectors(t *testing.T) {
	all := official(t)
	if len(all) != 45 {
		t.Errorf("%d vectors, want 45", len(all))
	}
	for _, v := range all {
		var name, secret string
		var words []string
		for i, into := range []any{&name, &words, &secret} {
			if err := json.Unmarshal(v[i], into); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(name, func(t *testing.T) {
			got, err := combine(words, "TREZOR")
			if (err == nil) != (secret != "") || hex.EncodeToString(got) != secret {
				t.Errorf("got %x, %v; want %q", got, err, secret)
			}
		})
	}
}

// combine reads the words, checks that they are written as they were, and puts
// them together.
func combine(words []string, passphrase string) ([]byte, error) {
	var shares []slip39.Share
	for _, w := range words {
		s, err := slip39.Parse(w)
		if err != nil {
			return nil, err
		}
		if s.Sentence() != w {
			return nil, fmt.Errorf("%q is written as %q", w, s.Sentence())
		}
		shares = append(shares, s)
	}
	return slip39.Combine(shares, []byte(passphrase))
}

// shape is how a secret is split in a round.
type shape struct {
	secret     []byte
	passphrase string
	threshold  int
	groups     []slip39.Group
}

func anyShape(r *rand.Rand, size int) shape {
	s := shape{secret: make([]byte, size), passphrase: strings.Repeat("p~ ", r.IntN(4))}
	for i := range s.secret {
		s.secret[i] = byte(r.Uint32())
	}
	for range 1 + r.IntN(4) {
		g := slip39.Group{Threshold: 1, Members: 1}
		if r.IntN(4) > 0 {
			g.Members = 2 + r.IntN(15)
			g.Threshold = 2 + r.IntN(g.Members-1)
		}
		s.groups = append(s.groups, g)
	}
	s.threshold = 1 + r.IntN(len(s.groups))
	return s
}

// enough are the words of just as many groups and members as are needed.
func (s shape) enough(r *rand.Rand, groups [][]string) (words []string) {
	for _, i := range r.Perm(len(groups))[:s.threshold] {
		for _, j := range r.Perm(len(groups[i]))[:s.groups[i].Threshold] {
			words = append(words, groups[i][j])
		}
	}
	return words
}

// rounds try each length of a secret twice.
const rounds = 50

// TestBothWays: what one implementation splits, the other puts together, and not
// with one share less.
func TestBothWays(t *testing.T) {
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 39))
		s := anyShape(r, slip39.MinSecretBytes+2*int(seed%25))
		scheme := slip39.Scheme{GroupThreshold: s.threshold, Groups: s.groups, Passphrase: []byte(s.passphrase), NotExtendable: r.IntN(2) == 0}
		split, err := scheme.Split(s.secret)
		if err != nil {
			t.Fatal(err)
		}
		ours := make([][]string, len(split))
		for i, g := range split {
			for _, share := range g {
				ours[i] = append(ours[i], share.Sentence())
			}
		}
		words := s.enough(r, ours)
		got, err := theirs.CombineMnemonicsWithPassphrase(words, []byte(s.passphrase))
		if err != nil || !bytes.Equal(got, s.secret) {
			t.Fatalf("seed %d: they got %x of ours, %v; want %x", seed, got, err, s.secret)
		}
		if got, err := theirs.CombineMnemonicsWithPassphrase(words[1:], []byte(s.passphrase)); err == nil {
			t.Fatalf("seed %d: one share short they got %x", seed, got)
		}

		params := make([]theirs.MemberGroupParameters, len(s.groups))
		for i, g := range s.groups {
			params[i] = theirs.MemberGroupParameters{MemberThreshold: g.Threshold, MemberCount: g.Members}
		}
		made, err := theirs.GenerateMnemonicsWithPassphrase(s.threshold, params, s.secret, []byte(s.passphrase))
		if err != nil {
			t.Fatal(err)
		}
		words = s.enough(r, made)
		if got, err := combine(words, s.passphrase); err != nil || !bytes.Equal(got, s.secret) {
			t.Fatalf("seed %d: we got %x of theirs, %v; want %x", seed, got, err, s.secret)
		}
		if got, err := combine(words[1:], s.passphrase); err == nil {
			t.Fatalf("seed %d: one share short we got %x", seed, got)
		}
	}
}
