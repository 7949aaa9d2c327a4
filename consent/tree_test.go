package consent_test

import (
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"carekey/consent"
)

// leafHashes are those of n different leaves.
func leafHashes(n int) []consent.Hash {
	hashes := make([]consent.Hash, n)
	for i := range hashes {
		hashes[i] = consent.LeafHash(fmt.Appendf(nil, "carekey leaf %d", i))
	}
	return hashes
}

// peer is a tree as golang.org/x/mod/sumdb/tlog stores it.
type peer []tlog.Hash

func (p peer) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = p[index]
	}
	return hashes, nil
}

func newPeer(t testing.TB, leaves []consent.Hash) peer {
	var p peer
	for i, leaf := range leaves {
		stored, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(leaf), p)
		if err != nil {
			t.Fatal(err)
		}
		p = append(p, stored...)
	}
	return p
}

func TestFrontierAgreesWithAnotherImplementation(t *testing.T) {
	const most = 300
	leaves := leafHashes(most)
	p := newPeer(t, leaves)
	var f consent.Frontier
	for i, leaf := range leaves {
		if tlog.RecordHash(fmt.Appendf(nil, "carekey leaf %d", i)) != tlog.Hash(leaf) {
			t.Fatal("leaf hashes differ")
		}
		f.Append(leaf)
		want, err := tlog.TreeHash(int64(i+1), p)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Root(); got != consent.Hash(want) || consent.TreeRoot(leaves[:i+1]) != got {
			t.Fatalf("root of %d leaves differs", i+1)
		}
		if f.Size != uint64(i+1) || f.Check() != nil {
			t.Fatalf("frontier of %d leaves: size %d, %v", i+1, f.Size, f.Check())
		}
	}
	var none consent.Frontier
	if none.Root().String() != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" || none.Check() != nil {
		t.Error("the empty tree's root is not SHA-256 of nothing")
	}
}

func TestAppendAllIsManyAppends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := leafHashes(rapid.IntRange(0, 200).Draw(t, "leaves"))
		cut := rapid.IntRange(0, len(leaves)).Draw(t, "cut")
		var one, many consent.Frontier
		for _, leaf := range leaves {
			one.Append(leaf)
		}
		many.AppendAll(leaves[:cut])
		kept := consent.Frontier{Size: many.Size, Roots: slices.Clone(many.Roots)}
		earlier := many
		many.AppendAll(leaves[cut:])
		if one.Size != many.Size || !slices.Equal(one.Roots, many.Roots) {
			t.Fatal("the frontiers differ")
		}
		if earlier.Size != kept.Size || !slices.Equal(earlier.Roots, kept.Roots) {
			t.Fatal("an append changed the earlier value")
		}
		earlier.Append(consent.Hash{1})
		if !slices.Equal(one.Roots, many.Roots) {
			t.Fatal("an append to a copy changed the value")
		}
	})
}

func TestFrontierShape(t *testing.T) {
	for _, f := range []consent.Frontier{
		{Size: 1}, {Size: 0, Roots: make([]consent.Hash, 1)}, {Size: 3, Roots: make([]consent.Hash, 1)},
		{Size: 8, Roots: make([]consent.Hash, 2)}, {Size: 1<<64 - 1, Roots: make([]consent.Hash, 63)},
	} {
		if f.Check() == nil {
			t.Errorf("%d roots pass for a tree of %d", len(f.Roots), f.Size)
		}
	}
}

// subset draws some indices below n, ascending, at least one.
func subset(t *rapid.T, n int) []uint32 {
	picked := map[uint32]bool{}
	for range rapid.IntRange(1, n).Draw(t, "picks") {
		picked[uint32(rapid.IntRange(0, n-1).Draw(t, "index"))] = true
	}
	var indices []uint32
	for i := range picked {
		indices = append(indices, i)
	}
	slices.Sort(indices)
	return indices
}

func pick(leaves []consent.Hash, indices []uint32) []consent.Hash {
	var picked []consent.Hash
	for _, i := range indices {
		picked = append(picked, leaves[i])
	}
	return picked
}

func TestProofOfLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := leafHashes(rapid.IntRange(1, 100).Draw(t, "leaves"))
		n := uint32(len(leaves))
		indices := subset(t, len(leaves))
		proof := consent.ProveLeaves(leaves, indices)
		root, err := consent.RootOfLeaves(n, indices, pick(leaves, indices), proof)
		if err != nil || root != consent.TreeRoot(leaves) {
			t.Fatalf("the proof gives another root: %v", err)
		}
		breakProof(t, n, indices, pick(leaves, indices), proof, root)
	})
}

// breakProof shows that no change of leaf, index or proof gives the same root.
func breakProof(t *rapid.T, n uint32, indices []uint32, leaves, proof []consent.Hash, root consent.Hash) {
	same := func(what string, indices []uint32, leaves, proof []consent.Hash) {
		if got, err := consent.RootOfLeaves(n, indices, leaves, proof); err == nil && got == root {
			t.Fatalf("%s: the root is still the same", what)
		}
	}
	i := rapid.IntRange(0, len(leaves)-1).Draw(t, "leaf to change")
	bit := rapid.IntRange(0, 255).Draw(t, "bit")
	same("a changed leaf", indices, flip(leaves, i, bit), proof)
	same("a leaf less", indices, leaves[1:], proof)
	same("a leaf and its index less", indices[1:], leaves[1:], proof)
	same("more proof", indices, leaves, append(slices.Clone(proof), consent.Hash{}))
	if len(proof) > 0 {
		p := rapid.IntRange(0, len(proof)-1).Draw(t, "proof to change")
		same("a changed proof", indices, leaves, flip(proof, p, bit))
		same("less proof", indices, leaves, proof[1:])
		same("the end of the proof less", indices, leaves, proof[:len(proof)-1])
	}
	if len(proof) > 1 {
		swapped := slices.Clone(proof)
		swapped[0], swapped[1] = swapped[1], swapped[0]
		same("a swapped proof", indices, leaves, swapped)
	}
	if len(leaves) > 1 {
		swapped := slices.Clone(leaves)
		swapped[0], swapped[1] = swapped[1], swapped[0]
		same("swapped leaves", indices, swapped, proof)
		repeated := slices.Clone(indices)
		repeated[1] = repeated[0]
		same("an index twice", repeated, leaves, proof)
		slices.Reverse(repeated)
	}
	moved := slices.Clone(indices)
	moved[i] = uint32(rapid.IntRange(0, int(n)+1).Draw(t, "moved"))
	if moved[i] != indices[i] {
		same("another index", moved, leaves, proof)
	}
}

func flip(hashes []consent.Hash, i, bit int) []consent.Hash {
	changed := slices.Clone(hashes)
	changed[i][bit/8] ^= 1 << (bit % 8)
	return changed
}

func TestProofOfOneLeafIsItsAuditPath(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := leafHashes(rapid.IntRange(1, 70).Draw(t, "leaves"))
		i := rapid.IntRange(0, len(leaves)-1).Draw(t, "index")
		p := peer{}
		for j, leaf := range leaves {
			stored, err := tlog.StoredHashesForRecordHash(int64(j), tlog.Hash(leaf), p)
			if err != nil {
				t.Fatal(err)
			}
			p = append(p, stored...)
		}
		path, err := tlog.ProveRecord(int64(len(leaves)), int64(i), p)
		if err != nil {
			t.Fatal(err)
		}
		proof := consent.ProveLeaves(leaves, []uint32{uint32(i)})
		if len(proof) != len(path) {
			t.Fatalf("%d hashes, the audit path has %d", len(proof), len(path))
		}
		for _, h := range path {
			if !slices.Contains(proof, consent.Hash(h)) {
				t.Fatalf("%s of the audit path is missing", h)
			}
		}
	})
}

func TestProofsWithoutSense(t *testing.T) {
	h := consent.Hash{1}
	for name, f := range map[string]func() (consent.Hash, error){
		"of nothing":       func() (consent.Hash, error) { return consent.RootOfLeaves(4, nil, nil, []consent.Hash{h}) },
		"in an empty tree": func() (consent.Hash, error) { return consent.RootOfLeaves(0, []uint32{0}, []consent.Hash{h}, nil) },
		"beyond the tree":  func() (consent.Hash, error) { return consent.RootOfLeaves(1, []uint32{1}, []consent.Hash{h}, nil) },
		"descending": func() (consent.Hash, error) {
			return consent.RootOfLeaves(2, []uint32{1, 0}, []consent.Hash{h, h}, nil)
		},
		"without a leaf": func() (consent.Hash, error) { return consent.RootOfLeaves(2, []uint32{0, 1}, []consent.Hash{h}, nil) },
		"of a huge tree": func() (consent.Hash, error) {
			return consent.RootOfLeaves(1<<32-1, []uint32{1 << 31}, []consent.Hash{h}, nil)
		},
		"of more leaves": func() (consent.Hash, error) {
			return consent.RootOfLeaves(2, []uint32{0}, []consent.Hash{h, h}, []consent.Hash{h})
		},
		"beyond, but whole": func() (consent.Hash, error) {
			return consent.RootOfLeaves(1, []uint32{1}, []consent.Hash{h}, []consent.Hash{h})
		},
		"of one leaf twice": func() (consent.Hash, error) {
			return consent.RootOfLeaves(2, []uint32{0, 0}, []consent.Hash{h, h}, []consent.Hash{h})
		},
		"too long, of all": func() (consent.Hash, error) {
			return consent.RootOfLeaves(1, []uint32{0}, []consent.Hash{h}, []consent.Hash{h})
		},
		"too short, of one": func() (consent.Hash, error) { return consent.RootOfLeaves(2, []uint32{0}, []consent.Hash{h}, nil) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("a proof %s passes", name)
		}
	}
	if got := consent.ProveLeaves(nil, nil); len(got) != 0 {
		t.Errorf("a proof in the empty tree: %v", got)
	}
	if got := consent.ProveLeaves(leafHashes(3), []uint32{0, 1, 2}); len(got) != 0 {
		t.Errorf("a proof of all leaves has %d hashes", len(got))
	}
}

func TestRFC6962Vectors(t *testing.T) {
	source := string(shared(t, "data/vectors/rfc6962/transparency-dev-merkle-testonly-constants.go.txt"))
	strip := regexp.MustCompile(`hd\("([0-9a-f]*)"\)`)
	of := func(function string) (values [][]byte) {
		_, body, _ := strings.Cut(source, "func "+function)
		body, _, _ = strings.Cut(body, "\n}")
		for _, m := range strip.FindAllStringSubmatch(body, -1) {
			b, err := hex.DecodeString(m[1])
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, b)
		}
		return values
	}
	inputs, roots, nodes := of("LeafInputs"), of("RootHashes"), of("NodeHashes")
	if len(inputs) != 8 || len(roots) != 8 || len(nodes) != 15 {
		t.Fatalf("%d inputs, %d roots, %d nodes", len(inputs), len(roots), len(nodes))
	}
	var leaves []consent.Hash
	for i, in := range inputs {
		leaves = append(leaves, consent.LeafHash(in))
		if leaves[i] != consent.Hash(nodes[i]) {
			t.Errorf("leaf %d differs", i)
		}
		if consent.TreeRoot(leaves) != consent.Hash(roots[i]) {
			t.Errorf("root of %d leaves differs", i+1)
		}
	}
	if pair := consent.ProveLeaves(leaves, []uint32{4, 5, 6, 7}); len(pair) != 1 || pair[0] != consent.Hash(nodes[12]) {
		t.Error("the left half's root differs")
	}
}
