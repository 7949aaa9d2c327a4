package ledger

import (
	"bytes"
	"context"
	"crypto/rand"
	"time"
)

// A node that was stopped comes back with an old header: the next block still
// has the time of the votes before the stop, and only the one after it is
// fresh. The engine lets an interval of empty blocks pass before each. So that
// nobody waits for that, a node offers itself a token in place of a
// transaction: it makes the engine propose at once, no proposal ever contains
// it, and it is withdrawn as soon as a header is fresh.

// freshenWithin is how long a node tries to make its header fresh at once.
const freshenWithin = 10 * time.Second

// newToken returns the bytes of a token. They cannot be guessed, so that
// nobody else keeps the engine awake.
func newToken() []byte {
	token := make([]byte, 32)
	_, _ = rand.Read(token) // never fails (crypto/rand)
	return token
}

func (a *app) isToken(tx []byte) bool { return bytes.Equal(tx, a.token) }

// freshen keeps the engine awake until the newest header is fresh.
func (n *Node) freshen() {
	ctx, cancel := context.WithTimeout(context.Background(), freshenWithin)
	defer cancel()
	newest, err := n.app.notes.latest()
	for err == nil && !n.fresh(newest.Time.Time()) {
		if err = n.reading(func() error { return n.engine.Wake(ctx, n.app.token) }); err == nil {
			newest, err = n.app.notes.wait(ctx, newest.Height+1)
		}
	}
	_ = n.reading(func() error { // a stopped engine has forgotten it anyway
		n.engine.Withdraw(n.app.token)
		return nil
	})
}

func (n *Node) fresh(t time.Time) bool {
	return n.app.now().Sub(t) < 2*n.genesis.Params.EmptyBlocks
}
