package vault

import (
	"slices"

	"carekey/consent"
)

// View is the history as it was when it was asked for, or the part of it that a
// filter lets through. It stays as it is whatever is committed later.
type View struct {
	tables tables
	order  order
	picked []uint32 // places in order, ascending; nil for all
}

// View is the whole history.
func (v *Vault) View() *View {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return &View{tables: v.now.names.tables, order: v.now.order}
}

// Len is the number of rows.
func (w *View) Len() int {
	if w.picked != nil {
		return len(w.picked)
	}
	return w.order.len()
}

// Row is row i, the newest being 0. It panics outside 0 ≤ i < Len.
func (w *View) Row(i int) Row {
	place := w.Len() - 1 - i
	if w.picked != nil {
		place = int(w.picked[place])
	}
	return w.tables.show(w.order.at(place))
}

// Filter says which rows to show; what is zero or empty lets everything through.
type Filter struct {
	Log         consent.LogID
	Institution consent.InstitutionID
	Classes     []consent.Class
	Bases       []uint8
	With        uint16 // flags that must all be set
	Without     uint16 // flags of which none may be set
	From        consent.Time
	Until       consent.Time // exclusive
}

// Where is the part of the view that the filter lets through.
func (w *View) Where(f Filter) *View {
	out := &View{tables: w.tables, order: w.order, picked: []uint32{}}
	keep, ok := f.test(w.tables)
	if !ok {
		return out
	}
	for i := range w.Len() {
		place := uint32(i)
		if w.picked != nil {
			place = w.picked[i]
		}
		if keep(w.order.at(int(place))) {
			out.picked = append(out.picked, place)
		}
	}
	return out
}

// test makes a predicate on rows; false means that nothing can pass.
func (f Filter) test(t tables) (func(row) bool, bool) {
	log, anyLog := slices.Index(t.logs, f.Log), f.Log == consent.LogID{}
	inst, anyInst := slices.Index(t.institutions, f.Institution), f.Institution == consent.InstitutionID{}
	if (log < 0 && !anyLog) || (inst < 0 && !anyInst) {
		return nil, false
	}
	classes, bases := among(f.Classes), among(f.Bases)
	return func(r row) bool {
		return (anyLog || r.log == uint32(log)) &&
			(anyInst || r.institution == uint16(inst)) &&
			classes[r.class] && bases[r.basis] &&
			r.flags&f.With == f.With && r.flags&f.Without == 0 &&
			(f.From == 0 || r.time >= int64(f.From)) && (f.Until == 0 || r.time < int64(f.Until))
	}, true
}

// among is a table of the listed values, or of all when none is listed.
func among[T ~uint8](list []T) (table [256]bool) {
	for i := range table {
		table[i] = len(list) == 0
	}
	for _, v := range list {
		table[v] = true
	}
	return table
}
