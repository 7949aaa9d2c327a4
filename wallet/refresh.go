package wallet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"carekey/consent"
)

// How often an idle log is read again, so that "complete" stays green.
const readAgain = 20 * time.Second

// Pauses between attempts at an institution that does not answer: doubled from
// the shortest to the longest.
const (
	shortPause = time.Second
	longPause  = 30 * time.Second
)

// Run follows every chart and running transfer until the context ends, each on
// a session of its own.
func (w *Wallet) Run(ctx context.Context) error {
	var followers sync.WaitGroup
	defer followers.Wait()
	followers.Go(func() { w.keepSeeking(ctx) })
	followers.Go(func() { w.keepMerging(ctx) })
	for {
		for _, log := range w.unfollowed() {
			followers.Go(func() { w.follow(ctx, log) })
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.grown:
		}
	}
}

// unfollowed returns the logs that nobody follows yet, and marks them.
func (w *Wallet) unfollowed() []consent.LogID {
	w.mu.Lock()
	defer w.mu.Unlock()
	var logs []consent.LogID
	for _, log := range w.book.live() {
		if _, ok := w.wake[log]; !ok {
			w.wake[log] = make(chan struct{}, 1)
			logs = append(logs, log)
		}
	}
	return logs
}

// live are the logs worth following: all charts, and what still moves.
func (b *book) live() []consent.LogID {
	var logs []consent.LogID
	for _, c := range b.Charts {
		logs = append(logs, c.Log)
	}
	for _, t := range b.Transfers {
		if !t.Done {
			logs = append(logs, t.Log)
		}
	}
	return logs
}

// follow reads one log again whenever it may have grown, was nudged, or its
// proof grows old.
func (w *Wallet) follow(ctx context.Context, log consent.LogID) {
	defer w.unfollow(log)
	pause := shortPause
	for ctx.Err() == nil {
		wait, again := readAgain, shortPause
		if err := w.read(ctx, log); err != nil {
			wait, again, pause = pause, pause, min(2*pause, longPause)
		} else {
			pause = shortPause
		}
		if w.finished(log) {
			return
		}
		w.waitFor(ctx, log, wait, again)
	}
}

// unfollow lets somebody else follow the log later.
func (w *Wallet) unfollow(log consent.LogID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.wake, log)
}

// keepSeeking looks for lost charts until all are found.
func (w *Wallet) keepSeeking(ctx context.Context) {
	for pause := shortPause; ; pause = min(2*pause, longPause) {
		err := w.seek(ctx)
		if err == nil {
			return
		}
		w.Log.Debug("charts are still looked for", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func (w *Wallet) finished(log consent.LogID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.book.transfer(log)
	return t != nil && t.Done
}

// waitFor returns after the wait, a nudge, or the institution's word that the
// log has grown; if that cannot be had, after the shorter time again.
func (w *Wallet) waitFor(ctx context.Context, log consent.LogID, wait, again time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	w.mu.Lock()
	nudged := w.wake[log]
	w.mu.Unlock()
	grown := make(chan error, 1)
	go func() {
		r, size, err := w.watch(log)
		if err == nil {
			err = w.Network.Await(ctx, r, size)
		}
		grown <- err
	}()
	select {
	case <-nudged:
		cancel()
		<-grown
	case err := <-grown:
		if err == nil {
			return
		}
		select {
		case <-nudged:
		case <-time.After(again):
		case <-ctx.Done():
		}
	}
}

func (w *Wallet) watch(log consent.LogID) (Reader, uint64, error) {
	var size uint64
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			size = c.Remembered.Tree.Size
		} else if t := b.transfer(log); t != nil {
			size = t.Remembered.Tree.Size
		}
	})
	r, err := w.readerOf(log)
	return r, size, err
}

// nudge makes a follower read its log now.
func (w *Wallet) nudge(log consent.LogID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	signal(w.wake[log])
}

// Refresh reads every log once, all at the same time.
func (w *Wallet) Refresh(ctx context.Context) error {
	if w.Network == nil {
		return nil
	}
	sought := w.seek(ctx)
	var logs []consent.LogID
	w.withBook(func(b *book) { logs = b.live() })
	failed := make([]error, len(logs))
	var reading sync.WaitGroup
	for i, log := range logs {
		reading.Go(func() { failed[i] = w.read(ctx, log) })
	}
	reading.Wait()
	return errors.Join(append(failed, sought)...)
}

// Settle refreshes until no act is on its way any more.
func (w *Wallet) Settle(ctx context.Context) error {
	for {
		var waiting []pending
		w.withBook(func(b *book) {
			waiting = slices.DeleteFunc(slices.Clone(b.Pending), func(p pending) bool { return !p.waits() })
		})
		if len(waiting) == 0 {
			return nil
		}
		for _, p := range waiting {
			r, size, err := w.watch(p.Log)
			if err != nil {
				return err
			}
			if err := w.Network.Await(ctx, r, size); err != nil {
				return err
			}
			if err := w.read(ctx, p.Log); err != nil {
				return err
			}
		}
	}
}

// Reader says how a log of this wallet is read.
func (w *Wallet) Reader(log consent.LogID) (Reader, error) { return w.readerOf(log) }

// readerOf finds how a log is read.
func (w *Wallet) readerOf(log consent.LogID) (Reader, error) {
	var r Reader
	err := errors.New("this wallet has no such log")
	w.withBook(func(b *book) {
		if c := b.chart(log); c != nil {
			r, err = w.chartReader(c)
		} else if t := b.transfer(log); t != nil {
			r, err = w.transferReader(t, t.To)
		}
	})
	return r, err
}

// read brings one log up to date: proven entries are folded, written and only
// then shown; acts that they prove are done, others are sent again.
func (w *Wallet) read(ctx context.Context, log consent.LogID) error {
	r, err := w.readerOf(log)
	if err != nil {
		return err
	}
	var remembered consent.Remembered
	w.withBook(func(b *book) { remembered = b.remembered(log) })
	reading, err := w.Network.Follow(ctx, r, remembered)
	if err != nil && ctx.Err() != nil {
		return err // stopped, which says nothing about the institution
	}
	if err != nil {
		w.failed(log, r.At, err)
		return err
	}
	if err := w.compare(ctx, r, reading.Tip); err != nil {
		w.failed(log, r.At, err)
		return err
	}
	if err := w.learn(ctx); err != nil {
		return err
	}
	if err := w.take(log, remembered.Tree.Size, reading); err != nil {
		w.unkept(log, err)
		return err
	}
	if w.behind(log, reading) {
		return nil
	}
	w.errands(ctx, log, reading.Tip)
	return nil
}

// behind tells whether the book took another reading that was shorter than
// this one: what this one proves absent may then be in it.
func (w *Wallet) behind(log consent.LogID, reading consent.Reading) (short bool) {
	w.withBook(func(b *book) { short = b.remembered(log).Tree.Size < reading.Head.Tree.Size })
	return short
}

func (b *book) remembered(log consent.LogID) consent.Remembered {
	if c := b.chart(log); c != nil {
		return c.Remembered
	}
	if t := b.transfer(log); t != nil {
		return t.Remembered
	}
	return consent.Remembered{}
}

// learn takes over the newest registry.
func (w *Wallet) learn(ctx context.Context) error {
	registry, err := w.Network.Registry(ctx)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.registry = registry
	return nil
}
