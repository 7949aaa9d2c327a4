// Package reach is how a wallet reaches its institutions: package client's
// verified readings as package wallet's Network. The two do not know each
// other; here they meet.
package reach

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/wallet"
)

// Config is what reaching a network needs.
type Config struct {
	Anchor consent.Anchor
	Dir    string // where genesis and verified headers are kept; they are public
	// Seeds are gateways to ask before the registry is known.
	Seeds []client.Target
	// Addresses overrides where institutions are said to be; may be nil.
	Addresses map[consent.InstitutionID][]string
	Now       func() time.Time
}

// Network is one network, reached through its institutions' gateways. Each log
// has connections of its own, with its own key; headers and transactions that
// somebody else carries travel on others, without one.
type Network struct {
	config  Config
	genesis *client.GenesisFile
	light   *client.Light

	mu        sync.Mutex
	registry  *client.Registry
	logs      map[place]ownPool
	anonymous map[entrance]*client.Pool
	sent      map[consent.Hash]time.Time      // transactions, when first handed in
	said      map[consent.Hash]consent.Detail // private parts of the patient's own entries, by commitment
	ways      ways
	cosigns   cosigns
	first     sync.Once // collection of cosignatures
}

// place is one log at one institution.
type place struct {
	log consent.LogID
	at  consent.InstitutionID
}

// ownPool is a log's own connections, with the key that it has now.
type ownPool struct {
	*client.Pool
	key consent.PublicKey
}

// entrance is a gateway as it is known: before the registry was read by its key
// alone.
type entrance struct {
	at  consent.InstitutionID
	key consent.PublicKey
}

var _ wallet.Network = (*Network)(nil)

// Open reads the network's genesis (from disk, or from a seed), compares it
// with the anchor and takes up what was verified before.
func Open(ctx context.Context, c Config) (*Network, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder for what is known of the network: %w", err)
	}
	genesis, err := loadGenesis(ctx, c)
	if err != nil {
		return nil, err
	}
	light, err := client.NewLight(genesis, client.FileTrust{Path: filepath.Join(c.Dir, "headers")}, c.Now)
	if err != nil {
		return nil, err
	}
	return &Network{
		config: c, genesis: genesis, light: light,
		logs: map[place]ownPool{}, anonymous: map[entrance]*client.Pool{}, sent: map[consent.Hash]time.Time{},
		said: map[consent.Hash]consent.Detail{}, ways: ways{},
	}, nil
}

// loadGenesis finds the genesis file whose hash the anchor names.
func loadGenesis(ctx context.Context, c Config) (*client.GenesisFile, error) {
	path := filepath.Join(c.Dir, "genesis.json")
	if b, err := os.ReadFile(path); err == nil && consent.Sum(b) == c.Anchor.Genesis {
		return client.DecodeGenesisFile(b)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	b, err := fetchGenesis(ctx, c)
	if err != nil {
		return nil, err
	}
	g, err := client.DecodeGenesisFile(b)
	if err != nil {
		return nil, err
	}
	if g.Anchor() != c.Anchor {
		return nil, errOtherNetwork
	}
	return g, os.WriteFile(path, b, 0o600) // its hash is compared at each start
}

var errOtherNetwork = errors.New("the network that answers is not the one that was to be trusted")

func fetchGenesis(ctx context.Context, c Config) ([]byte, error) {
	if len(c.Seeds) == 0 {
		return nil, errors.New("no institution is known that could be asked")
	}
	var failed error
	for _, seed := range c.Seeds {
		pool := client.NewPool(seed, nil)
		var b []byte
		err := pool.Do(ctx, func(conn *client.Conn) (err error) {
			b, err = conn.Genesis(ctx)
			return err
		})
		pool.Close()
		switch {
		case err == nil && consent.Sum(b) == c.Anchor.Genesis:
			return b, nil
		case err == nil:
			err = errOtherNetwork
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// Chain is the chain id that statements are bound to.
func (n *Network) Chain() string { return n.genesis.App.Chain }

// Light is the network's light client.
func (n *Network) Light() *client.Light { return n.light }

// Close ends all connections and keeps what was verified.
func (n *Network) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	failed := []error{n.light.Flush()}
	for _, p := range n.logs {
		failed = append(failed, p.Close())
	}
	for _, p := range n.anonymous {
		failed = append(failed, p.Close())
	}
	n.ways.closeAll()
	n.ways = ways{}
	n.logs, n.anonymous = map[place]ownPool{}, map[entrance]*client.Pool{}
	return errors.Join(failed...)
}

// target is where an institution's gateway is, by the verified registry.
func (n *Network) target(ctx context.Context, id consent.InstitutionID) (client.Target, error) {
	registry, err := n.known(ctx)
	if err != nil {
		return client.Target{}, err
	}
	i, ok := registry.Institution(id)
	if !ok {
		return client.Target{}, errors.New("the institution is not in the network's registry")
	}
	return n.targetOf(i)
}

func (n *Network) targetOf(i consent.Institution) (client.Target, error) {
	t := client.Target{Addresses: i.Addresses, Expect: n.expect(i.ID)}
	if here := n.config.Addresses[i.ID]; len(here) > 0 {
		t.Addresses = here
	}
	now := consent.At(n.config.Now())
	for _, k := range i.TLS {
		if i.TLSKeyAt(k.Key, 1<<62, now) {
			t.Key = k.Key
		}
	}
	if t.Key == (consent.PublicKey{}) || len(t.Addresses) == 0 {
		return t, fmt.Errorf("%s has no gateway on this day", i.Name)
	}
	return t, nil
}

func (n *Network) expect(id consent.InstitutionID) client.Expect {
	return client.Expect{Chain: n.genesis.App.Chain, Network: n.genesis.App.Network, Institution: id}
}

// logPool is the log's own connections to an institution, new ones when its key
// was rotated.
func (n *Network) logPool(ctx context.Context, r wallet.Reader) (*client.Pool, error) {
	target, err := n.target(ctx, r.At)
	if err != nil {
		return nil, err
	}
	key, err := keyOf(r)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	at := place{r.Log, r.At}
	own := n.logs[at]
	if own.Pool != nil && own.key != key {
		own.Close()
		own.Pool = nil
	}
	if own.Pool == nil {
		own = ownPool{client.NewPool(target, &r.Cert), key}
		n.logs[at] = own
	}
	return own.Pool, nil
}

// nobody is connections that show no key.
func (n *Network) nobody(target client.Target) *client.Pool {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := entrance{target.Expect.Institution, target.Key}
	if n.anonymous[at] == nil {
		n.anonymous[at] = client.NewPool(target, nil)
	}
	return n.anonymous[at]
}

// Enrol opens a chart at the desk of an invitation's institution, on an
// anonymous connection to the key that the invitation names.
func (n *Network) Enrol(ctx context.Context, inv consent.Invitation, e consent.Enrolment, sig consent.Signature) (wallet.Enrolled, error) {
	if inv.Anchor != n.config.Anchor {
		return wallet.Enrolled{}, errOtherNetwork
	}
	pool := client.NewPool(Seed(inv), nil)
	defer pool.Close()
	var answer client.Enrolled
	err := pool.Do(ctx, func(c *client.Conn) (err error) {
		answer, err = c.Enrol(ctx, client.EnrolRequest{Enrolment: e, Signature: sig})
		return err
	})
	return wallet.Enrolled{Until: answer.Until, Sponsor: answer.Sponsor, Opened: answer.Detail}, err
}

// Seed is the gateway that an invitation names.
func Seed(inv consent.Invitation) client.Target {
	return client.Target{Addresses: inv.Addresses, Key: inv.TLS}
}

// withLog calls on one of the log's own connections.
func withLog[T any](ctx context.Context, n *Network, r wallet.Reader, call func(*client.Conn) (T, error)) (T, error) {
	var result T
	pool, err := n.logPool(ctx, r)
	if err != nil {
		return result, err
	}
	err = pool.Do(ctx, func(c *client.Conn) (err error) {
		result, err = call(c)
		return err
	})
	return result, err
}
