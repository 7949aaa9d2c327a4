package records

import (
	"errors"
	"io"
)

// While pieces are used the next ones are read. They are large, so that on a
// busy machine the two sides seldom wait to be woken.
const (
	pieceBytes = 256 << 10
	pieces     = 4
)

// Ahead reads r in a goroutine of its own, before it is asked for, so that
// reading and what is made of it go on at the same time. Closing it ends the
// reading and closes r.
func Ahead(r io.ReadCloser) io.ReadCloser {
	a := &aheadReader{
		read: make(chan piece, pieces), used: make(chan []byte, pieces),
		stop: make(chan struct{}), ended: make(chan error, 1),
	}
	for range pieces {
		a.used <- make([]byte, pieceBytes)
	}
	go func() {
		a.fill(r)
		a.ended <- r.Close()
	}()
	return a
}

// piece is what was read at once, and why there is no more.
type piece struct {
	memory []byte
	size   int
	err    error
}

type aheadReader struct {
	read  chan piece
	used  chan []byte // memory to read into
	stop  chan struct{}
	ended chan error

	now   piece // being given out
	given int   // of it
}

// fill reads pieces until there is no more, or nobody wants more.
func (a *aheadReader) fill(r io.Reader) {
	for {
		select {
		case <-a.stop:
			return
		case memory := <-a.used:
			n, err := readFull(r, memory)
			a.read <- piece{memory, n, err}
			if err != nil {
				return
			}
		}
	}
}

// readFull fills memory; an error, the end too, is the reader's own.
func readFull(r io.Reader, memory []byte) (n int, err error) {
	for n < len(memory) && err == nil {
		var more int
		more, err = r.Read(memory[n:])
		n += more
	}
	return n, err
}

// Read is [io.Reader].
func (a *aheadReader) Read(p []byte) (int, error) {
	for a.given == a.now.size {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.memory != nil {
			a.used <- a.now.memory
		}
		a.now, a.given = <-a.read, 0
	}
	n := copy(p, a.now.memory[a.given:a.now.size])
	a.given += n
	return n, nil
}

// Close is [io.Closer]. It is called once, and nothing is read after it.
func (a *aheadReader) Close() error {
	close(a.stop)
	a.now = piece{err: errors.New("what is read ahead is closed")}
	a.given = 0
	return <-a.ended
}
