package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/ledger"
)

// Verifying: what a wallet does with a long chart that it never saw, and with
// one that has grown a little.

const (
	longChart    = 100_000
	verifyRuns   = 5
	refreshRuns  = 60
	refreshLimit = 1.25 // "the same", as far as one can tell here
	newEntries   = 10
)

func measureVerify(ctx context.Context, dir string) (rows []row, err error) {
	past, err := writePast(filepath.Join(dir, "ledger"), []pastChart{
		{length: longChart, perBatch: 1000}, {length: longChart, perBatch: 20}, {length: longChart, perBatch: 1},
		{length: 100, perBatch: 20}, {length: 10_000, perBatch: 20},
	})
	if err != nil {
		return nil, err
	}
	node, err := ledger.Start(ctx, ledger.Config{Home: past.home})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	r, err := newReader(ctx, node)
	if err != nil {
		return nil, err
	}
	for i := range 3 {
		found, err := r.whole(ctx, past.charts[i], past.wanted[i])
		if err != nil {
			return nil, err
		}
		rows = append(rows, found)
	}
	found, err := r.refreshes(ctx, node, []*chart{past.charts[3], past.charts[4], past.charts[1]})
	return append(rows, found...), err
}

// pastChart is a chart that came to be in the past.
type pastChart struct{ length, perBatch int }

// pastTown is a ledger with a past.
type pastTown struct {
	*town
	wanted []pastChart
	charts []*chart
}

// writePast writes charts through the real rules, a block an hour.
func writePast(home string, wanted []pastChart) (*pastTown, error) {
	start := time.Now().AddDate(-1, 0, 0)
	t, err := newTown(home, start)
	if err != nil {
		return nil, err
	}
	p := &pastTown{town: t, wanted: wanted}
	past, err := ledger.OpenPast(ledger.Config{Home: home})
	if err != nil {
		return nil, err
	}
	at := start
	for _, w := range wanted {
		c, err := t.newChart()
		if err == nil {
			at, err = c.live(past, at, w, c.access)
		}
		if err != nil {
			return nil, errors.Join(err, past.Abandon())
		}
		p.charts = append(p.charts, c)
	}
	if _, err := past.Write(time.Now().Truncate(time.Millisecond)); err != nil { // a fresh header
		return nil, errors.Join(err, past.Abandon())
	}
	return p, past.Finish()
}

// perBlock bounds the transactions of one past block.
const perBlock = 500

// live opens the chart and lets it grow to its length; it returns the time of
// its last block. The last batch comes an hour after all others, as in a chart
// that is read again: what a reader keeps of recent batches is then alike for
// all lengths.
func (c *chart) live(past *ledger.Past, at time.Time, w pastChart, access func(int) consent.Item) (time.Time, error) {
	next := func() time.Time { at = at.Add(time.Hour); return at }
	open, err := c.open(next())
	if err != nil {
		return at, err
	}
	if err := written(past.Write(at, open)); err != nil {
		return at, err
	}
	for n := 1; n < w.length; {
		next()
		var txs [][]byte
		for size := 0; n < w.length && len(txs) < perBlock && size < 20_000; size += w.perBatch {
			if left := w.length - n; left <= w.perBatch && size > 0 {
				break
			}
			items := make([]consent.Item, 0, w.perBatch)
			for ; n < w.length && len(items) < w.perBatch; n++ {
				items = append(items, access(n))
			}
			tx, err := c.batch(at, items...)
			if err != nil {
				return at, err
			}
			txs = append(txs, tx)
		}
		if err := written(past.Write(at, txs...)); err != nil {
			return at, err
		}
	}
	return at, nil
}

// reader reads logs of a node in this process as a wallet does.
type reader struct {
	source   client.Source
	light    *client.Light
	registry *client.Registry
}

func newReader(ctx context.Context, node *ledger.Node) (*reader, error) {
	r := &reader{source: ledger.NewService(node)}
	genesis, err := client.DecodeGenesisFile(node.Genesis())
	if err != nil {
		return nil, err
	}
	if r.light, err = client.NewLight(genesis, &client.MemoryTrust{}, time.Now); err != nil {
		return nil, err
	}
	r.registry, err = r.light.FollowRegistry(ctx, r.source)
	return r, err
}

// whole verifies a chart from its first entry on, from pages in memory, against
// the hashing of the same bytes and the checking of their signatures.
func (r *reader) whole(ctx context.Context, c *chart, p pastChart) (row, error) {
	kept := &pages{Source: r.source, of: map[uint64]consent.Page{}}
	follow := func() error {
		got, err := r.light.Follow(ctx, kept, r.registry, c.log, consent.Remembered{})
		if err == nil && len(got.New) != p.length {
			err = fmt.Errorf("%d entries, not %d", len(got.New), p.length)
		}
		return err
	}
	if err := follow(); err != nil { // fills the memory
		return row{}, err
	}
	leaves, signatures := kept.content()
	one, err := newVerification()
	if err != nil {
		return row{}, err
	}
	all, err := inTurns(verifyRuns, follow, func() error { return hashTree(leaves) }, one.some)
	if err != nil {
		return row{}, err
	}
	cores := time.Duration(runtime.GOMAXPROCS(0))
	floor := func(hash, some time.Duration) time.Duration {
		each := float64(some) / someVerifications
		return 2*hash + time.Duration(1.1*float64(signatures)*each)/cores
	}
	name := fmt.Sprintf("verify a chart of %d entries in batches of %d vs 2 × hashing + 1.1 × %d signatures ÷ cores", p.length, p.perBatch, signatures)
	found := atMost(name, all[0].took, samples{floor(all[1].took.at(0.5), all[2].took.at(0.5))}, 0.5, 1)
	found.used = ratio(all[0].used.at(0.5)/cores, floor(all[1].used.at(0.5), all[2].used.at(0.5)))
	return found, nil
}

// pages keeps a log's pages in memory.
type pages struct {
	client.Source
	mu sync.Mutex
	of map[uint64]consent.Page // by their first entry
}

// Entries is [client.State.Entries].
func (p *pages) Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if page, ok := p.of[from]; ok {
		return page, nil
	}
	page, err := p.Source.Entries(ctx, log, from, maxBytes)
	if err == nil {
		p.of[from] = page
	}
	return page, err
}

// content returns all leaves, and how many signatures cover them.
func (p *pages) content() (leaves [][]byte, signatures int) {
	distinct := map[consent.Signature]bool{}
	for from := uint64(0); ; {
		page, ok := p.of[from]
		if !ok {
			return leaves, len(distinct)
		}
		leaves = append(leaves, page.Leaves...)
		for _, c := range page.Companions {
			distinct[c.Signature] = true
		}
		from += uint64(len(page.Leaves))
	}
}

// hashTree hashes leaves into one RFC 6962 tree.
func hashTree(leaves [][]byte) error {
	sum := sha256.New()
	hashes := make([]consent.Hash, len(leaves))
	for i, leaf := range leaves {
		sum.Reset()
		sum.Write([]byte{0})
		sum.Write(leaf)
		sum.Sum(hashes[i][:0])
	}
	if consent.TreeRoot(hashes) == (consent.Hash{}) {
		return errors.New("the tree has no root")
	}
	return nil
}

// verification is one signature over as many bytes as a transaction's.
type verification struct {
	key     ed25519.PublicKey
	message []byte
	sig     []byte
}

const someVerifications = 500

func newVerification() (*verification, error) {
	s, err := newSigner()
	if err != nil {
		return nil, err
	}
	message := make([]byte, 300)
	return &verification{s.key.Public().(ed25519.PublicKey), message, ed25519.Sign(s.key, message)}, nil
}

func (v *verification) some() error {
	for range someVerifications {
		if !ed25519.Verify(v.key, v.message, v.sig) {
			return errors.New("a good signature does not verify")
		}
	}
	return nil
}

// refreshes reads a few new entries of charts of different length, the shortest
// first: it is the floor.
func (r *reader) refreshes(ctx context.Context, node *ledger.Node, charts []*chart) ([]row, error) {
	var reads []func() error
	for _, c := range charts {
		before, err := r.light.Follow(ctx, r.source, r.registry, c.log, consent.Remembered{})
		if err != nil {
			return nil, err
		}
		if err := c.grow(ctx, node); err != nil {
			return nil, err
		}
		reads = append(reads, func() error {
			got, err := r.light.Follow(ctx, r.source, r.registry, c.log, before.Keep)
			if err == nil && len(got.New) != newEntries {
				err = fmt.Errorf("%d new entries, not %d", len(got.New), newEntries)
			}
			return err
		})
	}
	all, err := inTurns(refreshRuns, reads...)
	if err != nil {
		return nil, err
	}
	return []row{
		refreshed("10,000", all[1], all[0]), refreshed("100,000", all[2], all[0]),
	}, nil
}

func refreshed(length string, long, short turns) row {
	r := atMost("refresh with 10 new entries at "+length+" vs at 100", long.took, short.took, 0.5, refreshLimit)
	r.used = ratio(long.used.at(0.5), short.used.at(0.5))
	return r
}

// grow adds new entries and waits until they are provable.
func (c *chart) grow(ctx context.Context, node *ledger.Node) error {
	items := make([]consent.Item, newEntries)
	for i := range items {
		items[i] = c.access(-1 - i)
	}
	tx, err := c.batch(time.Now(), items...)
	if err != nil {
		return err
	}
	if _, err := node.Submit(ctx, tx); err != nil {
		return err
	}
	height, result, err := node.Await(ctx, ledger.TxID(tx))
	if err := written([]consent.Result{result}, err); err != nil {
		return err
	}
	_, _, err = node.Wait(ctx, height+1)
	return err
}
