package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"carekey/consent"
	"carekey/ledger"
	"carekey/wallet"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// warmVault is a wallet's vault that holds a long history, all of it read and
// verified from a ledger, and the masters that open it.
func warmVault(ctx context.Context, dir string) (path string, masters []byte, err error) {
	m := keys.Masters{Current: keys.NewMaster()}
	if masters, err = m.Encode(); err != nil {
		return "", nil, err
	}
	agent, err := keys.NewAgent(m)
	if err != nil {
		return "", nil, err
	}
	t, details, err := writeLongLife(filepath.Join(dir, "ledger"), agent)
	if err != nil {
		return "", nil, err
	}
	node, err := ledger.Start(ctx, ledger.Config{Home: t.home})
	if err != nil {
		return "", nil, err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	r, err := newReader(ctx, node)
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "vault")
	return path, masters, fill(ctx, path, agent, t, &direct{reader: r, network: t.genesis.Network, details: details})
}

// writeLongLife writes one chart of many looks, each with its private part.
func writeLongLife(home string, agent *keys.Agent) (*town, map[consent.Hash]consent.Detail, error) {
	start := time.Now().AddDate(-1, 0, 0)
	t, err := newTown(home, start)
	if err != nil {
		return nil, nil, err
	}
	c, err := t.walletChart(agent)
	if err != nil {
		return nil, nil, err
	}
	past, err := ledger.OpenPast(ledger.Config{Home: home})
	if err != nil {
		return nil, nil, err
	}
	details := map[consent.Hash]consent.Detail{}
	var failed error
	_, err = c.live(past, start, pastChart{length: longChart, perBatch: 20}, func(n int) consent.Item {
		item, err := c.told(n, details)
		failed = errors.Join(failed, err)
		return item
	})
	if err == nil {
		_, err = past.Write(time.Now().Truncate(time.Millisecond))
	}
	if err = errors.Join(err, failed); err != nil {
		return nil, nil, errors.Join(err, past.Abandon())
	}
	return t, details, past.Finish()
}

// told is the n-th look with its private part: people and machines in turn.
func (c *chart) told(n int, details map[consent.Hash]consent.Detail) (consent.Item, error) {
	types := consent.RecordTypes()
	content := &consent.Accessed{
		Basis: consent.BasisCare, Purpose: consent.PurposeTreatment, Types: types[n%len(types) : n%len(types)+1],
		Event: consent.At(c.genesis.Time), Automatic: n%3 == 0,
		By: consent.Person{Name: fmt.Sprintf("Dr. No. %d", n%97), Role: "internal medicine"},
	}
	d, err := consent.NewDetail(content)
	if err != nil {
		return consent.Item{}, err
	}
	commitment := d.Commitment(c.genesis.Network, c.log, consent.ClassAccess)
	details[commitment] = d
	return consent.NewItem(c.log, consent.ClassAccess, consent.AccessFields{}, commitment), nil
}

// fill lets a wallet find the chart, verify and keep it.
func fill(ctx context.Context, path string, agent *keys.Agent, t *town, n wallet.Network) (err error) {
	v, err := openVault(path, agent)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	w, err := wallet.Open(wallet.Config{Person: warmPerson, Agent: agent, Vault: v, Network: n})
	if err != nil {
		return err
	}
	i, ok := n.(*direct).registry.Institution(t.id)
	if !ok {
		return errors.New("the hospital is not in the registry")
	}
	if err := w.Seek(t.anchor(), []consent.Institution{i}); err != nil {
		return err
	}
	if err := w.Refresh(ctx); err != nil {
		return err
	}
	if rows := w.Snapshot().Rows; rows != longChart {
		return fmt.Errorf("the vault has %d rows, not %d", rows, longChart)
	}
	return v.Merge(ctx)
}

const warmPerson = "Rosa Lindqvist"

func openVault(path string, agent *keys.Agent) (*vault.Vault, error) {
	seals, err := agent.VaultSeals()
	if err != nil {
		return nil, err
	}
	return vault.Open(path, seals[0])
}
