package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// errFailed means that the report, already printed, holds failures.
var errFailed = errors.New("the check failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil:
	case errors.Is(err, errFailed):
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "check:", err)
		os.Exit(2)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say what to run: test or fuzz")
	}
	switch args[0] {
	case "test":
		return runTests(ctx, args[1:], machinePolicy(), os.Stdout)
	case "fuzz":
		return fuzzCommand(ctx, args[1:])
	default:
		return fmt.Errorf("%q is neither test nor fuzz", args[0])
	}
}

func fuzzCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("fuzz", flag.ContinueOnError)
	each := flags.Duration("each", 5*time.Second, "time for one target")
	budget := flags.Duration("budget", 2*time.Minute, "time for all targets together, building aside")
	if err := flags.Parse(args); err != nil {
		return err
	}
	packages := flags.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	f := fuzzer{workers: runtime.NumCPU(), each: *each, budget: *budget, out: os.Stdout}
	return f.run(ctx, packages)
}
