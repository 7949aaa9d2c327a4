package reach

import (
	"context"
	"errors"
	"time"

	"carekey/client"
	"carekey/wallet"
)

// wayFor is how long a connection that was made ahead waits for its transaction.
const wayFor = 10 * time.Second

// way is a connection, anonymous like every one that carries a transaction, made
// while the transaction is still being signed and written down. It is for one
// log's next transaction alone, so that two never travel together.
type way struct {
	done chan struct{} // closed when there is a connection or an error
	conn *client.Conn
	err  error
}

// Approach connects ahead of a Submit for the same reader.
func (n *Network) Approach(ctx context.Context, r wallet.Reader) {
	made, at := &way{done: make(chan struct{})}, place{r.Log, r.At}
	go func() {
		defer close(made.done)
		var target client.Target
		if target, made.err = n.target(ctx, r.At); made.err == nil {
			made.conn, made.err = client.Dial(ctx, target, nil)
		}
	}()
	n.mu.Lock()
	before := n.ways[at]
	n.ways[at] = made
	n.mu.Unlock()
	before.close()
	time.AfterFunc(wayFor, func() { n.leave(at, made) })
}

// takeWay returns the connection that was made ahead, if there is one; it is the
// caller's then.
func (n *Network) takeWay(at place) *way {
	n.mu.Lock()
	defer n.mu.Unlock()
	made := n.ways[at]
	delete(n.ways, at)
	return made
}

// leave closes a connection that was not used.
func (n *Network) leave(at place, made *way) {
	n.mu.Lock()
	unused := n.ways[at] == made
	if unused {
		delete(n.ways, at)
	}
	n.mu.Unlock()
	if unused {
		made.close()
	}
}

// close closes the connection once it is there, and waits for nothing.
func (w *way) close() {
	if w == nil {
		return
	}
	go func() {
		<-w.done
		if w.conn != nil {
			w.conn.Close()
		}
	}()
}

// carry hands bytes to the gateway at the way's end. A connection that was ended
// meanwhile is replaced.
func (w *way) carry(ctx context.Context, t client.Target, tx []byte) error {
	select {
	case <-w.done:
	case <-ctx.Done():
		w.close()
		return ctx.Err()
	}
	if w.err != nil {
		return w.err
	}
	defer w.conn.Close()
	if err := w.conn.Submit(ctx, tx); !errors.Is(err, client.ErrBroken) {
		return err
	}
	return carry(ctx, t, tx)
}

// ways are the connections made ahead, by the log and institution they are for.
type ways map[place]*way

// closeAll closes those that are left.
func (all ways) closeAll() {
	for _, made := range all {
		made.close()
	}
}
