package world

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"carekey/client"
	"carekey/consent"
	"carekey/internal/reach"
	"carekey/wallet"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// Patient is a person with a wallet in the world, for tests with many actors.
type Patient struct {
	*wallet.Wallet
	Network *reach.Network
	vault   *vault.Vault
}

// As opens the wallet of a master secret, with its files in dir, and finds its
// charts again where the vault is new.
func (w *World) As(ctx context.Context, master keys.Master, dir string) (*Patient, error) {
	agent, err := keys.NewAgent(keys.Masters{Current: master})
	if err != nil {
		return nil, err
	}
	seals, err := agent.VaultSeals()
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(filepath.Join(dir, "vault"), seals[0])
	if err != nil {
		return nil, err
	}
	n, err := reach.Open(ctx, reach.Config{
		Anchor: w.Anchor(), Dir: filepath.Join(dir, "network"), Seeds: w.Seeds(), Addresses: w.Addresses(),
	})
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	p, err := wallet.Open(wallet.Config{
		Person: "rosa", Agent: agent, Vault: v, Network: n, Evidence: filepath.Join(dir, "evidence"), Log: slog.Default(),
	})
	if err != nil {
		return nil, errors.Join(err, v.Close(), n.Close())
	}
	if len(p.Institutions()) == 0 {
		err = p.Seek(w.Anchor(), w.Institutions())
	}
	return &Patient{Wallet: p, Network: n, vault: v}, err
}

// Close ends the patient's connections and closes the vault.
func (p *Patient) Close() error { return errors.Join(p.Network.Close(), p.vault.Close()) }

// Seeds are the gateways, for who knows nothing else of the network.
func (w *World) Seeds() []client.Target {
	var seeds []client.Target
	for _, i := range w.Institutions() {
		seeds = append(seeds, client.Target{Addresses: w.Addresses()[i.ID], Key: i.TLS[0].Key})
	}
	return seeds
}

// Institutions are those that run a gateway, as the genesis names them.
func (w *World) Institutions() []consent.Institution {
	var all []consent.Institution
	for _, raw := range w.genesis.Registry {
		f, err := consent.DecodeRegistryFields(consent.Item{Class: consent.ClassRegistry, Fields: raw})
		if err == nil && f.Institution != nil && f.Institution.Kind != consent.Board {
			all = append(all, *f.Institution)
		}
	}
	return all
}
