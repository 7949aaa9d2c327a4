package consent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
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

// Limits of a genesis.
const (
	maxChainBytes    = 50
	maxEmptyBlocks   = time.Hour
	maxCollectWithin = 30 * 24 * time.Hour
	minKeepEntries   = 400 * 24 * time.Hour
	maxKeepEntries   = 100 * 365 * 24 * time.Hour
)

// check refuses what no ledger should begin with, in one sentence.
func (g *Genesis) check() error {
	switch year := g.Time.UTC().Year(); {
	case g.Version != 1:
		return fmt.Errorf("genesis version %d is not known", g.Version)
	case g.Network == NetworkID{}:
		return errors.New("genesis: no network id")
	case g.Chain == "" || len(g.Chain) > maxChainBytes:
		return fmt.Errorf("genesis: the chain id has 1 to %d bytes", maxChainBytes)
	case strings.ContainsFunc(g.Chain, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("genesis: the chain id has characters other than ASCII letters, digits and signs")
	case year < 1970 || year > 2200: // what nanoseconds in int64 hold, with room
		return errors.New("genesis: no time, or not of these centuries")
	}
	if err := g.Params.check(); err != nil {
		return fmt.Errorf("genesis: %w", err)
	}
	return g.checkRegistry()
}

func (p Params) check() error {
	switch {
	case p.EmptyBlocks <= 0 || p.EmptyBlocks > maxEmptyBlocks:
		return fmt.Errorf("empty blocks come more than 0 and at most %s apart", maxEmptyBlocks)
	case p.CollectWithin <= 0 || p.CollectWithin > maxCollectWithin:
		return fmt.Errorf("a collected use waits more than 0 and at most %s for its release", maxCollectWithin)
	case p.LogsPerDay == 0:
		return errors.New("no institution could open a log")
	case p.KeepEntries < minKeepEntries:
		return errors.New("entries are kept for at least 400 days")
	case p.KeepEntries > maxKeepEntries:
		return errors.New("entries are kept for at most 100 years")
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
