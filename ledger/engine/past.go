package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/mempool"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
)

// ErrNotPast means that a past block's time is not after the block before it,
// or ahead of the clock.
var ErrNotPast = errors.New("the block's time is not in the past, or not after the block before it")

// tick is the least distance between two blocks' times.
const tick = time.Millisecond

// Past writes blocks at chosen past times through the engine's own executor,
// with the lone validator's own votes. What it writes is a chain like any
// other: an ordinary node continues it, and a light client accepts it from
// height 1. While it works, the home is marked; only [Past.Finish] makes it a
// home that [Engine.Run] takes. Until then nothing need be on the disk: a past
// that a crash interrupts is begun anew.
type Past struct {
	engine *Engine
	conns  proxy.AppConns
	exec   *state.BlockExecutor
	state  state.State
}

// WritePast begins to write past blocks into a home without any. The first
// block, at the genesis time, is written at once and is empty.
func (e *Engine) WritePast(app abci.Application) (*Past, error) {
	if e.home.has(pastFile) {
		return nil, ErrPastUnfinished
	}
	if e.blocks.store.Height() > 0 {
		return nil, errors.New("the ledger has begun already; a past can only be written before")
	}
	if err := os.WriteFile(e.home.path(pastFile), nil, 0o600); err != nil {
		return nil, fmt.Errorf("mark the ledger's folder: %w", err)
	}
	e.databases.lazy = true
	p := &Past{engine: e, conns: proxy.NewAppConns(proxy.NewConnSyncLocalClientCreator(app), proxy.NopMetrics())}
	if err := p.begin(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Past) begin() error {
	if err := p.conns.Start(); err != nil {
		return fmt.Errorf("start the application: %w", err)
	}
	e := p.engine
	var err error
	if p.state, err = e.handshake(context.Background(), p.conns); err != nil {
		return fmt.Errorf("start the chain: %w", err)
	}
	p.exec = state.NewBlockExecutor(e.blocks.states, e.log, p.conns.Consensus(),
		&mempool.NopMempool{}, state.EmptyEvidencePool{}, e.blocks.store)
	return p.apply(nil, &types.Commit{})
}

// Height is the height of the last block written.
func (p *Past) Height() int64 { return p.state.LastBlockHeight }

// Time is the time of the last block written.
func (p *Past) Time() time.Time { return p.state.LastBlockTime }

// Write commits one block at time t with these transactions in this order. It
// returns [ErrNotPast] for a time that is not after the last block's, or ahead
// of the clock.
func (p *Past) Write(t time.Time, txs [][]byte) error {
	t = t.UTC().Truncate(tick)
	if t.Before(p.state.LastBlockTime.Add(tick)) || t.After(time.Now()) {
		return ErrNotPast
	}
	commit, err := p.vote(p.state.LastBlockHeight, p.state.LastBlockID, t)
	if err != nil {
		return err
	}
	return p.apply(types.ToTxs(txs), commit)
}

// apply makes the next block, stores it with a first vote and executes it. Its
// final vote, whose time is the next block's, comes with the next block.
func (p *Past) apply(txs types.Txs, last *types.Commit) error {
	height := p.state.LastBlockHeight + 1
	block, err := p.state.MakeBlock(height, txs, last, nil, p.engine.validator.GetAddress())
	if err != nil {
		return fmt.Errorf("make block %d: %w", height, err)
	}
	parts, err := block.MakePartSet(types.BlockPartSizeBytes)
	if err != nil {
		return fmt.Errorf("make block %d: %w", height, err)
	}
	id := types.BlockID{Hash: block.Hash(), PartSetHeader: parts.Header()}
	seen, err := p.vote(height, id, block.Time.Add(tick))
	if err != nil {
		return err
	}
	p.engine.blocks.store.SaveBlock(block, parts, seen)
	if p.state, err = p.exec.ApplyBlock(p.state, id, block); err != nil {
		return fmt.Errorf("execute block %d: %w", height, err)
	}
	return nil
}

// vote is the lone validator's commit of a block. Its key signs here without
// the record of what it signed: nothing else can sign while the home is open
// for writing, and Finish brings the record up to date.
func (p *Past) vote(height int64, id types.BlockID, t time.Time) (*types.Commit, error) {
	vote := p.precommit(height, id, t)
	signature, err := p.engine.validator.Key.PrivKey.Sign(types.VoteSignBytes(p.engine.doc.ChainID, vote))
	if err != nil {
		return nil, fmt.Errorf("sign block %d: %w", height, err)
	}
	return &types.Commit{Height: height, BlockID: id, Signatures: []types.CommitSig{{
		BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: p.engine.validator.GetAddress(),
		Timestamp: t, Signature: signature,
	}}}, nil
}

func (p *Past) precommit(height int64, id types.BlockID, t time.Time) *cmtproto.Vote {
	return &cmtproto.Vote{
		Type: cmtproto.PrecommitType, Height: height, BlockID: id.ToProto(),
		Timestamp: t, ValidatorAddress: p.engine.validator.GetAddress(),
	}
}

// Finish makes the home an ordinary one: the validator's record and the
// write-ahead log end where the past ends.
func (p *Past) Finish() error {
	e := p.engine
	vote := p.precommit(p.Height(), p.state.LastBlockID, p.Time().Add(tick))
	if err := e.validator.SignVote(e.doc.ChainID, vote); err != nil {
		return fmt.Errorf("record the last vote: %w", err)
	}
	if err := endLog(e.home.path(walFile), p.Height()); err != nil {
		return fmt.Errorf("end the write-ahead log: %w", err)
	}
	if err := errors.Join(p.conns.Stop(), e.databases.flush()); err != nil {
		return fmt.Errorf("end the past: %w", err)
	}
	return os.Remove(e.home.path(pastFile))
}

// endLog marks in the write-ahead log that a height is done.
func endLog(path string, height int64) error {
	wal, err := consensus.NewWAL(path)
	if err != nil {
		return err
	}
	if err := wal.Start(); err != nil {
		return err
	}
	err = wal.WriteSync(consensus.EndHeightMessage{Height: height})
	err = errors.Join(err, wal.Stop())
	wal.Wait()
	return err
}
