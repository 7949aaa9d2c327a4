package ledger_test

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"carekey/ledger"
)

// heard is a log that several goroutines write to.
type heard struct {
	mu   sync.Mutex
	text []byte
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, p...)
	return len(p), nil
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.text)
}

// TestOrdinaryLifeIsQuiet: an operator who is warned looks for a fault, so a
// node that starts, works and stops warns of nothing.
func TestOrdinaryLifeIsQuiet(t *testing.T) {
	n := newNetwork(t, time.Now())
	c := n.newChart(t)
	said := &heard{}
	log := slog.New(slog.NewTextHandler(said, &slog.HandlerOptions{Level: slog.LevelWarn}))
	node, err := ledger.Start(soon(t), ledger.Config{Home: n.home, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	accept(t, node, c.open(t))
	stop(t, node)
	if s := said.String(); s != "" {
		t.Error(s)
	}
}
