package roles

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"carekey/ui"
)

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
