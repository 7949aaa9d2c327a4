package gateway

import (
	"errors"
	"sync"
	"time"

	"carekey/gateway/store"
)

// moving remembers which uses are being moved and when to try those again that
// failed: the wait doubles with each failure.
type moving struct {
	mu  sync.Mutex
	now map[store.UseID]*attempt
}

type attempt struct {
	busy   bool
	next   time.Time
	failed int
}

// begin takes a use, unless it is busy or has to wait.
func (m *moving) begin(id store.UseID, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now == nil {
		m.now = map[store.UseID]*attempt{}
	}
	a := m.now[id]
	if a == nil {
		a = &attempt{}
		m.now[id] = a
	}
	if a.busy || now.Before(a.next) {
		return false
	}
	a.busy = true
	return true
}

// end lets go of a use. Nil means that nothing is left to do.
func (m *moving) end(id store.UseID, now time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.now[id]
	a.busy = false
	switch {
	case err == nil:
		delete(m.now, id)
	case errors.Is(err, errWait):
		a.failed, a.next = 0, time.Time{}
	default:
		a.next = now.Add(min(retryAfter<<min(a.failed, 10), maxBackoff))
		a.failed++
	}
}
