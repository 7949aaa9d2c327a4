package main

import (
	"slices"
	"time"
)

// samples are repeated measurements of one thing.
type samples []time.Duration

// at is the q-quantile, by the nearest rank: at(0.5) is the median.
func (s samples) at(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// timed measures one call.
func timed(f func() error) (time.Duration, error) {
	started := time.Now()
	err := f()
	return time.Since(started), err
}

// add measures one call and keeps the result.
func (s *samples) add(f func() error) error {
	took, err := timed(f)
	*s = append(*s, took)
	return err
}

// inTurns measures several things n times each, one after the other in every
// round, so that whatever else the machine does disturbs all alike.
func inTurns(n int, things ...func() error) ([]turns, error) {
	all := make([]turns, len(things))
	for range n {
		for i, thing := range things {
			used := processorTime()
			if err := all[i].took.add(thing); err != nil {
				return nil, err
			}
			all[i].used = append(all[i].used, processorTime()-used)
		}
	}
	return all, nil
}

// turns are how long a thing took, and how much of all processors it used: that
// says more on a machine with other work.
type turns struct{ took, used samples }

// median of rates.
func median(rates []float64) float64 {
	sorted := slices.Sorted(slices.Values(rates))
	return sorted[len(sorted)/2]
}
