package client

import (
	"context"
	"fmt"

	"carekey/consent"
)

// Registry is the registry log, verified up to some header.
type Registry struct {
	*consent.Registry
	leaves [][]byte
	tree   consent.Frontier
}

// registryLeaves are the entries of the registry log that the genesis makes.
func (g *GenesisFile) registryLeaves() [][]byte {
	entries := g.App.RegistryEntries()
	leaves := make([][]byte, len(entries))
	for i, e := range entries {
		leaves[i] = consent.Encode(e)
	}
	return leaves
}

// genesisRegistry is the registry as the genesis makes it: whoever trusts the
// genesis hash trusts it.
func (g *GenesisFile) genesisRegistry() (*Registry, error) {
	return newRegistry(g.registryLeaves())
}

// newRegistry folds leaves that were verified.
func newRegistry(leaves [][]byte) (*Registry, error) {
	r := &Registry{Registry: consent.NewRegistry(), leaves: leaves}
	for _, leaf := range leaves {
		e, item, err := consent.DecodeEntry(leaf)
		if err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		if err := r.Add(e, item); err != nil {
			return nil, fmt.Errorf("registry: %w", err)
		}
		r.tree.Append(consent.LeafHash(leaf))
	}
	return r, nil
}

// FollowRegistry reads the registry log up to its proven head, beginning with
// what the genesis says of it.
func (l *Light) FollowRegistry(ctx context.Context, source Source) (*Registry, error) {
	log := consent.RegistryLogID(l.genesis.App.Network)
	progress, err := l.follow(ctx, source, nil, log, consent.Remembered{})
	if err != nil {
		return nil, err
	}
	leaves := make([][]byte, len(progress.New))
	for i, v := range progress.New {
		leaves[i] = v.Leaf
	}
	return newRegistry(leaves)
}

// fits tells whether a proven head of the registry log is this registry's.
func (r *Registry) fits(head consent.Head) bool {
	return head.Kind == consent.RegistryLog && sameTree(r.tree, head.Tree) == nil
}
