package client

import (
	"bytes"
	"errors"
	"fmt"

	ics23 "github.com/cosmos/ics23/go"

	"carekey/consent"
)

// maxKeyProofBytes limits the ICS 23 proof of one key: an absence holds the two
// neighbours with their values, and twice 48 steps of 110 bytes.
const maxKeyProofBytes = 48 << 10

// Proven is what a state proof proved, at the state after block Height: what
// keys hold, and which are absent. Keys that were not asked for are neither.
type Proven struct {
	Height int64
	values map[string][]byte // nil: absent
}

// errNotProven means that a proof leaves out a key that was asked for.
var errNotProven = errors.New("the proof leaves out what was asked for")

// Get returns a key's value, nil for a proven absence.
func (p Proven) Get(key []byte) ([]byte, error) {
	value, ok := p.values[string(key)]
	if !ok {
		return nil, errNotProven
	}
	return value, nil
}

// verifyProof checks a state proof against the application hash in the header
// that follows its height. Other failures than of the proof itself there are
// none.
func verifyProof(p consent.StateProof, under Header) (Proven, error) {
	if p.Height+1 != under.Height {
		return Proven{}, fmt.Errorf("it is about height %d, the header about %d", p.Height, under.Height-1)
	}
	if len(p.Keys) == 0 || len(p.Keys) > MaxProofKeys {
		return Proven{}, fmt.Errorf("it is of %d keys", len(p.Keys))
	}
	proven := Proven{Height: p.Height, values: make(map[string][]byte, len(p.Keys))}
	for _, k := range p.Keys {
		if err := verifyKey(k, under.App); err != nil {
			return Proven{}, err
		}
		if !k.Present {
			proven.values[string(k.Key)] = nil
			continue
		}
		proven.values[string(k.Key)] = k.Value
	}
	return proven, nil
}

// verifyKey checks one key by the IAVL specification of ICS 23. Compressed and
// batch proofs are refused: nobody of ours makes them.
func verifyKey(k consent.ProvenKey, root consent.Hash) error {
	if len(k.Proof) > maxKeyProofBytes {
		return fmt.Errorf("%d bytes are too many for one key", len(k.Proof))
	}
	var proof ics23.CommitmentProof
	if err := proof.Unmarshal(k.Proof); err != nil {
		return fmt.Errorf("it cannot be read: %w", err)
	}
	switch {
	case k.Present && proof.GetExist() != nil:
		if len(k.Value) > 0 && proof.GetExist().Verify(ics23.IavlSpec, root[:], k.Key, k.Value) == nil {
			return nil
		}
	case !k.Present && proof.GetNonexist() != nil:
		non := proof.GetNonexist()
		if len(k.Value) == 0 && bytes.Equal(non.Key, k.Key) && non.Verify(ics23.IavlSpec, root[:], k.Key) == nil {
			return nil
		}
	}
	return consent.ErrBadProof
}
