package main

import (
	"context"
	"errors"
	"fmt"
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
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	source := filepath.Join(dir, "nothing.go")
	if err := os.WriteFile(source, []byte(nothing), 0o600); err != nil {
		return nil, err
	}
	program, empty := filepath.Join(dir, "carekey"), filepath.Join(dir, "nothing")
	for to, from := range map[string]string{program: ".", empty: source} {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, from)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build: %w: %s", err, out)
		}
	}
	run := func(name string, args ...string) func() error {
		return func() error { return exec.CommandContext(ctx, name, args...).Run() }
	}
	if err := errors.Join(run(program, "version")(), run(empty)()); err != nil { // warms the caches
		return nil, err
	}
	all, err := inTurns(starts, run(program, "version"), run(empty))
	if err != nil {
		return nil, err
	}
	took, floor := all[0].at(0.5), all[1].at(0.5)
	return []row{below("`carekey version` vs an empty Go program", took, floor, versionLimit, milliseconds, ratio(took, floor))}, nil
}

// moduleRoot is the nearest folder above this one that holds go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if filepath.Dir(dir) == dir {
			return "", errors.New("run this inside the module: no go.mod above this folder")
		}
		dir = filepath.Dir(dir)
	}
}
