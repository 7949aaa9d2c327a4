package main

import (
	"context"
	"errors"
	"path/filepath"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/internal/reach"
	"carekey/internal/world"
	"carekey/wallet"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// traveller is a patient whose institutions run elsewhere.
type traveller struct {
	*wallet.Wallet
	network *reach.Network
	vault   *vault.Vault
}

func newAgent() (*keys.Agent, error) { return keys.NewAgent(keys.Masters{Current: keys.NewMaster()}) }

// newTraveller opens an empty wallet that knows where the gateways are.
func (p *province) newTraveller(ctx context.Context, dir string) (*traveller, error) {
	agent, err := newAgent()
	if err != nil {
		return nil, err
	}
	v, err := openVault(filepath.Join(dir, "patient", "vault"), agent)
	if err != nil {
		return nil, err
	}
	c := reach.Config{Dir: filepath.Join(dir, "patient", "network")}
	for _, role := range world.Gateways() {
		if c.Anchor, err = consent.ParseAnchor(p.homes[role].Anchor); err != nil {
			return nil, errors.Join(err, v.Close())
		}
		k, err := gateway.LoadKeys(filepath.Join(p.home(role), "keys"))
		if err != nil {
			return nil, errors.Join(err, v.Close())
		}
		c.Seeds = append(c.Seeds, client.Target{Addresses: []string{p.homes[role].Listen}, Key: k.TLSKey()})
	}
	n, err := reach.Open(ctx, c)
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	w, err := wallet.Open(wallet.Config{Person: "rosa", Agent: agent, Vault: v, Network: n})
	if err != nil {
		return nil, errors.Join(err, n.Close(), v.Close())
	}
	return &traveller{Wallet: w, network: n, vault: v}, nil
}

func (t *traveller) sees(ctx context.Context, wanted func(wallet.Snapshot) bool) error {
	return sees(ctx, t.Wallet, wanted)
}

func (t *traveller) close() error { return errors.Join(t.network.Close(), t.vault.Close()) }
