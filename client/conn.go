package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"carekey/consent"
)

// Target is a server to connect to.
type Target struct {
	Addresses []string          // host:port, hints; tried in order
	Key       consent.PublicKey // pinned
	Expect    Expect
}

// Timeouts of a connection.
const (
	dialTimeout  = 5 * time.Second  // per address, TLS handshake and hello included
	chunkTimeout = 30 * time.Second // without a frame of bulk bytes
)

// callTimeout limits a call whose context has no earlier deadline; long enough
// for what a server holds open on purpose.
const callTimeout = 90 * time.Second

// ErrUnreachable means that no address of a target answered.
var ErrUnreachable = errors.New("no address of the server answers")

// ErrBroken means that a connection ended or was misused before.
var ErrBroken = errors.New("the connection is broken")

// ErrTooLarge means that a request is over its operation's limit.
var ErrTooLarge = errors.New("the request is too large")

// Conn is one session with a server. Its methods may be called from several
// goroutines; they take turns. A failure of the connection itself breaks it
// for good, a fault of the server does not.
type Conn struct {
	Hello Hello

	exporter [32]byte
	mu       sync.Mutex
	conn     *tls.Conn
	in       *bufio.Reader
	broken   error
}

// Dial connects to the first address that answers with the pinned key. Cert
// holds the caller's own TLS key, see [NewCertificate]; nil stays anonymous.
func Dial(ctx context.Context, target Target, cert *tls.Certificate) (*Conn, error) {
	failed := ErrUnreachable
	for _, address := range target.Addresses {
		c, err := dialOne(ctx, address, target, cert)
		if err == nil {
			return c, nil
		}
		failed = fmt.Errorf("%w; %s: %w", failed, address, withoutAddress(err))
	}
	return nil, failed
}

// withoutAddress is why a connection failed, where the address is told already.
func withoutAddress(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return op.Err
	}
	return err
}

func dialOne(ctx context.Context, address string, target Target, cert *tls.Certificate) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c, err := begin(ctx, raw, target, cert)
	if err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// begin shakes hands over raw and reads the hello: only then is it certain
// that the server accepted the client's key.
func begin(ctx context.Context, raw net.Conn, target Target, cert *tls.Certificate) (*Conn, error) {
	conn := tls.Client(raw, clientTLS(target.Key, cert))
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	c := &Conn{conn: conn, in: bufio.NewReaderSize(conn, 32<<10)}
	defer c.watch(ctx)()
	hello, err := c.readHello()
	if err != nil {
		return nil, err
	}
	if err := target.Expect.check(hello); err != nil {
		return nil, err
	}
	c.Hello = hello
	c.exporter, err = exporter(conn.ConnectionState())
	return c, err
}

func (c *Conn) readHello() (Hello, error) {
	n, err := readLength(c.in)
	if err != nil {
		return Hello{}, err
	}
	if n > maxFaultBytes {
		return Hello{}, fmt.Errorf("%w: a hello of %d bytes", ErrFrame, n)
	}
	b, err := readBytes(c.in, n)
	if err != nil {
		return Hello{}, err
	}
	return DecodeHello(b)
}

// Exporter is the secret of the session, for consent.SessionProof.
func (c *Conn) Exporter() [32]byte { return c.exporter }

// Close ends the session; a call that is under way fails.
func (c *Conn) Close() error { return c.conn.Close() }

// Broken tells whether the connection is of no further use.
func (c *Conn) Broken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken != nil
}

// watch applies ctx to the connection's reads and writes until the returned
// function is called.
func (c *Conn) watch(ctx context.Context) func() {
	deadline, ok := ctx.Deadline()
	if latest := time.Now().Add(callTimeout); !ok || deadline.After(latest) {
		deadline = latest
	}
	c.conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { c.conn.SetDeadline(time.Unix(1, 0)) })
	return func() {
		if stop() {
			c.conn.SetDeadline(time.Time{})
		}
	}
}

// call sends a request and reads the answer into its type.
func call[Resp any](ctx context.Context, c *Conn, op Op, request any) (Resp, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return exchange[Resp](ctx, c, op, request)
}

// exchange is call for one who holds the lock.
func exchange[Resp any](ctx context.Context, c *Conn, op Op, request any) (Resp, error) {
	var response Resp
	if c.broken != nil {
		return response, c.broken
	}
	message := encodeMessage(uint8(op), request)
	if len(message)-messagePrefix > shapes[op].request {
		return response, fmt.Errorf("%w: %s takes at most %d bytes", ErrTooLarge, op, shapes[op].request)
	}
	status, body, err := c.roundTrip(ctx, op, message)
	if err == nil && status == statusFault {
		return response, decodeFault(body)
	}
	if err == nil {
		if err = consent.Decode(body, shapes[op].response, &response); err != nil {
			err = fmt.Errorf("%w: %s: %w", ErrFrame, op, err)
		}
	}
	if err != nil {
		return response, c.fail(ctx, err)
	}
	return response, nil
}

func (c *Conn) roundTrip(ctx context.Context, op Op, message []byte) (uint8, []byte, error) {
	defer c.watch(ctx)()
	if err := writeFrame(c.conn, message); err != nil {
		return 0, nil, err
	}
	n, err := readLength(c.in)
	if err != nil {
		return 0, nil, err
	}
	return readMessage(c.in, n, answerLimit(op))
}

// fail breaks the connection and returns why.
func (c *Conn) fail(ctx context.Context, err error) error {
	c.conn.Close()
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = context.DeadlineExceeded
	}
	c.broken = fmt.Errorf("%w: %w", ErrBroken, err)
	return c.broken
}

// bulk reads what follows a [sizedAnswer] into to.
func (c *Conn) bulk(ctx context.Context, size uint64, to io.Writer) error {
	for size > 0 {
		chunk, err := c.chunk(ctx, size)
		if err != nil {
			return c.fail(ctx, err)
		}
		if len(chunk) == 0 {
			return fmt.Errorf("%w: it stopped in the middle of the data", ErrUnavailable)
		}
		if _, err := to.Write(chunk); err != nil {
			return c.fail(ctx, err)
		}
		size -= uint64(len(chunk))
	}
	return nil
}

// chunk reads one frame of bulk bytes, at most left.
func (c *Conn) chunk(ctx context.Context, left uint64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, chunkTimeout)
	defer cancel()
	defer c.watch(ctx)()
	n, err := readLength(c.in)
	if err != nil {
		return nil, err
	}
	if uint64(n) > left || n > MaxChunkBytes {
		return nil, fmt.Errorf("%w: a piece of %d bytes", ErrFrame, n)
	}
	return readBytes(c.in, n)
}
