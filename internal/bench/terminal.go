package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"
)

// terminal is the far side of a child's terminal: it presses keys, and sees
// what is drawn and when.
type terminal struct {
	master *os.File
	drawn  chan drawing
}

// drawing is what was read at once.
type drawing struct {
	at   time.Time
	text string
}

// settled is how long nothing is drawn before the next key is pressed.
const settled = 20 * time.Millisecond

// patience bounds the wait for a frame.
const patience = 20 * time.Second

var errNothingDrawn = errors.New("nothing was drawn")

func newTerminal(master *os.File) *terminal {
	t := &terminal{master: master, drawn: make(chan drawing, 1024)}
	go t.read()
	return t
}

// read hands on what is drawn until the child is gone.
func (t *terminal) read() {
	defer close(t.drawn)
	buffer := make([]byte, 64<<10)
	for {
		n, err := t.master.Read(buffer)
		if n > 0 {
			t.drawn <- drawing{time.Now(), string(buffer[:n])}
		}
		if err != nil {
			return
		}
	}
}

// until waits for a text to be drawn and returns when that was.
func (t *terminal) until(ctx context.Context, text string) (time.Time, error) {
	seen := ""
	for late := time.After(patience); ; {
		select {
		case d, ok := <-t.drawn:
			if !ok {
				return time.Time{}, errNothingDrawn
			}
			if seen += d.text; strings.Contains(seen, text) {
				return d.at, nil
			}
		case <-late:
			return time.Time{}, errNothingDrawn
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// quiet waits until nothing was drawn for a while.
func (t *terminal) quiet(ctx context.Context, d time.Duration) error {
	for {
		select {
		case _, ok := <-t.drawn:
			if !ok {
				return errNothingDrawn
			}
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// press returns how long after the key the next frame came.
func (t *terminal) press(ctx context.Context, key string) (time.Duration, error) {
	if err := t.quiet(ctx, settled); err != nil {
		return 0, err
	}
	pause(ctx)
	started := time.Now()
	if _, err := t.master.WriteString(key); err != nil {
		return 0, err
	}
	select {
	case d, ok := <-t.drawn:
		if !ok {
			return 0, errNothingDrawn
		}
		return d.at.Sub(started), nil
	case <-time.After(patience):
		return 0, errNothingDrawn
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// end kills the child and waits for it.
func (t *terminal) end(cmd *exec.Cmd) error {
	err := cmd.Process.Kill()
	_ = cmd.Wait() // was killed
	return errors.Join(err, t.master.Close())
}
