package card

import (
	"image"
	"math"
	"sort"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common"
)

// place is a point of a picture.
type place struct{ x, y float64 }

// add goes so far along a and b.
func (p place) add(u float64, a place, v float64, b place) place {
	return place{p.x + u*a.x + v*b.x, p.y + u*a.y + v*b.y}
}

// lightAt is how light a picture is between its points.
func lightAt(picture *image.Gray, p place) float64 {
	width, height := picture.Rect.Dx(), picture.Rect.Dy()
	x, y := within(p.x-0.5, width), within(p.y-0.5, height)
	left, top := int(x), int(y)
	right, bottom := min(left+1, width-1), min(top+1, height-1)
	dx, dy := x-float64(left), y-float64(top)
	at := func(x, y int) float64 { return float64(picture.Pix[y*width+x]) }
	return (at(left, top)*(1-dx)+at(right, top)*dx)*(1-dy) + (at(left, bottom)*(1-dx)+at(right, bottom)*dx)*dy
}

// within is the place of a side of n points that is nearest; for no number, the first.
func within(x float64, n int) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, float64(n-1))
}

// fit is a code as it may lie in the picture: how many modules a side has, and where
// they are.
type fit struct {
	n     int
	where *common.PerspectiveTransform
	score float64
}

// fits are the ways in which a code may lie between three marks, the likeliest
// first. How large a module seems is too inexact to tell how many there are; the row
// and the column in which dark and light alternate tell.
func (c corner) fits(picture *image.Gray) []fit {
	const most = 2
	enough := 0.08 * c.contrast(picture)
	guess := int(math.Round((c.modules()+7-17)/4))*4 + 17
	var all []fit
	for n := max(guess-8, 21); n <= min(guess+8, 177); n += 4 {
		f := fit{n: n, where: c.where(n, c.fourth(picture, n))}
		f.score = f.alternation(picture)
		if f.score > enough {
			all = append(all, f)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score > all[j].score })
	return all[:min(len(all), most)]
}

// alternation says how well dark and light alternate where they must: in the seventh
// row and column, between the marks.
func (f fit) alternation(picture *image.Gray) float64 {
	points := make([]float64, 0, 4*f.n)
	for i := 8; i < f.n-8; i++ {
		points = append(points, float64(i)+0.5, 6.5, 6.5, float64(i)+0.5)
	}
	f.where.TransformPoints(points)
	score := 0.0
	for i := 0; i < len(points); i += 4 {
		l := lightAt(picture, place{points[i], points[i+1]}) + lightAt(picture, place{points[i+2], points[i+3]})
		if i/4%2 == 0 {
			l = -l
		}
		score += l
	}
	return score / float64(f.n-16)
}

// where is where a code's modules are, if its small mark is at a place.
func (c corner) where(n int, small place) *common.PerspectiveTransform {
	size, inside := float64(n), 6.5
	if n == 21 {
		inside = 3.5
	}
	return common.PerspectiveTransform_QuadrilateralToQuadrilateral(
		3.5, 3.5, size-3.5, 3.5, size-inside, size-inside, 3.5, size-3.5,
		c.topLeft.x, c.topLeft.y, c.topRight.x, c.topRight.y, small.x, small.y, c.bottomLeft.x, c.bottomLeft.y)
}

// contrast is how much lighter the light rings of the marks are than their middles.
func (c corner) contrast(picture *image.Gray) float64 {
	sum := 0.0
	a, b := c.topLeft.to(c.topRight), c.topLeft.to(c.bottomLeft)
	s := 2 / c.modules()
	for _, m := range []mark{c.topLeft, c.topRight, c.bottomLeft} {
		p := place{m.x, m.y}
		for _, way := range [][2]float64{{s, 0}, {-s, 0}, {0, s}, {0, -s}} {
			sum += lightAt(picture, p.add(way[0], a, way[1], b)) - lightAt(picture, p)
		}
	}
	return sum / 12
}

// modules is about how many there are between the marks.
func (c corner) modules() float64 {
	a := c.topLeft.to(c.topRight)
	turn := math.Abs(math.Mod(math.Atan2(a.y, a.x)+2*math.Pi, math.Pi/2))
	turn = min(turn, math.Pi/2-turn)
	module := (c.topLeft.module + c.topRight.module + c.bottomLeft.module) / 3 * math.Cos(turn)
	return (distance(c.topLeft, c.topRight) + distance(c.topLeft, c.bottomLeft)) / 2 / module
}

func (m mark) to(other mark) place { return place{other.x - m.x, other.y - m.y} }

// axes are a module's sides, if the code has n.
func (c corner) axes(n int) (origin, a, b place) {
	a, b = c.topLeft.to(c.topRight), c.topLeft.to(c.bottomLeft)
	s := 1 / float64(n-7)
	return place{c.topLeft.x, c.topLeft.y}, place{a.x * s, a.y * s}, place{b.x * s, b.y * s}
}

// fourth finds the small mark near the corner without a mark, by which the
// perspective is known. Codes with 21 modules have none: theirs is that of a picture
// from straight above.
func (c corner) fourth(picture *image.Gray, n int) place {
	origin, a, b := c.axes(n)
	if n == 21 {
		return origin.add(14, a, 14, b)
	}
	const far = 4.0 // grey levels that it must look better at the cost of a module
	middle := float64(n - 10)
	u, v := 0.0, 0.0
	for _, step := range []float64{0.5, 0.25} {
		best, bu, bv := math.Inf(-1), u, v
		reach := 7.0 // modules
		if step != 0.5 {
			reach = step
		}
		for du := -reach; du <= reach; du += step {
			for dv := -reach; dv <= reach; dv += step {
				score := smallMark(picture, origin.add(middle+u+du, a, middle+v+dv, b), a, b) - far*math.Hypot(u+du, v+dv)
				if score > best {
					best, bu, bv = score, u+du, v+dv
				}
			}
		}
		u, v = bu, bv
	}
	return origin.add(middle+u, a, middle+v, b)
}

// smallMark says how much a place looks like the middle of a small mark: one module
// dark, around it light ones, around them dark ones.
func smallMark(picture *image.Gray, p, a, b place) float64 {
	dark, light := 0.0, 0.0
	for u := -2.0; u <= 2; u++ {
		for v := -2.0; v <= 2; v++ {
			l := lightAt(picture, p.add(u, a, v, b))
			if ring := max(math.Abs(u), math.Abs(v)); ring == 1 {
				light += l / 8
			} else {
				dark += l / 17
			}
		}
	}
	return light - dark
}

// grid is how light each module of a code is.
type grid struct {
	n     int
	light []float64
}

// grid measures the modules.
func (f fit) grid(picture *image.Gray) grid {
	n := f.n
	g := grid{n: n, light: make([]float64, n*n)}
	inner := []float64{0.3, 0.5, 0.7} // of a module
	points := make([]float64, 0, 2*len(inner)*len(inner))
	for i := range g.light {
		points = points[:0]
		for _, u := range inner {
			for _, v := range inner {
				points = append(points, float64(i%n)+u, float64(i/n)+v)
			}
		}
		f.where.TransformPoints(points)
		for k := 0; k < len(points); k += 2 {
			g.light[i] += lightAt(picture, place{points[k], points[k+1]})
		}
	}
	return g
}

// sharper undoes some of a blur: each module is made more different from those
// beside it.
func (g grid) sharper(by float64) grid {
	out := grid{n: g.n, light: make([]float64, len(g.light))}
	for i, l := range g.light {
		x, y := i%g.n, i/g.n
		beside := g.at(x-1, y, l) + g.at(x+1, y, l) + g.at(x, y-1, l) + g.at(x, y+1, l)
		out.light[i] = l + by*(l-beside/4)
	}
	return out
}

// at is the light of a module; the frame around the code is as light as said.
func (g grid) at(x, y int, outside float64) float64 {
	if x < 0 || y < 0 || x >= g.n || y >= g.n {
		return outside
	}
	return g.light[y*g.n+x]
}

// bits are the modules that are darker than those around.
func (g grid) bits() *gozxing.BitMatrix {
	const reach = 5
	bits, err := gozxing.NewBitMatrix(g.n, g.n)
	if err != nil {
		return nil // only for no modules
	}
	for y := range g.n {
		for x := range g.n {
			sum, count := 0.0, 0.0
			for v := max(y-reach, 0); v <= min(y+reach, g.n-1); v++ {
				for u := max(x-reach, 0); u <= min(x+reach, g.n-1); u++ {
					sum, count = sum+g.light[v*g.n+u], count+1
				}
			}
			if g.light[y*g.n+x] < sum/count {
				bits.Set(x, y)
			}
		}
	}
	return bits
}
