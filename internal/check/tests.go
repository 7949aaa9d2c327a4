package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// maxLine bounds a line of go test -json; test2json cuts output far below.
const maxLine = 4 << 20

// runTests runs go test with args and reports to out.
func runTests(ctx context.Context, args []string, p policy, out io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("go test cannot be started: %w", err)
	}
	r := newReport(out)
	readErr := readEvents(stdout, r)
	waitErr := cmd.Wait()
	verdict := r.finish(p)
	if readErr != nil {
		return readErr
	}
	if waitErr != nil && verdict == nil { // go test failed without a failed test
		return fmt.Errorf("go test: %w", waitErr)
	}
	return verdict
}

// readEvents feeds r with the lines of in; it reads to the end even after a
// line it cannot read, so that the writer is never blocked.
func readEvents(in io.Reader, r *report) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var errs []error
	for lines.Scan() {
		e, err := decodeEvent(lines.Bytes())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.add(e)
	}
	if err := lines.Err(); err != nil {
		_, drainErr := io.Copy(io.Discard, in)
		errs = append(errs, err, drainErr)
	}
	return errors.Join(errs...)
}
