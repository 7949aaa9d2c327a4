package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/records"
	"carekey/gateway/store"
)

// Config is what a gateway is made of.
type Config struct {
	Home        string // folder of its database, bundles and admin socket
	Anchor      consent.Anchor
	Institution consent.InstitutionID
	Keys        *Keys
	Node        client.Node // in process or remote; believed only as far as it proves
	Records     records.Records
	Addresses   []string // host:port, as invitations name them
	// Hints are further addresses of another institution's gateway, tried
	// before those of the registry; may be nil. Its key is pinned either way.
	Hints func(consent.InstitutionID) []string
	Log   *slog.Logger

	Flush     time.Duration // between batches of what can wait; 0: 30 s
	Company   time.Duration // that a transfer's access waits for company; 0: 10 min
	Serve     time.Duration // that a released bundle is served; 0: 24 h
	Now       func() time.Time
	AfterStep func(Step) // called after each durable step of a transfer; may be nil
}

func (c Config) withDefaults() Config {
	c.Flush = orDefault(c.Flush, 30*time.Second)
	c.Company = orDefault(c.Company, 10*time.Minute)
	c.Serve = orDefault(c.Serve, 24*time.Hour)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Hints == nil {
		c.Hints = func(consent.InstitutionID) []string { return nil }
	}
	if c.AfterStep == nil {
		c.AfterStep = func(Step) {}
	}
	return c
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// Gateway is an institution's side, running.
type Gateway struct {
	config  Config
	genesis *consent.Genesis
	ledger  Ledger
	store   *store.Store
	log     *slog.Logger
	carried carried
	logs    logOwners
	sends   sends
	locks   keyed[consent.LogID] // one follower at a time for each log
	moves   keyed[consent.LogID] // one mover at a time for each transfer
	moving  moving

	flushNow  chan struct{}
	followNow chan consent.LogID
	moveNow   chan struct{}
	changed   broadcast

	run  context.Context // ends with the gateway; its loops run under it
	stop context.CancelFunc
	work sync.WaitGroup
}

// ErrInUse means that another gateway has the home open.
var ErrInUse = store.ErrInUse

// CheckFree returns [ErrInUse] while another gateway has the home open. It is for
// telling people early; [Open] makes sure.
func CheckFree(home string) error { return store.CheckFree(filepath.Clean(home)) }

// Open starts a gateway: it opens its store, verifies the network and goes on
// where it was. It serves nobody before [Gateway.Serve].
func Open(ctx context.Context, c Config) (*Gateway, error) {
	c = c.withDefaults()
	if err := os.MkdirAll(c.Home, 0o700); err != nil {
		return nil, fmt.Errorf("make the gateway's folder: %w", err)
	}
	l, err := openLedger(ctx, c)
	if err != nil {
		return nil, err
	}
	return open(ctx, c, l.light.Genesis().App, l)
}

func open(ctx context.Context, c Config, genesis *consent.Genesis, l Ledger) (*Gateway, error) {
	s, err := store.Open(ctx, filepath.Clean(c.Home), c.Keys.Seal)
	if err != nil {
		return nil, err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	g := &Gateway{
		config: c, genesis: genesis, ledger: l, store: s, log: c.Log, run: run, stop: stop,
		flushNow: make(chan struct{}, 1), followNow: make(chan consent.LogID, 1024), moveNow: make(chan struct{}, 1),
	}
	if err := g.tidy(ctx); err != nil {
		stop()
		return nil, errors.Join(err, s.Close())
	}
	for _, loop := range []func(context.Context){g.flushLoop, g.followLoop, g.moveLoop, g.tidyLoop} {
		g.work.Go(func() { loop(run) })
	}
	return g, nil
}

// Close stops the gateway and waits for what it was doing.
func (g *Gateway) Close() error {
	g.stop()
	g.work.Wait()
	var kept error
	if l, ok := g.ledger.(io.Closer); ok {
		kept = l.Close()
	}
	return errors.Join(kept, g.store.Close())
}

// Serve answers wallets and other gateways on l until Close or an error of l.
func (g *Gateway) Serve(l net.Listener) error {
	cert, err := client.NewCertificate(g.config.Keys.TLS)
	if err != nil {
		return err
	}
	hello := client.Hello{Chain: g.genesis.Chain, Network: g.genesis.Network, Institution: g.config.Institution}
	server := client.NewServer(hello, cert, g.routes(), client.Limits{}, g.log)
	g.work.Go(func() {
		<-g.run.Done()
		server.Close()
	})
	err = server.Serve(l)
	if errors.Is(err, client.ErrServerClosed) {
		return nil
	}
	return err
}

// routes is everything that is served, by audience.
func (g *Gateway) routes() client.Routes {
	n := g.config.Node
	return client.Join(
		client.ChainRoutes(n), client.RegistryRoutes(g.genesis.Network, n), client.CarrierRoutes(g),
		client.WitnessRoutes(g), client.DeskRoutes(g),
		client.HolderRoutes(g.genesis.Network, g, n), client.DetailRoutes(g, g), client.TransferRoutes(g, g),
		client.PeerRoutes(g, g),
	)
}

// now is the local clock, which may refuse and never permit.
func (g *Gateway) now() consent.Time { return consent.At(g.config.Now()) }

// author signs as this institution, in a transaction that can be included for
// the ten minutes after a proven moment.
func (g *Gateway) author(tip consent.Tip) (consent.Author, error) {
	nonce, err := consent.NewNonce()
	return consent.Author{
		Chain: g.genesis.Chain, Kind: consent.SignerInstitution, Institution: g.config.Institution,
		Signer: g.config.Keys.Ledger, Nonce: nonce, ValidUntil: tip.Time.Add(validFor),
	}, err
}

// validFor is how long a transaction of a gateway can be included; the ledger
// allows fifteen minutes after block time.
const validFor = 10 * time.Minute

// forget is how long ended one-time keys and invitations are kept.
const forget = 30 * 24 * time.Hour

// tidy drops what has ended and what a crash left behind.
func (g *Gateway) tidy(ctx context.Context) error {
	err := g.store.Update(ctx, func(tx *store.Tx) error {
		then := g.now().Add(-forget)
		return errors.Join(tx.ForgetInvitations(then), tx.ForgetOneTimeKeys(then), tx.ForgetProven(keepProven))
	})
	if err != nil {
		return err
	}
	return g.store.SweepBundles(ctx)
}

// keepProven is how many items stay in the outbox after they were proven.
const keepProven = 10_000

func (g *Gateway) tidyLoop(ctx context.Context) {
	for pause(ctx, time.Hour) {
		if err := g.tidy(ctx); err != nil {
			g.log.Error("could not drop what has ended", "error", err)
		}
	}
}

// pause waits, and returns false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// detail makes the private part of an entry and its commitment.
func (g *Gateway) detail(log consent.LogID, class consent.Class, c consent.Content) (consent.Detail, consent.Hash, error) {
	d, err := consent.NewDetail(c)
	if err == nil {
		_, err = consent.DecodeContent(d.Content)
	}
	if err != nil {
		return d, consent.Hash{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return d, d.Commitment(g.genesis.Network, log, class), nil
}
