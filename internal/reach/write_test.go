package reach

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"carekey/client"
	"carekey/consent"
)

// answers are what institutions say to a transaction; whoever is not here says
// nothing.
type answers map[string]error

// delivers hands a transaction to a first institution and to others, and
// returns who got it after how long, and what came of it.
func (a answers) delivers(t *testing.T, wait time.Duration) (map[string]time.Duration, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	start := time.Now()
	var mu sync.Mutex
	got := map[string]time.Duration{}
	send := func(to client.Target) error {
		name := to.Addresses[0]
		mu.Lock()
		got[name] = time.Since(start)
		mu.Unlock()
		err, speaks := a[name]
		if !speaks {
			<-ctx.Done()
			return ctx.Err()
		}
		return err
	}
	at := func(name string) client.Target { return client.Target{Addresses: []string{name}} }
	err := deliver(ctx, send, at("first"), []client.Target{at("second"), at("third")}, wait)
	synctest.Wait()
	mu.Lock()
	defer mu.Unlock()
	return maps.Clone(got), err
}

// TestWhoGetsATransaction: the institution alone while it answers; after five
// seconds of silence, or at once when it fails, refuses or the transaction is a
// stop, two others, too. One yes is enough, and no single no counts against it.
func TestWhoGetsATransaction(t *testing.T) {
	refused := &consent.Refusal{Code: consent.CodeStale, Text: "no"}
	known := &consent.Refusal{Code: consent.CodeReplayed, Text: "it came before"}
	alone := map[string]time.Duration{"first": 0}
	all := func(others time.Duration) map[string]time.Duration {
		return map[string]time.Duration{"first": 0, "second": others, "third": others}
	}
	tests := []struct {
		name string
		says answers
		wait time.Duration
		got  map[string]time.Duration
		err  error
	}{
		{"yes", answers{"first": nil}, patience, alone, nil},
		{"silence", answers{"second": nil}, patience, all(5 * time.Second), nil},
		{"unreachable", answers{"first": client.ErrUnreachable, "third": nil}, patience, all(0), nil},
		{"one refuses, another does not", answers{"first": refused, "second": nil}, patience, all(0), nil},
		{"all refuse", answers{"first": refused, "second": refused, "third": refused}, patience, all(0), refused},
		{"one refuses, nobody else is there", answers{"first": refused, "second": client.ErrUnreachable, "third": client.ErrBusy}, patience, all(0), client.ErrBusy},
		{"two refuse, one is away", answers{"first": refused, "second": client.ErrUnreachable, "third": refused}, patience, all(0), refused},
		{"one refuses, the others are silent", answers{"first": refused}, patience, all(0), context.DeadlineExceeded},
		{"one knows it", answers{"first": refused, "second": known, "third": refused}, patience, all(0), known},
		{"nobody there", answers{"first": client.ErrUnreachable, "second": client.ErrBusy, "third": client.ErrUnreachable}, patience, all(0), client.ErrBusy},
		{"nobody speaks", answers{}, patience, all(5 * time.Second), context.DeadlineExceeded},
		{"a stop, and the first refuses", answers{"first": refused, "third": nil}, 0, all(0), nil},
		{"a stop, and the first is silent", answers{"second": nil}, 0, all(0), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := tt.says.delivers(t, tt.wait)
				if !maps.Equal(got, tt.got) || !same(err, tt.err) {
					t.Errorf("it went to %v, want %v; %v, want %v", got, tt.got, err, tt.err)
				}
			})
		})
	}
}

// same compares errors; of refusals the one that a caller sees.
func same(got, want error) bool {
	var refusal, seen *consent.Refusal
	if !errors.As(want, &refusal) {
		return errors.Is(got, want) && !errors.As(got, &seen)
	}
	return errors.As(got, &seen) && seen.Code == refusal.Code
}

// TestTakenButNotCarried: whoever took a transaction and did not carry it is
// not alone the next time.
func TestTakenButNotCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{sent: map[consent.Hash]time.Time{}}
		tx := consent.Sum([]byte("transaction"))
		if n.waited(tx) {
			t.Error("it was never handed in")
		}
		<-time.After(patience)
		if n.waited(tx) {
			t.Error("five seconds are not over")
		}
		<-time.After(time.Nanosecond)
		if !n.waited(tx) || n.waited(consent.Sum([]byte("another"))) {
			t.Error("five seconds are over, for this one")
		}
		<-time.After(consent.MaxValidFor + 1)
		if n.waited(tx) || len(n.sent) != 1 {
			t.Error("what can no longer come is remembered")
		}
	})
}
