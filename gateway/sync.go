package gateway

import (
	"context"
	"sync"
)

// broadcast wakes everyone who waits for a change.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

// wait returns a channel that is closed at the next change.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

// tell wakes those who wait.
func (b *broadcast) tell() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// keyed is a lock for each key.
type keyed[K comparable] struct {
	mu   sync.Mutex
	held map[K]*hold
}

type hold struct {
	ch      chan struct{} // holds one token while free
	waiting int
}

// lock waits for the key's lock and returns what lets go of it, or ctx's error.
func (k *keyed[K]) lock(ctx context.Context, key K) (func(), error) {
	h := k.join(key)
	select {
	case <-h.ch:
		return func() { h.ch <- struct{}{}; k.leave(key, h) }, nil
	case <-ctx.Done():
		k.leave(key, h)
		return nil, ctx.Err()
	}
}

func (k *keyed[K]) join(key K) *hold {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil {
		k.held = map[K]*hold{}
	}
	h := k.held[key]
	if h == nil {
		h = &hold{ch: make(chan struct{}, 1)}
		h.ch <- struct{}{}
		k.held[key] = h
	}
	h.waiting++
	return h
}

func (k *keyed[K]) leave(key K, h *hold) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h.waiting--; h.waiting == 0 {
		delete(k.held, key)
	}
}

// nudge wakes a loop that may be busy: one wake-up waits for it at most.
func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
