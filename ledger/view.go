package ledger

import (
	"bytes"

	"carekey/consent"
)

// view is the state as the last block left it.
type view struct {
	block consent.Block
	tree  consent.State
	clock []byte // of idle blocks; nil if the tree has it
}

// Get is [consent.State].
func (v *view) Get(key []byte) ([]byte, error) {
	if v.clock != nil && bytes.Equal(key, consent.ClockKey()) {
		return v.clock, nil
	}
	return v.tree.Get(key)
}

// firstState is the state before the first block: what the genesis wrote.
type firstState map[string][]byte

// Get is [consent.State].
func (f firstState) Get(key []byte) ([]byte, error) { return f[string(key)], nil }

func newFirstState(genesis consent.Outcome) firstState {
	f := firstState{}
	for _, c := range genesis.Changes {
		f[string(c.Key)] = c.Value
	}
	return f
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
