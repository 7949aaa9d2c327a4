package vault

import (
	"cmp"
	"slices"

	"carekey/consent"
)

// entryTime is where an entry of a log stands in the order of all rows.
type entryTime struct {
	number uint32
	time   int64
}

// entryTimes are those of one log, by number. An entry is found by them without
// a look at the rows of other logs.
type entryTimes []entryTime

func (e entryTimes) place(number uint32) (int, bool) {
	return slices.BinarySearchFunc(e, number, func(t entryTime, n uint32) int { return cmp.Compare(t.number, n) })
}

// with puts an entry in, which nearly always comes after all others.
func (e entryTimes) with(number uint32, time int64) entryTimes {
	if n := len(e); n == 0 || e[n-1].number < number {
		return append(e, entryTime{number, time})
	}
	i, known := e.place(number)
	if known {
		return e
	}
	return slices.Insert(e, i, entryTime{number, time})
}

// last is the highest number there is, −1 for none.
func (e entryTimes) last() int64 {
	if len(e) == 0 {
		return -1
	}
	return int64(e[len(e)-1].number)
}

// Entry is the row of an entry, or [ErrNotFound]. What it costs grows with the
// logarithm of the history's length.
func (v *Vault) Entry(log consent.LogID, number uint64) (Row, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	at, ok := v.now.names.logAt[log]
	if !ok || int(at) >= len(v.now.times) || number > maxNumber {
		return Row{}, ErrNotFound
	}
	times := v.now.times[at]
	i, ok := times.place(uint32(number))
	if !ok {
		return Row{}, ErrNotFound
	}
	found, ok := v.now.order.find(row{time: times[i].time, log: at, number: times[i].number})
	if !ok {
		return Row{}, ErrNotFound
	}
	return v.now.names.show(v.now.order.at(found)), nil
}
