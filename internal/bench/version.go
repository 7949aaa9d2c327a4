package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Starting the program: the floor is a Go program that does nothing.

const (
	starts       = 20
	versionLimit = 30 * time.Millisecond
)

const nothing = "package main\n\nfunc main() {}\n"

func measureVersion(ctx context.Context, dir string) ([]row, error) {
	source := filepath.Join(dir, "nothing.go")
	if err := os.WriteFile(source, []byte(nothing), 0o600); err != nil {
		return nil, err
	}
	program, empty := filepath.Join(dir, "carekey"), filepath.Join(dir, "nothing")
	if err := errors.Join(build(ctx, ".", program), build(ctx, source, empty)); err != nil {
		return nil, err
	}
	start := func(name string, args ...string) func() error {
		return func() error { return exec.CommandContext(ctx, name, args...).Run() }
	}
	if err := errors.Join(start(program, "version")(), start(empty)()); err != nil { // warms the caches
		return nil, err
	}
	all, err := inTurns(starts, start(program, "version"), start(empty))
	if err != nil {
		return nil, err
	}
	took, floor := all[0].took.at(0.5), all[1].took.at(0.5)
	return []row{below("`carekey version` vs an empty Go program", took, floor, versionLimit, milliseconds, ratio(took, floor))}, nil
}
