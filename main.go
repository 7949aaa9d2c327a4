// Command carekey is a patient's wallet: it shows who has looked at their
// medical records, and lets them approve, narrow, refuse and take back
// transfers of records between institutions.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"carekey/internal/roles"
	"carekey/ui/command"
)

func main() {
	// SIGHUP too: the ledger's library catches it, so a closed terminal would
	// otherwise end nothing.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx)
	stop()
	os.Exit(code)
}

func run(ctx context.Context) int {
	all, err := roles.All(slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	streams := command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Environ(), Now: time.Now}
	return command.Main(ctx, all, os.Args[1:], streams)
}
