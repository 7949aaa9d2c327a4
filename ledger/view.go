package ledger

import (
	"bytes"

	"github.com/cosmos/iavl"

	"carekey/consent"
)

// view is the state as the last block left it, for checks beside consensus.
type view struct {
	block consent.Block
	tree  *iavl.ImmutableTree // nil before the first block
	first map[string][]byte   // what the genesis wrote, before the first block
	clock []byte              // of idle blocks; nil if the tree has it
}

// Get is [consent.State].
func (v *view) Get(key []byte) ([]byte, error) {
	switch {
	case v.clock != nil && bytes.Equal(key, consent.ClockKey()):
		return v.clock, nil
	case v.tree == nil:
		return v.first[string(key)], nil
	}
	return v.tree.Get(key)
}

// genesisView is the view before the first block.
func genesisView(g *consent.Genesis, out consent.Outcome) *view {
	v := &view{block: consent.Block{Time: consent.At(g.Time)}, first: map[string][]byte{}}
	for _, c := range out.Changes {
		v.first[string(c.Key)] = c.Value
	}
	return v
}

// reader reads state and nonces for the rules and remembers the first failure
// of the disk. The rules answer such a failure with a refusal, which must
// never become a block's result: one node would disagree with all others.
type reader struct {
	state  consent.State
	nonces consent.Nonces
	failed error
}

// Get is [consent.State].
func (r *reader) Get(key []byte) ([]byte, error) {
	value, err := r.state.Get(key)
	r.note(err)
	return value, err
}

// Spent is [consent.Nonces].
func (r *reader) Spent(bucket int64, n consent.Nonce) (bool, error) {
	spent, err := r.nonces.Spent(bucket, n)
	r.note(err)
	return spent, err
}

func (r *reader) note(err error) {
	if r.failed == nil {
		r.failed = err
	}
}
