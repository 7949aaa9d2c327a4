package ledger

import (
	"time"

	"carekey/consent"
)

// App lets tests drive the application without an engine.
type App = app

// OpenApp opens the application of a genesis file in dir.
func OpenApp(dir string, file []byte, keep time.Duration, light func(int64) ([]byte, error)) (*App, error) {
	g, err := DecodeGenesis(file)
	if err != nil {
		return nil, err
	}
	return newApp(dir, g, GenesisHash(file), keep, light)
}

// Close ends the application.
func (a *app) Close() error { return a.close() }

// SetNow sets the application's clock.
func (a *app) SetNow(now func() time.Time) { a.now = now }

// State reads the state that the last block left.
func (a *app) State(key []byte) ([]byte, error) { return a.view.Load().Get(key) }

// HasState tells whether the state of a height is kept.
func (a *app) HasState(height int64) bool {
	_, err := a.tree.prove(height, [][]byte{consent.ClockKey()})
	return err == nil
}

// Leaves counts the entries kept of a log from an entry on.
func (a *app) Leaves(log consent.LogID, from uint64) (int, error) {
	p, err := a.entries(log, from, 1<<30)
	return len(p.leaves), err
}

// Spent tells whether a nonce is kept as spent.
func (a *app) Spent(bucket int64, n consent.Nonce) (bool, error) { return a.store.Spent(bucket, n) }

// Halted returns the error that whoever waits is told.
func (a *app) Halted() error {
	_, err := a.notes.latest()
	return err
}

// NewVerified returns a verifier that remembers.
func NewVerified() consent.VerifyFunc { return newVerified().verify }

// MaxWaitingStops is how many stops are remembered until they are in a block.
const MaxWaitingStops = maxWaitingStops

// Squeeze takes a stop as a node does whose engine has no room.
func (n *Node) Squeeze(tx []byte) (consent.Result, error) { return n.squeeze(tx) }

// Height is the last block's height.
func (p *Past) Height() int64 { return p.past.Height() }
