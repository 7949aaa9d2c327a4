// Package fhirserver starts a FHIR R4 server for tests: someone else's
// implementation of search and transactions (npm @medplum/fhir-router) in a
// Node process of its own. See README.md for what it does and does not do.
package fhirserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// EnvDir is the environment variable that holds this folder once its npm
// packages are installed; make check sets it where Node is there.
const EnvDir = "CAREKEY_FHIR_SERVER"

// startLimit is how long Node may take until the server listens: two seconds
// on an idle machine, much more beside a race-enabled build.
const startLimit = 2 * time.Minute

// Options say how the server behaves. The zero value is a server that asks
// for no token and answers a search with pages of 50 entries.
type Options struct {
	Page  int    // most entries of one search page, 50 if zero
	Token string // the bearer token that every request must carry, if any
}

// Start runs a server with an empty store until the test ends and returns its
// base URL. It skips the test where the server is not installed.
func Start(tb testing.TB, o Options) string {
	tb.Helper()
	dir := os.Getenv(EnvDir)
	if dir == "" {
		tb.Skipf("skipped: the FHIR server is not installed (%s is not set; make check sets it where Node is)", EnvDir)
	}
	p, err := start(dir, tb.TempDir(), o)
	if err != nil {
		tb.Fatalf("the FHIR server does not start: %v", err)
	}
	tb.Cleanup(func() {
		if err := p.stop(); err != nil {
			tb.Errorf("the FHIR server ended badly: %v", err)
		}
	})
	return p.base
}

// process is a running server. It ends when its standard input closes, so
// also when the test's own process dies.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *bytes.Buffer // read only after the process has ended
	base   string
}

func start(dir, temp string, o Options) (*process, error) {
	args := []string{filepath.Join(dir, "server.mjs"), "--until-stdin-closes"}
	if o.Page > 0 {
		args = append(args, "--page", strconv.Itoa(o.Page))
	}
	if o.Token != "" {
		file := filepath.Join(temp, "token")
		if err := os.WriteFile(file, []byte(o.Token), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "--token-file", file)
	}
	p := &process{cmd: exec.CommandContext(context.Background(), "node", args...), stderr: &bytes.Buffer{}}
	p.cmd.Stderr = p.stderr
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, p.awaitBase(stdout)
}

// awaitBase waits for the line in which the server says where it listens.
func (p *process) awaitBase(stdout io.Reader) error {
	timer := time.AfterFunc(startLimit, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return errors.Join(err, p.stop())
	}
	var ready struct {
		Base string `json:"base"`
	}
	if err := json.Unmarshal(line, &ready); err != nil {
		return errors.Join(err, p.stop())
	}
	p.base = ready.Base
	return nil
}

// stop ends the server and says what it complained about, if it failed.
func (p *process) stop() error {
	_ = p.stdin.Close() // it may have ended already
	timer := time.AfterFunc(startLimit, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, p.stderr.Bytes())
	}
	return nil
}
