package keys

import (
	"fmt"
	"log/slog"
	"sync"

	"carekey/consent"
)

// Agent keeps a profile's masters and uses them for others. It is safe for
// concurrent use.
type Agent struct {
	mu      sync.RWMutex
	order   []MasterID // current first
	masters map[MasterID]Master
}

// NewAgent takes the masters over; [Agent.Close] wipes them.
func NewAgent(m Masters) (*Agent, error) {
	a := &Agent{masters: make(map[MasterID]Master)}
	for _, one := range m.all() {
		id, err := one.ID()
		if err != nil {
			return nil, err
		}
		a.order = append(a.order, id)
		a.masters[id] = one
	}
	return a, nil
}

// Close wipes the masters. Every handle returns [ErrNoMaster] from then on; an
// age identity that somebody still holds keeps opening.
func (a *Agent) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.masters {
		m.Wipe()
	}
	clear(a.masters)
}

// Current names the master that makes new keys.
func (a *Agent) Current() MasterID { return a.order[0] }

// Known lists the masters, the current one first.
func (a *Agent) Known() []MasterID { return append([]MasterID(nil), a.order...) }

// derive makes a seed while the agent is open.
func (a *Agent) derive(master MasterID, p path) (seed, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	m, ok := a.masters[master]
	if !ok {
		return seed{}, fmt.Errorf("master %s: %w", master, ErrNoMaster)
	}
	return m.derive(p)
}

const hiddenAgent = "(key agent)"

// String does not reveal a secret.
func (a *Agent) String() string { return hiddenAgent }

// Format does not reveal a secret, whatever the verb.
func (a *Agent) Format(f fmt.State, _ rune) { hide(f, hiddenAgent) }

// LogValue does not reveal a secret.
func (a *Agent) LogValue() slog.Value { return slog.StringValue(hiddenAgent) }

// ChartName says which chart's keys are meant.
type ChartName struct {
	_           struct{} `cbor:",toarray"`
	Master      MasterID
	Network     consent.NetworkID
	Institution consent.InstitutionID
	Epoch       uint64 // which chart there, from 0
}

func (n ChartName) path(p Purpose) path {
	return path{purpose: p, network: n.Network, subject: []any{n.Institution}, epoch: n.Epoch}
}

// Chart is the handle of one chart's keys.
type Chart struct {
	Signer consent.Signer // signs typed statements
	TLS    *TLSKey        // proves who reads
	Seal   *Seal          // opens what the institution seals for the patient
	keys   consent.ChartKeys
}

// Chart derives the keys of a chart. A master that the agent does not hold is
// [ErrNoMaster].
func (a *Agent) Chart(n ChartName) (*Chart, error) {
	signer, err := a.signer(n.Master, n.path(ChartSign))
	if err != nil {
		return nil, err
	}
	tlsKey, err := a.tlsKey(n.Master, n.path(ChartTLS))
	if err != nil {
		return nil, err
	}
	seal, err := a.seal(n.Master, n.path(ChartSeal))
	if err != nil {
		return nil, err
	}
	public := consent.ChartKeys{
		Institution: n.Institution,
		Sign:        signer.Public(),
		TLS:         tlsKey.PublicKey(),
		Seal:        seal.Hash(),
	}
	return &Chart{Signer: signer, TLS: tlsKey, Seal: seal, keys: public}, nil
}

// Keys are the public halves, as they stand in the chart's open entry.
func (c *Chart) Keys() consent.ChartKeys { return c.keys }

// TransferName says which transfer's keys are meant: the answer to one request
// in the chart at the destination (protocol §10, "Finding again").
type TransferName struct {
	_       struct{} `cbor:",toarray"`
	Master  MasterID
	Network consent.NetworkID
	Chart   consent.LogID // the chart at the destination
	Request uint64        // the request's number there
}

func (n TransferName) path(p Purpose) path {
	return path{purpose: p, network: n.Network, subject: []any{n.Chart, n.Request}}
}

// Transfer is the handle of one transfer's keys.
type Transfer struct {
	Signer consent.Signer // signs typed statements
	TLS    *TLSKey        // proves who reads
}

// Transfer derives the keys of a transfer. A master that the agent does not
// hold is [ErrNoMaster].
func (a *Agent) Transfer(n TransferName) (*Transfer, error) {
	signer, err := a.signer(n.Master, n.path(TransferSign))
	if err != nil {
		return nil, err
	}
	tlsKey, err := a.tlsKey(n.Master, n.path(TransferTLS))
	if err != nil {
		return nil, err
	}
	return &Transfer{Signer: signer, TLS: tlsKey}, nil
}

// VaultSeals are the identities that open the vault, the current master's
// first: that one seals, the others only read. The vault belongs to the profile
// and not to a network, so its network id is zero and its subject empty.
func (a *Agent) VaultSeals() ([]*Seal, error) {
	var seals []*Seal
	for _, id := range a.order {
		s, err := a.seal(id, path{purpose: VaultSeal, subject: []any{}})
		if err != nil {
			return nil, err
		}
		seals = append(seals, s)
	}
	return seals, nil
}
