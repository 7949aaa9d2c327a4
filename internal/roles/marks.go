package roles

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"carekey/consent"
	"carekey/wallet/keyring"
)

// marks keeps the roll-back marks in the keyring, behind the wallet's back and
// not at every step: they may lag, never lead.
type marks struct {
	keeper  keyring.Keeper
	network consent.NetworkID
	log     *slog.Logger
	before  keyring.Marks // as kept before this run

	mu      sync.Mutex
	newest  keyring.Marks
	raised  chan struct{}
	stopped chan struct{}
	ended   chan struct{}
}

// markEvery is the least time between two writes to the keyring.
const markEvery = 10 * time.Second

func newMarks(k keyring.Keeper, kept keyring.Marks, log *slog.Logger) *marks {
	m := &marks{
		keeper: k, before: kept, newest: kept, log: log, raised: make(chan struct{}, 1),
		stopped: make(chan struct{}), ended: make(chan struct{}),
	}
	go m.run()
	return m
}

// Newest is the newest header of a network that was kept before this run.
func (m *marks) Newest(network consent.NetworkID) (int64, consent.Hash) {
	h, _ := m.before.Header(network)
	return h.Height, h.Header
}

// Raise notes a newer tip and generation.
func (m *marks) Raise(tip consent.Tip, generation uint64) {
	m.mu.Lock()
	m.newest.Generation = max(m.newest.Generation, generation)
	if tip.Height > 0 {
		m.newest.Headers = []keyring.HeaderMark{{Network: m.network, Height: tip.Height, Header: tip.Header}}
	}
	m.mu.Unlock()
	select {
	case m.raised <- struct{}{}:
	default:
	}
}

func (m *marks) run() {
	defer close(m.ended)
	for {
		select {
		case <-m.stopped:
			return
		case <-m.raised:
		}
		if err := m.keep(); err != nil {
			m.log.Warn("the roll-back marks were not kept", "err", err)
		}
		select {
		case <-m.stopped:
			return
		case <-time.After(markEvery):
		}
	}
}

func (m *marks) keep() error {
	m.mu.Lock()
	newest := m.newest
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), keyring.CallLimit)
	defer cancel()
	return keyring.RaiseMarks(ctx, m.keeper, newest)
}

// close keeps what was raised last.
func (m *marks) close() error {
	close(m.stopped)
	<-m.ended
	if m.newest.Generation == 0 {
		return nil
	}
	return m.keep()
}
