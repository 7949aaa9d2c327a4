package card

import (
	"context"
	"math"
	"sort"
)

// mark is one of the three squares in the corners of a code: from its middle, in
// every direction, it is 1.5 modules dark, one light, one dark.
type mark struct {
	x, y   float64
	module float64 // in points, along the row and the column: too much if it is turned
	seen   int     // rows in which it was found
}

// near says whether another sight is of the same mark.
func (m mark) near(x, y, module float64) bool {
	return math.Abs(m.x-x) <= m.module && math.Abs(m.y-y) <= m.module && module < 2*m.module && m.module < 2*module
}

// with takes in another sight.
func (m mark) with(x, y, module float64) mark {
	n := float64(m.seen)
	mean := func(old, now float64) float64 { return (old*n + now) / (n + 1) }
	return mark{x: mean(m.x, x), y: mean(m.y, y), module: mean(m.module, module), seen: m.seen + 1}
}

const (
	mostMarks = 1000 // that are told apart in a picture
	bestMarks = 40   // that are put together to codes
)

// marks finds what may be marks, those first that were seen in most rows.
func (d drawing) marks(ctx context.Context) []mark {
	var all []mark
	for y := range d.height {
		if ctx.Err() != nil || len(all) >= mostMarks {
			break
		}
		d.marksOfRow(y, func(x, y, module float64) {
			for i := len(all) - 1; i >= 0; i-- {
				if all[i].near(x, y, module) {
					all[i] = all[i].with(x, y, module)
					return
				}
			}
			all = append(all, mark{x: x, y: y, module: module, seen: 1})
		})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].seen > all[j].seen })
	return all[:min(len(all), bestMarks)]
}

// marksOfRow looks for five runs as a mark has them, and tells the middle of those
// that look like a mark along the column, too.
func (d drawing) marksOfRow(y int, found func(x, y, module float64)) {
	row := d.dark[y*d.width : (y+1)*d.width]
	var runs [5]int // the last five; the last is dark when a light point comes
	for x, begin := 0, 0; x <= d.width; x++ {
		if x < d.width && row[x] == row[begin] {
			continue
		}
		copy(runs[:], runs[1:])
		runs[4] = x - begin
		if row[begin] && isMark(runs) {
			d.confirm(x-runs[4]-runs[3], runs[2], y, found)
		}
		begin = x
	}
}

// confirm looks at a mark whose middle run ends before x.
func (d drawing) confirm(x, run, y int, found func(x, y, module float64)) {
	middle := x - (run+1)/2
	down, top, ok := d.across(middle, y, 0, 1)
	if !ok {
		return
	}
	cy := top + down[2]/2
	along, left, ok := d.across(middle, cy, 1, 0)
	if !ok || total(down) > 2*total(along) || total(along) > 2*total(down) {
		return
	}
	found(float64(left)+float64(along[2])/2, float64(top)+float64(down[2])/2, float64(total(down)+total(along))/14)
}

// across measures the five runs around a dark place, along a row or a column, and
// tells where the middle one begins.
func (d drawing) across(x, y, dx, dy int) (runs [5]int, begin int, ok bool) {
	if !d.at(x, y) {
		return runs, 0, false
	}
	back, ahead := d.runs(x, y, -dx, -dy), d.runs(x, y, dx, dy)
	runs = [5]int{back[2], back[1], back[0] + ahead[0] - 1, ahead[1], ahead[2]}
	return runs, x*dx + y*dy - back[0] + 1, isMark(runs)
}

// runs counts the points in a direction that are dark, then light, then dark.
func (d drawing) runs(x, y, dx, dy int) (runs [3]int) {
	const longest = 1 << 9 // altogether
	run, dark := 0, true
	for range longest {
		if x < 0 || y < 0 || x >= d.width || y >= d.height {
			break
		}
		if d.at(x, y) != dark {
			run, dark = run+1, !dark
		}
		if run == len(runs) {
			break
		}
		runs[run]++
		x, y = x+dx, y+dy
	}
	return runs
}

func total(runs [5]int) int { return runs[0] + runs[1] + runs[2] + runs[3] + runs[4] }

// isMark says whether runs are about as 1 to 1 to 3 to 1 to 1: none is off by half.
func isMark(runs [5]int) bool {
	sum := total(runs)
	if sum < 7 {
		return false
	}
	for i, run := range runs {
		want := sum // in sevenths of a point
		if i == 2 {
			want = 3 * sum
		}
		if off := 7*run - want; 2*off >= want || -2*off >= want {
			return false
		}
	}
	return true
}

// corner is three marks that may be those of a code.
type corner struct {
	topLeft, topRight, bottomLeft mark
	odd                           float64 // how far they are from a right angle with equal sides
}

const (
	fewestModules = 21 - 7 // between the middles of two marks
	mostModules   = 177 - 7
	mostCorners   = 60 // that are tried
	mostOdd       = 0.8
)

// corners puts marks together, the likeliest first.
func corners(marks []mark) []corner {
	var all []corner
	for i, a := range marks {
		for j, b := range marks[:i] {
			for _, c := range marks[:j] {
				if found, ok := cornerOf(a, b, c); ok {
					all = append(all, found)
				}
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].odd < all[j].odd })
	return all[:min(len(all), mostCorners)]
}

func cornerOf(a, b, c mark) (corner, bool) {
	smallest, largest := min(a.module, b.module, c.module), max(a.module, b.module, c.module)
	if largest > 1.7*smallest {
		return corner{}, false
	}
	ab, bc, ca := distance(a, b), distance(b, c), distance(c, a)
	switch longest := max(ab, bc, ca); longest { // a is opposite to it
	case ab:
		a, b, c = c, a, b
	case ca:
		a, b, c = b, c, a
	}
	if (b.x-a.x)*(c.y-a.y) < (b.y-a.y)*(c.x-a.x) {
		b, c = c, b // so that the code is not mirrored
	}
	one, other, across := distance(a, b), distance(a, c), distance(b, c)
	modules := (one + other) / 2 / ((a.module + b.module + c.module) / 3)
	if modules < fewestModules*0.6 || modules > mostModules*1.2 || min(one, other) == 0 {
		return corner{}, false
	}
	odd := math.Abs(math.Log(one/other)) + math.Abs(math.Log(across/math.Hypot(one, other))) + math.Log(largest/smallest)
	return corner{topLeft: a, topRight: b, bottomLeft: c, odd: odd}, odd < mostOdd
}

func distance(a, b mark) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }
