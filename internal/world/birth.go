package world

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"carekey/consent"
	"carekey/gateway"
	"carekey/ledger"
	"carekey/wallet/keys"
)

// plan is what a world keeps about itself, in plan.json; no secret.
type plan struct {
	Version int                            `json:"version"` // 1
	Network consent.NetworkID              `json:"network"`
	Genesis consent.Hash                   `json:"genesis"` // SHA-256 of the genesis file
	Seed    uint64                         `json:"seed"`
	IDs     map[Role]consent.InstitutionID `json:"institutions"`
	Ports   map[Role]int                   `json:"ports"`
	Numbers map[Role]string                `json:"record_numbers"` // the patient's
	Licence map[string]consent.PublicKey   `json:"licences"`       // by clinician
	Person  string                         `json:"person"`         // the patient's name
	Source  string                         `json:"source"`         // of the records; empty: made up
}

func (p plan) anchor() consent.Anchor {
	return consent.Anchor{Version: 1, Network: p.Network, Genesis: p.Genesis}
}

const planFile = "plan.json"

// Birth is how a new world is made.
type Birth struct {
	Dir     string
	Patient *keys.Agent // keys of the demo patient
	Record  Record      // what the hospital holds
	End     time.Time   // the past year ends here; not ahead of the clock
	Seed    uint64
	Empty   bool // no past: the charts are opened later
	Params  consent.Params
	Leaves  map[Role]time.Time // when an institution leaves the network, if ever
}

// Make makes a world in b.Dir, which must not exist. It is built beside and
// renamed, so that a crash leaves nothing half-made.
func Make(ctx context.Context, b Birth) error {
	building := b.Dir + ".building"
	if err := os.RemoveAll(building); err != nil {
		return err
	}
	if err := os.MkdirAll(building, 0o700); err != nil {
		return err
	}
	m := &maker{Birth: b, dir: building, keys: map[Role]*gateway.Keys{}}
	if err := m.make(ctx); err != nil {
		return errors.Join(fmt.Errorf("make the network: %w", err), os.RemoveAll(building))
	}
	return os.Rename(building, b.Dir)
}

// maker makes one world.
type maker struct {
	Birth
	dir     string
	plan    plan
	keys    map[Role]*gateway.Keys
	board   boardKeys
	genesis *consent.Genesis
}

func (m *maker) make(ctx context.Context) error {
	if err := m.draw(ctx); err != nil {
		return err
	}
	if err := m.writeGenesis(); err != nil {
		return err
	}
	history, err := m.history()
	if err != nil {
		return err
	}
	for _, role := range Gateways() {
		if err := m.furnish(ctx, role, history); err != nil {
			return fmt.Errorf("%s: %w", role, err)
		}
	}
	if err := m.settle(); err != nil {
		return err
	}
	return writeSettings(filepath.Join(m.dir, planFile), m.plan)
}

// settle writes each home's settings, so that node and gateways can also run as
// programs of their own.
func (m *maker) settle() error {
	key, err := ledger.ServingKey(m.nodeHome())
	if err != nil {
		return err
	}
	node := NodeAddress{Address: address(m.plan.Ports[nodePort]), Key: consent.PublicKey(key.Public().(ed25519.PublicKey))}
	if err := writeSettings(filepath.Join(m.nodeHome(), nodeFile), NodeHome{Version: 1, Listen: node.Address}); err != nil {
		return err
	}
	for _, role := range Gateways() {
		err := writeSettings(filepath.Join(m.dir, string(role), gatewayFile), GatewayHome{
			Version: 1, Anchor: m.plan.anchor().String(), Institution: m.plan.IDs[role],
			Listen: address(m.plan.Ports[role]), Node: node,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// nodePort is the node's place among the ports; it is no institution.
const nodePort Role = "node"

// boardKeys are the board's; it runs no gateway yet, so they are not kept.
type boardKeys struct{ ledger, tls onceKey }

// draw makes keys, ports and numbers.
func (m *maker) draw(ctx context.Context) error {
	m.plan = plan{
		Version: 1, Seed: m.Seed, IDs: map[Role]consent.InstitutionID{}, Ports: map[Role]int{},
		Numbers: m.Record.Numbers(), Person: m.Record.Person, Source: m.Record.Source, Licence: map[string]consent.PublicKey{},
	}
	if _, err := rand.Read(m.plan.Network[:]); err != nil {
		return err
	}
	var err error
	if m.board.ledger, err = newOnceKey(); err != nil {
		return err
	}
	if m.board.tls, err = newOnceKey(); err != nil {
		return err
	}
	m.plan.IDs[Board] = consent.NewInstitutionID(m.plan.Network, m.board.ledger.Public())
	for _, role := range Gateways() {
		k, err := gateway.NewKeys(filepath.Join(m.dir, string(role), "keys"))
		if err != nil {
			return err
		}
		m.keys[role] = k
		m.plan.IDs[role] = consent.NewInstitutionID(m.plan.Network, k.Ledger.Public())
		if m.plan.Ports[role], err = freePort(ctx); err != nil {
			return err
		}
	}
	if m.plan.Ports[nodePort], err = freePort(ctx); err != nil {
		return err
	}
	for _, c := range Clinicians() {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return err
		}
		m.plan.Licence[c.Call] = consent.PublicKey(public)
	}
	return nil
}

// freePort asks the system for a port of the loopback that nobody uses now.
func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start is when the network began.
func (m *maker) start() time.Time {
	if m.Empty {
		return m.End.Add(-time.Minute)
	}
	return m.End.AddDate(-1, 0, 0)
}

func (m *maker) writeGenesis() error {
	params := m.Params
	if params == (consent.Params{}) {
		params = consent.DefaultParams()
	}
	m.genesis = &consent.Genesis{
		Version: 1, Network: m.plan.Network, Chain: "carekey-demo-1",
		Time: m.start().UTC().Truncate(time.Second), Params: params, Registry: m.registry(),
	}
	home := m.nodeHome()
	validator, err := ledger.NewValidator(home)
	if err != nil {
		return err
	}
	file, err := ledger.NewGenesis(m.genesis, validator)
	if err != nil {
		return err
	}
	m.plan.Genesis = ledger.GenesisHash(file)
	return ledger.InstallGenesis(home, file)
}

func (m *maker) nodeHome() string { return filepath.Join(m.dir, "node") }

// registry names the institutions, the board and the licences.
func (m *maker) registry() [][]byte {
	var entries [][]byte
	since := consent.At(m.start().UTC().Truncate(time.Second))
	add := func(role Role, ledgerKey, tls consent.PublicKey, seal consent.Hash, addresses []string) {
		p := role.profile()
		entries = append(entries, consent.Encode(consent.RegistryFields{Institution: &consent.Institution{
			ID: m.plan.IDs[role], Kind: p.kind, Name: p.name, Place: p.place,
			Ledger: []consent.LedgerKey{{Key: ledgerKey, From: since}}, TLS: []consent.LedgerKey{{Key: tls, From: since}},
			Seal: seal, Addresses: addresses, From: since, Until: m.until(role),
		}}))
	}
	for _, role := range Gateways() {
		k := m.keys[role]
		add(role, k.Ledger.Public(), k.TLSKey(), k.Seal.Hash(), []string{address(m.plan.Ports[role])})
	}
	add(Board, m.board.ledger.Public(), m.board.tls.Public(), consent.Hash{}, nil)
	for _, c := range Clinicians() {
		entries = append(entries, consent.Encode(consent.RegistryFields{Licence: &consent.Licence{
			Key: m.plan.Licence[c.Call], Board: m.plan.IDs[Board], Status: consent.LicenceActive, From: since,
		}}))
	}
	return entries
}

// until is when an institution's place in the registry ends; 0 for never.
func (m *maker) until(role Role) consent.Time {
	if t, ok := m.Leaves[role]; ok {
		return consent.At(t)
	}
	return 0
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// person is a clinician as details name him.
func (p plan) person(call string) (consent.Person, bool) {
	for _, c := range Clinicians() {
		if c.Call == call {
			key := p.Licence[call]
			return consent.Person{Name: c.Name, Role: c.Role, Licence: &key}, true
		}
	}
	return consent.Person{}, false
}
