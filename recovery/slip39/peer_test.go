package slip39

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// envPeer is the environment variable that names the folder peer once its npm
// package is installed; make check sets it where Node is.
const envPeer = "CAREKEY_SLIP39_PEER"

// peer is someone else's implementation (npm slip39) in a process of its own.
type peer struct {
	in  io.Writer
	out *bufio.Reader
}

type peerSplit struct {
	Secret     string   `json:"secret"`
	Passphrase string   `json:"passphrase"`
	Threshold  int      `json:"threshold"`
	Groups     [][2]int `json:"groups"`
	Exponent   int      `json:"exponent"`
	Extendable bool     `json:"extendable"`
}

type peerCombine struct {
	Shares     []string `json:"shares"`
	Passphrase string   `json:"passphrase"`
}

type peerQuestion struct {
	Split   *peerSplit   `json:"split,omitempty"`
	Combine *peerCombine `json:"combine,omitempty"`
}

type peerAnswer struct {
	Groups  [][]string `json:"groups"`
	Secret  string     `json:"secret"`
	Refused string     `json:"refused"`
}

// startPeer starts it until the test ends, or skips the test.
func startPeer(t *testing.T) *peer {
	t.Helper()
	dir := os.Getenv(envPeer)
	if dir == "" {
		t.Skipf("skipped: npm slip39 is not installed (%s is not set; make check sets it where Node is)", envPeer)
	}
	cmd := exec.CommandContext(context.Background(), "node", filepath.Join(dir, "peer.mjs"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(in.Close(), cmd.Wait()) }) // it ends with its input
	return &peer{in: in, out: bufio.NewReader(out)}
}

func (p *peer) ask(t *testing.T, q peerQuestion) (a peerAnswer) {
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		t.Fatal(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(line, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// peerRounds are as many as a secret can have lengths.
const peerRounds = (MaxSecretBytes-MinSecretBytes)/2 + 1

// shape is what is split in a round.
type shape struct {
	Scheme
	secret []byte
}

// shapeOf is the shape of a round: each length once in peerRounds, and with at
// most four groups, to keep the peer quick.
func shapeOf(round int) shape {
	n := MinSecretBytes + 2*(round%peerRounds)
	return rapid.Custom(func(t *rapid.T) shape {
		s := anyScheme(t)
		s.Groups = s.Groups[:min(len(s.Groups), 4)]
		s.GroupThreshold = min(s.GroupThreshold, len(s.Groups))
		s.Exponent = rapid.IntRange(0, 1).Draw(t, "exponent")
		return shape{s, anySecretOf(t, n)}
	}).Example(round)
}

// enough are just as many groups and members as are needed, by chance.
func (s shape) enough(groups [][]Share) (chosen []Share) {
	for _, g := range mathrand.Perm(len(groups))[:s.GroupThreshold] {
		for _, m := range mathrand.Perm(len(groups[g]))[:groups[g][0].Threshold] {
			chosen = append(chosen, groups[g][m])
		}
	}
	return chosen
}

// TestPeerCombinesOurs: what we split, the peer puts together, and not with one
// share less.
func TestPeerCombinesOurs(t *testing.T) {
	p := startPeer(t)
	for round := range peerRounds {
		s := shapeOf(round)
		groups, err := s.Split(s.secret)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, share := range s.enough(groups) {
			words = append(words, share.Sentence())
		}
		got := p.ask(t, peerQuestion{Combine: &peerCombine{words, string(s.Passphrase)}})
		if got.Secret != hex.EncodeToString(s.secret) {
			t.Fatalf("the peer got %+v, want %x", got, s.secret)
		}
		if short := p.ask(t, peerQuestion{Combine: &peerCombine{words[1:], string(s.Passphrase)}}); short.Refused == "" {
			t.Fatalf("one share short the peer got %+v", short)
		}
	}
}

// TestWeCombineThePeers: what the peer splits, we put together, and not with one
// share less.
func TestWeCombineThePeers(t *testing.T) {
	p := startPeer(t)
	for round := range peerRounds {
		s := shapeOf(peerRounds + round)
		chosen := s.enough(p.splits(t, s))
		got, err := Combine(chosen, s.Passphrase)
		if err != nil || !bytes.Equal(got, s.secret) {
			t.Fatalf("got %x, %v; want %x", got, err, s.secret)
		}
		if _, err := Combine(chosen[1:], s.Passphrase); !errors.As(err, new(*MissingError)) {
			t.Fatalf("one share short: %v", err)
		}
	}
}

// splits has the peer split.
func (p *peer) splits(t *testing.T, s shape) (groups [][]Share) {
	t.Helper()
	asked := &peerSplit{
		Secret: hex.EncodeToString(s.secret), Passphrase: string(s.Passphrase), Threshold: s.GroupThreshold,
		Exponent: s.Exponent, Extendable: !s.NotExtendable,
	}
	for _, g := range s.Groups {
		asked.Groups = append(asked.Groups, [2]int{g.Threshold, g.Members})
	}
	for _, members := range p.ask(t, peerQuestion{Split: asked}).Groups {
		var shares []Share
		for _, words := range members {
			share, err := Parse(words)
			if err != nil {
				t.Fatal(err)
			}
			shares = append(shares, share)
		}
		groups = append(groups, shares)
	}
	if len(groups) != len(s.Groups) {
		t.Fatalf("%d groups of %d", len(groups), len(s.Groups))
	}
	return groups
}
