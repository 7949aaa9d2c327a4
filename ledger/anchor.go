package ledger

import (
	"encoding/binary"
	"fmt"

	"github.com/syndtr/goleveldb/leveldb/util"
)

// anchors tells whether the block after prev is kept as an anchor: the first of
// all, the first of a day, and those around a change of validators.
func (last lastBlock) anchors(prev lastBlock) bool {
	return prev.Height == 0 || last.Time.Day() != prev.Time.Day() ||
		last.NewValidators || prev.NewValidators
}

func (s *store) putAnchor(height int64, light []byte) { s.put(spaceAnchor.at(height), light) }

// anchor returns the light block kept of a height, or nil.
func (s *store) anchor(height int64) ([]byte, error) {
	light, err := s.Get(spaceAnchor.at(height))
	if err != nil {
		return nil, fmt.Errorf("read an anchor: %w", err)
	}
	return light, nil
}

// anchorsAfter lists heights of anchors in ascending order.
func (s *store) anchorsAfter(height int64, limit int) ([]int64, error) {
	rows := s.RawDB().NewIterator(util.BytesPrefix(spaceAnchor.key()), nil)
	defer rows.Release()
	var heights []int64
	for ok := rows.Seek(spaceAnchor.at(height + 1)); ok && len(heights) < limit; ok = rows.Next() {
		heights = append(heights, int64(binary.BigEndian.Uint64(rows.Key()[1:])))
	}
	if err := rows.Error(); err != nil {
		return nil, fmt.Errorf("list anchors: %w", err)
	}
	return heights, nil
}
