package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"carekey/consent"
)

// Limits are a server's limits; a zero field takes its default.
type Limits struct {
	Conns     int           // open connections; default 1024
	Anonymous int           // of them without a client key; default 512
	Handshake time.Duration // from accept to the end of the TLS handshake; default 10 s
	Idle      time.Duration // between requests; default 2 min
	Message   time.Duration // from a message's first byte to its last, each way; default 30 s
	Handle    time.Duration // for a handler; default 1 min
}

func (l Limits) orDefaults() Limits {
	return Limits{
		Conns:     orDefault(l.Conns, 1024),
		Anonymous: orDefault(l.Anonymous, 512),
		Handshake: orDefault(l.Handshake, 10*time.Second),
		Idle:      orDefault(l.Idle, 2*time.Minute),
		Message:   orDefault(l.Message, 30*time.Second),
		Handle:    orDefault(l.Handle, time.Minute),
	}
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Server answers sessions with routes. It is made by [NewServer].
type Server struct {
	hello  Hello
	routes Routes
	tls    *tls.Config
	limits Limits
	log    *slog.Logger
	ctx    context.Context // ends with the server; handlers run under it
	stop   context.CancelFunc

	mu        sync.Mutex
	conns     map[net.Conn]bool
	listeners []net.Listener
	anonymous int
	closed    bool
	running   sync.WaitGroup
}

// NewServer makes a server that proves itself with cert's key and greets with
// hello.
func NewServer(hello Hello, cert tls.Certificate, routes Routes, limits Limits, log *slog.Logger) *Server {
	hello.Version = Version
	ctx, stop := context.WithCancel(context.Background())
	return &Server{
		hello: hello, routes: routes, tls: serverTLS(cert), limits: limits.orDefaults(), log: log,
		ctx: ctx, stop: stop, conns: map[net.Conn]bool{},
	}
}

// ErrServerClosed is what Serve returns after Close.
var ErrServerClosed = errors.New("the server is closed")

// Serve accepts connections until the listener fails or the server is closed,
// and closes the listener.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.listen(l) {
		return ErrServerClosed
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			if s.ctx.Err() != nil {
				return ErrServerClosed
			}
			return fmt.Errorf("accept connections: %w", err)
		}
		if !s.admit(conn) {
			conn.Close()
			continue
		}
		go s.serve(conn)
	}
}

// Close ends all connections and waits for their handlers.
func (s *Server) Close() error {
	s.stop()
	s.mu.Lock()
	s.closed = true
	for _, l := range s.listeners {
		l.Close()
	}
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
	return nil
}

func (s *Server) listen(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, l)
	return !s.closed
}

func (s *Server) admit(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.conns) >= s.limits.Conns {
		return false
	}
	s.conns[conn] = true
	s.running.Add(1)
	return true
}

func (s *Server) dismiss(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
	s.running.Done()
}

// admitAnonymous counts a caller without key, or says that there are enough.
func (s *Server) admitAnonymous() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.anonymous >= s.limits.Anonymous {
		return false
	}
	s.anonymous++
	return true
}

func (s *Server) dismissAnonymous() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.anonymous--
}

// serve runs one connection from handshake to end.
func (s *Server) serve(raw net.Conn) {
	defer s.dismiss(raw)
	conn := tls.Server(raw, s.tls)
	caller, err := s.greet(conn)
	if err != nil {
		s.log.Debug("a connection ended before it began", "error", err)
		return
	}
	if caller.Key == nil {
		if !s.admitAnonymous() {
			_ = s.answer(conn, fault(NewFault(FaultBusy, "too many callers; try again later")))
			return
		}
		defer s.dismissAnonymous()
	}
	in := bufio.NewReader(conn)
	for s.exchange(conn, in, caller) == nil {
	}
}

// greet shakes hands and says hello.
func (s *Server) greet(conn *tls.Conn) (Caller, error) {
	if err := conn.SetDeadline(time.Now().Add(s.limits.Handshake)); err != nil {
		return Caller{}, err
	}
	if err := conn.HandshakeContext(s.ctx); err != nil {
		return Caller{}, err
	}
	state := conn.ConnectionState()
	caller := Caller{}
	if len(state.PeerCertificates) > 0 {
		key, err := peerKey(state)
		if err != nil {
			return Caller{}, err
		}
		caller.Key = &key
	}
	var err error
	if caller.Exporter, err = exporter(state); err != nil {
		return Caller{}, err
	}
	return caller, writeFrame(conn, consent.Encode(s.hello))
}

// exchange reads one request and answers it. An error ends the connection.
func (s *Server) exchange(conn net.Conn, in *bufio.Reader, caller Caller) error {
	if err := conn.SetReadDeadline(time.Now().Add(s.limits.Idle)); err != nil {
		return err
	}
	if _, err := in.Peek(1); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(s.limits.Message)); err != nil {
		return err
	}
	op, body, err := readRequest(in)
	if err != nil {
		return errors.Join(err, s.answer(conn, fault(NewFault(FaultMalformed, "the request is not a message"))))
	}
	a, err := s.handle(op, caller, body)
	if err != nil {
		a = fault(s.faultOf(op, err))
	}
	return s.answer(conn, a)
}

func readRequest(in io.Reader) (Op, []byte, error) {
	n, err := readLength(in)
	if err != nil {
		return 0, nil, err
	}
	tag, body, err := readMessage(in, n, requestLimit)
	return Op(tag), body, err
}

// handle runs a request's handler. A panic in it costs one request, not the
// institution's gateway.
func (s *Server) handle(op Op, caller Caller, body []byte) (a answer, err error) {
	h, ok := s.routes[op]
	if !ok {
		return answer{}, ErrNotServed
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.limits.Handle)
	defer cancel()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the handler of %s panicked: %v", op, r)
		}
	}()
	return h(ctx, caller, body)
}

// faultOf logs what the caller is not told. What the server's own end cut off
// is no error.
func (s *Server) faultOf(op Op, err error) *Fault {
	f := faultOf(err)
	if f.Kind == FaultInternal && s.ctx.Err() == nil {
		s.log.Error("a request failed", "operation", op.String(), "error", err)
	}
	return f
}

// fault is the answer that carries f.
func fault(f *Fault) answer { return answer{body: f.shorten()} }

// answer sends an answer and its bulk bytes.
func (s *Server) answer(conn net.Conn, a answer) error {
	if a.bulk != nil {
		defer a.bulk.Close()
	}
	if err := conn.SetWriteDeadline(time.Now().Add(s.limits.Message)); err != nil {
		return err
	}
	status := uint8(statusOK)
	if _, isFault := a.body.(Fault); isFault {
		status = statusFault
	}
	if err := writeFrame(conn, encodeMessage(status, a.body)); err != nil || a.bulk == nil {
		return err
	}
	return s.sendBulk(conn, a.bulk, a.size)
}

// sendBulk sends size bytes in frames. When the source fails in between (a
// stop was proven), an empty frame says that no more will come.
func (s *Server) sendBulk(conn net.Conn, from io.Reader, size uint64) error {
	chunk := make([]byte, MaxChunkBytes)
	for size > 0 {
		n := min(size, MaxChunkBytes)
		_, readErr := io.ReadFull(from, chunk[:n])
		if err := conn.SetWriteDeadline(time.Now().Add(s.limits.Message)); err != nil {
			return err
		}
		if readErr != nil {
			s.log.Debug("data was broken off", "error", readErr)
			return writeFrame(conn, nil)
		}
		if err := writeFrame(conn, chunk[:n]); err != nil {
			return err
		}
		size -= n
	}
	return nil
}
