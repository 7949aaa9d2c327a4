package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"carekey/consent"
)

// Light verifies headers from the genesis on. What it verified it remembers,
// and never takes a second header for the same height. It is safe for
// concurrent use.
type Light struct {
	genesis *GenesisFile
	trust   Trust
	now     func() time.Time

	mu     sync.Mutex
	path   []Header         // from height 1, ascending; each verified by the one before it
	recent map[int64]Header // verified lately, for comparison
	order  []int64          // of recent, oldest first
	saved  consent.Time     // time of the newest header that was saved
}

const (
	keepRecent = 256
	saveEvery  = 10 * time.Minute // of ledger time
	maxSteps   = 4096             // light blocks fetched to verify one
)

// Errors of the light client that are no lies.
var (
	// ErrClock means that the ledger's time is ahead of the local clock, so one
	// of them is wrong and nothing newer is accepted.
	ErrClock = errors.New("the ledger's time is ahead of this computer's clock: one of them is wrong")
	// ErrTrustEnded means that the newest header verified is more than 400 days
	// old; trust has to be anchored anew (protocol §7).
	ErrTrustEnded = errors.New("this device was away for more than 400 days and must be anchored anew at an institution")
	// ErrStaleView means that the newest header is older than the bound.
	ErrStaleView = errors.New("the newest proven state is too old")
)

// NewLight makes a light client for the network of a genesis file, whose hash
// the caller has compared with the anchor. Kept blocks are verified again. Now
// is the local clock; it can refuse, never permit.
func NewLight(genesis *GenesisFile, trust Trust, now func() time.Time) (*Light, error) {
	l := &Light{genesis: genesis, trust: trust, now: now, recent: map[int64]Header{}}
	blocks, err := trust.Load()
	if err != nil {
		return nil, err
	}
	if l.path, err = genesis.verifyPath(blocks); err != nil {
		return nil, fmt.Errorf("what was kept as verified is not: %w", err)
	}
	for _, h := range l.path {
		l.remember(h)
		l.saved = h.Time
	}
	return l, nil
}

// verifyPath verifies light blocks from height 1 on, each by the one before
// it, as of its own time: the answer does not depend on a clock.
func (g *GenesisFile) verifyPath(blocks [][]byte) ([]Header, error) {
	var path []Header
	for i, b := range blocks {
		h, err := decodeLightBlock(b, g.App.Chain)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			err = g.verifyFirst(h)
		} else {
			err = verifyNext(path[i-1], h, h.Time)
		}
		if err != nil {
			return nil, fmt.Errorf("header %d: %w", h.Height, err)
		}
		path = append(path, h)
	}
	return path, nil
}

// Genesis is the genesis file that everything is verified from.
func (l *Light) Genesis() *GenesisFile { return l.genesis }

// Newest returns the newest header verified, if there is one.
func (l *Light) Newest() (Header, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.path) == 0 {
		return Header{}, false
	}
	return l.path[len(l.path)-1], true
}

// Fresh returns [ErrStaleView] if a header is older than bound by the later of
// the local clock and the newest header.
func (l *Light) Fresh(h Header, bound time.Duration) error {
	now := consent.At(l.now())
	if newest, ok := l.Newest(); ok {
		now = max(now, newest.Time)
	}
	if age := now.Sub(h.Time); age > bound {
		return fmt.Errorf("%w: %s", ErrStaleView, age.Round(time.Second))
	}
	return nil
}

// Advance fetches the newest header of a source and verifies it.
func (l *Light) Advance(ctx context.Context, source Chain) (Header, error) {
	block, err := source.LightBlock(ctx, 0)
	if err != nil {
		return Header{}, err
	}
	return l.Verify(ctx, source, block)
}

// At returns the verified header of a height, from the source if need be.
func (l *Light) At(ctx context.Context, source Chain, height int64) (Header, error) {
	l.mu.Lock()
	h, ok := l.recent[height]
	l.mu.Unlock()
	if ok {
		return h, nil
	}
	block, err := source.LightBlock(ctx, height)
	if err != nil {
		return Header{}, err
	}
	if h, err = l.Verify(ctx, source, block); err != nil {
		return Header{}, err
	}
	if h.Height != height {
		return Header{}, fmt.Errorf("header %d: %w", height, ErrPruned)
	}
	return h, nil
}

// Verify verifies a light block, fetching from source what lies between. A
// *Lie says that it is forged, or genuine and yet another one than that which
// was verified before.
func (l *Light) Verify(ctx context.Context, source Chain, block []byte) (Header, error) {
	h, err := l.verify(ctx, source, block)
	var caught *Lie
	if errors.As(err, &caught) {
		return Header{}, l.genesis.seal(caught, nil)
	}
	return h, err
}

func (l *Light) verify(ctx context.Context, source Chain, block []byte) (Header, error) {
	h, err := decodeLightBlock(block, l.genesis.App.Chain)
	if err != nil {
		return Header{}, forgedHeader(l.known(), block, err)
	}
	if h.Time.Sub(consent.At(l.now())) > maxAhead {
		return Header{}, ErrClock
	}
	path, known, err := l.start(ctx, source, h)
	if err != nil || known {
		return h, err
	}
	if err := l.recall(ctx, source, path, h); err != nil {
		return Header{}, err
	}
	// The network is asked without the lock: a slow source keeps nobody waiting.
	steps, err := l.climb(ctx, source, path, h)
	if err != nil {
		return Header{}, err
	}
	return h, l.commitAll(steps)
}

// known returns the path so far.
func (l *Light) known() []Header {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.path
}

func (l *Light) commitAll(steps []Header) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, step := range steps {
		if err := l.commit(step); err != nil {
			return err
		}
	}
	return l.save()
}

func (l *Light) remember(h Header) {
	if _, ok := l.recent[h.Height]; !ok {
		l.order = append(l.order, h.Height)
	}
	l.recent[h.Height] = h
	if len(l.order) > keepRecent {
		delete(l.recent, l.order[0])
		l.order = l.order[1:]
	}
}

// save keeps the path now and then; a path that lags is only longer to climb.
func (l *Light) save() error {
	newest := l.path[len(l.path)-1]
	if l.saved != 0 && newest.Time.Sub(l.saved) < saveEvery {
		return nil
	}
	l.saved = newest.Time
	return l.trust.Save(blocksOf(l.path))
}

// Flush keeps everything verified so far.
func (l *Light) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trust.Save(blocksOf(l.path))
}

func blocksOf(path []Header) [][]byte {
	blocks := make([][]byte, len(path))
	for i, h := range path {
		blocks[i] = h.Block
	}
	return blocks
}

// pathTo returns the headers that prove a verified header from height 1.
func (l *Light) pathTo(h Header) []Header {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := below(l.path, h.Height)
	return append(l.path[:n:n], h)
}
