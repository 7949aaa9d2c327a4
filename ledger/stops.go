package ledger

import (
	"maps"
	"math/bits"
	"slices"
	"sync"

	"carekey/consent"
)

// maxWaitingStops is how many stops are remembered until they are in a block;
// one block has room for all of them.
const maxWaitingStops = 1024

// stops are transactions of the stop class that were taken and are in no block
// yet. The engine hands out what waits in the order in which it came, so a
// revocation behind a crowd would wait for many blocks; from here it goes into
// the next one.
type stops struct {
	mu      sync.Mutex
	next    uint64
	waiting map[consent.Hash]waitingStop
}

type waitingStop struct {
	number uint64 // in order of arrival
	until  consent.Time
	tx     []byte
}

// add remembers a checked transaction if it is a stop and there is room.
func (s *stops) add(tx []byte) bool {
	if !consent.StopClass(tx) {
		return false
	}
	_, header, err := consent.DecodeTx(tx)
	if err != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = map[consent.Hash]waitingStop{}
	}
	id := TxID(tx)
	if _, known := s.waiting[id]; known {
		return true
	}
	if len(s.waiting) >= maxWaitingStops {
		return false
	}
	s.waiting[id] = waitingStop{number: s.next, until: header.ValidUntil, tx: tx}
	s.next++
	return true
}

// before returns the waiting stops and then the others of txs.
func (s *stops) before(txs [][]byte) [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return txs
	}
	first := slices.SortedFunc(maps.Values(s.waiting), func(a, b waitingStop) int { return int(a.number) - int(b.number) })
	all := make([][]byte, 0, len(first)+len(txs))
	for _, w := range first {
		all = append(all, w.tx)
	}
	for _, tx := range txs {
		if _, waits := s.waiting[TxID(tx)]; !waits {
			all = append(all, tx)
		}
	}
	return all
}

// committed forgets what is in a block now, and what is out of date.
func (s *stops) committed(txs []consent.Hash, now consent.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range txs {
		delete(s.waiting, id)
	}
	maps.DeleteFunc(s.waiting, func(_ consent.Hash, w waitingStop) bool { return w.until <= now })
}

// fitting returns the first transactions that fit into so many bytes of a block,
// where each has a protobuf field of its own.
func fitting(txs [][]byte, limit int64) [][]byte {
	for i, tx := range txs {
		length := (bits.Len(uint(len(tx))) + 6) / 7 // bytes of the varint
		if limit -= int64(1 + length + len(tx)); limit < 0 {
			return txs[:i]
		}
	}
	return txs
}
