package vault

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// An order holds what a sorted list would, and earlier orders stay as they were.
func TestOrderLikeASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o order
		var list []row
		var kept []order
		var keptLists [][]row
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			rows := drawRows(t)
			replace := rapid.Bool().Draw(t, "replace")
			o = o.with(slices.Clone(rows), func(row) bool { return replace })
			list = withList(list, rows, replace)
			kept, keptLists = append(kept, o), append(keptLists, list)
		}
		for i, o := range kept {
			if o.len() != len(keptLists[i]) {
				t.Fatalf("round %d: %d rows, want %d", i, o.len(), len(keptLists[i]))
			}
			for j, want := range keptLists[i] {
				if o.at(j) != want {
					t.Fatalf("round %d: row %d is %v, want %v", i, j, o.at(j), want)
				}
				if at, ok := o.find(want); !ok || at != j {
					t.Fatalf("round %d: row %d is found at %d (%v)", i, j, at, ok)
				}
			}
		}
	})
}

// drawRows draws rows that ascend, sometimes more than a tail holds.
func drawRows(t *rapid.T) []row {
	from, step := rapid.Int64Range(0, 30).Draw(t, "from"), rapid.Int64Range(1, 5).Draw(t, "step")
	n := rapid.SampledFrom([]int{0, 1, 3, 40, maxTail/2 + 1}).Draw(t, "n")
	mark := rapid.Uint16().Draw(t, "mark")
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{time: from + int64(i)*step, flags: mark}
	}
	return rows
}

func withList(list, rows []row, replace bool) []row {
	out := slices.Clone(list)
	for _, r := range rows {
		i, found := slices.BinarySearchFunc(out, r, row.compare)
		switch {
		case !found:
			out = slices.Insert(out, i, r)
		case replace:
			out[i] = r
		}
	}
	return out
}

func TestRowsKeepTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := row{
			time: rapid.Int64().Draw(t, "time"), log: rapid.Uint32().Draw(t, "log"),
			number: rapid.Uint32().Draw(t, "number"), offset: rapid.Uint32().Draw(t, "offset"),
			institution: rapid.Uint16().Draw(t, "institution"), flags: rapid.Uint16().Draw(t, "flags"),
			class: rapid.Uint8().Draw(t, "class"), basis: rapid.Uint8().Draw(t, "basis"),
		}
		b := r.append(nil)
		if len(b) != rowSize || decodeRow(b) != r {
			t.Fatalf("%v became %v in %d bytes", r, decodeRow(b), len(b))
		}
	})
}
