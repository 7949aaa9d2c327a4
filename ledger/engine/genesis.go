package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/libs/tempfile"
	"github.com/cometbft/cometbft/types"
)

// Limits that every node of a network agrees on, in bytes.
const (
	MaxBlockBytes    = 4 << 20
	MaxGenesisBytes  = 32 << 20
	maxEvidenceBytes = 64 << 10
)

// Evidence of a validator that signed twice is taken while either is not over.
// Headers are kept for as long, so that it can be judged.
const (
	evidenceBlocks = 1000
	evidenceAge    = 24 * time.Hour
)

// Genesis is how a chain begins.
type Genesis struct {
	Chain      string
	Time       time.Time
	Validators [][ed25519.PubKeySize]byte // of equal power
	App        json.RawMessage            // the application's part
}

// Encode returns the bytes of a genesis file. Write them once and pass them on
// as they are: their hash anchors the network.
func (g Genesis) Encode() ([]byte, error) {
	if len(g.Validators) == 0 {
		return nil, errors.New("a genesis names at least one validator")
	}
	doc := types.GenesisDoc{
		GenesisTime: g.Time.UTC(), ChainID: g.Chain, InitialHeight: 1,
		ConsensusParams: consensusParams(), AppState: g.App,
	}
	for _, key := range g.Validators {
		doc.Validators = append(doc.Validators, types.GenesisValidator{PubKey: ed25519.PubKey(key[:]), Power: 1})
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	return cmtjson.MarshalIndent(&doc, "", "  ")
}

// consensusParams are the same for every network: limits of blocks and of
// evidence.
func consensusParams() *types.ConsensusParams {
	params := types.DefaultConsensusParams()
	params.Block.MaxBytes = MaxBlockBytes
	params.Evidence.MaxBytes = maxEvidenceBytes
	params.Evidence.MaxAgeNumBlocks, params.Evidence.MaxAgeDuration = evidenceBlocks, evidenceAge
	return params
}

// DecodeGenesis reads the bytes of a genesis file.
func DecodeGenesis(b []byte) (Genesis, error) {
	doc, err := decodeGenesisDoc(b)
	if err != nil {
		return Genesis{}, err
	}
	g := Genesis{Chain: doc.ChainID, Time: doc.GenesisTime, App: doc.AppState}
	for _, v := range doc.Validators {
		g.Validators = append(g.Validators, [ed25519.PubKeySize]byte(v.PubKey.Bytes()))
	}
	return g, nil
}

func decodeGenesisDoc(b []byte) (*types.GenesisDoc, error) {
	if len(b) > MaxGenesisBytes {
		return nil, fmt.Errorf("genesis: %d bytes are more than %d", len(b), MaxGenesisBytes)
	}
	var doc types.GenesisDoc
	if err := cmtjson.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if err := checkValidators(doc.Validators); err != nil {
		return nil, err
	}
	if err := doc.ValidateAndComplete(); err != nil {
		return nil, fmt.Errorf("genesis: %w", err)
	}
	if doc.InitialHeight != 1 || len(doc.Validators) == 0 {
		return nil, errors.New("genesis: a chain begins at height 1 with at least one validator")
	}
	got, want := doc.ConsensusParams.ToProto(), consensusParams().ToProto()
	if !got.Equal(&want) {
		return nil, errors.New("genesis: its limits of blocks and evidence are not this version's")
	}
	return &doc, nil
}

// checkValidators refuses what the library would only panic about.
func checkValidators(validators []types.GenesisValidator) error {
	seen := map[string]bool{}
	for _, v := range validators {
		key, ok := v.PubKey.(ed25519.PubKey)
		switch {
		case !ok || len(key) != ed25519.PubKeySize:
			return errors.New("genesis: a validator's key is not an Ed25519 key")
		case v.Power != 1:
			return errors.New("genesis: every validator has the power 1")
		case seen[string(key)]:
			return errors.New("genesis: a validator is named twice")
		}
		seen[string(key)] = true
	}
	return nil
}

// ErrOtherGenesis means that the home belongs to another network.
var ErrOtherGenesis = errors.New("the ledger's folder belongs to another network")

// InstallGenesis puts a genesis file into home. Installing the same bytes
// again changes nothing; others are refused with [ErrOtherGenesis].
func InstallGenesis(dir string, genesis []byte) error {
	if _, err := decodeGenesisDoc(genesis); err != nil {
		return err
	}
	path := filepath.Join(dir, genesisFile)
	present, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(present, genesis):
		return nil
	case err == nil:
		return ErrOtherGenesis
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("read the genesis file: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the ledger's folder: %w", err)
	}
	return tempfile.WriteFileAtomic(path, genesis, 0o600)
}
