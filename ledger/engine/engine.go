package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	dbm "github.com/cometbft/cometbft-db"
	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"
	"github.com/cometbft/cometbft/types"
)

var (
	// ErrHalted means that the engine stopped for good; only a new start of
	// the process can help.
	ErrHalted = errors.New("the ledger has stopped")
	// ErrKnown means that the same transaction came before; it is pending,
	// committed or forgotten.
	ErrKnown = errors.New("the transaction is known already")
	// ErrBusy means that there is no room for more transactions now.
	ErrBusy = errors.New("the ledger is busy")
	// ErrPastUnfinished means that the writing of past blocks was interrupted;
	// such a home is of no use.
	ErrPastUnfinished = errors.New("the ledger's past was not written to its end")
)

// Engine is one node: opened, then run around an application or used to write
// past blocks, then closed. It can be opened again in the same process.
type Engine struct {
	config    Config
	home      *home
	genesis   []byte
	doc       *types.GenesisDoc
	validator *privval.FilePV
	databases *databases
	blocks    *blocks
	node      *node
	log       *logger

	mu     sync.Mutex
	halt   error
	onHalt func(error)
}

// Open takes the home and opens its stores. OnHalt is called once if the
// engine stops for good while it runs; it may be nil.
func Open(c Config, onHalt func(error)) (*Engine, error) {
	h, err := openHome(c.Home)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		config: c, home: h, onHalt: onHalt,
		databases: &databases{dir: h.path(dataDir), open: map[string]dbm.DB{}},
	}
	e.log = newLogger(c.Log, e.halted)
	if err := e.open(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) open() (err error) {
	if e.genesis, err = os.ReadFile(e.home.path(genesisFile)); err != nil {
		return fmt.Errorf("read the genesis file: %w", err)
	}
	if e.doc, err = decodeGenesisDoc(e.genesis); err != nil {
		return err
	}
	if e.validator, err = loadValidator(e.home); err != nil {
		return err
	}
	blockDB, err := e.databases.get("blockstore")
	if err != nil {
		return err
	}
	stateDB, err := e.databases.get("state")
	if err != nil {
		return err
	}
	e.blocks = &blocks{
		store:  store.NewBlockStore(blockDB),
		states: state.NewStore(stateDB, state.StoreOptions{DiscardABCIResponses: true}),
	}
	return e.checkSigned()
}

// checkSigned refuses a record of signatures that is older than the chain. A
// lone validator has signed every block of its chain.
func (e *Engine) checkSigned() error {
	alone := len(e.doc.Validators) == 1 &&
		e.doc.Validators[0].PubKey.Equals(e.validator.Key.PubKey)
	if alone && e.validator.LastSignState.Height < e.blocks.store.Height() && !e.home.has(pastFile) {
		return ErrRestored
	}
	return nil
}

// NodeID is the name by which peers address a node, as in id@host:port. It
// makes the key of the peer connections if there is none.
func NodeID(dir string) (string, error) {
	key, err := p2p.LoadOrGenNodeKey((&home{dir: dir}).path(nodeKeyFile))
	if err != nil {
		return "", errors.New("the node's key cannot be read or made")
	}
	return string(key.ID()), nil
}

// Genesis returns the genesis file's bytes.
func (e *Engine) Genesis() []byte { return e.genesis }

// Dir is where an application keeps its own store.
func (e *Engine) Dir() string { return e.home.path(dataDir) }

// Run starts the node around app. Blocks that app lacks are executed again
// before Run returns.
func (e *Engine) Run(ctx context.Context, app abci.Application, limits Limits) error {
	if e.home.has(pastFile) {
		return ErrPastUnfinished
	}
	nodeKey, err := p2p.LoadOrGenNodeKey(e.home.path(nodeKeyFile))
	if err != nil || nodeKey.PrivKey == nil { // an error's text could quote the key
		return errors.New("the node's key cannot be read or made")
	}
	if e.node, err = startNode(ctx, e, nodeKey, app, limits); err != nil {
		return fmt.Errorf("start the ledger: %w", err)
	}
	return nil
}

// Close stops the node, if it runs, and gives up the home.
func (e *Engine) Close() error {
	var stopped error
	if e.node != nil {
		stopped = e.node.stop()
	}
	return errors.Join(stopped, e.databases.close(), e.home.close())
}

func (e *Engine) halted(err error) {
	e.mu.Lock()
	first := e.halt == nil
	if first {
		e.halt = err
	}
	e.mu.Unlock()
	if first && e.onHalt != nil {
		e.onHalt(err)
	}
}

// Halted returns why the engine stopped for good, or nil.
func (e *Engine) Halted() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.halt
}

// Submit offers a transaction to the application and, if it takes it, to the
// next block. Nothing is promised by that: a transaction can still be lost.
// Errors are [ErrHalted], [ErrKnown], [ErrBusy] and that of ctx.
func (e *Engine) Submit(ctx context.Context, tx []byte) (*abci.ResponseCheckTx, error) {
	if err := e.Halted(); err != nil {
		return nil, err
	}
	answer := make(chan *abci.ResponseCheckTx, 1)
	err := e.node.pool.CheckTx(tx, func(r *abci.ResponseCheckTx) { answer <- r }, mempool.TxInfo{})
	if err != nil {
		return nil, submitError(err)
	}
	select {
	case r := <-answer:
		return r, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func submitError(err error) error {
	var full mempool.ErrMempoolIsFull
	switch {
	case errors.Is(err, mempool.ErrTxInCache):
		return ErrKnown
	case errors.As(err, &full):
		return ErrBusy
	}
	return fmt.Errorf("submit a transaction: %w", err)
}

// Wake offers a transaction that is to be withdrawn again: as long as it waits,
// blocks are proposed without a pause.
func (e *Engine) Wake(ctx context.Context, token []byte) error {
	if _, err := e.Submit(ctx, token); !errors.Is(err, ErrKnown) {
		return err
	}
	return nil
}

// Withdraw takes a transaction back that waits for a block.
func (e *Engine) Withdraw(token []byte) {
	pool := e.node.pool
	pool.Lock() // else the pool could announce transactions it has no more
	defer pool.Unlock()
	_ = pool.RemoveTxByKey(types.Tx(token).Key()) // it is gone: as wanted
}

// Pending is the number of transactions that wait for a block.
func (e *Engine) Pending() int { return e.node.pool.Size() }

// LightBlock returns the protobuf bytes of CometBFT's LightBlock of a height,
// or [ErrNoBlock].
func (e *Engine) LightBlock(height int64) ([]byte, error) { return e.blocks.lightBlock(height) }
