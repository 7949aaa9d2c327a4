package client

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

// listen serves routes on loopback and returns what to dial.
func listen(t *testing.T, routes Routes, limits Limits) (Target, *Server) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := NewCertificate(key)
	if err != nil {
		t.Fatal(err)
	}
	hello := Hello{Chain: "test-1", Network: consent.NetworkID{1}, Institution: consent.InstitutionID{2}}
	s := NewServer(hello, cert, routes, limits, slog.New(slog.DiscardHandler))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-done; !errors.Is(err, ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return Target{
		Addresses: []string{l.Addr().String()},
		Key:       consent.PublicKey(key.Public().(ed25519.PublicKey)),
		Expect:    Expect{Chain: "test-1", Network: consent.NetworkID{1}, Institution: consent.InstitutionID{2}},
	}, s
}

func newKey(t *testing.T) (ed25519.PrivateKey, consent.PublicKey) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key, consent.PublicKey(pub)
}

// echo answers genesis with fixed bytes and submit with the error it holds.
type echo struct {
	genesis []byte
	err     error
}

func (e echo) Genesis(context.Context) ([]byte, error)               { return e.genesis, nil }
func (e echo) LightBlock(_ context.Context, h int64) ([]byte, error) { return nil, e.err }
func (e echo) WaitHeight(_ context.Context, h int64) (int64, error)  { return h, nil }
func (e echo) Submit(context.Context, []byte) error                  { return e.err }
func (e echo) Carried(context.Context, consent.Hash, uint64) (Carried, error) {
	return Carried{}, e.err
}

func TestCallAnswersAndFaultsKeepTheirKind(t *testing.T) {
	refusal := &consent.Refusal{Code: consent.CodeFrozen, Text: "the chart is frozen"}
	tests := []struct {
		name string
		err  error
		is   func(error) bool
	}{
		{"no error", nil, func(err error) bool { return err == nil }},
		{"refusal", refusal, func(err error) bool {
			var r *consent.Refusal
			return errors.As(err, &r) && *r == *refusal
		}},
		{"declined", &Declined{Code: DeclineWrongPatient, Text: "not certain"}, func(err error) bool {
			return errors.Is(err, &Declined{Code: DeclineWrongPatient}) && !errors.Is(err, &Declined{Code: DeclineScope})
		}},
		{"kind", NewFault(FaultPruned, "gone since %d", 3), func(err error) bool {
			return errors.Is(err, ErrPruned) && err.Error() == "gone since 3"
		}},
		{"wrapped kind", errors.Join(errors.New("secret"), ErrStale), func(err error) bool {
			return errors.Is(err, ErrStale) && !strings.Contains(err.Error(), "secret")
		}},
		{"no kind", errors.New("the password is x"), func(err error) bool {
			return errors.Is(err, ErrInternal) && !strings.Contains(err.Error(), "password")
		}},
		{"terminal escape", NewFault(FaultBusy, "a\x1b[2Jb\u202ec"), func(err error) bool {
			return err.Error() == "a[2Jbc"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := echo{genesis: []byte("genesis"), err: tt.err}
			target, _ := listen(t, Join(ChainRoutes(e), CarrierRoutes(e)), Limits{})
			c, err := Dial(t.Context(), target, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Submit(t.Context(), []byte("tx")); !tt.is(err) {
				t.Errorf("Submit: %v", err)
			}
			if b, err := c.Genesis(t.Context()); err != nil || string(b) != "genesis" {
				t.Errorf("after the fault: %q, %v", b, err)
			}
		})
	}
}

func TestHelloOfAnotherNetworkChainVersionOrInstitutionIsRefused(t *testing.T) {
	target, _ := listen(t, ChainRoutes(echo{}), Limits{})
	tests := []struct {
		name   string
		change func(*Expect)
		want   error
	}{
		{"network", func(e *Expect) { e.Network[0]++ }, ErrOtherNetwork},
		{"chain", func(e *Expect) { e.Chain = "test-2" }, ErrOtherNetwork},
		{"institution", func(e *Expect) { e.Institution[0]++ }, ErrOtherInstitution},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := target
			tt.change(&other.Expect)
			if _, err := Dial(t.Context(), other, nil); !errors.Is(err, tt.want) {
				t.Errorf("Dial: %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := DecodeHello(consent.Encode(Hello{Version: 2, Chain: "x"})); !errors.Is(err, ErrOtherVersion) {
		t.Errorf("version 2: %v", err)
	}
}

func TestWrongPinIsRefused(t *testing.T) {
	target, _ := listen(t, ChainRoutes(echo{}), Limits{})
	_, target.Key = newKey(t)
	if _, err := Dial(t.Context(), target, nil); !errors.Is(err, ErrPeerKey) {
		t.Errorf("Dial: %v, want %v", err, ErrPeerKey)
	}
}

func TestOldTLSAndMissingALPNAreRefused(t *testing.T) {
	target, _ := listen(t, ChainRoutes(echo{}), Limits{})
	tests := []struct {
		name string
		cfg  *tls.Config
	}{
		{"TLS 1.2", &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, NextProtos: []string{ALPN}}},
		{"no ALPN", &tls.Config{InsecureSkipVerify: true}},
		{"other ALPN", &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := tls.Dial("tcp", target.Addresses[0], tt.cfg)
			if err == nil {
				_, err = conn.Read(make([]byte, 1))
				conn.Close()
			}
			if err == nil {
				t.Error("the server said hello")
			}
		})
	}
}

func TestClientRefusesServerWithoutALPN(t *testing.T) {
	key, pub := newKey(t)
	cert, err := NewCertificate(key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, conn)
		}
	}()
	_, err = Dial(t.Context(), Target{Addresses: []string{l.Addr().String()}, Key: pub}, nil)
	if !errors.Is(err, ErrProtocol) {
		t.Errorf("Dial: %v, want %v", err, ErrProtocol)
	}
}

func TestNewCertificateRefusesOtherKeys(t *testing.T) {
	if _, err := NewCertificate(notEd25519{}); err == nil {
		t.Error("a key of another kind became a certificate")
	}
}

// rawConn is a session without our framing.
func rawConn(t *testing.T, target Target) *tls.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", target.Addresses[0], clientTLS(target.Key, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	n, err := readLength(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := readBytes(conn, n); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestServerEndsOversizedAndMalformedMessages(t *testing.T) {
	e := echo{genesis: []byte("g")}
	target, _ := listen(t, ChainRoutes(e), Limits{})
	tests := []struct {
		name  string
		frame []byte
	}{
		{"over the operation's limit", append([]byte{0, 0, 0x20, 0, 0x82, byte(OpGenesis)}, make([]byte, 64)...)},
		{"over every limit", []byte{0xff, 0xff, 0xff, 0xff, 0x82, byte(OpGenesis)}},
		{"unknown operation", []byte{0, 0, 0, 3, 0x82, 23, 0x80}},
		{"no array", []byte{0, 0, 0, 3, 0x83, 1, 0x80}},
		{"empty", []byte{0, 0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := rawConn(t, target)
			if _, err := conn.Write(tt.frame); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(conn)
			if isTimeout(err) {
				t.Fatal("the server waits for more")
			}
			n, err := readLength(bytes.NewReader(rest))
			if err == nil && n+frameLenBytes != len(rest) {
				t.Errorf("the connection went on: % x", rest)
			}
		})
	}
}

func TestSlowCallersAreCutOff(t *testing.T) {
	short := Limits{Handshake: 50 * time.Millisecond, Idle: 50 * time.Millisecond, Message: 50 * time.Millisecond}
	target, _ := listen(t, ChainRoutes(echo{}), short)
	tests := []struct {
		name string
		open func(t *testing.T) net.Conn
		send []byte
	}{
		{"no handshake", func(t *testing.T) net.Conn {
			conn, err := net.Dial("tcp", target.Addresses[0])
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			return conn
		}, nil},
		{"no request", func(t *testing.T) net.Conn { return rawConn(t, target) }, nil},
		{"half a request", func(t *testing.T) net.Conn { return rawConn(t, target) }, []byte{0, 0, 0, 9, 0x82}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := tt.open(t)
			if _, err := conn.Write(tt.send); err != nil {
				t.Fatal(err)
			}
			conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
				t.Error("the server waits for ever")
			}
		})
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func TestAnonymousCallersCannotTakeEveryPlace(t *testing.T) {
	target, _ := listen(t, ChainRoutes(echo{genesis: []byte("g")}), Limits{Anonymous: 1})
	first, err := Dial(t.Context(), target, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := first.Genesis(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := Dial(t.Context(), target, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if _, err := second.Genesis(t.Context()); err == nil {
		t.Error("a second anonymous caller was served")
	}
	key, _ := newKey(t)
	cert, err := NewCertificate(key)
	if err != nil {
		t.Fatal(err)
	}
	third, err := Dial(t.Context(), target, &cert)
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if _, err := third.Genesis(t.Context()); err != nil {
		t.Errorf("a caller with a key: %v", err)
	}
}

func TestCancelledCallBreaksTheConnection(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	blocking := Routes{OpGenesis: func(ctx context.Context, _ Caller, _ []byte) (answer, error) {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return answer{}, ErrUnavailable
	}}
	target, _ := listen(t, blocking, Limits{})
	c, err := Dial(t.Context(), target, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Genesis(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Genesis: %v", err)
	}
	if _, err := c.Genesis(t.Context()); !errors.Is(err, ErrBroken) {
		t.Errorf("a second call: %v", err)
	}
}

func TestPanicCostsOneRequest(t *testing.T) {
	routes := Join(ChainRoutes(echo{genesis: []byte("g")}), Routes{
		OpCosignature: func(context.Context, Caller, []byte) (answer, error) { panic("boom") },
	})
	target, _ := listen(t, routes, Limits{})
	c, err := Dial(t.Context(), target, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Cosignature(t.Context()); !errors.Is(err, ErrInternal) {
		t.Errorf("Cosignature: %v", err)
	}
	if _, err := c.Genesis(t.Context()); err != nil {
		t.Errorf("Genesis: %v", err)
	}
}

func TestPoolReplacesAConnectionTheServerEnded(t *testing.T) {
	target, s := listen(t, ChainRoutes(echo{genesis: []byte("g")}), Limits{})
	pool := NewPool(target, nil)
	defer pool.Close()
	call := func() error {
		_, err := with(t.Context(), pool, func(c *Conn) ([]byte, error) { return c.Genesis(t.Context()) })
		return err
	}
	if err := call(); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	if err := call(); err != nil {
		t.Errorf("after the server ended the connection: %v", err)
	}
}

// TestWhoDoesNotAnswer: a node that is down is told in one sentence that says
// who does not answer, where and why.
func TestWhoDoesNotAnswer(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	node := NewRemoteNode(Target{Addresses: []string{address}}, nil)
	defer node.Close()
	_, err = node.Genesis(t.Context())
	submit := node.Submit(t.Context(), nil)
	want := "the ledger's node: no address of the server answers; " + address + ": connect: connection refused"
	for _, err := range []error{err, submit} {
		if !errors.Is(err, ErrUnreachable) || err.Error() != want {
			t.Errorf("%v", err)
		}
		if f := faultOf(err); f.Kind != FaultUnavailable || strings.Contains(f.Text, address) {
			t.Errorf("a caller is told %+v", f)
		}
	}
}
