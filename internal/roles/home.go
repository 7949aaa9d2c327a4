package roles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"carekey/ui"
)

// homeLock is the file by which a gateway or a node holds its home.
const homeLock = "lock"

// inUse tells whether a gateway or a node holds a home at this moment. Whoever
// opens it next still has to take the lock.
func inUse(home string) (bool, error) {
	name := filepath.Join(home, homeLock)
	switch _, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil // it was never opened
	case err != nil:
		return false, err
	}
	lock := flock.New(name)
	held, err := lock.TryLock()
	if err != nil {
		return false, err
	}
	return !held, lock.Close()
}

// listen takes an address; what says what cannot be done without it.
func listen(ctx context.Context, what, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	var wrong *net.AddrError
	switch {
	case err == nil:
		return l, nil
	case errors.As(err, &wrong):
		return nil, &kinded{fmt.Errorf("%s: %w", what, err), ui.ErrUsage}
	}
	return nil, fmt.Errorf("%s: %w", what, err)
}

// observe serves /metrics and /healthz until the context ends; an empty address
// serves nothing.
func observe(ctx context.Context, address string, handler http.Handler) error {
	if address == "" {
		return nil
	}
	l, err := listen(ctx, "the metrics cannot be served", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody waits for it
	go func() { _ = server.Serve(l) }()                   // ends with Close
	return nil
}
