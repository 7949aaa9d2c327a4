package gateway

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"carekey/client"
	"carekey/consent"
)

// ErrOtherNetwork means that the node serves another network than the one this
// gateway was set up for.
var ErrOtherNetwork = errors.New("the node serves another network than this gateway was set up for")

// trustFile holds the light blocks that were verified.
const trustFile = "headers"

// verified is the [Ledger] over a node, by a light client of the gateway's own.
type verified struct {
	node     client.Node
	light    *client.Light
	evidence evidence

	mu       sync.Mutex
	registry *client.Registry
	head     consent.Frontier // of the registry's log when it was read
	now      moment
}

// moment is what was proven of the newest state.
type moment struct {
	tip    consent.Tip
	values map[string][]byte // by key; nil for one that is proven absent
}

// maxMoment bounds how many values of one moment are remembered.
const maxMoment = 10_000

var _ Ledger = (*verified)(nil)

// openLedger verifies that the node serves the configured network.
func openLedger(ctx context.Context, c Config) (*verified, error) {
	file, err := c.Node.Genesis(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the node for the genesis file: %w", err)
	}
	genesis, err := client.DecodeGenesisFile(file)
	if err != nil {
		return nil, err
	}
	if genesis.Anchor() != c.Anchor {
		return nil, ErrOtherNetwork
	}
	light, err := client.NewLight(genesis, client.FileTrust{Path: filepath.Join(c.Home, trustFile)}, c.Now)
	if err != nil {
		return nil, err
	}
	return &verified{node: c.Node, light: light, evidence: evidence{dir: filepath.Join(c.Home, evidenceDir), log: c.Log}}, nil
}

// fresh returns [ErrStale] for a moment on which nothing may be decided.
func (v *verified) fresh(tip consent.Tip) error {
	if err := v.light.Fresh(client.Header{Time: tip.Time}, freshness); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrStale, client.ErrStale, err)
	}
	return nil
}

// Prove is [Ledger.Prove]. What was proven already of the node's newest state is
// not proven again: many callers ask for the same while one block lasts.
func (v *verified) Prove(ctx context.Context, keys ...[]byte) (consent.Tip, [][]byte, error) {
	newest, err := v.node.WaitHeight(ctx, 0)
	if err != nil {
		return consent.Tip{}, nil, err
	}
	tip, values, ok := v.proven(newest, keys)
	if !ok {
		if tip, values, err = v.prove(ctx, keys); err != nil {
			return tip, nil, err
		}
		v.remember(tip, keys, values)
	}
	return tip, values, v.fresh(tip)
}

// proven is what was proven before, if all of it was, under the given header.
func (v *verified) proven(height int64, keys [][]byte) (consent.Tip, [][]byte, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.now.tip.Height != height {
		return consent.Tip{}, nil, false
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		value, ok := v.now.values[string(key)]
		if !ok {
			return consent.Tip{}, nil, false
		}
		values[i] = value
	}
	return v.now.tip, values, true
}

// remember keeps what was proven for as long as nothing newer is.
func (v *verified) remember(tip consent.Tip, keys, values [][]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case tip.Height < v.now.tip.Height:
		return
	case tip != v.now.tip || len(v.now.values) >= maxMoment:
		v.now = moment{tip: tip, values: map[string][]byte{}}
	}
	for i, key := range keys {
		v.now.values[string(key)] = values[i]
	}
}

// prove has the node prove keys of its newest state.
func (v *verified) prove(ctx context.Context, keys [][]byte) (consent.Tip, [][]byte, error) {
	_, header, proven, err := v.light.Prove(ctx, v.node, append(keys[:len(keys):len(keys)], consent.ClockKey()))
	if err != nil {
		return consent.Tip{}, nil, v.evidence.keep(err)
	}
	tip := consent.Tip{Height: header.Height, Header: header.Hash, Time: header.Time}
	raw, err := proven.Get(consent.ClockKey())
	if err != nil {
		return tip, nil, err
	}
	clock, err := decode(raw, consent.DecodeClock)
	if err != nil {
		return tip, nil, err
	}
	if clock != nil {
		tip.Live = clock.Live
	}
	values := make([][]byte, len(keys))
	for i, key := range keys {
		if values[i], err = proven.Get(key); err != nil {
			return tip, nil, err
		}
	}
	return tip, values, nil
}

// Follow is [Ledger.Follow].
func (v *verified) Follow(ctx context.Context, log consent.LogID, from consent.Remembered) (consent.Reading, error) {
	for range 3 {
		registry, err := v.refresh(ctx)
		if err != nil {
			return consent.Reading{}, err
		}
		p, err := v.light.Follow(ctx, v.node, registry, log, from)
		if errors.Is(err, client.ErrRegistryChanged) {
			continue
		}
		if err != nil {
			return consent.Reading{}, v.evidence.keep(err)
		}
		return consent.Reading{Tip: p.Tip, Head: p.Head, New: p.New, Remembered: p.Keep}, v.fresh(p.Tip)
	}
	return consent.Reading{}, client.ErrRegistryChanged
}

// Registry is [Ledger.Registry].
func (v *verified) Registry(ctx context.Context) (*consent.Registry, error) {
	r, err := v.refresh(ctx)
	if err != nil {
		return nil, err
	}
	return r.Registry, nil
}

// refresh reads the registry again if its log has grown.
func (v *verified) refresh(ctx context.Context) (*client.Registry, error) {
	log := consent.RegistryLogID(v.light.Genesis().App.Network)
	_, values, err := v.Prove(ctx, consent.HeadKey(log))
	if err != nil {
		return nil, err
	}
	head, err := decode(values[0], consent.DecodeHead)
	if err != nil {
		return nil, err
	}
	if head == nil {
		return nil, errors.New("the ledger has no registry")
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.registry != nil && v.head.Size == head.Tree.Size && v.head.Root() == head.Tree.Root() {
		return v.registry, nil
	}
	if v.registry, err = v.light.FollowRegistry(ctx, v.node); err != nil {
		return nil, v.evidence.keep(err)
	}
	v.head = head.Tree
	return v.registry, nil
}

// Submit is [Ledger.Submit].
func (v *verified) Submit(ctx context.Context, tx []byte) error { return v.node.Submit(ctx, tx) }

// Wait is [Ledger.Wait].
func (v *verified) Wait(ctx context.Context, height int64) (consent.Tip, error) {
	for {
		tip, _, err := v.Prove(ctx)
		if err != nil || tip.Height >= height {
			return tip, err
		}
		if _, err := v.node.WaitHeight(ctx, height); err != nil {
			return tip, err
		}
	}
}

// Close keeps what was verified.
func (v *verified) Close() error { return v.light.Flush() }
