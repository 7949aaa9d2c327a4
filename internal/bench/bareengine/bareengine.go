// Package bareengine is the floor that the ledger's speed is measured against:
// the same engine with the same settings around an application that stores
// bytes and verifies one Ed25519 signature per transaction, when it comes and
// again in its block.
package bareengine

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/syndtr/goleveldb/leveldb"

	"carekey/ledger/engine"
)

const head = ed25519.PublicKeySize + ed25519.SignatureSize

// NewTx signs a payload.
func NewTx(key ed25519.PrivateKey, payload []byte) []byte {
	tx := append([]byte(nil), key.Public().(ed25519.PublicKey)...)
	return append(append(tx, ed25519.Sign(key, payload)...), payload...)
}

func valid(tx []byte) bool {
	return len(tx) > head &&
		ed25519.Verify(tx[:ed25519.PublicKeySize], tx[head:], tx[ed25519.PublicKeySize:head])
}

// Engine is a chain of one validator in this process.
type Engine struct {
	engine *engine.Engine
	app    *app
}

// Start makes a new chain in dir and runs it.
func Start(ctx context.Context, dir string) (*Engine, error) {
	validator, err := engine.NewValidator(dir)
	if err != nil {
		return nil, err
	}
	genesis, err := engine.Genesis{
		Chain: "bare", Time: time.Now(), App: json.RawMessage("{}"),
		Validators: [][ed25519.PublicKeySize]byte{validator},
	}.Encode()
	if err != nil {
		return nil, err
	}
	if err := engine.InstallGenesis(dir, genesis); err != nil {
		return nil, err
	}
	e, err := engine.Open(engine.Config{Home: dir}, nil)
	if err != nil {
		return nil, err
	}
	return run(ctx, e)
}

func run(ctx context.Context, e *engine.Engine) (*Engine, error) {
	db, err := leveldb.OpenFile(e.Dir()+"/bare", nil)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	b := &Engine{engine: e, app: &app{db: db, heights: map[[32]byte]int64{}, changed: make(chan struct{})}}
	limits := engine.Limits{EmptyBlocks: 2 * time.Second, MaxTxBytes: 1 << 20}
	if err := e.Run(ctx, b.app, limits); err != nil {
		return nil, errors.Join(err, b.Stop())
	}
	return b, nil
}

// Stop ends the chain.
func (b *Engine) Stop() error { return errors.Join(b.engine.Close(), b.app.db.Close()) }

// Submit offers a transaction.
func (b *Engine) Submit(ctx context.Context, tx []byte) error {
	r, err := b.engine.Submit(ctx, tx)
	if err == nil && r.Code != 0 {
		err = errors.New("the bare engine refused a transaction")
	}
	return err
}

// Committed waits until a transaction is committed and returns its height.
func (b *Engine) Committed(ctx context.Context, tx []byte) (int64, error) {
	id := sha256.Sum256(tx)
	return b.app.wait(ctx, func() (int64, bool) {
		height, ok := b.app.heights[id]
		return height, ok
	})
}

// Provable waits until the header after a height is decided.
func (b *Engine) Provable(ctx context.Context, height int64) error {
	_, err := b.app.wait(ctx, func() (int64, bool) { return height, b.app.header > height })
	return err
}

// app stores bytes.
type app struct {
	abci.BaseApplication
	db    *leveldb.DB
	hash  []byte
	batch leveldb.Batch
	block [][32]byte

	mu      sync.Mutex
	header  int64
	heights map[[32]byte]int64
	changed chan struct{}
}

func (a *app) wait(ctx context.Context, done func() (int64, bool)) (int64, error) {
	for {
		a.mu.Lock()
		height, ok := done()
		changed := a.changed
		a.mu.Unlock()
		if ok {
			return height, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

func (a *app) change(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
	close(a.changed)
	a.changed = make(chan struct{})
}

// CheckTx verifies the signature.
func (a *app) CheckTx(_ context.Context, r *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
	if !valid(r.Tx) {
		return &abci.ResponseCheckTx{Code: 1}, nil
	}
	return &abci.ResponseCheckTx{}, nil
}

// FinalizeBlock verifies the signatures again and hashes what it stores.
func (a *app) FinalizeBlock(_ context.Context, r *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	a.change(func() { a.header = r.Height })
	a.block = a.block[:0]
	results := make([]*abci.ExecTxResult, len(r.Txs))
	for i, tx := range r.Txs {
		results[i] = &abci.ExecTxResult{}
		if !valid(tx) {
			results[i].Code = 1
			continue
		}
		id := sha256.Sum256(tx)
		a.block = append(a.block, id)
		a.batch.Put(id[:], tx)
		sum := sha256.Sum256(append(a.hash, id[:]...))
		a.hash = sum[:]
	}
	a.batch.Put([]byte("height"), binary.BigEndian.AppendUint64(nil, uint64(r.Height)))
	return &abci.ResponseFinalizeBlock{AppHash: a.hash, TxResults: results}, nil
}

// Commit writes what the block stores.
func (a *app) Commit(context.Context, *abci.RequestCommit) (*abci.ResponseCommit, error) {
	if err := a.db.Write(&a.batch, nil); err != nil {
		return nil, err
	}
	a.batch.Reset()
	a.change(func() {
		for _, id := range a.block {
			a.heights[id] = a.header
		}
	})
	return &abci.ResponseCommit{}, nil
}
