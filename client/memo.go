package client

import (
	"fmt"
	"slices"

	"carekey/consent"
)

// memo is the content of consent.Remembered.Audit: what is needed to go on
// judging, and the proof that was seen last.
type memo struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // 1
	Kind     consent.LogKind
	Size     uint64
	Tip      int64 // height of the newest state seen
	Height   int64 // of the last entry
	Time     consent.Time
	Chart    *consent.Chart
	Transfer *consent.Transfer
	Since    consent.Time
	Rate     consent.Rate
	Grants   []memoGrant
	Batches  []memoBatch
	Proof    []byte // the state proof of the head, last time
	Block    []byte // and the light block it was under
}

type memoGrant struct {
	_      struct{} `cbor:",toarray"`
	Number uint64
	Grant  consent.Grant
}

type memoBatch struct {
	_     struct{} `cbor:",toarray"`
	Batch consent.Hash
	Seen  seenBatch
}

// maxMemoBytes limits an encoded memo.
const maxMemoBytes = 4 << 20

// memo returns what is to be kept. Grants that have ended need no keeping: an
// access under one is refused without it.
func (a *audit) memo(size uint64, proof consent.StateProof, under Header) []byte {
	a.forget(under.Time)
	proof.Keys = slices.DeleteFunc(slices.Clone(proof.Keys), func(k consent.ProvenKey) bool {
		return string(k.Key) != string(consent.HeadKey(a.log))
	})
	m := memo{
		Version: 1, Kind: a.kind, Size: size, Tip: proof.Height, Height: a.height, Time: a.time,
		Chart: a.chart, Transfer: a.transfer, Since: a.since, Rate: a.rate,
		Proof: consent.Encode(proof), Block: under.Block,
	}
	for n, g := range a.grants {
		if g.Expiry > under.Time {
			m.Grants = append(m.Grants, memoGrant{Number: n, Grant: g})
		}
	}
	for b, s := range a.batches {
		m.Batches = append(m.Batches, memoBatch{Batch: b, Seen: s})
	}
	slices.SortFunc(m.Grants, func(x, y memoGrant) int { return int(int64(x.Number) - int64(y.Number)) })
	slices.SortFunc(m.Batches, func(x, y memoBatch) int { return slices.Compare(x.Batch[:], y.Batch[:]) })
	return consent.Encode(m)
}

// decodeMemo reads a memo.
func decodeMemo(b []byte) (memo, error) {
	var m memo
	if err := consent.Decode(b, maxMemoBytes, &m); err != nil {
		return memo{}, fmt.Errorf("what was remembered of the log: %w", err)
	}
	if m.Version != 1 || m.Kind < consent.RegistryLog || m.Kind > consent.TransferLog {
		return memo{}, fmt.Errorf("what was remembered of the log: version %d or kind %d is not known", m.Version, m.Kind)
	}
	return m, nil
}

// newAudit goes on from a memory.
func newAudit(g *GenesisFile, registry *consent.Registry, kind consent.LogKind, log consent.LogID, from consent.Remembered) (*audit, error) {
	a := &audit{
		network: g.App.Network, chain: g.App.Chain, within: consent.Time(g.App.Params.CollectWithin),
		registered: registry, kind: kind, log: log, keys: slices.Clone(from.Keys),
		grants: map[uint64]consent.Grant{}, batches: map[consent.Hash]seenBatch{},
	}
	if kind == consent.RegistryLog {
		a.genesis = g.registryLeaves()
	}
	if from.Tree.Size == 0 {
		return a, nil
	}
	m, err := decodeMemo(from.Audit)
	if err != nil {
		return nil, err
	}
	if m.Kind != kind || m.Size != from.Tree.Size {
		return nil, fmt.Errorf("what was remembered of the log: its parts belong to different moments")
	}
	a.height, a.time, a.since, a.rate = m.Height, m.Time, m.Since, m.Rate
	a.chart, a.transfer = m.Chart, m.Transfer
	for _, g := range m.Grants {
		a.grants[g.Number] = g.Grant
	}
	for _, b := range m.Batches {
		a.batches[b.Batch] = b.Seen
	}
	return a, nil
}
