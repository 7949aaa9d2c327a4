package records

import "io"

// pieceBytes is how much is read at once.
const pieceBytes = 64 << 10

// Ahead reads r in a goroutine of its own, a piece before it is asked for, so
// that what is read and what is made of it are made at the same time. Closing
// it ends the reading and closes r.
func Ahead(r io.ReadCloser) io.ReadCloser {
	out, in := io.Pipe()
	a := &aheadReader{PipeReader: out, ended: make(chan error, 1)}
	go func() {
		_, err := io.CopyBuffer(in, struct{ io.Reader }{r}, make([]byte, pieceBytes))
		_ = in.CloseWithError(err) // has no error; nil is the end
		a.ended <- r.Close()
	}()
	return a
}

type aheadReader struct {
	*io.PipeReader
	ended chan error
}

// Close is [io.Closer]. It is called once.
func (a *aheadReader) Close() error {
	_ = a.PipeReader.Close() // has no error; whoever still reads ahead stops
	return <-a.ended
}
