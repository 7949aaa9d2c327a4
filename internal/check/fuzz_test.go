package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFindTargets(t *testing.T) {
	targets, err := findTargets(t.Context(), []string{"./testdata/fuzzed", "./testdata/passes"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, found := range targets {
		names = append(names, found.name)
	}
	if got := strings.Join(names, " "); got != "FuzzHolds FuzzBreaks" {
		t.Errorf("found %q", got)
	}
}

func TestFuzzFailsWithoutTargets(t *testing.T) {
	f := fuzzer{workers: 1, each: time.Second, budget: time.Second, out: &strings.Builder{}}
	if err := f.run(t.Context(), []string{"./testdata/passes"}); err == nil {
		t.Error("fuzzing nothing has passed")
	}
}

// TestFuzzReportsTheTargetThatBreaks fuzzes one target that holds and one
// that breaks on its seed.
func TestFuzzReportsTheTargetThatBreaks(t *testing.T) {
	var out strings.Builder
	f := fuzzer{workers: 1, each: time.Second, budget: time.Second, out: &out}
	err := f.run(t.Context(), []string{"./testdata/fuzzed"})
	if !errors.Is(err, errFailed) {
		t.Errorf("got %v, want %v", err, errFailed)
	}
	for _, want := range []string{"ok      carekey/internal/check/testdata/fuzzed FuzzHolds", "FuzzBreaks", "the seed breaks", "2 targets fuzzed, 1 failed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, out.String())
		}
	}
	if _, err := os.Stat(filepath.Join("testdata", "fuzzed", "testdata")); err == nil {
		t.Error("a seed that breaks was written again")
	}
}

func TestTimePerTarget(t *testing.T) {
	tests := []struct {
		targets int
		want    time.Duration
	}{
		{1, 5 * time.Second},
		{60, 5 * time.Second},
		{100, 3 * time.Second},
		{1000, time.Second},
	}
	f := fuzzer{workers: 2, each: 5 * time.Second, budget: 150 * time.Second}
	for _, tt := range tests {
		if got := f.timePerTarget(tt.targets); got != tt.want {
			t.Errorf("%d targets: %v each, want %v", tt.targets, got, tt.want)
		}
	}
}

func TestTimeWasUp(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
	}{
		{"its own deadline", "fuzz: elapsed: 5s, execs: 9 (1/sec)\n--- FAIL: FuzzX (5.02s)\n    context deadline exceeded\nFAIL\n", true},
		{"an input that breaks", "--- FAIL: FuzzX (0.02s)\n    --- FAIL: FuzzX (0.00s)\n        x_test.go:9: context deadline exceeded\n    \n    Failing input written to testdata/fuzz/FuzzX/1\nFAIL\n", false},
		{"a worker that hangs", "--- FAIL: FuzzX (9.02s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\nFAIL\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := timeWasUp.MatchString(tt.text); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
