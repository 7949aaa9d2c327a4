//go:build soak

package slip39

import (
	"crypto/rand"
	"math"
	"testing"
	"time"
)

// The field's operations take as long for one secret as for another. Two classes
// of inputs, a fixed one and random ones, are measured in random order; Welch's t
// between their times stays small if the operations do not tell them apart
// (Reparaz, Balasch and Verbauwhede, “Dude, is my code constant time?”, 2017).

const (
	timingSamples = 200_000
	timingRepeats = 16  // of the operation in one measurement
	timingLimit   = 10. // of |t|: above it, the authors say, it is no accident
	timingCut     = 0.9 // measurements above this quantile are the machine's doing
)

// class is one of the two.
type class struct {
	n          int
	mean, sum2 float64
}

func (c *class) add(x float64) {
	c.n++
	d := x - c.mean
	c.mean += d / float64(c.n)
	c.sum2 += d * (x - c.mean)
}

func welch(a, b class) float64 {
	return (a.mean - b.mean) / math.Sqrt(a.sum2/float64(a.n)/float64(a.n)+b.sum2/float64(b.n)/float64(b.n))
}

// timed measures an operation on inputs of both classes and returns t.
func timed(t *testing.T, size int, do func(in []byte)) float64 {
	t.Helper()
	inputs := make([][]byte, timingSamples)
	random := make([]bool, timingSamples)
	order := make([]byte, timingSamples)
	if _, err := rand.Read(order); err != nil {
		t.Fatal(err)
	}
	for i := range inputs {
		inputs[i] = make([]byte, size)
		if random[i] = order[i]&1 == 1; random[i] {
			if _, err := rand.Read(inputs[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	took := make([]float64, timingSamples)
	for i, in := range inputs {
		start := time.Now()
		for range timingRepeats {
			do(in)
		}
		took[i] = float64(time.Since(start))
	}
	limit := quantile(took, timingCut)
	var classes [2]class
	for i, x := range took {
		switch {
		case x > limit:
		case random[i]:
			classes[1].add(x)
		default:
			classes[0].add(x)
		}
	}
	return welch(classes[0], classes[1])
}

// quantile of values that are left in their order.
func quantile(values []float64, q float64) float64 {
	var counts [1 << 20]int
	for _, v := range values {
		counts[min(int(v), len(counts)-1)]++
	}
	left := int(q * float64(len(values)))
	for v, n := range counts {
		if left -= n; left <= 0 {
			return float64(v)
		}
	}
	return math.Inf(1)
}

func TestTiming(t *testing.T) {
	var sink byte
	var out [32]byte
	operations := map[string]func(in []byte){
		"multiplication": func(in []byte) {
			var m multiples
			for i := 0; i < len(in); i += 8 {
				m.set(lanesOf(in[i:]))
				sink ^= byte(m.times(0x53))
			}
		},
		"interpolation": func(in []byte) {
			interpolate([]point{{0, in}, {1, in}, {2, in}}, []byte{secretAt}, [][]byte{out[:]})
			sink ^= out[0]
		},
	}
	for name, do := range operations {
		t.Run(name, func(t *testing.T) {
			if v := timed(t, 32, do); math.Abs(v) > timingLimit {
				t.Errorf("t is %.1f: secrets of zeros and random ones take different times", v)
			} else {
				t.Logf("t is %.1f", v)
			}
		})
	}
	_ = sink
}

// TestTimingFindsATable: the measurement sees a multiplication that branches, or
// it would see nothing.
func TestTimingFindsATable(t *testing.T) {
	plain := newTables()
	var sink byte
	v := timed(t, 32, func(in []byte) {
		for _, b := range in {
			sink ^= plain.mul(b, 0x53)
		}
	})
	if math.Abs(v) <= timingLimit {
		t.Errorf("t is %.1f: a multiplication by tables, which returns early for 0, was not told apart", v)
	}
	_ = sink
}
