package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"

	"carekey/consent"
	"carekey/ledger/engine"
)

// appVersion is the version of the rules in every header.
const appVersion = 1

// app is the ABCI 2.0 application. The engine calls it on connections that
// run beside each other: blocks on one, checks of new transactions on another.
// Blocks own everything but view, notes, stops and count, which all share.
type app struct {
	abci.BaseApplication
	genesis *consent.Genesis
	rules   consent.Rules
	store   *store
	tree    *tree
	pruner  *pruner
	light   func(height int64) ([]byte, error)
	now     func() time.Time
	token   []byte // see freshen

	view  atomic.Pointer[view] // the last block's state, for all
	notes *notifier
	stops stops
	count counters

	before  *view // the last block's state, for the next
	last    lastBlock
	clock   []byte           // of idle blocks; nil if the tree has it
	first   *consent.Outcome // of the genesis, until the first block is written
	pending *pending
}

// pending is a block that is executed and not yet written.
type pending struct {
	last    lastBlock
	clock   []byte
	outcome consent.Outcome
	txs     []consent.Hash
	results []consent.Result
}

// newApp opens the application's store in dir. Light blocks for anchors come
// from light.
func newApp(dir string, g *consent.Genesis, genesis consent.Hash, keep time.Duration, light func(int64) ([]byte, error)) (*app, error) {
	s, err := openStore(dir)
	if err != nil {
		return nil, err
	}
	a := &app{
		genesis: g, store: s, light: light, now: time.Now, token: newToken(), notes: newNotifier(),
		rules: consent.Rules{Genesis: g, Verify: newVerified().verify},
	}
	if err := a.open(genesis, keep); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return a, nil
}

func (a *app) open(genesis consent.Hash, keep time.Duration) (err error) {
	if a.tree, err = openTree(a.store); err != nil {
		return err
	}
	if a.pruner, err = newPruner(a.store, a.tree, a.genesis, keep); err != nil {
		return err
	}
	if a.tree.height() == 0 {
		a.store.put(metaKey(metaGenesis), genesis[:])
		return nil
	}
	if known, err := a.store.Get(metaKey(metaGenesis)); err != nil || !bytes.Equal(known, genesis[:]) {
		return errors.Join(engine.ErrOtherGenesis, err)
	}
	if _, err := a.store.getRecord(metaKey(metaLast), &a.last); err != nil {
		return err
	}
	if a.clock, err = a.store.Get(metaKey(metaClock)); err != nil {
		return err
	}
	a.notes.decided(consent.Block{Height: a.last.Height, Time: a.last.Time})
	return a.publish()
}

// close ends the application once the engine has stopped.
func (a *app) close() error { return errors.Join(a.tree.close(), a.store.Close()) }

// publish makes the last block's state the one that all see.
func (a *app) publish() error {
	committed, err := a.tree.at(a.last.Height)
	if err != nil {
		return err
	}
	block := consent.Block{Height: a.last.Height, Time: a.last.Time}
	a.before = &view{block: block, tree: a.tree.work, clock: a.clock}
	a.view.Store(&view{block: block, tree: committed, clock: a.clock})
	return nil
}

// Info tells the engine how far the application's state goes.
func (a *app) Info(context.Context, *abci.RequestInfo) (*abci.ResponseInfo, error) {
	return &abci.ResponseInfo{
		AppVersion: appVersion, LastBlockHeight: a.tree.height(), LastBlockAppHash: a.tree.hash(),
	}, nil
}

// InitChain makes the state of the genesis. It reaches tree and disk with the
// first block; a node that stops before is asked again. No application hash is
// returned, so that the first block changes it and the second, which proves
// the genesis, comes at once.
func (a *app) InitChain(_ context.Context, r *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	if r.ChainId != a.genesis.Chain {
		return nil, engine.ErrOtherGenesis
	}
	out, err := a.genesis.Outcome()
	if err != nil {
		return nil, err
	}
	a.first = &out
	a.before = &view{block: consent.Block{Time: consent.At(a.genesis.Time)}, tree: newFirstState(out)}
	a.view.Store(a.before)
	return &abci.ResponseInitChain{}, nil
}

// FinalizeBlock executes a decided block. An error stops this node: it means
// that its disk failed, never that a transaction was bad.
func (a *app) FinalizeBlock(_ context.Context, r *abci.RequestFinalizeBlock) (response *abci.ResponseFinalizeBlock, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("block %d: %v", r.Height, p)
		}
		if err != nil {
			a.notes.stop(fmt.Errorf("%w: %w", engine.ErrHalted, err))
		}
	}()
	block := consent.Block{Height: r.Height, Time: consent.At(r.Time)}
	a.notes.decided(block)
	started := a.now()
	if err := a.execute(block, r); err != nil {
		return nil, err
	}
	hash, err := a.change()
	if err != nil {
		return nil, err
	}
	a.count.block(block, a.pending.results, a.now().Sub(started))
	return &abci.ResponseFinalizeBlock{AppHash: hash, TxResults: txResults(a.pending.results)}, nil
}

// execute runs a block's transactions and keeps what they did as pending.
func (a *app) execute(block consent.Block, r *abci.RequestFinalizeBlock) error {
	state := &reader{state: a.before, nonces: a.store}
	x, err := a.rules.Begin(state, state, block)
	if err != nil {
		return err
	}
	p := &pending{last: a.following(block, r.NextValidatorsHash)}
	for _, tx := range r.Txs {
		p.txs = append(p.txs, consent.Sum(tx))
		p.results = append(p.results, x.Deliver(tx))
	}
	if p.outcome = x.Finish(); state.failed != nil {
		return state.failed
	}
	if len(r.Txs) == 0 {
		p.outcome.Changes, p.clock = holdClock(p.outcome.Changes)
	}
	a.pending = p
	return nil
}

func (a *app) following(b consent.Block, next []byte) lastBlock {
	return lastBlock{
		Height: b.Height, Time: b.Time, Validators: next,
		NewValidators: a.last.Height > 0 && !bytes.Equal(next, a.last.Validators),
	}
}

// holdClock takes the clock out of an idle block's changes; see the package
// comment.
func holdClock(changes []consent.Change) (rest []consent.Change, clock []byte) {
	for _, c := range changes {
		if bytes.Equal(c.Key, consent.ClockKey()) {
			clock = c.Value
		} else {
			rest = append(rest, c)
		}
	}
	return rest, clock
}

// change puts the pending block into the tree's next version.
func (a *app) change() ([]byte, error) {
	a.tree.rollback()
	if a.first != nil {
		if _, err := a.tree.apply(a.first.Changes); err != nil {
			return nil, err
		}
	}
	return a.tree.apply(a.pending.outcome.Changes)
}

func txResults(results []consent.Result) []*abci.ExecTxResult {
	out := make([]*abci.ExecTxResult, len(results))
	for i, r := range results {
		out[i] = &abci.ExecTxResult{Code: uint32(r.Code), Log: r.Text, Data: consent.Encode(r.Items)}
	}
	return out
}

// Commit writes the block: all of it or nothing. Then it tells who waits.
func (a *app) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	retain, err := a.commit()
	if err != nil {
		err = fmt.Errorf("%w: %w", engine.ErrHalted, err)
		a.notes.stop(err)
		return nil, err
	}
	return &abci.ResponseCommit{RetainHeight: retain}, nil
}

func (a *app) commit() (int64, error) {
	p := a.pending
	if err := a.ride(p); err != nil {
		return 0, err
	}
	if err := a.tree.commit(); err != nil {
		return 0, err
	}
	a.last, a.clock, a.first, a.pending = p.last, p.clock, nil, nil
	if err := a.publish(); err != nil {
		return 0, err
	}
	a.stops.committed(p.txs, p.last.Time)
	a.notes.committed(p.last.Height, p.txs, p.results)
	a.pruner.drop(p.outcome.DropBuckets)
	return a.pruner.prune(p.last)
}

// ride adds to the tree's next write what the block keeps outside the tree.
func (a *app) ride(p *pending) error {
	out := p.outcome
	if a.first != nil {
		out.Entries = slices.Concat(a.first.Entries, out.Entries)
	}
	a.store.putEntries(out)
	a.store.putNonces(out.Spent)
	a.store.putRecord(spaceBlock.at(p.last.Height), newBlockRecord(p.last.Time, out))
	a.store.putRecord(metaKey(metaLast), p.last)
	if p.clock != nil {
		a.store.put(metaKey(metaClock), p.clock)
	} else {
		a.store.delete(metaKey(metaClock))
	}
	if !p.last.anchors(a.last) {
		return nil
	}
	light, err := a.light(p.last.Height)
	if err != nil {
		return fmt.Errorf("keep an anchor: %w", err)
	}
	a.store.putAnchor(p.last.Height, light)
	return nil
}
