package slip39

import (
	"crypto/rand"
	"fmt"
	"testing"
)

// BenchmarkSharing is sharing alone, without PBKDF2, beside the same by plain
// tables. `make bench` holds the two against each other.
func BenchmarkSharing(b *testing.B) {
	for _, s := range []Group{{3, 5}, {8, 16}} {
		b.Run(fmt.Sprintf("of-%d", s.Members), func(b *testing.B) {
			points := somePoints(b, s.Threshold)
			var places []byte
			var values [][]byte
			for x := s.Threshold - 2; x < s.Members; x++ {
				places, values = append(places, byte(x)), append(values, make([]byte, 32))
			}
			for b.Loop() {
				interpolate(points, places, values)
			}
		})
		b.Run(fmt.Sprintf("of-%d-by-tables", s.Members), func(b *testing.B) {
			plain := newTables()
			points, out := somePoints(b, s.Threshold), make([]byte, 32)
			for b.Loop() {
				for x := range s.Members - s.Threshold + 2 {
					plain.interpolate(points, byte(x+s.Threshold-2), out)
				}
			}
		})
	}
}

// somePoints are where a splitting takes its polynomial: shares, digest, secret.
func somePoints(b *testing.B, threshold int) []point {
	b.Helper()
	var points []point
	for i := range threshold {
		y := make([]byte, 32)
		if _, err := rand.Read(y); err != nil {
			b.Fatal(err)
		}
		x := byte(i)
		if i >= threshold-2 {
			x = byte(digestAt + i - threshold + 2)
		}
		points = append(points, point{x, y})
	}
	return points
}
