package client

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"

	"carekey/consent"
)

// This is the only file that imports CometBFT's light client and types.

// Trust of the light client (protocol §4).
const (
	trustingPeriod = 400 * 24 * time.Hour
	maxAhead       = 10 * time.Second // of the local clock
	maxValidators  = 1000
)

// trustLevel is the share of the trusted validators' power that must have
// signed a header which does not follow directly.
func trustLevel() cmtmath.Fraction { return cmtmath.Fraction{Numerator: 2, Denominator: 3} }

// GenesisFile is a network's genesis file: its exact bytes are what an anchor
// names.
type GenesisFile struct {
	Bytes      []byte
	Hash       consent.Hash
	App        *consent.Genesis
	validators *types.ValidatorSet
}

// DecodeGenesisFile reads and checks a genesis file.
func DecodeGenesisFile(b []byte) (*GenesisFile, error) {
	if len(b) > MaxGenesisFileBytes {
		return nil, fmt.Errorf("genesis file: %d bytes are more than %d", len(b), MaxGenesisFileBytes)
	}
	// The library's own check panics on a validator without a good key, and
	// fills in what is missing, so that what is read were not what is there.
	var doc types.GenesisDoc
	if err := cmtjson.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("genesis file: %w", err)
	}
	app, err := consent.DecodeGenesis(doc.AppState)
	if err != nil {
		return nil, fmt.Errorf("genesis file: %w", err)
	}
	if doc.ChainID != app.Chain || doc.InitialHeight != 1 {
		return nil, errors.New("genesis file: its two parts name different chains, or it does not start at height 1")
	}
	validators, err := genesisValidators(doc.Validators)
	if err != nil {
		return nil, fmt.Errorf("genesis file: %w", err)
	}
	return &GenesisFile{Bytes: b, Hash: consent.Sum(b), App: app, validators: validators}, nil
}

func genesisValidators(list []types.GenesisValidator) (*types.ValidatorSet, error) {
	if len(list) == 0 || len(list) > maxValidators {
		return nil, fmt.Errorf("there are 1 to %d validators, not %d", maxValidators, len(list))
	}
	validators := make([]*types.Validator, len(list))
	for i, v := range list {
		key, ok := v.PubKey.(ed25519.PubKey)
		if !ok || len(key) != ed25519.PubKeySize || v.Power <= 0 || v.Power > types.MaxTotalVotingPower/maxValidators {
			return nil, fmt.Errorf("validator %d has no Ed25519 key or an impossible power", i)
		}
		validators[i] = types.NewValidator(key, v.Power)
	}
	return types.ValidatorSetFromExistingValidators(validators)
}

// Anchor is what names the network of this genesis.
func (g *GenesisFile) Anchor() consent.Anchor {
	return consent.Anchor{Version: 1, Network: g.App.Network, Genesis: g.Hash}
}

// Header is a block's header in which the commit was checked.
type Header struct {
	Height int64
	Hash   consent.Hash
	Time   consent.Time
	App    consent.Hash // root of the state after block Height-1
	Block  []byte       // protobuf of CometBFT's LightBlock
	light  *types.LightBlock
}

// decodeLightBlock reads a light block of a chain. It is consistent in itself
// after that; whether to believe it is for [GenesisFile.verifyFirst] and
// [verifyNext] to say.
func decodeLightBlock(b []byte, chain string) (Header, error) {
	if len(b) > MaxLightBlockBytes {
		return Header{}, fmt.Errorf("light block: %d bytes are more than %d", len(b), MaxLightBlockBytes)
	}
	var pb cmtproto.LightBlock
	if err := pb.Unmarshal(b); err != nil {
		return Header{}, fmt.Errorf("light block: %w", err)
	}
	if pb.ValidatorSet != nil && len(pb.ValidatorSet.Validators) > maxValidators {
		return Header{}, fmt.Errorf("light block: more than %d validators", maxValidators)
	}
	lb, err := types.LightBlockFromProto(&pb)
	if err != nil {
		return Header{}, fmt.Errorf("light block: %w", err)
	}
	if err := lb.ValidateBasic(chain); err != nil {
		return Header{}, fmt.Errorf("light block: %w", err)
	}
	return newHeader(lb, b)
}

func newHeader(lb *types.LightBlock, raw []byte) (Header, error) {
	hash, app := lb.Hash(), lb.AppHash
	if len(app) == 0 {
		app = make([]byte, len(consent.Hash{})) // before the first block there is no state
	}
	if len(hash) != len(consent.Hash{}) || len(app) != len(consent.Hash{}) {
		return Header{}, errors.New("light block: a hash has the wrong length")
	}
	if t := lb.Time.Unix(); t < 0 || t > math.MaxInt64/int64(time.Second) {
		return Header{}, errors.New("light block: its time is out of range")
	}
	return Header{
		Height: lb.Height, Hash: consent.Hash(hash), Time: consent.At(lb.Time),
		App: consent.Hash(app), Block: raw, light: lb,
	}, nil
}

// verifyFirst checks the header of height 1: signed by more than two thirds of
// the genesis validators, and no others.
func (g *GenesisFile) verifyFirst(h Header) error {
	if h.Height != 1 {
		return fmt.Errorf("the first header has height %d", h.Height)
	}
	if !bytes.Equal(h.light.ValidatorsHash, g.validators.Hash()) {
		return errors.New("the first header names other validators than the genesis")
	}
	if h.Time < consent.At(g.App.Time) {
		return errors.New("the first header is older than the genesis")
	}
	return g.validators.VerifyCommitLight(g.App.Chain, h.light.Commit.BlockID, 1, h.light.Commit)
}

// follows tells whether a header of the next height builds on prev.
func (h Header) follows(prev Header) bool {
	return h.Height == prev.Height+1 && bytes.Equal(h.light.LastBlockID.Hash, prev.Hash[:])
}

// contradicts tells whether two headers cannot both be of one chain: by their
// hashes, or because time runs backwards between them.
func (h Header) contradicts(other Header) bool {
	switch {
	case other.Height < h.Height:
		return other.contradicts(h)
	case other.Height == h.Height:
		return other.Hash != h.Hash
	case other.Height == h.Height+1 && !other.follows(h):
		return true
	}
	return other.Time <= h.Time
}

// errTooManyNew means that the validators changed too much to step from one
// header to the other; one in between may help.
var errTooManyNew = errors.New("too few of the trusted validators signed the header")

// errTrustEnded means that the trusted header is too old to build on.
var errTrustEnded = errors.New("the newest trusted header is more than 400 days old")

// verifyNext checks a later header by one that is trusted, as of now.
func verifyNext(trusted, next Header, now consent.Time) error {
	err := light.Verify(trusted.light.SignedHeader, trusted.light.ValidatorSet,
		next.light.SignedHeader, next.light.ValidatorSet,
		trustingPeriod, now.Time(), maxAhead, trustLevel())
	var changed light.ErrNewValSetCantBeTrusted
	var old light.ErrOldHeaderExpired
	switch {
	case errors.As(err, &changed):
		return errTooManyNew
	case errors.As(err, &old):
		return errTrustEnded
	}
	return err
}
