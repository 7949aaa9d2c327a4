package ledger

import (
	"fmt"

	"carekey/consent"
)

// maxRecordBytes limits the small records that the store keeps.
const maxRecordBytes = 32 << 20

// lastBlock is what the next block needs to know of the one before.
type lastBlock struct {
	_             struct{} `cbor:",toarray"`
	Height        int64
	Time          consent.Time
	Validators    []byte // hash of the next block's
	NewValidators bool   // they differ from this block's
}

// run is a stretch of one log that a block appended.
type run struct {
	_     struct{} `cbor:",toarray"`
	Log   consent.LogID
	First uint64
	Count uint64
}

// blockRecord says what a block added to the store, so that it can be pruned
// without a search.
type blockRecord struct {
	_       struct{} `cbor:",toarray"`
	Time    consent.Time
	Runs    []run
	Batches []consent.Hash
}

func newBlockRecord(t consent.Time, out consent.Outcome) blockRecord {
	r := blockRecord{Time: t}
	at := map[consent.LogID]int{}
	for _, e := range out.Entries {
		i, ok := at[e.Log]
		if !ok {
			i = len(r.Runs)
			at[e.Log] = i
			r.Runs = append(r.Runs, run{Log: e.Log, First: e.Number})
		}
		r.Runs[i].Count++
	}
	for _, b := range out.Batches {
		r.Batches = append(r.Batches, b.ID)
	}
	return r
}

// getRecord reads a record; false means that there is none.
func (s *store) getRecord(key []byte, into any) (bool, error) {
	raw, err := s.Get(key)
	if err != nil || raw == nil {
		return false, err
	}
	if err := consent.Decode(raw, maxRecordBytes, into); err != nil {
		return false, fmt.Errorf("read a record of the ledger's store: %w", err)
	}
	return true, nil
}

func (s *store) putRecord(key []byte, record any) { s.put(key, consent.Encode(record)) }

func metaKey(name string) []byte { return spaceMeta.key([]byte(name)) }
