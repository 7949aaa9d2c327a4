package ledger

import (
	"sync/atomic"
	"time"

	"carekey/consent"
)

const (
	// DefaultKeep is how long blocks and past states are kept. Light clients
	// need none but the anchors and the newest.
	DefaultKeep = 24 * time.Hour
	// minBlocks are kept however old they are.
	minBlocks = 1000
	// pruneEvery is how many blocks apart pruning happens.
	pruneEvery = 32
	// maxPruned is how many blocks one pruning forgets at most.
	maxPruned = 8 * pruneEvery
)

// pruned says how far pruning went.
type pruned struct {
	_       struct{} `cbor:",toarray"`
	Blocks  int64    // the oldest block and state kept
	Entries int64    // the oldest block whose entries are kept
	Dropped int64    // the oldest bucket of which there may be nonces
	Nonces  int64    // the oldest bucket kept
}

// pruner forgets what is old. Its deletions ride with the next write.
type pruner struct {
	store    *store
	tree     *tree
	keep     time.Duration // blocks and states
	entries  time.Duration // entries and batches
	registry consent.LogID // whose entries are kept for ever
	at       pruned
	base     atomic.Int64 // at.Blocks, for readers beside consensus
}

func newPruner(s *store, t *tree, g *consent.Genesis, keep time.Duration) (*pruner, error) {
	p := &pruner{
		store: s, tree: t, keep: keep, entries: g.Params.KeepEntries,
		registry: consent.RegistryLogID(g.Network),
		at:       pruned{Blocks: 1, Entries: 1},
	}
	_, err := s.getRecord(metaKey(metaPruned), &p.at)
	p.base.Store(p.at.Blocks)
	return p, err
}

// drop notes that nonces of these buckets are no longer needed.
func (p *pruner) drop(buckets []int64) {
	for _, b := range buckets {
		p.at.Nonces = max(p.at.Nonces, b+1)
	}
}

// prune runs after a block was written; it returns the oldest height that the
// engine should keep, or 0 to leave all as it is.
func (p *pruner) prune(last lastBlock) (int64, error) {
	if err := p.dropNonces(); err != nil {
		return 0, err
	}
	if last.Height%pruneEvery != 0 {
		return 0, nil
	}
	if err := p.advance(last); err != nil {
		return 0, err
	}
	p.base.Store(p.at.Blocks)
	p.store.putRecord(metaKey(metaPruned), p.at)
	if p.at.Blocks == 1 {
		return 0, nil
	}
	return p.at.Blocks, p.tree.deleteTo(p.at.Blocks - 1)
}

// dropNonces forgets buckets that have ended. A crash may forget that it did,
// which costs one more look.
func (p *pruner) dropNonces() error {
	if p.at.Dropped == p.at.Nonces {
		return nil
	}
	done, err := p.store.dropNonces(p.at.Dropped, p.at.Nonces)
	if done {
		p.at.Dropped = p.at.Nonces
	}
	return err
}

// advance moves both marks over blocks that have become old.
func (p *pruner) advance(last lastBlock) error {
	newest := last.Height - minBlocks
	for n := 0; n < maxPruned && p.at.Blocks < newest; n++ {
		_, old, err := p.older(p.at.Blocks, last.Time.Add(-p.keep))
		if err != nil {
			return err
		}
		if !old {
			break
		}
		p.at.Blocks++
	}
	for n := 0; n < maxPruned && p.at.Entries < p.at.Blocks; n++ {
		record, old, err := p.older(p.at.Entries, last.Time.Add(-p.entries))
		if err != nil || !old {
			return err
		}
		p.forget(record)
		p.store.delete(spaceBlock.at(p.at.Entries))
		p.at.Entries++
	}
	return nil
}

// older reads a block's record and tells whether the block came before t.
func (p *pruner) older(height int64, t consent.Time) (blockRecord, bool, error) {
	var record blockRecord
	found, err := p.store.getRecord(spaceBlock.at(height), &record)
	return record, err == nil && (!found || record.Time < t), err
}

// forget deletes the entries that a block appended, with their batches.
func (p *pruner) forget(record blockRecord) {
	for _, r := range record.Runs {
		if r.Log == p.registry {
			continue
		}
		for n := range r.Count {
			p.store.delete(entryKey(r.Log, r.First+n))
		}
	}
	for _, batch := range record.Batches {
		p.store.delete(spaceBatch.key(batch[:]))
	}
}
