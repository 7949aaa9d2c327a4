// Command bench measures what a person, an institution or the ledger waits
// for, each against a floor that is measured in the same run, and prints a
// table. It is no test: it ends well whatever it finds, and says what is not
// met.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/pprof"
	"time"
)

// figure measures some rows of the table, with its files in dir.
type figure struct {
	name    string
	measure func(ctx context.Context, dir string) ([]row, error)
}

func figures() []figure {
	return []figure{
		{"version", measureVersion},
		{"approve", measureApprove},
		{"throughput", measureThroughput},
		{"verify", measureVerify},
		{"screen", measureScreen},
		{"transfer", measureTransfer},
		{"shares", measureShares},
	}
}

// figureLimit bounds one figure, should something hang.
const figureLimit = 10 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) > 1 {
		if role, ok := children()[os.Args[1]]; ok {
			if err := role(ctx); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			return
		}
	}
	only := flag.String("only", ".", "measure the figures that match this regular expression: version, approve, throughput, verify, screen, transfer, shares")
	profile := flag.String("cpuprofile", "", "write a profile of the processor's time to this file")
	flag.Parse()
	chosen, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	stopProfile, err := startProfile(*profile)
	if err == nil {
		err = errors.Join(bench(ctx, os.Stdout, os.Stderr, chosen), stopProfile())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// startProfile returns what ends and keeps the profile; without a name there is
// none.
func startProfile(name string) (func() error, error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// bench measures what is chosen and prints the table. What could not be
// measured is said, and keeps nothing else from being measured.
func bench(ctx context.Context, out, progress io.Writer, chosen *regexp.Regexp) error {
	var rows []row
	var failed []string
	for _, f := range figures() {
		if !chosen.MatchString(f.name) {
			continue
		}
		fmt.Fprintf(progress, "%s …\n", f.name)
		started := time.Now()
		found, err := inFolder(ctx, f)
		rows = append(rows, found...)
		if err != nil {
			failed = append(failed, fmt.Sprintf("%s could not be measured: %s", f.name, err))
		}
		for _, r := range found {
			fmt.Fprintf(progress, "  %s: %s, floor %s, %.2f\n", r.name, r.value, r.floor, r.ratio)
		}
		fmt.Fprintf(progress, "%s: %s\n", f.name, time.Since(started).Round(time.Second))
	}
	fmt.Fprintf(out, "%s, %s/%s, %d cores, %s\n\n", time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version())
	if err := write(out, rows); err != nil {
		return err
	}
	missed := 0
	for _, r := range rows {
		if !r.met {
			missed++
		}
	}
	fmt.Fprintf(out, "\n%d of %d limits are met.\n", len(rows)-missed, len(rows))
	for _, f := range failed {
		fmt.Fprintln(out, f)
	}
	return nil
}

func inFolder(ctx context.Context, f figure) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "carekey-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(ctx, figureLimit)
	defer cancel()
	return f.measure(ctx, dir)
}
