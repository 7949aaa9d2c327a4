package client

import (
	"errors"
	"fmt"

	"carekey/consent"
)

// Finding is what a file shows to one who has nothing else.
type Finding struct {
	Kind     LieKind // 0: no lie, but a log as it stood
	Text     string  // what is shown, in plain words
	Convicts bool    // false: the file does not show who lied, only what is not true
	Anchored bool    // false: checked only against the anchor in the file itself
	Anchor   consent.Anchor
	Chain    string
	AsOf     consent.Tip // the newest header in the file
	Log      consent.LogID
	Number   uint64 // of the entry, where HasEntry
	HasEntry bool
	Entries  []consent.Verified // of a proof file
	Head     consent.Head       // of a proof file
	Withheld []uint64           // entries of a proof file whose private part is not in it
}

// ErrOtherAnchor means that a file belongs to another network than the anchor.
var ErrOtherAnchor = errors.New("the file belongs to another network than the one that was named")

// ErrNoEvidence means that bytes are no evidence or proof file.
var ErrNoEvidence = errors.New("this is no file of evidence or proof, or it was damaged")

// ErrShowsNothing means that a file is well formed and does not show what it
// claims.
var ErrShowsNothing = errors.New("the file does not show what it claims")

// VerifyEvidence judges an evidence or proof file offline, as of its newest
// header and by no clock. Without an anchor everything hangs on the genesis in
// the file; the finding says so.
func VerifyEvidence(file []byte, anchor *consent.Anchor) (Finding, error) {
	f, err := decodeEvidence(file)
	if err != nil {
		return Finding{}, err
	}
	c, err := openCase(f, anchor)
	if err != nil {
		return Finding{}, err
	}
	c.finding.Anchored = anchor != nil
	if err := c.judge(); err != nil {
		return Finding{}, err
	}
	return c.finding, nil
}

// courtCase is a file whose frame was verified.
type courtCase struct {
	file     evidenceFile
	genesis  *GenesisFile
	path     []Header
	registry *Registry
	finding  Finding
}

func openCase(f evidenceFile, anchor *consent.Anchor) (*courtCase, error) {
	genesis, err := DecodeGenesisFile(f.Genesis)
	if err != nil {
		return nil, err
	}
	if anchor != nil && genesis.Anchor() != *anchor {
		return nil, ErrOtherAnchor
	}
	c := &courtCase{file: f, genesis: genesis}
	if c.path, err = genesis.verifyPath(f.Blocks); err != nil {
		return nil, fmt.Errorf("the file's headers: %w", err)
	}
	if c.registry, err = newRegistry(f.Registry); err != nil {
		return nil, err
	}
	c.finding = Finding{Kind: f.Kind, Text: f.Kind.Sentence(), Anchor: genesis.Anchor(), Chain: genesis.App.Chain}
	if n := len(c.path); n > 0 {
		h := c.path[n-1]
		c.finding.AsOf = consent.Tip{Height: h.Height, Header: h.Hash, Time: h.Time}
	}
	return c, nil
}

func (c *courtCase) judge() error {
	switch c.file.Kind {
	case 0:
		return c.proofFile()
	case ForgedHeader:
		return c.forgedHeader()
	case Fork:
		return c.fork()
	case FalseCosignature:
		return c.falseCosignature()
	case ForgedProof:
		return c.forgedProof()
	case StaleView:
		return c.staleView()
	case RolledBack:
		return c.rolledBack()
	case WithheldDetail, SwappedDetail:
		return c.detail()
	}
	return c.entries()
}

// newest is the header under which things are judged.
func (c *courtCase) newest() (Header, error) {
	if len(c.path) == 0 {
		return Header{}, fmt.Errorf("%w: it has no headers", ErrShowsNothing)
	}
	return c.path[len(c.path)-1], nil
}
