package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carekey/consent"
)

// Source is where headers, state and one log are read from; a [Node] is one.
type Source interface {
	Chain
	State
}

// Progress is what one reading of a log proved.
type Progress struct {
	Tip  consent.Tip
	Head consent.Head
	New  []consent.Verified // after the remembered ones; details not yet opened
	Keep consent.Remembered // for the next reading

	before consent.Frontier // what was remembered
	proof  consent.StateProof
	header Header
}

// Errors of Follow that are no lies.
var (
	// ErrNoLog means that the log is proven not to exist at a fresh header.
	ErrNoLog = errors.New("there is no such log")
	// ErrRegistryChanged means that the registry log has grown since the
	// registry was read: read it again.
	ErrRegistryChanged = errors.New("the registry has changed meanwhile")
)

// behindLimit is how far a source may lag behind other sources before its view
// counts as a lie rather than as delay.
const behindLimit = time.Minute

// Follow reads a log from what is remembered to its proven head (protocol §4):
// the head by a state proof under a verified header, only new entries, each
// signed by whom its class allows, all by the rules. A *Lie carries evidence.
func (l *Light) Follow(ctx context.Context, source Source, registry *Registry, log consent.LogID, from consent.Remembered) (Progress, error) {
	return l.follow(ctx, source, registry, log, from)
}

// follow is Follow; registry is nil for the registry log itself.
func (l *Light) follow(ctx context.Context, source Source, registry *Registry, log consent.LogID, from consent.Remembered) (Progress, error) {
	m, err := l.moment(ctx, source, log)
	if err != nil {
		return Progress{}, err
	}
	if registry != nil && !registry.fits(m.registry) {
		return Progress{}, ErrRegistryChanged
	}
	if err := l.compare(m, from); err != nil {
		return Progress{}, err
	}
	r, pages, err := l.read(ctx, source, m, registry, log, from)
	var caught *Lie
	if errors.As(err, &caught) {
		caught.material = logMaterial{Log: log, Proof: m.proof, Start: from, Pages: pages}
		return Progress{}, l.investigate(ctx, source, m, registry, log, from, caught)
	}
	if err != nil {
		return Progress{}, err
	}
	return r.progress(m, from.Tree), nil
}

// moment is the state of one log at one verified header.
type moment struct {
	header   Header
	proof    consent.StateProof
	head     *consent.Head // nil: proven absent
	registry consent.Head
	clock    consent.Clock
}

// momentKeys are the keys of the state that every reading proves together.
func momentKeys(network consent.NetworkID, log consent.LogID) [][]byte {
	registry := consent.RegistryLogID(network)
	keys := [][]byte{consent.HeadKey(registry), consent.ClockKey()}
	if log != registry {
		keys = append(keys, consent.HeadKey(log))
	}
	return keys
}

// moment proves the newest state of a log.
func (l *Light) moment(ctx context.Context, source Source, log consent.LogID) (moment, error) {
	network := l.genesis.App.Network
	proof, header, proven, err := l.Prove(ctx, source, momentKeys(network, log))
	if err != nil {
		return moment{}, err
	}
	m, err := readMoment(network, log, proven)
	if err != nil {
		return moment{}, fmt.Errorf("the proven state: %w", err)
	}
	m.header, m.proof = header, proof
	return m, nil
}

// readMoment decodes what was proven.
func readMoment(network consent.NetworkID, log consent.LogID, proven Proven) (moment, error) {
	var m moment
	registry, err := provenHead(proven, consent.RegistryLogID(network))
	if err != nil {
		return m, err
	}
	if registry == nil {
		return m, errors.New("there is no registry")
	}
	m.registry = *registry
	if m.head, err = provenHead(proven, log); err != nil {
		return m, err
	}
	raw, err := proven.Get(consent.ClockKey())
	if err != nil || raw == nil {
		return m, err // before the first transaction there is no clock in the state
	}
	m.clock, err = consent.DecodeClock(raw)
	return m, err
}

// provenHead reads a log's head, nil if its absence is proven.
func provenHead(proven Proven, log consent.LogID) (*consent.Head, error) {
	raw, err := proven.Get(consent.HeadKey(log))
	if err != nil || raw == nil {
		return nil, err
	}
	head, err := consent.DecodeHead(raw)
	return &head, err
}

// Prove fetches a proof of keys at the newest state that the source can prove,
// and verifies it and its header. The header is not later than [behindLimit]
// before the newest one known.
func (l *Light) Prove(ctx context.Context, source Source, keys [][]byte) (consent.StateProof, Header, Proven, error) {
	fail := func(err error) (consent.StateProof, Header, Proven, error) {
		return consent.StateProof{}, Header{}, Proven{}, err
	}
	proof, err := source.Prove(ctx, 0, keys)
	if err != nil {
		return fail(err)
	}
	header, err := l.At(ctx, source, proof.Height+1)
	if err != nil {
		return fail(err)
	}
	proven, err := verifyProof(proof, header)
	if err != nil {
		if fork := l.branch(ctx, source, header); fork != nil {
			return fail(fork)
		}
		return fail(l.convict(&Lie{Kind: ForgedProof, Reason: err.Error(), material: proofMaterial{Proof: proof}}, header, nil))
	}
	for _, key := range keys {
		if _, err := proven.Get(key); err != nil {
			return fail(err)
		}
	}
	if newest, ok := l.Newest(); ok && newest.Time.Sub(header.Time) > behindLimit {
		late := lie(StaleView, "It is of %s; %s is proven elsewhere.",
			header.Time.Time().Format(time.RFC3339), newest.Time.Time().Format(time.RFC3339))
		late.material = staleMaterial{Shown: header.Block}
		return fail(l.convict(late, newest, nil))
	}
	return proof, header, proven, nil
}

// branch finds out whether a source whose proof does not fit a verified header
// follows another branch of the ledger: then it has another header of that
// height, as genuine, and has forged nothing itself. The answer is nil where
// no such header is to be had.
func (l *Light) branch(ctx context.Context, source Chain, known Header) *Lie {
	var caught *Lie
	block, err := source.LightBlock(ctx, known.Height)
	if err == nil {
		_, err = l.Verify(ctx, source, block)
	}
	if errors.As(err, &caught) && caught.Kind == Fork {
		return caught
	}
	return nil
}

// compare holds what is proven now against what is remembered.
func (l *Light) compare(m moment, from consent.Remembered) error {
	size := from.Tree.Size
	tip := int64(0)
	var before memo
	if size > 0 {
		var err error
		if before, err = decodeMemo(from.Audit); err != nil {
			return err
		}
		tip = before.Tip
	}
	switch {
	case m.proof.Height < tip:
		return fmt.Errorf("%w: it is of height %d, after %d was proven", ErrStaleView, m.proof.Height, tip)
	case m.head == nil && size == 0:
		return ErrNoLog
	case m.head != nil && m.head.Tree.Size >= size && (m.head.Tree.Size > size || sameTree(from.Tree, m.head.Tree) == nil):
		return nil
	}
	now := uint64(0)
	if m.head != nil {
		now = m.head.Tree.Size
	}
	back := lie(RolledBack, "%d entries were proven before; the ledger now proves %d, or others.", size, now)
	back.material = rollbackMaterial{Before: from, Now: m.proof}
	return l.convict(back, m.header, nil, before.Block)
}

// read fetches and verifies the new entries. While one page is judged the next
// ones are fetched and read.
func (l *Light) read(ctx context.Context, source Source, m moment, registry *Registry, log consent.LogID, from consent.Remembered) (*run, []consent.Page, error) {
	var known *consent.Registry
	if registry != nil {
		known = registry.Registry
	}
	a, err := newAudit(l.genesis, known, m.head.Kind, log, from)
	if err != nil {
		return nil, nil, err
	}
	r := newRun(a, *m.head, from.Tree)
	defer func() { _ = r.sigs.Wait() }() // what it finds, finish says
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var pages []consent.Page
	f := fetcher{source: source, kind: m.head.Kind, log: log, result: r.news, first: from.Tree.Size}
	next := f.start(ctx, from.Tree.Size, m.head.Tree.Size)
	for r.missing() > 0 {
		soon, ok := <-next
		if !ok {
			return r, pages, ctx.Err()
		}
		got := <-soon
		if got.err != nil {
			return r, pages, got.err
		}
		pages = append(pages, got.sheet.page)
		if err := r.take(got.sheet); err != nil {
			return r, pages, err
		}
	}
	return r, pages, r.finish()
}

// investigate reads the log once more, from its beginning, when entries after
// the remembered ones were not as they must be: only so can one who remembers
// nothing see a broken rule, or that the past itself was rewritten. If that
// shows no more, what was caught stands as it is.
func (l *Light) investigate(ctx context.Context, source Source, m moment, registry *Registry, log consent.LogID, from consent.Remembered, caught *Lie) error {
	caught.Log = log
	if from.Tree.Size == 0 {
		return l.convict(caught, m.header, registry)
	}
	_, pages, err := l.read(ctx, source, m, registry, log, consent.Remembered{})
	var again *Lie
	if errors.As(err, &again) && again.Kind == caught.Kind {
		again.Log = log
		again.material = logMaterial{Log: log, Proof: m.proof, Pages: pages}
		return l.convict(again, m.header, registry)
	}
	back := rollbackMaterial{Before: from, Now: m.proof, Pages: pages}
	if err == nil && rewritten(back, m.head.Tree) {
		rewrote := lie(RolledBack, "The ledger now proves other entries than it proved before.")
		rewrote.Log, rewrote.material = log, back
		before, _ := decodeMemo(from.Audit) // was read before
		return l.convict(rewrote, m.header, registry, before.Block)
	}
	return l.convict(caught, m.header, registry)
}

// fetcher fetches a log's pages and reads them into sheets.
type fetcher struct {
	source State
	kind   consent.LogKind
	log    consent.LogID
	result []consent.Verified // where entries are read to
	first  uint64             // number of the result's first
}

type fetched struct {
	sheet *sheet
	err   error
}

// pagesAhead is how many pages wait for the reader, read or being read: enough
// that no core is idle at the end of a page.
const pagesAhead = 4

// start fetches the entries of [from, end) some pages ahead of the reader, until
// all are read, a page is empty, or the context ends. Pages come in order, each
// when it was read into a sheet.
func (f fetcher) start(ctx context.Context, from, end uint64) <-chan (<-chan fetched) {
	out := make(chan (<-chan fetched), pagesAhead)
	go func() {
		defer close(out)
		for from < end {
			page, err := f.fetch(ctx, from)
			read := make(chan fetched, 1)
			select {
			case out <- read:
			case <-ctx.Done():
				return
			}
			if err != nil {
				read <- fetched{err: err}
				return
			}
			into := slot(f.result, from-f.first, len(page.Leaves))
			go func() { read <- fetched{sheet: newSheet(f.kind, f.log, page, into)} }()
			if len(page.Leaves) == 0 {
				return
			}
			from += uint64(len(page.Leaves))
		}
	}()
	return out
}

func (f fetcher) fetch(ctx context.Context, from uint64) (consent.Page, error) {
	page, err := f.source.Entries(ctx, f.log, from, 0)
	if err == nil && (page.Log != f.log || page.From != from) {
		err = fmt.Errorf("%w: other entries than were asked for", ErrFrame)
	}
	return page, err
}

// progress sums a finished run up.
func (r *run) progress(m moment, before consent.Frontier) Progress {
	keep := consent.Remembered{
		Tree: r.tree, Keys: r.audit.keys,
		Audit: r.audit.memo(r.tree.Size, m.proof, m.header),
	}
	return Progress{
		Tip: m.tip(), Head: *m.head, New: r.news, Keep: keep,
		before: before, proof: m.proof, header: m.header,
	}
}

// tip is the moment's place in time. Its live time is at least what the state
// says: blocks without transactions advance it beside the state.
func (m moment) tip() consent.Tip {
	return consent.Tip{Height: m.header.Height, Header: m.header.Hash, Time: m.header.Time, Live: m.clock.Live}
}
