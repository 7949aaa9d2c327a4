package slip39

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// tables are GF(256) done in the plain way: by logarithms to the base x + 1.
type tables struct {
	exp [512]byte
	log [256]int
}

func newTables() *tables {
	t := &tables{}
	at := 1
	for i := range 255 {
		t.exp[i], t.exp[i+255] = byte(at), byte(at)
		t.log[at] = i
		at ^= at << 1
		if at > 255 {
			at ^= 0x11b
		}
	}
	return t
}

func (t *tables) mul(a, b byte) byte {
	if a == 0 || b == 0 {
		return 0
	}
	return t.exp[t.log[a]+t.log[b]]
}

func (t *tables) div(a, b byte) byte {
	if a == 0 {
		return 0
	}
	return t.exp[t.log[a]+255-t.log[b]]
}

// interpolate is the standard's formula, word for word.
func (t *tables) interpolate(points []point, x byte, value []byte) {
	clear(value)
	for i, at := range points {
		factor := byte(1)
		for j, other := range points {
			if j != i {
				factor = t.mul(factor, t.div(x^other.x, at.x^other.x))
			}
		}
		for k, y := range at.y {
			value[k] ^= t.mul(factor, y)
		}
	}
}

func TestMultiplication(t *testing.T) {
	plain := newTables()
	var m multiples
	for a := range 256 {
		m.set(lanes(a)<<56 | lanes(a))
		for b := range 256 {
			want := plain.mul(byte(a), byte(b))
			if got := m.times(byte(b)); got != lanes(want)<<56|lanes(want) {
				t.Fatalf("%d·%d is %x, want %d in two lanes", a, b, got, want)
			}
			if a == 0 || b == 0 {
				continue
			}
			var p product
			p.multiply(byte(a))
			p.multiply(byte(b))
			if p.value() != want {
				t.Fatalf("%d·%d is %d, want %d", a, b, p.value(), want)
			}
			if p.divide(byte(b)); p.value() != byte(a) {
				t.Fatalf("%d·%d/%d is %d", a, b, b, p.value())
			}
		}
	}
	// The example of FIPS 197 §4.2.
	if m.set(0x57); m.times(0x83) != 0xc1 {
		t.Errorf("57·83 is %x, want c1", m.times(0x83))
	}
}

// TestInterpolation: the polynomial is the one of the standard's formula, at
// every other place, whatever the lengths.
func TestInterpolation(t *testing.T) {
	plain := newTables()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, MaxSecretBytes).Draw(t, "size")
		xs := rapid.SliceOfNDistinct(rapid.Byte(), 1, maxCount, rapid.ID).Draw(t, "xs")
		var points []point
		for _, x := range xs {
			points = append(points, point{x, rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "ys")})
		}
		places := rapid.SliceOfNDistinct(rapid.Byte().Filter(func(x byte) bool { return !slices.Contains(xs, x) }),
			1, maxCount, rapid.ID).Draw(t, "places")
		got, want := make([][]byte, len(places)), make([]byte, size)
		for k := range got {
			got[k] = make([]byte, size)
		}
		interpolate(points, places, got)
		for k, x := range places {
			if plain.interpolate(points, x, want); !bytes.Equal(got[k], want) {
				t.Fatalf("at %d it is %x, want %x", x, got[k], want)
			}
		}
	})
}

func TestWipe(t *testing.T) {
	shares, err := Simple(2, 3).Split(bytes.Repeat([]byte{1}, 16))
	if err != nil {
		t.Fatal(err)
	}
	again := shares[0][0]
	shares[0][0].Wipe()
	if !bytes.Equal(again.value, make([]byte, 16)) {
		t.Error("the copy of a share has still its value")
	}
}
