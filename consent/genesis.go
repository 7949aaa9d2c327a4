package consent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// MaxGenesisBytes limits the application's part of a genesis file.
const MaxGenesisBytes = 16 << 20

// Genesis is the application's part of a network's genesis file.
type Genesis struct {
	Version  int       `json:"version"` // 1
	Network  NetworkID `json:"network"`
	Chain    string    `json:"chain"`
	Time     time.Time `json:"time"`
	Params   Params    `json:"params"`
	Registry [][]byte  `json:"registry"` // canonical CBOR of RegistryFields, in order
}

// Params are the network's settled numbers.
type Params struct {
	EmptyBlocks   time.Duration `json:"empty_blocks"`   // interval of empty blocks
	LogsPerDay    uint32        `json:"logs_per_day"`   // that one institution may sponsor
	CollectWithin time.Duration `json:"collect_within"` // live time between collect and release
	KeepEntries   time.Duration `json:"keep_entries"`   // before an entry may be pruned
}

// DefaultParams are used where a genesis says nothing else.
func DefaultParams() Params {
	return Params{
		EmptyBlocks:   2 * time.Second,
		LogsPerDay:    100_000,
		CollectWithin: 10 * time.Minute,
		KeepEntries:   400 * 24 * time.Hour,
	}
}

// DecodeGenesis reads the application state of a genesis file.
func DecodeGenesis(b []byte) (*Genesis, error) {
	if len(b) > MaxGenesisBytes {
		return nil, fmt.Errorf("genesis: %d bytes are too many", len(b))
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var g Genesis
	if err := dec.Decode(&g); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("genesis: trailing bytes")
	}
	return &g, g.check()
}

func (g *Genesis) check() error {
	switch {
	case g.Version != 1:
		return fmt.Errorf("genesis version %d is not known", g.Version)
	case g.Network == NetworkID{}:
		return errors.New("genesis: no network id")
	case g.Chain == "" || len(g.Chain) > 50:
		return errors.New("genesis: the chain id has 1 to 50 bytes")
	case g.Time.Year() < 1970 || g.Time.Year() > 2200: // what nanoseconds in int64 hold, with room
		return errors.New("genesis: no time, or not of these centuries")
	case g.Params.EmptyBlocks <= 0 || g.Params.CollectWithin <= 0 || g.Params.LogsPerDay == 0:
		return errors.New("genesis: a parameter is zero")
	case g.Params.KeepEntries < 400*24*time.Hour:
		return errors.New("genesis: entries are kept for at least 400 days")
	}
	for i, b := range g.Registry {
		if _, err := DecodeRegistryFields(Item{Class: ClassRegistry, Fields: b}); err != nil {
			return fmt.Errorf("genesis registry entry %d: %w", i, err)
		}
	}
	return nil
}

// genesisBatch names the "transaction" of genesis entries, which nobody signs:
// whoever trusts the genesis hash trusts them.
func (g *Genesis) genesisBatch() Hash {
	return Sum(Encode([]any{"carekey/genesis/1", g.Network, g.Chain}))
}

// RegistryEntries are the entries of the registry log that the genesis makes.
func (g *Genesis) RegistryEntries() []Entry {
	log := RegistryLogID(g.Network)
	entries := make([]Entry, len(g.Registry))
	for i, fields := range g.Registry {
		item := Item{Log: log, Class: ClassRegistry, Fields: fields}
		entries[i] = Entry{
			Version: 1, Log: log, Number: uint64(i), Height: 0, Time: At(g.Time),
			Item: Encode(item), Batch: g.genesisBatch(), Index: uint32(i),
		}
	}
	return entries
}
