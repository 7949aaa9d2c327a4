package ledger

import (
	"errors"
	"time"

	"carekey/consent"
	"carekey/ledger/engine"
)

// Past writes the beginning of a ledger: blocks at chosen past times, through
// the real rules and with the lone validator's own votes. An ordinary node
// continues the chain, and a light client accepts it from height 1. A past
// that is not finished leaves a home that [Start] refuses with
// [engine.ErrPastUnfinished].
type Past struct {
	node *Node
	past *engine.Past
}

// OpenPast begins the past of a home whose chain has not begun. Its first
// block is empty and stands at the genesis time.
func OpenPast(c Config) (*Past, error) {
	n, err := openNode(c)
	if err != nil {
		return nil, err
	}
	n.app.store.lazy = true
	p, err := n.engine.WritePast(n.app)
	if err != nil {
		return nil, errors.Join(err, n.Stop())
	}
	return &Past{node: n, past: p}, nil
}

// Write commits one block at time t, in milliseconds, and returns the results
// in the order of txs. Transactions of the stop class go first, as in every
// block. A time that is not after the last block's, or is ahead of the clock,
// is [engine.ErrNotPast].
func (p *Past) Write(t time.Time, txs ...[]byte) ([]consent.Result, error) {
	if err := p.past.Write(t, stopsFirst(txs)); err != nil {
		return nil, err
	}
	results := make([]consent.Result, len(txs))
	for i, tx := range txs {
		c, _ := p.node.app.notes.result(TxID(tx))
		results[i] = c.result
	}
	return results, nil
}

// Time is the last block's time.
func (p *Past) Time() consent.Time { return consent.At(p.past.Time()) }

// Finish makes the home an ordinary one and closes it.
func (p *Past) Finish() error {
	if err := p.node.app.store.flush(); err != nil {
		return errors.Join(err, p.node.Stop())
	}
	return errors.Join(p.past.Finish(), p.node.Stop())
}

// Abandon closes the home as it is; it is of no use then but to be deleted.
func (p *Past) Abandon() error { return p.node.Stop() }
