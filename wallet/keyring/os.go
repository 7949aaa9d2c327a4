package keyring

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	oskeyring "github.com/zalando/go-keyring"
)

// service is the name under which every entry of carekey is kept.
const service = "carekey"

// How long the keyring may take.
const (
	CallLimit   = 5 * time.Second // where nobody is asked anything
	PromptLimit = 2 * time.Minute // where a person types a password
)

// OS is the operating system's keyring: Secret Service, Keychain or Credential
// Manager.
type OS struct {
	// MayPrompt lets the keyring ask the person to unlock it. Without it a
	// locked keyring is [Locked] at once.
	MayPrompt bool
	// Limit replaces [CallLimit] and [PromptLimit] when it is positive.
	Limit time.Duration

	profile string
	calls   calls
	look    func(context.Context) (condition, error)
	turn    chan struct{} // holds a token while a call runs, even one given up
}

var _ Keeper = (*OS)(nil)

// calls is what the keyring library does; it has no context and may hang.
type calls interface {
	Get(service, account string) (string, error)
	Set(service, account, text string) error
	Delete(service, account string) error
}

// NewOS is the keyring as the keeper of a profile, whose name was validated.
func NewOS(profile string) *OS {
	return &OS{profile: profile, calls: library{}, look: look, turn: make(chan struct{}, 1)}
}

// library is the keyring library.
type library struct{}

func (library) Get(s, account string) (string, error) { return oskeyring.Get(s, account) }
func (library) Set(s, account, text string) error     { return oskeyring.Set(s, account, text) }
func (library) Delete(s, account string) error        { return oskeyring.Delete(s, account) }

// condition is how the keyring is, found out without disturbing anybody.
type condition uint8

const (
	missing condition = iota // nothing there that could keep a secret
	locked
	open
)

// account names an entry of the profile; a profile's name holds no slash.
func (o *OS) account(e Entry) string {
	if e == MarksEntry {
		return o.profile + "/marks"
	}
	return o.profile
}

// Available tells whether the keyring can be used now: nil, or [NoKeyring],
// [Locked] or [TimedOut]. It asks nobody and changes nothing.
func (o *OS) Available(ctx context.Context) error {
	return o.do(ctx, func(ctx context.Context) error { return o.ready(ctx, false) })
}

// Load reads an entry.
func (o *OS) Load(ctx context.Context, e Entry) ([]byte, error) {
	var text string
	err := o.do(ctx, func(ctx context.Context) error {
		if err := o.ready(ctx, o.MayPrompt); err != nil {
			return err
		}
		got, err := o.calls.Get(service, o.account(e))
		text = got
		return o.explain(ctx, err)
	})
	if err != nil {
		return nil, err
	}
	return bytesOf(text)
}

// Store keeps an entry and reads it back, since a keyring whose question was
// closed may say that all is well.
func (o *OS) Store(ctx context.Context, e Entry, b []byte) error {
	if len(b) > MaxEntryBytes {
		return Failed.because(errors.New("the entry is too long for a keyring"))
	}
	text := textOf(b)
	return o.do(ctx, func(ctx context.Context) error {
		if err := o.ready(ctx, o.MayPrompt); err != nil {
			return err
		}
		if err := o.calls.Set(service, o.account(e), text); err != nil {
			return o.explain(ctx, err)
		}
		got, err := o.calls.Get(service, o.account(e))
		if err != nil && !errors.Is(err, oskeyring.ErrNotFound) {
			return o.explain(ctx, err)
		}
		if subtle.ConstantTimeCompare([]byte(got), []byte(text)) != 1 {
			return NotKept.because(err)
		}
		return nil
	})
}

// Delete removes an entry and looks whether it is gone.
func (o *OS) Delete(ctx context.Context, e Entry) error {
	return o.do(ctx, func(ctx context.Context) error {
		if err := o.ready(ctx, o.MayPrompt); err != nil {
			return err
		}
		err := o.calls.Delete(service, o.account(e))
		if err != nil && !errors.Is(err, oskeyring.ErrNotFound) {
			return o.explain(ctx, err)
		}
		_, err = o.calls.Get(service, o.account(e))
		if errors.Is(err, oskeyring.ErrNotFound) {
			return nil
		}
		if err != nil {
			return o.explain(ctx, err)
		}
		return NotKept.because(errors.New("the entry is still there"))
	})
}

// ready looks whether a call can be made, where a locked keyring may ask or not.
func (o *OS) ready(ctx context.Context, mayPrompt bool) error {
	c, err := o.look(ctx)
	switch {
	case err != nil:
		return Failed.because(err)
	case c == missing:
		return NoKeyring.because(nil)
	case c == locked && !mayPrompt:
		return Locked.because(nil)
	}
	return nil
}

// explain says what an error of the library means by looking once more.
func (o *OS) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, oskeyring.ErrNotFound) {
		return Absent.because(nil)
	}
	if errors.Is(err, oskeyring.ErrUnsupportedPlatform) {
		return NoKeyring.because(err)
	}
	c, lookErr := o.look(ctx)
	switch {
	case lookErr != nil:
		return Failed.because(errors.Join(err, lookErr))
	case c == missing:
		return NoKeyring.because(err)
	case c == locked && o.MayPrompt:
		return Dismissed.because(err)
	case c == locked:
		return Locked.because(err)
	}
	return Failed.because(err)
}

// do runs one call at a time and gives up on it after the limit. A call that was
// given up keeps its turn until it returns, so that calls to a keyring that hangs
// do not pile up.
func (o *OS) do(ctx context.Context, call func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, o.limit())
	defer cancel()
	select {
	case o.turn <- struct{}{}:
	case <-limited.Done():
		return gaveUp(ctx)
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-o.turn }()
		done <- call(limited)
	}()
	select {
	case err := <-done:
		if err != nil && limited.Err() != nil {
			return gaveUp(ctx)
		}
		return err
	case <-limited.Done():
		return gaveUp(ctx)
	}
}

// gaveUp is the caller's own reason, or the limit.
func gaveUp(ctx context.Context) error {
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return TimedOut.because(context.DeadlineExceeded)
}

func (o *OS) limit() time.Duration {
	switch {
	case o.Limit > 0:
		return o.Limit
	case o.MayPrompt:
		return PromptLimit
	}
	return CallLimit
}
