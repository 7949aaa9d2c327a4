package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/blocksync"
	"github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/consensus"
	"github.com/cometbft/cometbft/evidence"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/libs/service"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
)

// node is CometBFT's parts at work: the pool of transactions, evidence, the
// sync of blocks, consensus, and the connections with peers. It is put
// together here and not by the library's own node, which brings servers,
// indexers and a second peer-to-peer stack into every program that links it.
type node struct {
	engine   *Engine
	limits   Limits
	conns    proxy.AppConns
	events   *types.EventBus
	pool     *mempool.CListMempool
	evidence *evidence.Pool
	peers    *peers
	running  []service.Service // beside the peers' parts, in the order of their starts
}

// startNode brings app up to date and starts a node around it. What had started
// is stopped again if it fails.
func startNode(ctx context.Context, e *Engine, key *p2p.NodeKey, app abci.Application, l Limits) (*node, error) {
	n := &node{
		engine: e, limits: l, events: types.NewEventBus(),
		conns: proxy.NewAppConns(proxy.NewConnSyncLocalClientCreator(app), proxy.NopMetrics()),
	}
	if err := n.start(ctx, key); err != nil {
		return nil, errors.Join(err, n.stop())
	}
	return n, nil
}

func (n *node) start(ctx context.Context, key *p2p.NodeKey) error {
	if err := errors.Join(n.run("proxy", n.conns), n.run("events", n.events)); err != nil {
		return err
	}
	now, err := n.engine.handshake(ctx, n.conns)
	if err != nil {
		return err
	}
	reactors, err := n.reactors(now)
	if err != nil {
		return err
	}
	if n.peers, err = newPeers(n.engine.config, key, now, reactors, n.log("p2p")); err != nil {
		return err
	}
	if err := waitUntil(ctx, n.engine.doc.GenesisTime); err != nil {
		return err
	}
	return n.peers.start()
}

// run starts a service that stop is to stop.
func (n *node) run(module string, s service.Service) error {
	s.SetLogger(n.log(module))
	if err := s.Start(); err != nil {
		return err
	}
	n.running = append(n.running, s)
	return nil
}

func (n *node) log(module string) log.Logger { return n.engine.log.With("module", module) }

// reactors are the parts that talk to peers, by the names under which they look
// for each other. A node that is not alone first catches up with its peers.
// Snapshots of the state are neither offered nor asked for.
func (n *node) reactors(now state.State) (map[string]p2p.Reactor, error) {
	e := n.engine
	store, err := e.databases.get("evidence")
	if err != nil {
		return nil, err
	}
	if n.evidence, err = evidence.NewPool(store, e.blocks.states, e.blocks.store); err != nil {
		return nil, fmt.Errorf("open the evidence: %w", err)
	}
	settings, behind := e.config.consensus(n.limits), !e.alone(now)
	pool := n.newPool(now, settings.WaitForTxs(), behind)
	executor := state.NewBlockExecutor(e.blocks.states, n.log("state"), n.conns.Consensus(), n.pool, n.evidence,
		e.blocks.store, state.BlockExecutorWithBlockTimeTolerance(settings.BlockTimeTolerance))
	all := map[string]p2p.Reactor{
		"MEMPOOL":  pool,
		"EVIDENCE": evidence.NewReactor(n.evidence),
		"BLOCKSYNC": blocksync.NewReactor(behind, false, now.Copy(), executor, e.blocks.store,
			e.validator.GetAddress(), 0, blocksync.NopMetrics()),
		"CONSENSUS": n.newConsensus(settings, now, executor, behind),
	}
	for name, r := range all {
		r.SetLogger(n.log(strings.ToLower(name)))
	}
	return all, nil
}

// newPool makes the pool of transactions, which announces them if consensus
// waits for some. While the node is behind its peers, it takes none from them.
func (n *node) newPool(now state.State, announce, behind bool) *mempool.Reactor {
	settings := n.engine.config.mempool(n.limits)
	n.pool = mempool.NewCListMempool(settings, n.conns.Mempool(), now.LastBlockHeight,
		mempool.WithPreCheck(state.TxPreCheck(now)), mempool.WithPostCheck(state.TxPostCheck(now)))
	n.pool.SetLogger(n.log("mempool"))
	if announce {
		n.pool.EnableTxsAvailable()
	}
	return mempool.NewReactor(settings, n.pool, behind)
}

// newConsensus makes the part that agrees on blocks. While the node is behind
// its peers, it waits until the sync of blocks starts it.
func (n *node) newConsensus(settings *config.ConsensusConfig, now state.State, executor *state.BlockExecutor, behind bool) *consensus.Reactor {
	s := consensus.NewState(settings, now.Copy(), executor, n.engine.blocks.store, n.pool, n.evidence)
	s.SetLogger(n.log("consensus"))
	s.SetPrivValidator(n.engine.validator)
	r := consensus.NewReactor(s, behind)
	r.SetEventBus(n.events)
	return r
}

// stop ends everything that runs, the last started first.
func (n *node) stop() error {
	var all error
	if n.peers != nil {
		all = n.peers.stop()
	}
	for i := len(n.running) - 1; i >= 0; i-- {
		all = errors.Join(all, n.running[i].Stop())
	}
	return all
}

// alone says whether this node is its network's only validator, so that there
// is nobody to catch up with.
func (e *Engine) alone(now state.State) bool {
	if now.Validators.Size() != 1 {
		return false
	}
	address, _ := now.Validators.GetByIndex(0)
	return bytes.Equal(address, e.validator.GetAddress())
}

// handshake executes the blocks that the application lacks and returns the
// chain's state after them.
func (e *Engine) handshake(ctx context.Context, conns proxy.AppConns) (state.State, error) {
	before, err := e.blocks.states.LoadFromDBOrGenesisDoc(e.doc)
	if err != nil {
		return state.State{}, fmt.Errorf("read the chain's state: %w", err)
	}
	if before.ChainID != e.doc.ChainID {
		return state.State{}, ErrOtherGenesis
	}
	h := consensus.NewHandshaker(e.blocks.states, before, e.blocks.store, e.doc)
	h.SetLogger(e.log.With("module", "consensus"))
	if err := h.HandshakeWithContext(ctx, conns); err != nil {
		return state.State{}, err
	}
	return e.blocks.states.Load()
}

// waitUntil waits for a chain's beginning.
func waitUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
