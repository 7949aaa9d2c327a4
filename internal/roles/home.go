package roles

import (
	"context"
	"net"
	"net/http"
	"time"
)

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
