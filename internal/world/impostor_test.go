package world

import (
	"context"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
)

// impostor stands in front of a gateway with that gateway's own TLS key, and
// hands on what it likes of what the gateway says.
type impostor struct {
	*gateway.Gateway
	stage   *stage
	role    Role
	address string

	node    client.Node                                           // the ledger as it shows it
	details func([]client.NumberedDetail) []client.NumberedDetail // as it shows them
	data    func(io.ReadCloser) io.ReadCloser                     // of transfers, as it sends them
	asked   func(client.TransferRequest)                          // sees requests of other gateways
	carries func(raw []byte) (bool, error)                        // true: it answers so itself and carries nothing
	visited func(visit)                                           // sees everything
	owner   func(consent.PublicKey) (consent.LogID, error)        // whose log a key opens, if not as the gateway says

	mu      sync.Mutex
	servers []*client.Server
	closed  bool
}

// visit is one request that came.
type visit struct {
	role Role
	conn int               // which connection
	key  consent.PublicKey // the caller's; zero without one
	logs []consent.LogID   // whose log was asked for, or what a transaction writes to
}

// newImpostor makes one that serves on a port of its own: an honest one, but for
// what change makes of it.
func newImpostor(t testing.TB, s *stage, role Role, change func(*impostor)) *impostor {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i := &impostor{
		Gateway: s.House(role).Gateway, stage: s, role: role, address: l.Addr().String(), node: s.service,
		details: func(d []client.NumberedDetail) []client.NumberedDetail { return d },
		data:    func(r io.ReadCloser) io.ReadCloser { return r },
		asked:   func(client.TransferRequest) {}, visited: func(visit) {},
		carries: func([]byte) (bool, error) { return false, nil },
	}
	change(i)
	go i.serve(t, l)
	t.Cleanup(func() { i.close(l) })
	return i
}

// serve gives every connection a server of its own, so that it is known which
// requests came on the same one.
func (i *impostor) serve(t testing.TB, l net.Listener) {
	k, err := gateway.LoadKeys(filepath.Join(i.stage.Dir, string(i.role), "keys"))
	if err != nil {
		t.Error(err)
		return
	}
	cert, err := client.NewCertificate(k.TLS)
	if err != nil {
		t.Error(err)
		return
	}
	g := i.stage.genesis
	hello := client.Hello{Chain: g.Chain, Network: g.Network, Institution: i.stage.House(i.role).ID}
	for n := 0; ; n++ {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		server := client.NewServer(hello, cert, i.routes(n), client.Limits{}, slog.New(slog.DiscardHandler))
		i.mu.Lock()
		if i.closed {
			conn.Close()
		}
		i.servers = append(i.servers, server)
		i.mu.Unlock()
		go server.Serve(&single{conn: conn, done: make(chan struct{})})
	}
}

func (i *impostor) close(l net.Listener) {
	l.Close()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	for _, s := range i.servers {
		s.Close()
	}
}

// connections is how many were accepted.
func (i *impostor) connections() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.servers)
}

// cut ends one of them.
func (i *impostor) cut(conn int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.servers[conn].Close()
}

// single is a listener for one connection.
type single struct {
	mu   sync.Mutex
	conn net.Conn
	done chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	s.mu.Lock()
	conn := s.conn
	s.conn = nil
	s.mu.Unlock()
	if conn == nil {
		<-s.done
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (s *single) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
	default:
		close(s.done)
	}
	return nil
}

func (s *single) Addr() net.Addr { return &net.TCPAddr{} }

// routes are a gateway's, each through the impostor.
func (i *impostor) routes(conn int) client.Routes {
	network := i.stage.genesis.Network
	at := &door{impostor: i, conn: conn}
	return client.Join(
		client.ChainRoutes(i.node), client.RegistryRoutes(network, i.node), client.CarrierRoutes(at),
		client.WitnessRoutes(i), client.DeskRoutes(i), client.HolderRoutes(network, at, i.node),
		client.DetailRoutes(at, at), client.TransferRoutes(at, i), client.PeerRoutes(at, at),
	)
}

// door is the impostor on one connection.
type door struct {
	*impostor
	conn int
}

func (d *door) visit(key consent.PublicKey, logs ...consent.LogID) {
	d.visited(visit{role: d.role, conn: d.conn, key: key, logs: logs})
}

func (d *door) LogOf(ctx context.Context, key consent.PublicKey) (consent.LogID, error) {
	whose := func(k consent.PublicKey) (consent.LogID, error) { return d.Gateway.LogOf(ctx, k) }
	if d.owner != nil {
		whose = d.owner
	}
	log, err := whose(key)
	d.visit(key, log)
	return log, err
}

func (d *door) InstitutionOf(ctx context.Context, key consent.PublicKey) (consent.InstitutionID, error) {
	d.visit(key)
	return d.Gateway.InstitutionOf(ctx, key)
}

func (d *door) Submit(ctx context.Context, raw []byte) error {
	tx, _, err := consent.DecodeTx(raw)
	if err != nil {
		return err
	}
	var logs []consent.LogID
	for _, one := range tx.Items {
		item, err := consent.DecodeItem(one)
		if err != nil {
			return err
		}
		logs = append(logs, item.Log)
	}
	d.visit(consent.PublicKey{}, logs...)
	if done, err := d.carries(raw); done {
		return err
	}
	return d.Gateway.Submit(ctx, raw)
}

func (d *door) Details(ctx context.Context, log consent.LogID, numbers []uint64) ([]client.NumberedDetail, error) {
	all, err := d.Gateway.Details(ctx, log, numbers)
	return d.details(all), err
}

func (d *door) TransferRequest(ctx context.Context, from consent.InstitutionID, c client.Caller, r client.TransferRequest) (client.TransferOffer, error) {
	d.asked(r)
	return d.Gateway.TransferRequest(ctx, from, c, r)
}

func (d *door) TransferData(ctx context.Context, from consent.InstitutionID, c client.Caller, r client.UseRequest) (io.ReadCloser, uint64, error) {
	data, size, err := d.Gateway.TransferData(ctx, from, c, r)
	if err != nil {
		return data, size, err
	}
	return d.data(data), size, nil
}

// takesOver puts an impostor where other institutions look for one; it changes
// the data of transfers.
func (s *stage) takesOver(t testing.TB, role Role, data func(io.ReadCloser) io.ReadCloser) {
	t.Helper()
	i := newImpostor(t, s, role, func(i *impostor) { i.data = data })
	s.where.put(s.House(role).ID, i.address)
}

// flipped is data of which one bit is another, far behind the beginning.
type flipped struct {
	io.ReadCloser
	read int
}

const flipAt = 4000

func (f *flipped) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if f.read <= flipAt && flipAt < f.read+n {
		p[flipAt-f.read] ^= 1
	}
	f.read += n
	return n, err
}
