package client

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"

	"carekey/consent"
)

// This is the only test file that imports CometBFT's types.

// validators sign headers as the ledger's engine does.
type validators struct {
	keys []ed25519.PrivKey
	set  *types.ValidatorSet
}

func newValidators(names ...string) validators {
	var v validators
	var list []*types.Validator
	for _, name := range names {
		key := ed25519.GenPrivKeyFromSecret([]byte(name))
		v.keys = append(v.keys, key)
		list = append(list, types.NewValidator(key.PubKey(), 1))
	}
	v.set = types.NewValidatorSet(list)
	return v
}

// genesisFile is a genesis file of these validators.
func (v validators) genesisFile(t testing.TB, app []byte, chain string, at time.Time) []byte {
	t.Helper()
	doc := types.GenesisDoc{
		GenesisTime: at, ChainID: chain, InitialHeight: 1,
		ConsensusParams: types.DefaultConsensusParams(), AppState: app,
	}
	for _, key := range v.keys {
		doc.Validators = append(doc.Validators, types.GenesisValidator{PubKey: key.PubKey(), Power: 1})
	}
	b, err := cmtjson.Marshal(&doc)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// headerSpec is what a test chooses of a header.
type headerSpec struct {
	chain  string
	height int64
	time   time.Time
	app    []byte
	next   *types.ValidatorSet // nil: the same
	salt   string              // makes another header of the same height
	last   consent.Hash        // hash of the header before
	signed func(i int) bool    // which validators sign; nil: all
}

// lightBlock signs a header and returns it as nodes hand it out.
func (v validators) lightBlock(t testing.TB, s headerSpec) []byte {
	t.Helper()
	next := s.next
	if next == nil {
		next = v.set
	}
	some := sha256.Sum256([]byte("some hash" + s.salt))
	header := &types.Header{
		Version: cmtversion.Consensus{Block: 11}, ChainID: s.chain, Height: s.height, Time: s.time.UTC(),
		LastBlockID:    types.BlockID{Hash: s.last[:], PartSetHeader: types.PartSetHeader{Total: 1, Hash: some[:]}},
		LastCommitHash: some[:], DataHash: some[:], ConsensusHash: some[:], LastResultsHash: some[:], EvidenceHash: some[:],
		ValidatorsHash: v.set.Hash(), NextValidatorsHash: next.Hash(), AppHash: s.app,
		ProposerAddress: v.set.Validators[0].Address,
	}
	if s.height == 1 {
		header.LastBlockID = types.BlockID{}
	}
	id := types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: some[:]}}
	commit := &types.Commit{Height: s.height, BlockID: id, Signatures: make([]types.CommitSig, v.set.Size())}
	for i, val := range v.set.Validators {
		if s.signed != nil && !s.signed(i) {
			commit.Signatures[i] = types.NewCommitSigAbsent()
			continue
		}
		commit.Signatures[i] = v.sign(t, s.chain, val, id, s.height, s.time)
	}
	lb := types.LightBlock{SignedHeader: &types.SignedHeader{Header: header, Commit: commit}, ValidatorSet: v.set}
	pb, err := lb.ToProto()
	if err != nil {
		t.Fatal(err)
	}
	b, err := pb.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v validators) sign(t testing.TB, chain string, val *types.Validator, id types.BlockID, height int64, at time.Time) types.CommitSig {
	t.Helper()
	vote := &cmtproto.Vote{
		Type: cmtproto.PrecommitType, Height: height, BlockID: id.ToProto(),
		Timestamp: at, ValidatorAddress: val.Address,
	}
	for _, key := range v.keys {
		if !key.PubKey().Equals(val.PubKey) {
			continue
		}
		sig, err := key.Sign(types.VoteSignBytes(chain, vote))
		if err != nil {
			t.Fatal(err)
		}
		return types.CommitSig{
			BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: val.Address, Timestamp: at, Signature: sig,
		}
	}
	t.Fatal("no key for a validator")
	return types.CommitSig{}
}

// remarshal decodes a light block and encodes it again.
func remarshal(h Header) ([]byte, error) {
	pb, err := h.light.ToProto()
	if err != nil {
		return nil, err
	}
	return pb.Marshal()
}

// alterHeader changes the application hash and leaves the signatures.
func alterHeader(t testing.TB, block []byte, app string) []byte {
	t.Helper()
	var pb cmtproto.LightBlock
	if err := pb.Unmarshal(block); err != nil {
		t.Fatal(err)
	}
	lb, err := types.LightBlockFromProto(&pb)
	if err != nil {
		t.Fatal(err)
	}
	lb.AppHash = consentSum(app)
	lb.Commit.BlockID.Hash = lb.Header.Hash() // so that it is consistent in itself
	out, err := lb.ToProto()
	if err != nil {
		t.Fatal(err)
	}
	b, err := out.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// walk is a chain of headers whose validators change at given heights.
type walk struct {
	file   []byte
	blocks map[int64][]byte
	newest int64
	asked  int
}

// days is a chain with one header per day; the validators of day n are chosen
// by name.
func days(t testing.TB, n int64, names func(day int64) []string) *walk {
	t.Helper()
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	app := testGenesis(start, "walk-1")
	w := &walk{blocks: map[int64][]byte{}, newest: n}
	w.file = newValidators(names(1)...).genesisFile(t, encodeGenesis(t, app), "walk-1", start)
	for h := int64(1); h <= n; h++ {
		var last consent.Hash
		if h > 1 {
			last = hashOf(t, w.blocks[h-1])
		}
		now, next := newValidators(names(h)...), newValidators(names(h+1)...)
		w.blocks[h] = now.lightBlock(t, headerSpec{
			chain: "walk-1", height: h, time: start.Add(time.Duration(h-1) * 24 * time.Hour),
			app: consentSum(fmt.Sprint(h)), next: next.set, last: last,
		})
	}
	return w
}

// hashOf is a light block's hash.
func hashOf(t testing.TB, block []byte) consent.Hash {
	t.Helper()
	var pb cmtproto.LightBlock
	if err := pb.Unmarshal(block); err != nil {
		t.Fatal(err)
	}
	lb, err := types.LightBlockFromProto(&pb)
	if err != nil {
		t.Fatal(err)
	}
	return consent.Hash(lb.Hash())
}

func consentSum(s string) []byte {
	h := consent.Sum([]byte(s))
	return h[:]
}
