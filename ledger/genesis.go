package ledger

import (
	"encoding/json"
	"errors"
	"fmt"

	"carekey/consent"
	"carekey/ledger/engine"
)

// NewValidator makes the validator's key in home, once, and returns its public
// half for the genesis.
func NewValidator(home string) (consent.PublicKey, error) {
	key, err := engine.NewValidator(home)
	return consent.PublicKey(key), err
}

// NewGenesis returns the bytes of a network's genesis file: the engine's part
// with the validators, and g within. Keep the bytes as they are: their SHA-256
// ([GenesisHash]) is what an anchor names.
func NewGenesis(g *consent.Genesis, validators ...consent.PublicKey) ([]byte, error) {
	state, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if _, err := consent.DecodeGenesis(state); err != nil {
		return nil, err
	}
	file := engine.Genesis{Chain: g.Chain, Time: g.Time, App: state}
	for _, key := range validators {
		file.Validators = append(file.Validators, key)
	}
	return file.Encode()
}

// DecodeGenesis reads a genesis file and returns the application's part.
func DecodeGenesis(file []byte) (*consent.Genesis, error) {
	f, err := engine.DecodeGenesis(file)
	if err != nil {
		return nil, err
	}
	g, err := consent.DecodeGenesis(f.App)
	if err != nil {
		return nil, err
	}
	if g.Chain != f.Chain || !g.Time.Equal(f.Time) {
		return nil, errors.New("genesis: its two parts name different chains or times")
	}
	return g, nil
}

// GenesisHash is the hash of a genesis file, over its exact bytes.
func GenesisHash(file []byte) consent.Hash { return consent.Sum(file) }

// InstallGenesis puts a genesis file into a node's home. A home that has
// another one is refused with [engine.ErrOtherGenesis].
func InstallGenesis(home string, file []byte) error {
	if _, err := DecodeGenesis(file); err != nil {
		return err
	}
	return engine.InstallGenesis(home, file)
}
