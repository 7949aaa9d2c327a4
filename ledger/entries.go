package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/syndtr/goleveldb/leveldb/util"

	"carekey/consent"
)

// maxPageEntries limits one page whatever its bytes.
const maxPageEntries = 16_384

// batchRecord is what companions of a transaction's entries are made of.
type batchRecord struct {
	_         struct{} `cbor:",toarray"`
	Header    []byte
	Signature consent.Signature
	Items     []consent.Hash // leaf hashes of all its items
}

// maxBatchRecord is the size of the record of a full batch, in bytes.
const maxBatchRecord = 512 + 40*consent.MaxBatchItems

// entryKey is where an entry stands: its batch, its index there, its leaf.
func entryKey(log consent.LogID, n uint64) []byte {
	return spaceEntry.key(log[:], number(n))
}

// page is a stretch of a log as it is read.
type page struct {
	leaves  [][]byte
	batches []consent.Hash
	indices map[consent.Hash][]uint32 // of this log's entries in each batch
}

// putEntries stores what a block appended.
func (s *store) putEntries(out consent.Outcome) {
	for _, e := range out.Entries {
		value := append(make([]byte, 0, len(e.Batch)+4+len(e.Leaf)), e.Batch[:]...)
		value = binary.BigEndian.AppendUint32(value, e.Index)
		s.put(entryKey(e.Log, e.Number), append(value, e.Leaf...))
	}
	for _, b := range out.Batches {
		s.put(spaceBatch.key(b.ID[:]), consent.Encode(batchRecord{
			Header: b.Header, Signature: b.Signature, Items: b.Items,
		}))
	}
}

// entries reads a page of a log as [store.readEntries] does. What the log has
// and this node no longer keeps is [consent.ErrPruned].
func (a *app) entries(log consent.LogID, from uint64, maxBytes int) (page, error) {
	raw, err := a.view.Load().Get(consent.HeadKey(log)) // before the entries: they only grow
	if err != nil {
		return page{}, err
	}
	p, err := a.store.readEntries(log, from, maxBytes)
	if err != nil || raw == nil || len(p.leaves) > 0 {
		return p, err
	}
	head, err := consent.DecodeHead(raw)
	if err == nil && from < head.Tree.Size {
		err = fmt.Errorf("entry %d: %w", from, consent.ErrPruned)
	}
	return p, err
}

// readEntries reads a log from an entry on until maxBytes of leaves are read,
// but at least one entry if there is one. If only later ones are kept it returns
// [consent.ErrPruned].
func (s *store) readEntries(log consent.LogID, from uint64, maxBytes int) (page, error) {
	p := page{indices: map[consent.Hash][]uint32{}}
	rows := s.RawDB().NewIterator(util.BytesPrefix(spaceEntry.key(log[:])), nil)
	defer rows.Release()
	size := 0
	first := entryKey(log, from)
	for ok := rows.Seek(first); ok && len(p.leaves) < maxPageEntries; ok = rows.Next() {
		if len(p.leaves) == 0 && !bytes.Equal(rows.Key(), first) {
			return page{}, fmt.Errorf("entry %d: %w", from, consent.ErrPruned)
		}
		size += len(rows.Value())
		if size > maxBytes && len(p.leaves) > 0 {
			break
		}
		if err := p.add(rows.Value()); err != nil {
			return page{}, err
		}
	}
	if err := rows.Error(); err != nil {
		return page{}, fmt.Errorf("read entries: %w", err)
	}
	return p, nil
}

func (p *page) add(value []byte) error {
	const head = len(consent.Hash{}) + 4
	if len(value) < head {
		return fmt.Errorf("read entries: a row of %d bytes", len(value))
	}
	batch := consent.Hash(value[:head-4])
	if _, seen := p.indices[batch]; !seen {
		p.batches = append(p.batches, batch)
	}
	p.indices[batch] = append(p.indices[batch], binary.BigEndian.Uint32(value[head-4:head]))
	p.leaves = append(p.leaves, append([]byte(nil), value[head:]...))
	return nil
}

// companions makes the companion of each batch on the page, in the order in
// which the batches appear. Entries of the genesis have none.
func (s *store) companions(p page) ([]consent.Companion, error) {
	companions := make([]consent.Companion, 0, len(p.batches))
	for _, batch := range p.batches {
		raw, err := s.Get(spaceBatch.key(batch[:]))
		if err != nil {
			return nil, fmt.Errorf("read batch %s: %w", batch, err)
		}
		if raw == nil {
			continue
		}
		var record batchRecord
		if err := consent.Decode(raw, maxBatchRecord, &record); err != nil {
			return nil, fmt.Errorf("read batch %s: %w", batch, err)
		}
		companions = append(companions, consent.Companion{
			Header: record.Header, Signature: record.Signature,
			Path: consent.ProveLeaves(record.Items, p.indices[batch]),
		})
	}
	return companions, nil
}
