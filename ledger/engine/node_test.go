package engine

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
)

// newHome is a home whose validator is alone on its chain.
func newHome(t *testing.T, amend ...func(*Genesis)) Config {
	t.Helper()
	dir := t.TempDir()
	key, err := NewValidator(dir)
	if err != nil {
		t.Fatal(err)
	}
	g := genesis(t)
	g.Validators[0] = key
	for _, f := range amend {
		f(&g)
	}
	writeGenesis(t, dir, g)
	return Config{Home: dir}
}

func writeGenesis(t *testing.T, dir string, g Genesis) {
	t.Helper()
	file, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, genesisFile), file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// runOnce starts a home's node around an application that keeps nothing, and
// stops it again.
func runOnce(t *testing.T, ctx context.Context, c Config) error {
	t.Helper()
	e, err := Open(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	started := e.Run(ctx, abci.NewBaseApplication(), Limits{EmptyBlocks: time.Minute, MaxTxBytes: 1024})
	if err := e.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	return started
}

// A chain that has begun goes on under its own genesis alone.
func TestGenesisOfAnotherChain(t *testing.T) {
	c := newHome(t)
	if err := runOnce(t, t.Context(), c); err != nil {
		t.Fatal(err)
	}
	own, err := os.ReadFile(filepath.Join(c.Home, genesisFile))
	if err != nil {
		t.Fatal(err)
	}
	g, err := DecodeGenesis(own)
	if err != nil {
		t.Fatal(err)
	}
	g.Chain = "another-1"
	writeGenesis(t, c.Home, g)
	if err := runOnce(t, t.Context(), c); !errors.Is(err, ErrOtherGenesis) {
		t.Errorf("with another chain's genesis: %v", err)
	}
	if err := os.WriteFile(filepath.Join(c.Home, genesisFile), own, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := runOnce(t, t.Context(), c); err != nil {
		t.Errorf("with its own again: %v", err)
	}
}

// A chain that is to begin later is waited for.
func TestGenesisAhead(t *testing.T) {
	t.Parallel()
	c := newHome(t, func(g *Genesis) { g.Time = time.Now().Add(time.Hour) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // a start takes a tenth of it
	defer cancel()
	if err := runOnce(t, ctx, c); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an hour before the chain begins: %v", err)
	}
}

// A start that failed half way leaves nothing that keeps the next one from
// succeeding, in the same process.
func TestStartAfterOneThatFailed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newHome(t)
	c.Listen = taken.Addr().String()
	if err := runOnce(t, t.Context(), c); err == nil {
		t.Error("a node listens where another program does")
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	c.Peers = []string{"nobody"}
	if err := runOnce(t, t.Context(), c); err == nil {
		t.Error("a peer without an address was taken")
	}
	c.Peers = nil
	for range 2 {
		if err := runOnce(t, t.Context(), c); err != nil {
			t.Error(err)
		}
	}
}
