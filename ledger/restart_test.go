package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/merkle"

	"carekey/consent"
	"carekey/ledger"
	"carekey/ledger/engine"
)

func TestRestartInOneProcess(t *testing.T) {
	n := newNetwork(t, time.Now())
	c := n.newChart(t)
	node := n.start(t)
	tx := c.open(t)
	height, _ := accept(t, node, tx)
	for range 6 {
		root := header(t, node, height+1).AppHash
		stop(t, node)
		node = n.start(t)
		if again := header(t, node, height+1).AppHash; again.String() != root.String() {
			t.Fatalf("application hash %s became %s", root, again)
		}
		checkReplay(t, node, tx)
		height, _ = accept(t, node, c.accesses(t, 2))
	}
	if head, _ := wholeLog(t, node, height, c.log, 1<<20); head.Tree.Size != 13 {
		t.Errorf("the log has %d entries, want 13", head.Tree.Size)
	}
}

// TestOlderStoreCatchesUp: when the power goes, the store may have fewer
// blocks than the engine. It executes them again and comes to the same state.
func TestOlderStoreCatchesUp(t *testing.T) {
	n := newNetwork(t, time.Now())
	c := n.newChart(t)
	node := n.start(t)
	accept(t, node, c.open(t))
	stop(t, node)
	store, kept := filepath.Join(n.home, "data", "ledger.db"), filepath.Join(t.TempDir(), "ledger.db")
	if err := os.CopyFS(kept, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	node = n.start(t)
	var txs [][]byte
	var height int64
	for range 40 {
		txs = append(txs, c.accesses(t, 2))
		height, _ = accept(t, node, txs[len(txs)-1])
	}
	root := header(t, node, height+1).AppHash
	stop(t, node)
	if err := errors.Join(os.RemoveAll(store), os.CopyFS(store, os.DirFS(kept))); err != nil {
		t.Fatal(err)
	}
	node = n.start(t)
	if again := header(t, node, height+1).AppHash; again.String() != root.String() {
		t.Errorf("application hash %s became %s", root, again)
	}
	for _, tx := range txs {
		checkReplay(t, node, tx)
	}
	height, _ = accept(t, node, c.accesses(t, 2))
	if head, _ := wholeLog(t, node, height, c.log, 1<<20); head.Tree.Size != 83 {
		t.Errorf("the log has %d entries, want 83", head.Tree.Size)
	}
}

// TestFreshAfterARest: a node that comes back after a long time has a fresh
// header at once, not after two intervals of empty blocks.
func TestFreshAfterARest(t *testing.T) {
	n := newNetwork(t, time.Now().Add(-time.Hour), emptyBlocks(15*time.Second))
	past, err := ledger.OpenPast(ledger.Config{Home: n.home})
	if err != nil {
		t.Fatal(err)
	}
	write(t, past, time.Now().Add(-time.Minute))
	if err := past.Finish(); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	node := n.start(t)
	height, at, err := node.Wait(soon(t), past.Height()+2)
	if err != nil {
		t.Fatal(err)
	}
	if at.Time().Before(started) || time.Since(started) > 10*time.Second {
		t.Errorf("header %d has time %s, %s after the start", height, at.Time(), time.Since(started))
	}
	for h := past.Height() + 1; h <= height; h++ {
		if data := header(t, node, h).DataHash; !bytes.Equal(data, merkle.HashFromByteSlices(nil)) {
			t.Errorf("block %d, which nobody filled, holds something", h)
		}
	}
	brief, cancel := context.WithTimeout(soon(t), 300*time.Millisecond)
	defer cancel()
	if more, _, err := node.Wait(brief, height+3); err == nil {
		t.Errorf("a fresh node goes on making blocks: height %d", more)
	}
}

func TestStoppedNodeAnswers(t *testing.T) {
	n := newNetwork(t, time.Now())
	node := n.start(t)
	waited := make(chan error, 2)
	go func() {
		_, _, err := node.Wait(soon(t), 1<<40)
		waited <- err
	}()
	go func() {
		_, _, err := node.Await(soon(t), consent.Hash{})
		waited <- err
	}()
	stop(t, node)
	stop(t, node)
	_, submit := node.Submit(soon(t), nil)
	_, light := node.LightBlock(soon(t), 1)
	_, prove := node.Prove(soon(t), 1, []byte("key"))
	for _, err := range []error{<-waited, <-waited, submit, light, prove} {
		if !errors.Is(err, ledger.ErrStopped) {
			t.Errorf("a stopped node answers %v", err)
		}
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	node := newNetwork(t, time.Now()).start(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := node.Await(ctx, consent.Hash{}); !errors.Is(err, context.Canceled) {
		t.Errorf("await: %v", err)
	}
	if _, _, err := node.Wait(ctx, 1<<40); !errors.Is(err, context.Canceled) {
		t.Errorf("wait: %v", err)
	}
}

func TestHomeIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*testing.T, *network)
		want  error
	}{
		"in use": {func(t *testing.T, n *network) { n.start(t) }, engine.ErrInUse},
		"record of signatures missing": {func(t *testing.T, n *network) {
			remove(t, n.home, "validator-state.json")
		}, engine.ErrRestored},
		"record of signatures older than the chain": {func(t *testing.T, n *network) {
			state := filepath.Join(n.home, "validator-state.json")
			old, err := os.ReadFile(state)
			if err != nil {
				t.Fatal(err)
			}
			node := n.start(t)
			header(t, node, 2)
			stop(t, node)
			if err := os.WriteFile(state, old, 0o600); err != nil {
				t.Fatal(err)
			}
		}, engine.ErrRestored},
		"key open to others": {func(t *testing.T, n *network) {
			if err := os.Chmod(filepath.Join(n.home, "validator.json"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, engine.ErrKeyOpen},
		"another genesis": {func(t *testing.T, n *network) {
			node := n.start(t)
			header(t, node, 2)
			stop(t, node)
			n.genesis.Params.LogsPerDay++
			remove(t, n.home, "genesis.json")
			file, err := ledger.NewGenesis(n.genesis, newKey(t).Public())
			if err != nil {
				t.Fatal(err)
			}
			if err := ledger.InstallGenesis(n.home, file); err != nil {
				t.Fatal(err)
			}
		}, engine.ErrOtherGenesis},
		"past not finished": {func(t *testing.T, n *network) {
			past, err := ledger.OpenPast(ledger.Config{Home: n.home})
			if err != nil {
				t.Fatal(err)
			}
			if err := past.Abandon(); err != nil {
				t.Fatal(err)
			}
		}, engine.ErrPastUnfinished},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t, time.Now())
			test.spoil(t, n)
			node, err := ledger.Start(soon(t), ledger.Config{Home: n.home})
			if !errors.Is(err, test.want) {
				t.Errorf("start: %v, want %v", err, test.want)
			}
			if err == nil {
				stop(t, node)
			}
		})
	}
}

func remove(t *testing.T, home, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(home, name)); err != nil {
		t.Fatal(err)
	}
}

func TestKeyAndGenesisAreMadeOnce(t *testing.T) {
	n := newNetwork(t, time.Now())
	if _, err := ledger.NewValidator(n.home); !errors.Is(err, engine.ErrValidatorExists) {
		t.Errorf("a second validator's key: %v", err)
	}
	if err := ledger.InstallGenesis(n.home, n.file); err != nil {
		t.Errorf("the same genesis again: %v", err)
	}
	other := newNetwork(t, time.Now())
	if err := ledger.InstallGenesis(n.home, other.file); !errors.Is(err, engine.ErrOtherGenesis) {
		t.Errorf("another genesis: %v", err)
	}
	info, err := os.Stat(filepath.Join(n.home, "validator.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file has mode %v, %v", info.Mode(), err)
	}
}
