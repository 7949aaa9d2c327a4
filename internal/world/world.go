package world

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/gateway/records"
	"carekey/ledger"
)

// World is a running network.
type World struct {
	Dir      string
	plan     plan
	node     *ledger.Node
	service  client.Node
	houses   map[Role]*House
	genesis  *consent.Genesis
	closings []func() error
	serving  sync.WaitGroup
	where    directory
}

// directory says where gateways listen now, which may differ from the registry
// when somebody else took a port.
type directory struct {
	mu sync.Mutex
	at map[consent.InstitutionID][]string
}

func (d *directory) put(id consent.InstitutionID, address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at == nil {
		d.at = map[consent.InstitutionID][]string{}
	}
	d.at[id] = []string{address}
}

func (d *directory) of(id consent.InstitutionID) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at[id]
}

// House is a running institution.
type House struct {
	Role    Role
	ID      consent.InstitutionID
	Record  string // the demo patient's record number
	Gateway *gateway.Gateway
	Records *records.Embedded
	Address string
}

// Options shape how a world runs.
type Options struct {
	Log     *slog.Logger
	Flush   time.Duration // of the gateways' outboxes
	Company time.Duration // that a transfer's access waits
	// Change is called before a gateway opens; tests lie to it and set its clock.
	Change func(Role, *gateway.Config)
}

// Start runs the world in dir: the node, then the gateways, each where it was.
func Start(ctx context.Context, dir string, o Options) (*World, error) {
	w := &World{Dir: dir, houses: map[Role]*House{}}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := w.start(ctx, o); err != nil {
		return nil, errors.Join(err, w.Stop())
	}
	return w, nil
}

func (w *World) start(ctx context.Context, o Options) error {
	err := readSettings(filepath.Join(w.Dir, planFile), &w.plan)
	if err != nil {
		return err
	}
	if w.plan.Version != 1 {
		return fmt.Errorf("the network in %s is of version %d, which is not known here", w.Dir, w.plan.Version)
	}
	w.node, err = ledger.Start(ctx, ledger.Config{Home: filepath.Join(w.Dir, "node"), Log: o.Log})
	if err != nil {
		return fmt.Errorf("start the ledger: %w", err)
	}
	w.closings = append(w.closings, w.node.Stop)
	w.service = ledger.NewService(w.node)
	if w.genesis, err = ledger.DecodeGenesis(w.node.Genesis()); err != nil {
		return err
	}
	for _, role := range Gateways() {
		if err := w.startHouse(ctx, role, o); err != nil {
			return fmt.Errorf("start %s: %w", role, err)
		}
	}
	// Others who open the patient's wallet look here for the gateways.
	return writeSettings(filepath.Join(w.Dir, planFile), w.plan)
}

// Addresses says where the gateways of the world in dir were listening last.
func Addresses(dir string) (map[consent.InstitutionID][]string, error) {
	var p plan
	if err := readSettings(filepath.Join(dir, planFile), &p); err != nil {
		return nil, err
	}
	at := map[consent.InstitutionID][]string{}
	for _, role := range Gateways() {
		at[p.IDs[role]] = []string{address(p.Ports[role])}
	}
	return at, nil
}

func (w *World) startHouse(ctx context.Context, role Role, o Options) error {
	home := filepath.Join(w.Dir, string(role))
	k, err := gateway.LoadKeys(filepath.Join(home, "keys"))
	if err != nil {
		return err
	}
	listener, err := listen(ctx, w.plan.Ports[role])
	if err != nil {
		return err
	}
	w.closings = append(w.closings, closeListener(listener))
	kept, err := records.OpenEmbedded(ctx, filepath.Join(home, RecordsFile))
	if err != nil {
		return err
	}
	w.closings = append(w.closings, kept.Close)
	h := &House{
		Role: role, ID: w.plan.IDs[role], Record: w.plan.Numbers[role], Records: kept, Address: listener.Addr().String(),
	}
	w.where.put(h.ID, h.Address)
	c := gateway.Config{
		Home: home, Institution: h.ID, Anchor: w.Anchor(), Keys: k, Node: w.service, Records: kept, Addresses: []string{h.Address}, Hints: w.where.of,
		Log: o.Log.With("institution", role), Flush: o.Flush, Company: o.Company,
	}
	if o.Change != nil {
		o.Change(role, &c)
	}
	if h.Gateway, err = gateway.Open(ctx, c); err != nil {
		return err
	}
	w.closings = append(w.closings, h.Gateway.Close)
	w.houses[role] = h
	for what, serve := range map[string]func() error{
		"wallets": func() error { return h.Gateway.Serve(listener) },
		"staff":   h.Gateway.ServeAdmin,
	} {
		w.serving.Go(func() {
			if err := serve(); err != nil {
				o.Log.Error("a gateway stopped serving", "institution", role, "whom", what, "err", err)
			}
		})
	}
	w.plan.Ports[role] = listener.Addr().(*net.TCPAddr).Port
	return nil
}

// listen takes the institution's own port, or another one if somebody else has
// it now: addresses are hints, keys are what counts.
func listen(ctx context.Context, port int) (net.Listener, error) {
	var here net.ListenConfig
	l, err := here.Listen(ctx, "tcp", address(port))
	if err == nil {
		return l, nil
	}
	return here.Listen(ctx, "tcp", "127.0.0.1:0")
}

func closeListener(l net.Listener) func() error {
	return func() error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// Stop stops everything, the last started first.
func (w *World) Stop() error {
	var failed []error
	for i := len(w.closings) - 1; i >= 0; i-- {
		failed = append(failed, w.closings[i]())
	}
	w.closings = nil
	w.serving.Wait()
	return errors.Join(failed...)
}

// House is the institution of a role.
func (w *World) House(r Role) *House { return w.houses[r] }

// Anchor is what one must know of this network.
func (w *World) Anchor() consent.Anchor { return w.plan.anchor() }

// Source is where the records of the patient of the world in dir came from;
// empty if they are made up.
func Source(dir string) (string, error) {
	var p plan
	err := readSettings(filepath.Join(dir, planFile), &p)
	return p.Source, err
}

// Person is a clinician of the cast as details name him.
func (w *World) Person(call string) (consent.Person, bool) { return w.plan.person(call) }

// Addresses says where the gateways listen now.
func (w *World) Addresses() map[consent.InstitutionID][]string {
	now := map[consent.InstitutionID][]string{}
	for _, h := range w.houses {
		now[h.ID] = []string{h.Address}
	}
	return now
}

// Exists tells whether a world was made in dir.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, planFile))
	return err == nil
}
