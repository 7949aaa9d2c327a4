package consent

import (
	"crypto/sha256"
	"errors"
	"math/bits"
	"sort"
)

// LeafHash is the hash of a leaf (RFC 6962 §2.1).
func LeafHash(leaf []byte) Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(leaf)
	return Hash(h.Sum(nil))
}

func nodeHash(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = 1
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// Frontier is an RFC 6962 tree that forgot everything but what an append
// needs: the roots of its perfect subtrees, largest first. The zero value is
// the empty tree. It is also the compact range [0, Size) by which a reader
// remembers a verified prefix.
type Frontier struct {
	_     struct{} `cbor:",toarray"`
	Size  uint64
	Roots []Hash
}

// ErrBadFrontier means that a frontier's shape contradicts its size.
var ErrBadFrontier = errors.New("the tree's frontier does not fit its size")

// Check returns [ErrBadFrontier] if f cannot be a tree.
func (f Frontier) Check() error {
	if len(f.Roots) != bits.OnesCount64(f.Size) {
		return ErrBadFrontier
	}
	return nil
}

// Append adds a leaf by its hash; it costs O(log n) and reads nothing old. The
// receiver's roots are not shared with the earlier value.
func (f *Frontier) Append(leaf Hash) {
	roots := make([]Hash, len(f.Roots), len(f.Roots)+1)
	copy(roots, f.Roots)
	for n := f.Size; n&1 == 1; n >>= 1 {
		leaf = nodeHash(roots[len(roots)-1], leaf)
		roots = roots[:len(roots)-1]
	}
	f.Roots = append(roots, leaf)
	f.Size++
}

// AppendAll adds leaves in order, in place.
func (f *Frontier) AppendAll(leaves []Hash) {
	f.Roots = append(make([]Hash, 0, 64), f.Roots...)
	for _, leaf := range leaves {
		for n := f.Size; n&1 == 1; n >>= 1 {
			last := len(f.Roots) - 1
			leaf = nodeHash(f.Roots[last], leaf)
			f.Roots = f.Roots[:last]
		}
		f.Roots = append(f.Roots, leaf)
		f.Size++
	}
}

// Root is the tree's root (RFC 6962 §2.1).
func (f Frontier) Root() Hash {
	if len(f.Roots) == 0 {
		return sha256.Sum256(nil)
	}
	root := f.Roots[len(f.Roots)-1]
	for i := len(f.Roots) - 2; i >= 0; i-- {
		root = nodeHash(f.Roots[i], root)
	}
	return root
}

// TreeRoot is the root over leaf hashes.
func TreeRoot(leaves []Hash) Hash {
	var f Frontier
	f.AppendAll(leaves)
	return f.Root()
}

// ErrBadProof means that a proof has the wrong shape or gives another root.
var ErrBadProof = errors.New("the proof does not fit")

// ProveLeaves returns what a reader of some leaves needs to compute the root:
// the roots of the maximal subtrees that hold none of them, left to right. For
// one leaf that is its RFC 6962 audit path in another order, for all leaves it
// is nothing. Indices are ascending and distinct.
func ProveLeaves(leaves []Hash, indices []uint32) []Hash {
	proof := []Hash{}
	var walk func(lo, hi uint32)
	walk = func(lo, hi uint32) {
		switch {
		case !holdsAny(indices, lo, hi):
			proof = append(proof, TreeRoot(leaves[lo:hi]))
		case hi-lo > 1:
			mid := lo + split(hi-lo)
			walk(lo, mid)
			walk(mid, hi)
		}
	}
	if len(leaves) > 0 {
		walk(0, uint32(len(leaves)))
	}
	return proof
}

// RootOfLeaves computes the root of a tree of size n from some of its leaf
// hashes (by ascending index) and the proof made by [ProveLeaves].
func RootOfLeaves(n uint32, indices []uint32, leaves, proof []Hash) (Hash, error) {
	if n == 0 || len(indices) != len(leaves) || len(indices) == 0 || indices[len(indices)-1] >= n {
		return Hash{}, ErrBadProof
	}
	for i := 1; i < len(indices); i++ {
		if indices[i-1] >= indices[i] {
			return Hash{}, ErrBadProof
		}
	}
	if uint32(len(indices)) == n && len(proof) == 0 { // all of them: nothing to look for
		return TreeRoot(leaves), nil
	}
	short := false
	next := func(from *[]Hash) Hash {
		if len(*from) == 0 {
			short = true
			return Hash{}
		}
		h := (*from)[0]
		*from = (*from)[1:]
		return h
	}
	var walk func(lo, hi uint32) Hash
	walk = func(lo, hi uint32) Hash {
		if !holdsAny(indices, lo, hi) {
			return next(&proof)
		}
		if hi-lo == 1 {
			return next(&leaves)
		}
		mid := lo + split(hi-lo)
		left := walk(lo, mid)
		return nodeHash(left, walk(mid, hi))
	}
	root := walk(0, n)
	if short || len(proof) > 0 {
		return Hash{}, ErrBadProof
	}
	return root, nil
}

// holdsAny tells whether one of the ascending indices lies in [lo, hi).
func holdsAny(indices []uint32, lo, hi uint32) bool {
	i := sort.Search(len(indices), func(i int) bool { return indices[i] >= lo })
	return i < len(indices) && indices[i] < hi
}

// split is the largest power of two below n, for n > 1 (RFC 6962 §2.1).
func split(n uint32) uint32 { return 1 << (bits.Len32(n-1) - 1) }
