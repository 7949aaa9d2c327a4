// Package fuzzed has one fuzz target that holds, one that breaks on its seed,
// and two functions that only look like targets.
package fuzzed

import "testing"

func FuzzHolds(f *testing.F) {
	f.Add([]byte("seed"))
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzBreaks(f *testing.F) {
	f.Add([]byte("seed"))
	f.Fuzz(func(t *testing.T, _ []byte) { t.Error("the seed breaks") })
}

func Fuzzy(t *testing.T) { t.Log("not a target") }

func (notATarget) FuzzMethod(*testing.F) {}

type notATarget struct{}
