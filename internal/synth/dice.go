package synth

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// dice is chance that falls the same way every time.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice {
	return dice{rand.New(rand.NewPCG(seed, 0x6361_7265_6b65_7921))}
}

// digits returns n digits.
func (d dice) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + d.IntN(10))
	}
	return string(b)
}

// near returns a value that scatters around mean.
func (d dice) near(mean, deviation float64) float64 { return mean + d.NormFloat64()*deviation }

// moment is a time in the record.
type moment struct{ time.Time }

func date(year, month, day int) moment {
	return moment{time.Date(year, time.Month(month), day, 9, 0, 0, 0, time.UTC)}
}

func (m moment) day() string     { return m.Format(time.DateOnly) }
func (m moment) instant() string { return m.Format(time.RFC3339) }

func (m moment) plus(days, minutes int) moment {
	return moment{m.AddDate(0, 0, days).Add(time.Duration(minutes) * time.Minute)}
}

// rounded writes a number with so many digits behind the point.
func rounded(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }
