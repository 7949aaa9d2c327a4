package client

import (
	"errors"
	"fmt"
	"slices"

	"carekey/consent"
)

// MaxEvidenceBytes limits an evidence or proof file.
const MaxEvidenceBytes = 256 << 20

const (
	evidenceFormat = "carekey/evidence/1" // a lie
	proofFormat    = "carekey/proof/1"    // a log as it stood
)

// evidenceFile is a file that is judged by nothing but itself: the genesis,
// light blocks from height 1 on, the registry log, and what is to be judged
// under the newest of the headers.
type evidenceFile struct {
	_        struct{} `cbor:",toarray"`
	Format   string
	Kind     LieKind // 0 in a proof file
	Genesis  []byte
	Blocks   [][]byte
	Registry [][]byte // leaves of the registry log, from 0
	Material []byte   // canonical CBOR of the kind's material
}

// The materials, by kind.
type (
	// logMaterial: a head proven under the newest header, and the entries that
	// were shown from start on. Of altered, hidden, reordered and added entries,
	// forged signatures and broken rules; and of proof files.
	logMaterial struct {
		_       struct{} `cbor:",toarray"`
		Log     consent.LogID
		Proof   consent.StateProof
		Start   consent.Remembered // the reading went on from here
		Pages   []consent.Page
		Details []NumberedDetail // proof files only
	}

	// proofMaterial: a proof that does not fit the newest header.
	proofMaterial struct {
		_     struct{} `cbor:",toarray"`
		Proof consent.StateProof
	}

	// staleMaterial: a genuine header that was shown as the newest.
	staleMaterial struct {
		_     struct{} `cbor:",toarray"`
		Shown []byte
	}

	// rollbackMaterial: what was proven before (its header is among the file's
	// blocks), and what the newest header proves. Pages, from 0, where the log
	// is not shorter but another.
	rollbackMaterial struct {
		_      struct{} `cbor:",toarray"`
		Before consent.Remembered
		Now    consent.StateProof
		Pages  []consent.Page
	}

	// blockMaterial: a light block that is forged, or that contradicts the
	// newest header and is as genuine as that one.
	blockMaterial struct {
		_     struct{} `cbor:",toarray"`
		Block []byte
	}

	// cosignatureMaterial: an institution's word for another header of the
	// newest one's height.
	cosignatureMaterial struct {
		_           struct{} `cbor:",toarray"`
		Cosignature consent.Cosignature
	}

	// detailMaterial: an entry that stands in the log as the newest header
	// proves it, and the private part shown for it if any.
	detailMaterial struct {
		_      struct{} `cbor:",toarray"`
		Leaf   []byte
		Proof  consent.StateProof
		Before consent.Frontier // of the entries before this one
		After  []byte           // hashes of the leaves from this one to the log's end, one after the other
		Detail *consent.Detail
	}
)

// seal writes the evidence of a lie whose material and blocks are known.
func (g *GenesisFile) seal(l *Lie, registry *Registry) *Lie {
	if l.Evidence != nil || l.material == nil {
		return l
	}
	leaves := g.registryLeaves()
	if registry != nil {
		leaves = registry.leaves
	}
	l.Evidence = consent.Encode(evidenceFile{
		Format: evidenceFormat, Kind: l.Kind, Genesis: g.Bytes, Blocks: l.blocks,
		Registry: leaves, Material: consent.Encode(l.material),
	})
	return l
}

// convict seals a lie that is judged under a verified header. Extra blocks are
// put where they belong among those that prove the header.
func (l *Light) convict(caught *Lie, under Header, registry *Registry, extra ...[]byte) *Lie {
	path := l.pathTo(under)
	for _, b := range extra {
		path = insertBlock(path, b, l.genesis.App.Chain)
	}
	caught.blocks = blocksOf(path)
	return l.genesis.seal(caught, registry)
}

// insertBlock puts a light block among headers of ascending height; one that
// cannot be read or is there already changes nothing.
func insertBlock(path []Header, block []byte, chain string) []Header {
	h, err := decodeLightBlock(block, chain)
	if err != nil {
		return path
	}
	n := below(path, h.Height)
	if n < len(path) && path[n].Height == h.Height {
		return path
	}
	return slices.Insert(slices.Clone(path), n, h)
}

// forgedHeader is the lie of a light block that does not verify from a path.
func forgedHeader(path []Header, block []byte, cause error) *Lie {
	return &Lie{Kind: ForgedHeader, Reason: cause.Error(), material: blockMaterial{Block: block}, blocks: blocksOf(path)}
}

// forkOf is the lie of two headers that both verify from a path and cannot both
// be of one chain.
func forkOf(path []Header, known, other Header) *Lie {
	l := lie(Fork, "Header %d is %s; header %d is %s.", known.Height, known.Hash, other.Height, other.Hash)
	l.material = blockMaterial{Block: other.Block}
	l.blocks = blocksOf(append(path[:len(path):len(path)], known))
	return l
}

// decodeEvidence reads a file.
func decodeEvidence(b []byte) (evidenceFile, error) {
	var f evidenceFile
	if consent.Decode(b, MaxEvidenceBytes, &f) != nil {
		return f, ErrNoEvidence
	}
	switch {
	case f.Format != evidenceFormat && f.Format != proofFormat:
		return f, fmt.Errorf("the file's format %q is not known to this version", PlainText(f.Format))
	case (f.Format == proofFormat) != (f.Kind == 0) || f.Kind != 0 && !f.Kind.Known():
		return f, errors.New("the file names an unknown kind of lie")
	}
	return f, nil
}

// decodeMaterial reads a kind's material.
func decodeMaterial[T any](f evidenceFile) (T, error) {
	var m T
	if consent.Decode(f.Material, MaxEvidenceBytes, &m) != nil {
		return m, ErrNoEvidence
	}
	return m, nil
}
