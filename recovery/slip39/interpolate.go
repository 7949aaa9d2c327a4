package slip39

import "encoding/binary"

// point is where a polynomial was taken, and its values there, one for each byte
// of the secret.
type point struct {
	x byte
	y []byte
}

// factors say how much each point counts at each place.
type factors [maxCount][maxCount]byte // by point, by place

// interpolate writes the values, at some places, of the polynomial of the lowest
// degree that goes through points (Interpolate of the standard). There are at
// most sixteen of either, and none of the places is a point's.
func interpolate(points []point, places []byte, values [][]byte) {
	f := factorsOf(points, places)
	for from := 0; from < len(values[0]); from += 8 {
		f.sum(points, from, values)
	}
}

// factorsOf are ∏(x − xⱼ)/(xᵢ − xⱼ) over all j ≠ i, for each point i and place x.
func factorsOf(points []point, places []byte) (f factors) {
	var whole [maxCount]product // ∏(x − xⱼ) over all j
	for k, x := range places {
		for _, p := range points {
			whole[k].multiply(x ^ p.x)
		}
	}
	for i, p := range points {
		var below product
		for j, other := range points {
			if j != i {
				below.divide(p.x ^ other.x)
			}
		}
		for k, x := range places {
			at := whole[k] + below
			at.divide(x ^ p.x)
			f[i][k] = at.value()
		}
	}
	return f
}

// sum writes eight bytes of each value, from one on.
func (f *factors) sum(points []point, from int, values [][]byte) {
	var m multiples
	var sums [maxCount]lanes
	for i, p := range points {
		m.set(lanesOf(p.y[from:]))
		for k := range values {
			sums[k&15] ^= m.times(f[i&15][k&15])
		}
	}
	for k, v := range values {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], uint64(sums[k]))
		copy(v[from:], word[:])
		clear(word[:])
	}
	clear(sums[:])
	m = multiples{}
}
