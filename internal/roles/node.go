package roles

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"carekey/client"
	"carekey/consent"
	"carekey/internal/world"
	"carekey/ledger"
	"carekey/ui"
)

// runNode runs the validator of a home and serves registered gateways.
func runNode(ctx context.Context, o ui.NodeOptions) error {
	home, err := world.ReadNodeHome(o.Home)
	if err != nil {
		return homeTrouble(err)
	}
	if o.Listen != "" {
		home.Listen = o.Listen
	}
	key, err := ledger.ServingKey(o.Home)
	if err != nil {
		return err
	}
	cert, err := client.NewCertificate(key)
	if err != nil {
		return err
	}
	node, err := ledger.Start(ctx, ledger.Config{Home: o.Home, Log: o.Log})
	if err != nil {
		return homeTrouble(err)
	}
	genesis, err := client.DecodeGenesisFile(node.Genesis())
	if err != nil {
		return errors.Join(err, node.Stop())
	}
	service := ledger.NewService(node)
	known := &registered{node: service, genesis: genesis}
	hello := client.Hello{Chain: genesis.App.Chain, Network: genesis.App.Network}
	server := client.NewServer(hello, cert, client.NodeRoutes(known, service), client.Limits{}, o.Log)
	listener, err := listen(ctx, "the node cannot listen", home.Listen)
	if err != nil {
		return errors.Join(err, node.Stop())
	}
	if err := observe(ctx, o.Metrics, nodeHandler(node)); err != nil {
		return errors.Join(err, listener.Close(), node.Stop())
	}
	o.Log.Info("the node serves", "address", listener.Addr().String())
	return errors.Join(serveNode(ctx, server, listener, node.Ended()), node.Stop())
}

// serveNode serves until the context ends, or the ledger does: then the program
// ends too, so that what watches over it can start it again.
func serveNode(ctx context.Context, server *client.Server, l net.Listener, ended <-chan error) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-ended:
	case failed = <-served:
		return failed
	}
	_ = server.Close() // Serve returns then
	if err := <-served; !errors.Is(err, client.ErrServerClosed) {
		failed = errors.Join(failed, err)
	}
	return failed
}

func nodeHandler(n *ledger.Node) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(n.Collector())
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", n.Health())
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// registered knows the institutions whose gateways a node serves, by the
// registry that its own ledger proves.
type registered struct {
	node    client.Node
	genesis *client.GenesisFile

	mu       sync.Mutex
	registry *client.Registry
	read     time.Time
}

// readRegistry is how long the node's view of the registry may be used.
const readRegistry = 30 * time.Second

// InstitutionOf is [client.Registered.InstitutionOf].
func (r *registered) InstitutionOf(ctx context.Context, key consent.PublicKey) (consent.InstitutionID, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.read) > readRegistry {
		light, err := client.NewLight(r.genesis, &client.MemoryTrust{}, time.Now)
		if err != nil {
			return consent.InstitutionID{}, err
		}
		if r.registry, err = light.FollowRegistry(ctx, r.node); err != nil {
			return consent.InstitutionID{}, err
		}
		r.read = time.Now()
	}
	i, ok := r.registry.ByTLSKey(key, 1<<62, consent.At(time.Now()))
	if !ok {
		return consent.InstitutionID{}, client.ErrForbidden
	}
	return i.ID, nil
}
