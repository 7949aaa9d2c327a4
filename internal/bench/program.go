package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// build makes a program from a package or file of the module, as make build
// makes carekey.
func build(ctx context.Context, from, to string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", to, from)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", from, err, out)
	}
	return nil
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

// program is the built program, running in a role.
type program struct {
	cmd *exec.Cmd
	log chan logLine
}

// logLine is a line of a program's log, and when it came.
type logLine struct {
	at   time.Time
	text string
}

// run starts a built program and reads its log, which it writes to standard
// error.
func run(ctx context.Context, binary string, args ...string) (*program, error) {
	p := &program{cmd: exec.CommandContext(ctx, binary, args...), log: make(chan logLine, 4096)}
	out, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.log)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.log <- logLine{time.Now(), lines.Text()}
		}
	}()
	return p, nil
}

// says waits for a line of the log with a text.
func (p *program) says(ctx context.Context, text string) (time.Time, error) {
	last := "nothing"
	for {
		select {
		case line, ok := <-p.log:
			if !ok {
				return time.Time{}, fmt.Errorf("the program ended before it said %q; the last it said was: %s", text, last)
			}
			if strings.Contains(line.text, text) {
				return line.at, nil
			}
			last = line.text
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("waiting for %q, the last said was: %s: %w", text, last, ctx.Err())
		}
	}
}

// stop asks the program to end, and waits until it did.
func (p *program) stop() error {
	err := p.cmd.Process.Signal(os.Interrupt)
	for range p.log { // it may still have something to say
	}
	_ = p.cmd.Wait() // was interrupted
	return err
}
