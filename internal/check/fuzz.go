package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// fuzzer runs every fuzz target for a bounded time.
type fuzzer struct {
	workers int           // targets at once, one thread each
	each    time.Duration // for one target
	budget  time.Duration // for all of them; shortens each when there are many
	out     io.Writer
}

// fuzzGrace is how long a target may take beyond its time: reading its seeds
// before, minimising a failing input after.
const fuzzGrace = time.Minute

func (f fuzzer) run(ctx context.Context, packages []string) error {
	targets, err := findTargets(ctx, packages)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		return errors.New("there is no fuzz target: a check that looks at nothing must not pass")
	}
	dir, err := os.MkdirTemp("", "carekey-fuzz-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binaries, err := buildTargets(ctx, dir, targets)
	if err != nil {
		return err
	}
	each := f.timePerTarget(len(targets))
	fmt.Fprintf(f.out, "fuzzing %d targets of %d packages, %v each\n", len(targets), len(binaries), each)
	return f.runAll(ctx, dir, binaries, targets, each)
}

// timePerTarget shares the budget among n targets, at most f.each for one and
// never less than a second.
func (f fuzzer) timePerTarget(n int) time.Duration {
	share := f.budget * time.Duration(f.workers) / time.Duration(n)
	return max(min(f.each, share.Round(100*time.Millisecond)), time.Second)
}

func (f fuzzer) runAll(ctx context.Context, dir string, binaries map[string]string, targets []target, each time.Duration) error {
	var group errgroup.Group
	group.SetLimit(f.workers)
	failures := make(chan target, len(targets))
	for _, t := range targets {
		group.Go(func() error {
			text, err := fuzzOne(ctx, dir, binaries[t.pkg], t, each)
			if err != nil {
				failures <- t
				fmt.Fprintf(f.out, "--- FAILED: %s: %v\n%s\n", t, err, text)
				return nil
			}
			fmt.Fprintf(f.out, "ok      %s\n", t)
			return nil
		})
	}
	_ = group.Wait() // the goroutines report through failures
	fmt.Fprintf(f.out, "%d targets fuzzed, %d failed\n", len(targets), len(failures))
	if len(failures) > 0 {
		return errFailed
	}
	return ctx.Err()
}

// buildTargets builds one instrumented test binary per package, one after the
// other: the compiler uses every core by itself. The flag -fuzz would have every
// dependency instrumented as well, which takes minutes and guides the fuzzing
// into code that is not the project's.
func buildTargets(ctx context.Context, dir string, targets []target) (map[string]string, error) {
	binaries := map[string]string{}
	for _, t := range targets {
		if _, ok := binaries[t.pkg]; ok {
			continue
		}
		binary := filepath.Join(dir, strconv.Itoa(len(binaries))+".test")
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-gcflags=./...=-d=libfuzzer", "-o", binary, t.pkg)
		if text, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s does not build for fuzzing: %w\n%s", t.pkg, err, text)
		}
		binaries[t.pkg] = binary
	}
	return binaries, nil
}

// fuzzOne runs a target in its package's folder, where its seeds are and
// where a failing input is written. New inputs go to a folder of this run:
// a corpus that grew from run to run would take ever longer to read.
func fuzzOne(ctx context.Context, dir, binary string, t target, each time.Duration) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, each+fuzzGrace)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary,
		"-test.run=^$", "-test.fuzz=^"+t.name+"$", "-test.fuzztime="+each.String(),
		"-test.fuzzcachedir="+filepath.Join(dir, filepath.Base(binary)+".corpus"),
		"-test.fuzzminimizetime=5s", "-test.parallel=1")
	cmd.Dir = t.dir
	text, err := cmd.CombinedOutput()
	if err != nil && timeWasUp.Match(text) {
		return "", nil
	}
	return string(text), err
}

// timeWasUp matches a target that failed for no other reason than that its
// time was over: the fuzzing engine sometimes mistakes its own deadline for an
// error of its worker. A target that breaks reports its input instead.
var timeWasUp = regexp.MustCompile(`(?m)^--- FAIL: Fuzz\w* \(.*\)\n +context deadline exceeded\nFAIL$`)
