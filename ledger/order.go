package ledger

import (
	"context"
	"slices"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"carekey/consent"
)

// staleAfter is how far a proposer's clock may be past a block's time before
// it proposes the block empty (protocol §3.3).
const staleAfter = 10 * time.Second

// stopsFirst returns the transactions with those of the stop class before all
// others, each group in its old order.
func stopsFirst(txs [][]byte) [][]byte {
	ordered := make([][]byte, 0, len(txs))
	var others [][]byte
	for _, tx := range txs {
		if consent.StopClass(tx) {
			ordered = append(ordered, tx)
		} else {
			others = append(others, tx)
		}
	}
	return append(ordered, others...)
}

// inOrder tells whether no stop follows another transaction, and every
// transaction has a size that the ledger takes.
func inOrder(txs [][]byte) bool {
	others := false
	for _, tx := range txs {
		if len(tx) == 0 || len(tx) > consent.MaxTxBytes {
			return false
		}
		stop := consent.StopClass(tx)
		if stop && others {
			return false
		}
		others = others || !stop
	}
	return true
}

// PrepareProposal orders a block; stops that wait come into it however many
// transactions wait before them. A block whose time is old by this proposer's
// clock is proposed empty; the next one has a fresh time.
func (a *app) PrepareProposal(_ context.Context, r *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	if a.now().Sub(r.Time) > staleAfter {
		return &abci.ResponsePrepareProposal{}, nil
	}
	txs := slices.DeleteFunc(slices.Clone(r.Txs), a.isToken)
	return &abci.ResponsePrepareProposal{Txs: fitting(stopsFirst(a.stops.before(txs)), r.MaxTxBytes)}, nil
}

// ProcessProposal refuses a block in any other order.
func (a *app) ProcessProposal(_ context.Context, r *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	status := abci.ResponseProcessProposal_REJECT
	if inOrder(r.Txs) {
		status = abci.ResponseProcessProposal_ACCEPT
	}
	return &abci.ResponseProcessProposal{Status: status}, nil
}
