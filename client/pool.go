package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"

	"carekey/consent"
)

// maxIdle is how many unused connections a pool keeps.
const maxIdle = 2

// Pool keeps connections to one server under one key, so that a long poll does
// not stand in the way of other calls and a broken connection is replaced.
type Pool struct {
	target Target
	cert   *tls.Certificate // nil: anonymous

	mu     sync.Mutex
	idle   []*Conn
	closed bool
}

// NewPool makes a pool; it connects when it is first used.
func NewPool(target Target, cert *tls.Certificate) *Pool { return &Pool{target: target, cert: cert} }

// Do calls with a connection. A connection from the pool may have been ended
// by the server meanwhile: then call runs once more on a new one, so it must
// bear repetition (every operation does).
func (p *Pool) Do(ctx context.Context, call func(*Conn) error) error {
	if c := p.take(); c != nil {
		err := call(c)
		p.put(c)
		if !errors.Is(err, ErrBroken) || ctx.Err() != nil {
			return err
		}
	}
	c, err := Dial(ctx, p.target, p.cert)
	if err != nil {
		return err
	}
	defer p.put(c)
	return call(c)
}

func (p *Pool) take() *Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle = p.idle[:n-1]
	return c
}

func (p *Pool) put(c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.Broken() || len(p.idle) >= maxIdle {
		c.Close()
		return
	}
	p.idle = append(p.idle, c)
}

// Close closes the unused connections, and the used ones when they are done.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.Close()
	}
	p.idle = nil
	return nil
}

// with is Do for a call with a result.
func with[T any](ctx context.Context, p *Pool, do func(*Conn) (T, error)) (T, error) {
	var result T
	err := p.Do(ctx, func(c *Conn) error {
		var err error
		result, err = do(c)
		return err
	})
	return result, err
}

// RemoteNode is a [Node] that another process serves with [NodeRoutes].
type RemoteNode struct{ pool *Pool }

// NewRemoteNode connects when first used, with a registered gateway's key.
func NewRemoteNode(target Target, cert *tls.Certificate) *RemoteNode {
	return &RemoteNode{pool: NewPool(target, cert)}
}

// ask is with for a node: who reads that nobody answers has to know who.
func ask[T any](ctx context.Context, n *RemoteNode, do func(*Conn) (T, error)) (T, error) {
	result, err := with(ctx, n.pool, do)
	return result, ofNode(err)
}

func ofNode(err error) error {
	if errors.Is(err, ErrUnreachable) {
		return fmt.Errorf("the ledger's node: %w", err)
	}
	return err
}

// Close ends the connections.
func (n *RemoteNode) Close() error { return n.pool.Close() }

// Genesis is [Chain.Genesis].
func (n *RemoteNode) Genesis(ctx context.Context) ([]byte, error) {
	return ask(ctx, n, func(c *Conn) ([]byte, error) { return c.Genesis(ctx) })
}

// LightBlock is [Chain.LightBlock].
func (n *RemoteNode) LightBlock(ctx context.Context, height int64) ([]byte, error) {
	return ask(ctx, n, func(c *Conn) ([]byte, error) { return c.LightBlock(ctx, height) })
}

// WaitHeight is [Chain.WaitHeight].
func (n *RemoteNode) WaitHeight(ctx context.Context, height int64) (int64, error) {
	return ask(ctx, n, func(c *Conn) (int64, error) { return c.WaitHeight(ctx, height) })
}

// Prove is [State.Prove].
func (n *RemoteNode) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	return ask(ctx, n, func(c *Conn) (consent.StateProof, error) { return NodeConn{c}.Prove(ctx, height, keys) })
}

// Entries is [State.Entries].
func (n *RemoteNode) Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	return ask(ctx, n, func(c *Conn) (consent.Page, error) { return NodeConn{c}.Entries(ctx, log, from, maxBytes) })
}

// Submit is [Submitter.Submit].
func (n *RemoteNode) Submit(ctx context.Context, tx []byte) error {
	return ofNode(n.pool.Do(ctx, func(c *Conn) error { return c.Submit(ctx, tx) }))
}
