package ledger

import (
	"context"
	"fmt"

	ics23 "github.com/cosmos/ics23/go"

	"carekey/consent"
)

// Service is a [Node] as gateways ask it, in the words of consent alone: what
// it gives is to be verified, whether it runs in the same process or not.
type Service struct{ node *Node }

// NewService serves a node.
func NewService(n *Node) Service { return Service{n} }

// Genesis returns the exact bytes of the genesis file.
func (s Service) Genesis(context.Context) ([]byte, error) { return s.node.Genesis(), nil }

// LightBlock is [Node.LightBlock].
func (s Service) LightBlock(ctx context.Context, height int64) ([]byte, error) {
	return s.node.LightBlock(ctx, height)
}

// WaitHeight returns the newest height once it is at least height.
func (s Service) WaitHeight(ctx context.Context, height int64) (int64, error) {
	h, _, err := s.node.Wait(ctx, height)
	return h, err
}

// Submit offers a transaction; the ledger's no is a [consent.Refusal].
func (s Service) Submit(ctx context.Context, tx []byte) error {
	r, err := s.node.Submit(ctx, tx)
	if err != nil {
		return err
	}
	if r.Code != consent.CodeOK {
		return &consent.Refusal{Code: r.Code, Text: r.Text}
	}
	return nil
}

// firstProof is the height of the first header that proves a state.
const firstProof = 2

// Prove proves keys at the state of a height, 0 for the newest that a header
// proves. On a ledger that has just begun it waits for the first.
func (s Service) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	if height == 0 {
		newest, _, err := s.node.Wait(ctx, firstProof)
		if err != nil {
			return consent.StateProof{}, err
		}
		height = newest - 1
	}
	proofs, err := s.node.Prove(ctx, height, keys...)
	if err != nil {
		return consent.StateProof{}, err
	}
	proven := consent.StateProof{Height: height, Keys: make([]consent.ProvenKey, len(keys))}
	for i, key := range keys {
		if proven.Keys[i], err = provenKey(key, proofs[i]); err != nil {
			return consent.StateProof{}, err
		}
	}
	return proven, nil
}

// provenKey takes the value out of its proof.
func provenKey(key, proof []byte) (consent.ProvenKey, error) {
	var p ics23.CommitmentProof
	if err := p.Unmarshal(proof); err != nil {
		return consent.ProvenKey{}, fmt.Errorf("the state's own proof cannot be read: %w", err)
	}
	k := consent.ProvenKey{Key: key, Proof: proof}
	if exist := p.GetExist(); exist != nil {
		k.Present, k.Value = true, exist.Value
	}
	return k, nil
}

// Entries reads a page of a log.
func (s Service) Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	if maxBytes <= 0 || maxBytes > maxPage {
		maxBytes = maxPage
	}
	leaves, companions, err := s.node.Entries(ctx, log, from, maxBytes)
	return consent.Page{Log: log, From: from, Leaves: leaves, Companions: companions}, err
}

// maxPage is how many bytes of leaves a page has, so that with the longest
// companions it stays below [consent.MaxPageBytes].
const maxPage = consent.MaxPageBytes / 4
