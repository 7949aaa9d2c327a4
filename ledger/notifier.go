package ledger

import (
	"context"
	"sync"

	"carekey/consent"
)

// maxResults is how many transactions' results are remembered.
const maxResults = 100_000

// committed is a transaction's result in its block.
type committed struct {
	height int64
	result consent.Result
}

// notifier tells waiting callers about blocks, straight from the application:
// no event bus, nothing dropped.
type notifier struct {
	mu      sync.Mutex
	header  consent.Block // the newest block that is decided
	changed chan struct{} // closed when header or halt changes
	halt    error
	results map[consent.Hash]committed
	order   []consent.Hash // of results, oldest first
	waiting map[consent.Hash][]chan struct{}
}

func newNotifier() *notifier {
	return &notifier{
		changed: make(chan struct{}),
		results: map[consent.Hash]committed{},
		waiting: map[consent.Hash][]chan struct{}{},
	}
}

// decided announces that a block is decided: its header has its commit.
func (n *notifier) decided(b consent.Block) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.header = b
	n.wake()
}

func (n *notifier) wake() {
	close(n.changed)
	n.changed = make(chan struct{})
}

// committed announces the results of a block that is written.
func (n *notifier) committed(height int64, txs []consent.Hash, results []consent.Result) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, id := range txs {
		if _, again := n.results[id]; !again {
			n.order = append(n.order, id)
		}
		n.results[id] = committed{height: height, result: results[i]}
		for _, waiter := range n.waiting[id] {
			close(waiter)
		}
		delete(n.waiting, id)
	}
	if extra := len(n.order) - maxResults; extra > 0 {
		for _, id := range n.order[:extra] {
			delete(n.results, id)
		}
		n.order = append([]consent.Hash(nil), n.order[extra:]...)
	}
}

// stop ends all waiting with an error.
func (n *notifier) stop(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.halt != nil {
		return
	}
	n.halt = err
	n.wake()
	for id, waiters := range n.waiting {
		for _, waiter := range waiters {
			close(waiter)
		}
		delete(n.waiting, id)
	}
}

// result returns what is remembered of a transaction.
func (n *notifier) result(tx consent.Hash) (committed, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c, ok := n.results[tx]
	return c, ok
}

// latest is the newest decided block.
func (n *notifier) latest() (consent.Block, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.header, n.halt
}

// wait returns the newest decided block once its height is at least height.
func (n *notifier) wait(ctx context.Context, height int64) (consent.Block, error) {
	for {
		n.mu.Lock()
		header, halt, changed := n.header, n.halt, n.changed
		n.mu.Unlock()
		if halt != nil || header.Height >= height {
			return header, halt
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return header, ctx.Err()
		}
	}
}

// await returns a transaction's result once it is committed.
func (n *notifier) await(ctx context.Context, tx consent.Hash) (committed, error) {
	for {
		n.mu.Lock()
		c, ok := n.results[tx]
		if ok || n.halt != nil {
			err := n.halt
			n.mu.Unlock()
			if ok {
				err = nil
			}
			return c, err
		}
		waiter := make(chan struct{})
		n.waiting[tx] = append(n.waiting[tx], waiter)
		n.mu.Unlock()
		select {
		case <-waiter:
		case <-ctx.Done():
			n.forget(tx, waiter)
			return committed{}, ctx.Err()
		}
	}
}

// forget removes a waiter that gave up.
func (n *notifier) forget(tx consent.Hash, waiter chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	waiters := n.waiting[tx]
	for i, w := range waiters {
		if w == waiter {
			n.waiting[tx] = append(waiters[:i:i], waiters[i+1:]...)
			break
		}
	}
	if len(n.waiting[tx]) == 0 {
		delete(n.waiting, tx)
	}
}
