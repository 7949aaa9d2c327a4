package recovery

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"carekey/recovery/slip39"
)

// TestEveryShareIsRehearsed exchanges one share for a genuine one of another
// splitting that says to be it: wherever it lies, it must be noticed.
func TestEveryShareIsRehearsed(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 32)
	for _, scheme := range []slip39.Scheme{
		slip39.Simple(1, 1), slip39.Simple(2, 3), slip39.Simple(3, 5), slip39.Simple(5, 5),
		{GroupThreshold: 2, Groups: []slip39.Group{{Threshold: 1, Members: 1}, {Threshold: 2, Members: 5}, {Threshold: 3, Members: 4}}},
		{GroupThreshold: 1, Groups: []slip39.Group{{Threshold: 1, Members: 1}, {Threshold: 4, Members: 9}}, Exponent: 1},
		{GroupThreshold: 1, Groups: []slip39.Group{{Threshold: 2, Members: 3}, {Threshold: 1, Members: 1}}},
	} {
		groups := mustSplit(t, scheme, secret)
		if err := Rehearse(groups, secret, nil); err != nil {
			t.Fatalf("%+v: %v", scheme, err)
		}
		others := mustSplit(t, scheme, bytes.Repeat([]byte{8}, 32))
		for g := range groups {
			for m := range groups[g] {
				bad := groups[g][m]
				groups[g][m] = others[g][m]
				groups[g][m].ID = bad.ID
				if err := Rehearse(groups, secret, nil); !errors.Is(err, ErrRehearsal) {
					t.Errorf("%+v: share %d of group %d is of another secret: %v", scheme, m, g, err)
				}
				groups[g][m] = bad
			}
		}
	}
}

// TestRehearsalWantsAllOfThem: shares that never meet in a round are held against
// each other, too.
func TestRehearsalWantsAllOfThem(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 16)
	scheme := slip39.Scheme{GroupThreshold: 1, Groups: []slip39.Group{{Threshold: 2, Members: 4}, {Threshold: 1, Members: 1}}}
	for name, change := range map[string]func([][]slip39.Share) [][]slip39.Share{
		"nothing":                    func([][]slip39.Share) [][]slip39.Share { return nil },
		"a group is missing":         func(g [][]slip39.Share) [][]slip39.Share { return g[:1] },
		"a group is empty":           func(g [][]slip39.Share) [][]slip39.Share { g[1] = nil; return g },
		"two shares are there twice": func(g [][]slip39.Share) [][]slip39.Share { copy(g[0][2:], g[0][:2]); return g },
		"two have another exponent": func(g [][]slip39.Share) [][]slip39.Share {
			g[0][2].Exponent, g[0][3].Exponent = 3, 3
			return g
		},
		"a group is of another set": func(g [][]slip39.Share) [][]slip39.Share { g[1][0].ID ^= 1; return g },
	} {
		if err := Rehearse(change(mustSplit(t, scheme, secret)), secret, nil); !errors.Is(err, ErrRehearsal) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRehearsalKnowsTheSecret(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 16)
	scheme := slip39.Simple(2, 2)
	scheme.Passphrase = []byte("correct horse")
	groups := mustSplit(t, scheme, secret)
	for _, c := range []struct {
		secret, passphrase []byte
		good               bool
	}{{secret, scheme.Passphrase, true}, {bytes.Repeat([]byte{8}, 16), scheme.Passphrase, false}, {secret, nil, false}} {
		if err := Rehearse(groups, c.secret, c.passphrase); (err == nil) != c.good {
			t.Errorf("%x under %q: %v", c.secret, c.passphrase, err)
		}
	}
}

// TestFitNeedsNoPassphrase and no time: at the highest exponent Combine takes
// minutes.
func TestFitNeedsNoPassphrase(t *testing.T) {
	scheme := slip39.Simple(2, 3)
	scheme.Passphrase = []byte("correct horse")
	shares := mustSplit(t, scheme, bytes.Repeat([]byte{7}, 16))[0]
	for i := range shares {
		shares[i].Exponent = slip39.MaxExponent
	}
	if err := Fit(shares[1:]); err != nil {
		t.Error(err)
	}
	var missing *slip39.MissingError
	if err := Fit(shares[:1]); !errors.As(err, &missing) {
		t.Errorf("one share: %v", err)
	}
	other := mustSplit(t, scheme, bytes.Repeat([]byte{8}, 16))[0][2]
	other.ID, other.Exponent = shares[0].ID, slip39.MaxExponent
	if err := Fit([]slip39.Share{shares[0], other}); !errors.Is(err, slip39.ErrDigest) {
		t.Errorf("a share of another secret: %v", err)
	}
}

func mustSplit(t *testing.T, s slip39.Scheme, secret []byte) [][]slip39.Share {
	t.Helper()
	groups, err := s.Split(secret)
	if err != nil {
		t.Fatal(fmt.Errorf("%+v: %w", s, err))
	}
	return groups
}
