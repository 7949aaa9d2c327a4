package ledger

import (
	"fmt"

	"github.com/syndtr/goleveldb/leveldb/util"

	"carekey/consent"
)

// maxDropped is how many nonces of an ended bucket one block forgets; the next
// blocks forget the rest.
const maxDropped = 20_000

func bucketKey(bucket int64) []byte { return spaceNonce.at(bucket) }

// Spent tells whether a nonce was spent before the block in hand.
func (s *store) Spent(bucket int64, n consent.Nonce) (bool, error) {
	spent, err := s.Has(append(bucketKey(bucket), n[:]...))
	if err != nil {
		return false, fmt.Errorf("read nonces: %w", err)
	}
	return spent, nil
}

func (s *store) putNonces(spent []consent.SpentNonce) {
	for _, n := range spent {
		s.put(append(bucketKey(n.Bucket), n.Nonce[:]...), []byte{})
	}
}

// dropNonces forgets nonces of the buckets from one until before another, as
// many as one block may, and tells whether that was all.
func (s *store) dropNonces(from, until int64) (done bool, err error) {
	rows := s.RawDB().NewIterator(&util.Range{Start: bucketKey(from), Limit: bucketKey(until)}, nil)
	defer rows.Release()
	n := 0
	for ; n < maxDropped && rows.Next(); n++ {
		s.delete(append([]byte(nil), rows.Key()...))
	}
	if err := rows.Error(); err != nil {
		return false, fmt.Errorf("forget nonces: %w", err)
	}
	return n < maxDropped, nil
}
