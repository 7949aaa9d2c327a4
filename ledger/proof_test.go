package ledger_test

import (
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
	ics23 "github.com/cosmos/ics23/go"

	"carekey/consent"
	"carekey/ledger"
)

// header reads and checks the light block of a height.
func header(t testing.TB, node *ledger.Node, height int64) *types.LightBlock {
	t.Helper()
	if _, _, err := node.Wait(soon(t), height); err != nil {
		t.Fatalf("wait for height %d: %v", height, err)
	}
	raw, err := node.LightBlock(soon(t), height)
	if err != nil {
		t.Fatal(err)
	}
	return decodeLight(t, raw)
}

func decodeLight(t testing.TB, raw []byte) *types.LightBlock {
	t.Helper()
	var encoded cmtproto.LightBlock
	if err := encoded.Unmarshal(raw); err != nil {
		t.Fatal(err)
	}
	light, err := types.LightBlockFromProto(&encoded)
	if err != nil {
		t.Fatal(err)
	}
	if err := light.ValidateBasic(chainName); err != nil {
		t.Fatal(err)
	}
	err = light.ValidatorSet.VerifyCommitLight(chainName, light.Commit.BlockID, light.Height, light.Commit)
	if err != nil {
		t.Fatal(err)
	}
	return light
}

// proven returns what the state of a height holds under key, nil for nothing,
// verified against the header of the next height.
func proven(t testing.TB, node *ledger.Node, height int64, key []byte) []byte {
	t.Helper()
	root := header(t, node, height+1).AppHash
	proofs, err := node.Prove(soon(t), height, key)
	if err != nil {
		t.Fatal(err)
	}
	var proof ics23.CommitmentProof
	if err := proof.Unmarshal(proofs[0]); err != nil {
		t.Fatal(err)
	}
	if exist := proof.GetExist(); exist != nil {
		if !ics23.VerifyMembership(ics23.IavlSpec, []byte(root), &proof, key, exist.Value) {
			t.Fatalf("the proof of %q does not verify", key)
		}
		return exist.Value
	}
	if !ics23.VerifyNonMembership(ics23.IavlSpec, []byte(root), &proof, key) {
		t.Fatalf("the proof that %q is absent does not verify", key)
	}
	return nil
}

// wholeLog reads a log, checks its companions and returns its proven head.
func wholeLog(t testing.TB, node *ledger.Node, height int64, log consent.LogID, pageBytes int) (consent.Head, int) {
	t.Helper()
	head, err := consent.DecodeHead(proven(t, node, height, consent.HeadKey(log)))
	if err != nil {
		t.Fatal(err)
	}
	var tree consent.Frontier
	batches := 0
	for tree.Size < head.Tree.Size {
		leaves, companions, err := node.Entries(soon(t), log, tree.Size, pageBytes)
		if err != nil || len(leaves) == 0 {
			t.Fatalf("entries from %d: %d, %v", tree.Size, len(leaves), err)
		}
		batches += len(companions)
		checkCompanions(t, leaves, companions)
		for _, leaf := range leaves {
			tree.Append(consent.LeafHash(leaf))
		}
	}
	if tree.Root() != head.Tree.Root() {
		t.Fatal("the entries do not give the head's root")
	}
	return head, batches
}

func checkCompanions(t testing.TB, leaves [][]byte, companions []consent.Companion) {
	t.Helper()
	by := map[consent.Hash]consent.Companion{}
	for _, c := range companions {
		by[consent.BatchID(c.Header, c.Signature)] = c
	}
	indices, items := map[consent.Hash][]uint32{}, map[consent.Hash][]consent.Hash{}
	for _, leaf := range leaves {
		e, _, err := consent.DecodeEntry(leaf)
		if err != nil {
			t.Fatal(err)
		}
		indices[e.Batch] = append(indices[e.Batch], e.Index)
		items[e.Batch] = append(items[e.Batch], consent.LeafHash(e.Item))
	}
	for batch := range indices {
		if _, err := by[batch].Open(batch, indices[batch], items[batch]); err != nil {
			t.Fatalf("companion: %v", err)
		}
	}
}
