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

// anchorFrom returns the first anchor at or above a height, with its height;
// nil if there is none.
func (s *store) anchorFrom(height int64) (int64, []byte, error) {
	heights, err := s.anchorsAfter(height-1, 1)
	if err != nil || len(heights) == 0 {
		return 0, nil, err
	}
	light, err := s.Get(spaceAnchor.at(heights[0]))
	if err != nil {
		return 0, nil, fmt.Errorf("read an anchor: %w", err)
	}
	return heights[0], light, nil
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
