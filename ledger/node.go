package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"carekey/consent"
	"carekey/ledger/engine"
)

// Config says where a node lives.
type Config struct {
	Home   string        // holds the genesis file and the validator's key; see package engine
	Listen string        // host:port for other validators; empty: a free port of the loopback
	Peers  []string      // other validators, id@host:port
	Keep   time.Duration // how long blocks and past states are kept; 0: [DefaultKeep]
	Log    *slog.Logger  // nil: nothing is logged
}

// ErrInUse means that another process has the home open.
var ErrInUse = engine.ErrInUse

// ErrStopped means that the node was stopped.
var ErrStopped = errors.New("this node of the ledger is stopped")

// Node is one running validator with everything that gateways ask of it.
type Node struct {
	genesis *consent.Genesis
	file    []byte
	engine  *engine.Engine
	app     *app
	ended   chan error // see Ended

	mu         sync.RWMutex // held for reading while stores are read
	stopped    bool
	freshening sync.WaitGroup
}

// Start runs a node until [Node.Stop]. A process can start and stop a node any
// number of times, and run several in different homes.
func Start(ctx context.Context, c Config) (*Node, error) {
	n, err := openNode(c)
	if err != nil {
		return nil, err
	}
	limits := engine.Limits{EmptyBlocks: n.genesis.Params.EmptyBlocks, MaxTxBytes: consent.MaxTxBytes}
	if err := n.engine.Run(ctx, n.app, limits); err != nil {
		return nil, errors.Join(err, n.Stop())
	}
	n.freshening.Go(n.freshen)
	return n, nil
}

// openNode opens the stores of a home.
func openNode(c Config) (*Node, error) {
	n := &Node{ended: make(chan error, 1)}
	e, err := engine.Open(engine.Config{Home: c.Home, Listen: c.Listen, Peers: c.Peers, Log: c.Log}, n.halted)
	if err != nil {
		return nil, err
	}
	n.engine, n.file = e, e.Genesis()
	if err := n.openApp(c); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return n, nil
}

func (n *Node) openApp(c Config) (err error) {
	if n.genesis, err = DecodeGenesis(n.file); err != nil {
		return err
	}
	keep := c.Keep
	if keep == 0 {
		keep = DefaultKeep
	}
	n.app, err = newApp(n.engine.Dir(), n.genesis, GenesisHash(n.file), keep, n.engine.LightBlock)
	return err
}

// Ended receives why the node stopped for good without being told to, such as
// for want of disk. Only a new start of it goes on.
func (n *Node) Ended() <-chan error { return n.ended }

// halted is called once.
func (n *Node) halted(err error) {
	n.ended <- err
	if n.app != nil {
		n.app.notes.stop(err)
	}
}

// Stop ends the node. Whoever waits gets [ErrStopped]. Stopping twice does
// nothing.
func (n *Node) Stop() error {
	n.app.notes.stop(ErrStopped)
	n.freshening.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stopped {
		return nil
	}
	n.stopped = true
	return errors.Join(n.engine.Close(), n.app.close())
}

// reading runs f while the stores are open.
func (n *Node) reading(f func() error) error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if n.stopped {
		return ErrStopped
	}
	return f()
}

// Genesis returns the genesis file's bytes.
func (n *Node) Genesis() []byte { return n.file }

// Params returns the network's settled numbers.
func (n *Node) Params() consent.Params { return n.genesis.Params }

// TxID is the name by which [Node.Await] knows a transaction.
func TxID(tx []byte) consent.Hash { return consent.Sum(tx) }

// Submit offers a transaction. A result other than [consent.CodeOK] is a
// refusal; CodeOK means accepted, not committed: a transaction can still be
// lost, and the caller sends the same bytes again until the entry is proven.
// For bytes that are committed already it returns their result there, as far
// as this node remembers it. Errors: [engine.ErrBusy], [engine.ErrHalted],
// [ErrStopped], that of ctx.
func (n *Node) Submit(ctx context.Context, tx []byte) (consent.Result, error) {
	var result consent.Result
	err := n.reading(func() error {
		r, err := n.engine.Submit(ctx, tx)
		switch {
		case errors.Is(err, engine.ErrKnown):
			result, err = n.known(tx)
			return err
		case errors.Is(err, engine.ErrBusy) && consent.StopClass(tx):
			result, err = n.squeeze(tx)
			return err
		case err != nil:
			return err
		case r.Code == codeFailed:
			return fmt.Errorf("check a transaction: %s", r.Log)
		}
		result = consent.Result{Code: consent.Code(r.Code), Text: r.Log}
		return nil
	})
	return result, err
}

// known answers for a transaction that came before: by its result, or, if that
// is not remembered, by judging it anew (it is pending, or was included).
func (n *Node) known(tx []byte) (consent.Result, error) {
	if c, ok := n.app.notes.result(TxID(tx)); ok {
		return c.result, nil
	}
	return n.app.check(tx)
}

// squeeze takes a stop although the engine has no room for more transactions:
// it goes into the next block that this node proposes.
func (n *Node) squeeze(tx []byte) (consent.Result, error) {
	result, err := n.app.check(tx)
	if err == nil && result.Code == consent.CodeOK && !n.app.stops.add(tx) {
		err = engine.ErrBusy
	}
	return result, err
}

// Await returns a transaction's height and result once it is in a block that
// is written. The state that it made is proven by the header of the next
// height. Results of the last 100,000 transactions are remembered; for older
// ones Await waits until ctx ends.
func (n *Node) Await(ctx context.Context, tx consent.Hash) (int64, consent.Result, error) {
	c, err := n.app.notes.await(ctx, tx)
	return c.height, c.result, err
}

// Wait returns height and time of the newest header once its height is at
// least height. That header's light block can then be read, and the state of
// the height before it proven.
func (n *Node) Wait(ctx context.Context, height int64) (int64, consent.Time, error) {
	b, err := n.app.notes.wait(ctx, height)
	return b.Height, b.Time, err
}

// LightBlock returns the protobuf bytes of CometBFT's LightBlock of a height,
// 0 for the newest. Of a height that is pruned it returns the nearest above it
// that is kept. Heights not reached are [engine.ErrNoBlock].
func (n *Node) LightBlock(_ context.Context, height int64) (light []byte, err error) {
	err = n.reading(func() error {
		newest, _ := n.app.notes.latest()
		if height == 0 {
			height = newest.Height
		}
		light, err = n.engine.LightBlock(height)
		if errors.Is(err, engine.ErrNoBlock) && height < newest.Height {
			light, err = n.nearestAbove(height)
		}
		return err
	})
	return light, err
}

// nearestAbove returns the first anchor above a pruned height, or the oldest
// block that is not pruned.
func (n *Node) nearestAbove(height int64) ([]byte, error) {
	at, light, err := n.app.store.anchorFrom(height)
	if err != nil {
		return nil, err
	}
	if base := n.app.pruner.base.Load(); light == nil || base < at {
		return n.engine.LightBlock(base)
	}
	return light, nil
}

// Anchors lists at most limit heights above after whose light blocks are kept
// for ever: the first, one a day, and those around changes of validators.
func (n *Node) Anchors(_ context.Context, after int64, limit int) (heights []int64, err error) {
	err = n.reading(func() error {
		heights, err = n.app.store.anchorsAfter(after, limit)
		return err
	})
	return heights, err
}

// Prove returns for each key the protobuf bytes of an ICS 23 commitment proof
// of its value, or of its absence, in the state of a height. The proofs fit
// the application hash in the header of height + 1. Heights that are pruned or
// not reached are [ErrNoState].
func (n *Node) Prove(_ context.Context, height int64, keys ...[]byte) (proofs [][]byte, err error) {
	err = n.reading(func() error {
		proofs, err = n.app.tree.prove(height, keys)
		return err
	})
	return proofs, err
}

// Entries reads a log from an entry on: leaves of together about maxBytes, at
// least one if there is one, and the companion of every batch they came in, in
// the order of first appearance. A companion's path is for exactly the entries
// returned. What is kept no longer is [consent.ErrPruned].
func (n *Node) Entries(_ context.Context, log consent.LogID, from uint64, maxBytes int) (leaves [][]byte, companions []consent.Companion, err error) {
	err = n.reading(func() error {
		p, err := n.app.entries(log, from, maxBytes)
		if err != nil {
			return err
		}
		leaves = p.leaves
		companions, err = n.app.store.companions(p)
		return err
	})
	return leaves, companions, err
}

func (n *Node) pending() int {
	pending := 0
	_ = n.reading(func() error { // a stopped node has none
		pending = n.engine.Pending()
		return nil
	})
	return pending
}

// Healthy returns nil while blocks come: the newest is not older than ten
// intervals of empty blocks and half a minute.
func (n *Node) Healthy() error {
	newest, err := n.app.notes.latest()
	if err != nil {
		return err
	}
	if newest.Height == 0 {
		return errors.New("there is no block yet")
	}
	limit := 10*n.genesis.Params.EmptyBlocks + 30*time.Second
	if age := time.Since(newest.Time.Time()); age > limit {
		return fmt.Errorf("the newest block is %s old", age.Round(time.Second))
	}
	return nil
}

// Health answers 200 while [Node.Healthy], else 503 with the reason.
func (n *Node) Health() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := n.Healthy(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
}
