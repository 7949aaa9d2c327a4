package engine

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"
)

// ErrNoBlock means that this node does not have, or no longer has, the block.
var ErrNoBlock = errors.New("this node does not have the block")

// blocks reads the engine's stores beside the engine.
type blocks struct {
	store  *store.BlockStore
	states state.Store

	mu   sync.Mutex
	set  *cmtproto.ValidatorSet // the last one read; never written to
	hash []byte                 // of that set, as headers name it
}

// lightBlock assembles header, commit and validators of one height. The commit
// is the one in the next block, or for the newest block the one this node saw.
func (b *blocks) lightBlock(height int64) ([]byte, error) {
	meta := b.store.LoadBlockMeta(height)
	if meta == nil {
		return nil, fmt.Errorf("height %d: %w", height, ErrNoBlock)
	}
	commit := b.store.LoadBlockCommit(height)
	if commit == nil {
		commit = b.store.LoadSeenCommit(height)
	}
	if commit == nil {
		return nil, fmt.Errorf("commit of height %d: %w", height, ErrNoBlock)
	}
	set, err := b.validators(&meta.Header)
	if err != nil {
		return nil, fmt.Errorf("validators of height %d: %w", height, err)
	}
	signed := types.SignedHeader{Header: &meta.Header, Commit: commit}
	light := cmtproto.LightBlock{SignedHeader: signed.ToProto(), ValidatorSet: set}
	return light.Marshal()
}

// validators returns the set that the header names. Sets change rarely, and
// loading one costs more the older its last change is.
func (b *blocks) validators(h *types.Header) (*cmtproto.ValidatorSet, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.set != nil && bytes.Equal(b.hash, h.ValidatorsHash) {
		return b.set, nil
	}
	set, err := b.states.LoadValidators(h.Height)
	if err != nil {
		return nil, err
	}
	encoded, err := set.ToProto()
	if err != nil {
		return nil, err
	}
	b.set, b.hash = encoded, h.ValidatorsHash
	return encoded, nil
}
