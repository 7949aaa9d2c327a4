package client

import (
	"context"
	"errors"
	"fmt"
)

// start returns the path to climb to h from, or that h is known.
func (l *Light) start(ctx context.Context, source Chain, h Header) ([]Header, bool, error) {
	if err := l.begin(ctx, source); err != nil {
		return nil, false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.recent[h.Height]; ok && known.Hash == h.Hash {
		return nil, true, nil
	}
	newest := l.path[len(l.path)-1]
	if len(l.path) > 1 && h.Height > newest.Height && l.now().Sub(newest.Time.Time()) > trustingPeriod {
		return nil, false, ErrTrustEnded
	}
	n := below(l.path, h.Height)
	return l.path[:n:n], false, nil
}

// recall asks a source that shows a much later header for the one that was
// verified last: a ledger that was set back and went on differently is found
// by whoever remembers. What a source no longer keeps cannot be compared.
func (l *Light) recall(ctx context.Context, source Chain, path []Header, h Header) error {
	if len(path) < 2 || h.Height <= path[len(path)-1].Height+1 {
		return nil
	}
	last := path[len(path)-1]
	block, err := source.LightBlock(ctx, last.Height)
	if errors.Is(err, ErrPruned) || errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	shown, err := decodeLightBlock(block, l.genesis.App.Chain)
	if err != nil {
		return forgedHeader(path, block, err)
	}
	if shown.Height != last.Height || shown.Hash == last.Hash {
		return nil
	}
	if err := verifyNext(path[len(path)-2], shown, shown.Time); err != nil {
		return forgedHeader(path, block, err)
	}
	return forkOf(path[:len(path)-1], last, shown)
}

// begin verifies the header of height 1, once.
func (l *Light) begin(ctx context.Context, source Chain) error {
	if _, begun := l.Newest(); begun {
		return nil
	}
	block, err := source.LightBlock(ctx, 1)
	if err != nil {
		return err
	}
	path, err := l.genesis.verifyPath([][]byte{block})
	if err != nil {
		return forgedHeader(nil, block, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.path) == 0 {
		l.path = path
		l.remember(path[0])
	}
	return nil
}

// below counts the headers of a path under a height.
func below(path []Header, height int64) int {
	n := 0
	for n < len(path) && path[n].Height < height {
		n++
	}
	return n
}

// commit takes a header that was verified from the path: the path's end moves
// to it, or it is compared with what was verified above it meanwhile.
func (l *Light) commit(h Header) error {
	n := below(l.path, h.Height)
	for _, height := range []int64{h.Height - 1, h.Height, h.Height + 1} {
		if known, ok := l.recent[height]; ok && h.contradicts(known) {
			return forkOf(l.path[:below(l.path, min(h.Height, height))], known, h)
		}
	}
	if n == len(l.path) {
		if err := verifyNext(l.path[n-1], h, h.Time); err != nil {
			return noStep(l.path, h, err)
		}
		l.extend(h)
		l.remember(h)
		return nil
	}
	if next := l.path[n]; h.contradicts(next) {
		return forkOf(l.path[:n], next, h)
	}
	l.remember(h)
	return nil
}

// extend makes h the path's end; the old end leaves if the one before it
// proves h as well, so that the path stays short.
func (l *Light) extend(h Header) {
	n := len(l.path)
	if n > 1 && verifyNext(l.path[n-2], h, h.Time) == nil {
		n--
	}
	l.path = append(l.path[:n:n], h)
}

// climb verifies h from the end of a path and returns the steps it took, h
// last.
func (l *Light) climb(ctx context.Context, source Chain, path []Header, h Header) ([]Header, error) {
	if len(path) == 0 { // height 1: never climbed to, only compared
		if err := l.genesis.verifyFirst(h); err != nil {
			return nil, forgedHeader(nil, h.Block, err)
		}
		return []Header{h}, nil
	}
	trail := path
	budget := maxSteps
	targets := []Header{h}
	for len(targets) > 0 {
		next := targets[len(targets)-1]
		err := verifyNext(trail[len(trail)-1], next, next.Time)
		switch {
		case err == nil:
			trail = append(trail[:len(trail):len(trail)], next)
			targets = targets[:len(targets)-1]
			continue
		case !errors.Is(err, errTooManyNew) && !errors.Is(err, errTrustEnded):
			return nil, noStep(trail, next, err)
		}
		if budget--; budget < 0 {
			return nil, fmt.Errorf("header %d: more than %d steps lie between", h.Height, maxSteps)
		}
		middle, err := l.fetchBetween(ctx, source, trail, next)
		if err != nil {
			return nil, err
		}
		targets = append(targets, middle)
	}
	return trail[len(path):], nil
}

// noStep says what is wrong with a header that does not follow from a path's
// end: it is of another branch if it follows from the header before, and forged
// otherwise.
func noStep(path []Header, h Header, err error) *Lie {
	if n := len(path); n > 1 && h.contradicts(path[n-1]) && verifyNext(path[n-2], h, h.Time) == nil {
		return forkOf(path[:n-1], path[n-1], h)
	}
	return forgedHeader(path, h.Block, err)
}

// fetchBetween fetches a light block strictly between the end of a path and
// another, near the middle. A source that no longer keeps a height gives the
// nearest above.
func (l *Light) fetchBetween(ctx context.Context, source Chain, path []Header, high Header) (Header, error) {
	low := path[len(path)-1]
	for at := low.Height + (high.Height-low.Height)/2; at > low.Height; at = low.Height + (at-low.Height)/2 {
		block, err := source.LightBlock(ctx, at)
		if err != nil {
			return Header{}, err
		}
		h, err := decodeLightBlock(block, l.genesis.App.Chain)
		if err != nil {
			return Header{}, forgedHeader(path, block, err)
		}
		if h.Height > low.Height && h.Height < high.Height {
			return h, nil
		}
	}
	return Header{}, forgedHeader(path, high.Block, errors.New("nothing the source has leads to it"))
}
