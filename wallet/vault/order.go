package vault

import (
	"slices"
	"sort"
)

// maxTail is how many rows may wait beside the long base of an order.
const maxTail = 4096

// order is every row in the order of the history, oldest first: base and then
// tail. Orders share memory and are never changed, so that a screen may go on
// showing one while the next is made; putting in rows at the end, or near it,
// costs no more in a long history than in a short one.
type order struct{ base, tail []row }

func (o order) len() int { return len(o.base) + len(o.tail) }

// at is row i from the oldest.
func (o order) at(i int) row {
	if i < len(o.base) {
		return o.base[i]
	}
	return o.tail[i-len(o.base)]
}

// find gives the place of the first row that is not before key, and whether it
// is key's.
func (o order) find(key row) (int, bool) {
	i := sort.Search(o.len(), func(i int) bool { return o.at(i).compare(key) >= 0 })
	return i, i < o.len() && o.at(i).compare(key) == 0
}

// with puts in rows that ascend and are the order's from then on. Where one is there already, replace tells
// whether the new one takes its place. It may be called once on each order,
// since the next shares its memory.
func (o order) with(rows []row, replace func(old row) bool) order {
	if len(rows) == 0 {
		return o
	}
	if o.len() == 0 {
		return order{base: rows}
	}
	from, _ := o.find(rows[0])
	if from == o.len() {
		if len(o.tail) == 0 {
			return order{base: append(o.base, rows...)}
		}
		return order{o.base, append(o.tail, rows...)}.settle()
	}
	cut := min(from, len(o.base))
	return order{slices.Clip(o.base[:cut]), o.merged(cut, rows, replace)}.settle()
}

// merged is the order's rows from the given place on, with others put in.
func (o order) merged(from int, rows []row, replace func(old row) bool) []row {
	out := make([]row, 0, o.len()-from+len(rows))
	for i := from; i < o.len(); i++ {
		old := o.at(i)
		for len(rows) > 0 && rows[0].compare(old) < 0 {
			out, rows = append(out, rows[0]), rows[1:]
		}
		if len(rows) > 0 && rows[0].compare(old) == 0 {
			if replace(old) {
				old = rows[0]
			}
			rows = rows[1:]
		}
		out = append(out, old)
	}
	return append(out, rows...)
}

// settle moves a long tail into the base.
func (o order) settle() order {
	if len(o.tail) <= maxTail {
		return o
	}
	return order{base: append(o.base, o.tail...)}
}
