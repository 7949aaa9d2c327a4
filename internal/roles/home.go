package roles

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
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

// observe serves /metrics and /healthz until the context ends; an empty address
// serves nothing.
func observe(ctx context.Context, address string, handler http.Handler) error {
	if address == "" {
		return nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody waits for it
	go func() { _ = server.Serve(l) }()                   // ends with Close
	return nil
}
