package gateway

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"carekey/consent"
	"carekey/gateway/store"
)

func TestKeyedLock(t *testing.T) {
	var k keyed[int]
	var wg sync.WaitGroup
	inside := map[int]int{}
	var mu sync.Mutex
	for i := range 40 {
		wg.Go(func() {
			unlock, err := k.lock(t.Context(), i%4)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			if inside[i%4]++; inside[i%4] > 1 {
				t.Error("two hold one lock")
			}
			mu.Unlock()
			mu.Lock()
			inside[i%4]--
			mu.Unlock()
			unlock()
		})
	}
	wg.Wait()
	if len(k.held) != 0 {
		t.Errorf("%d locks are left over", len(k.held))
	}
	unlock, err := k.lock(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.lock(ended, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unlock()
}

func TestMovingBacksOff(t *testing.T) {
	var m moving
	id := store.UseID{Use: 1}
	now := time.Unix(1000, 0)
	broken := errors.New("no answer")
	waits := []time.Duration{}
	for range 12 {
		if !m.begin(id, now) {
			t.Fatal("its time has come")
		}
		if m.begin(id, now) {
			t.Fatal("taken twice")
		}
		m.end(id, now, broken)
		next := m.now[id].next
		if m.begin(id, next.Add(-1)) {
			t.Fatal("tried too early")
		}
		waits = append(waits, next.Sub(now))
		now = next
	}
	if waits[0] != retryAfter || waits[1] != 2*retryAfter || waits[11] != maxBackoff {
		t.Errorf("waits %v", waits)
	}
	if !m.begin(id, now) {
		t.Fatal("its time has come")
	}
	m.end(id, now, errWait)
	if !m.begin(id, now) {
		t.Error("a use that waits for the ledger is not looked at with the next block")
	}
	m.end(id, now, nil)
	if len(m.now) != 0 {
		t.Error("a finished use is remembered")
	}
}

func TestAbortStopsASend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bundle")
	if err := os.WriteFile(path, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() *os.File {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	var s sends
	done := make(chan store.UseID, 2)
	id := store.UseID{Transfer: consent.LogID{1}, Use: 1}
	stopped := s.begin(id, open(), 100, func(id store.UseID) { done <- id })
	whole := s.begin(store.UseID{Transfer: consent.LogID{2}, Use: 1}, open(), 100, func(id store.UseID) { done <- id })
	if _, err := io.ReadFull(stopped, make([]byte, 50)); err != nil {
		t.Fatal(err)
	}
	if !s.abort(id.Transfer) || s.abort(id.Transfer) {
		t.Error("abort does not tell whether it stopped a send")
	}
	if _, err := stopped.Read(make([]byte, 50)); !errors.Is(err, errStopped) {
		t.Errorf("it goes on: %v", err)
	}
	if _, err := io.ReadAll(whole); err != nil {
		t.Errorf("another transfer's send was stopped: %v", err)
	}
	if err := errors.Join(stopped.Close(), whole.Close()); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.Transfer != (consent.LogID{2}) {
		t.Error("a stopped send counts as done")
	}
	if len(done) != 0 || len(s.now) != 0 {
		t.Error("a send is left over")
	}
}
