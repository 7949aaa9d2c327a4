package ledger

import (
	"context"

	abci "github.com/cometbft/cometbft/abci/types"

	"carekey/consent"
)

// codeFailed answers a check that this node could not make. No result of a
// block has it.
const codeFailed = ^uint32(0)

// CheckTx judges a transaction before it may wait for a block. Where the disk
// fails it answers [codeFailed]: an error would make the engine panic in the
// goroutine of whoever submits.
func (a *app) CheckTx(_ context.Context, r *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	if a.isToken(r.Tx) {
		return &abci.ResponseCheckTx{}, nil
	}
	result, err := a.check(r.Tx)
	if err != nil {
		return &abci.ResponseCheckTx{Code: codeFailed, Log: err.Error()}, nil
	}
	a.count.checked(result)
	if result.Code == consent.CodeOK {
		a.stops.add(r.Tx)
	}
	return &abci.ResponseCheckTx{Code: uint32(result.Code), Log: result.Text}, nil
}

// check judges a transaction as of now. After an idle spell the next block's
// time is old, but such a block is proposed empty; so the later of clock and
// last block time decides here what is out of date.
func (a *app) check(tx []byte) (consent.Result, error) {
	a.tree.mu.RLock()
	defer a.tree.mu.RUnlock()
	last := a.view.Load()
	state := &reader{state: last, nonces: a.store}
	next := consent.Block{
		Height: last.block.Height + 1,
		Time:   max(last.block.Time, consent.At(a.now())),
	}
	x, err := a.rules.Begin(state, state, next)
	if err != nil {
		return consent.Result{}, err
	}
	result := x.Check(tx)
	return result, state.failed
}
