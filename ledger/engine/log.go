package engine

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/cometbft/cometbft/libs/log"
)

// consensusFailure is how the engine says that it stopped for good while its
// process lives on; it says so nowhere else.
const consensusFailure = "CONSENSUS FAILURE!!!"

// listenerClosed is said as an error at every ordinary stop.
const listenerClosed = "Stopped accept routine, as transport is closed"

// logger passes the engine's log on, one level down: its "info" is chatter.
type logger struct {
	to     *slog.Logger
	failed func(error)
}

func newLogger(to *slog.Logger, failed func(error)) *logger {
	if to == nil {
		to = slog.New(slog.DiscardHandler)
	}
	return &logger{to: to, failed: failed}
}

func (l *logger) Debug(string, ...any) {}

func (l *logger) Info(msg string, pairs ...any) {
	if l.to.Enabled(context.Background(), slog.LevelDebug) {
		l.to.Debug(msg, pairs...)
	}
}

func (l *logger) Warn(msg string, pairs ...any) { l.to.Warn(msg, pairs...) }

func (l *logger) Error(msg string, pairs ...any) {
	if msg == listenerClosed {
		l.Info(msg, pairs...)
		return
	}
	l.to.Error(msg, pairs...)
	if msg == consensusFailure {
		l.failed(fmt.Errorf("%w: %v", ErrHalted, value(pairs, "err")))
	}
}

func (l *logger) With(pairs ...any) log.Logger {
	return &logger{to: l.to.With(pairs...), failed: l.failed}
}

func value(pairs []any, key string) any {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == key {
			return pairs[i+1]
		}
	}
	return nil
}
