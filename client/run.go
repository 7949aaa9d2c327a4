package client

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"carekey/consent"
)

// run verifies a stretch of one log, page by page, up to its proven head.
type run struct {
	audit *audit
	head  consent.Head
	tree  consent.Frontier // of what was read so far
	news  []consent.Verified
	extra bool                       // more entries were offered than the head counts
	known map[consent.Hash]*openedTx // transactions seen, since one may go on over a page's end
	sigs  errgroup.Group             // checks that are under way
}

// openedTx is a transaction of which entries were read.
type openedTx struct {
	header consent.Header
	raw    []byte
	sig    consent.Signature
	queued bool // its signature is being checked
}

// stretch is a page's entries of one transaction.
type stretch struct {
	batch   consent.Hash
	number  uint64 // of its first entry
	indices []uint32
	items   []consent.Hash
}

const (
	leavesPerTask     = 256
	signaturesPerTask = 32
)

func newRun(a *audit, head consent.Head, from consent.Frontier) *run {
	r := &run{audit: a, head: head, tree: from, known: map[consent.Hash]*openedTx{}}
	r.news = make([]consent.Verified, 0, min(r.missing(), 1<<17))
	r.sigs.SetLimit(2 * runtime.GOMAXPROCS(0))
	return r
}

// missing is how many entries lie between what was read and the head.
func (r *run) missing() uint64 { return r.head.Tree.Size - r.tree.Size }

// page takes the next page. An error is a *Lie.
func (r *run) page(p consent.Page) error {
	if len(p.Leaves) == 0 {
		return lieAbout(HiddenEntry, r.tree.Size, "The log has %d entries, and %d were shown.", r.head.Tree.Size, r.tree.Size)
	}
	fresh := r.room(len(p.Leaves))
	hashes, items, err := r.parse(p.Leaves, fresh)
	if err != nil {
		return err
	}
	if err := checkNumbers(r.audit.log, r.tree.Size, fresh); err != nil {
		return err
	}
	if err := r.open(fresh, items, p.Companions); err != nil {
		return err
	}
	if most := r.missing(); uint64(len(fresh)) > most { // the log may have grown since its head was proven
		r.extra, fresh, hashes = true, fresh[:most], hashes[:most]
		r.news = r.news[:uint64(len(r.news))-uint64(len(p.Leaves))+most]
	}
	if err := r.judge(fresh); err != nil {
		return err
	}
	r.tree.AppendAll(hashes)
	return nil
}

// room makes room for n more entries.
func (r *run) room(n int) []consent.Verified {
	first := len(r.news)
	r.news = slices.Grow(r.news, n)[:first+n]
	return r.news[first:]
}

// parse reads and hashes leaves on all cores.
func (r *run) parse(leaves [][]byte, into []consent.Verified) (hashes, items []consent.Hash, err error) {
	hashes, items = make([]consent.Hash, len(leaves)), make([]consent.Hash, len(leaves))
	var tasks errgroup.Group
	tasks.SetLimit(runtime.GOMAXPROCS(0))
	for lo := 0; lo < len(leaves); lo += leavesPerTask {
		tasks.Go(func() error {
			for i := lo; i < min(lo+leavesPerTask, len(leaves)); i++ {
				v := &into[i]
				v.Leaf = leaves[i]
				if err := readLeaf(v.Leaf, &v.Entry, &v.Item); err != nil {
					return lieAbout(AlteredEntry, r.tree.Size+uint64(i), "It cannot be read.")
				}
				hashes[i], items[i] = leafHash(v.Leaf), leafHash(v.Entry.Item)
			}
			return nil
		})
	}
	return hashes, items, tasks.Wait()
}

// checkNumbers finds entries that are missing, double or in another order: an
// entry carries its own log and number.
func checkNumbers(log consent.LogID, from uint64, entries []consent.Verified) error {
	for i, v := range entries {
		want := from + uint64(i)
		switch {
		case v.Entry.Log != log:
			return lieAbout(AddedEntry, want, "It belongs to another log.")
		case v.Entry.Number != want:
			return misnumbered(from, want, entries)
		}
	}
	return nil
}

// misnumbered names what happened to a page whose numbers do not run.
func misnumbered(from, at uint64, entries []consent.Verified) error {
	seen := make(map[uint64]bool, len(entries))
	for _, v := range entries {
		if seen[v.Entry.Number] || v.Entry.Number < from {
			return lieAbout(AddedEntry, v.Entry.Number, "There are two entries of this number.")
		}
		seen[v.Entry.Number] = true
	}
	for n := from; n < from+uint64(len(entries)); n++ {
		if !seen[n] {
			return lieAbout(HiddenEntry, n, "Later entries were shown.")
		}
	}
	return lieAbout(ReorderedEntries, at, "")
}

// open matches entries with the transactions they came in.
func (r *run) open(entries []consent.Verified, items []consent.Hash, companions []consent.Companion) error {
	if r.audit.kind == consent.RegistryLog {
		return nil // entries of the genesis, which nobody signs
	}
	stretches := stretchesOf(entries, items)
	if len(companions) != len(stretches) {
		return lieAbout(ForgedSignature, r.tree.Size, "%d entries' transactions came with %d signatures.", len(stretches), len(companions))
	}
	opened := make([]consent.Header, len(stretches))
	if err := r.openAll(stretches, companions, opened); err != nil {
		return err
	}
	for i, s := range stretches {
		if r.known[s.batch] == nil {
			r.known[s.batch] = &openedTx{header: opened[i], raw: companions[i].Header, sig: companions[i].Signature}
		}
	}
	return nil
}

func (r *run) openAll(stretches []stretch, companions []consent.Companion, into []consent.Header) error {
	var tasks errgroup.Group
	tasks.SetLimit(runtime.GOMAXPROCS(0))
	for lo := 0; lo < len(stretches); lo += signaturesPerTask {
		tasks.Go(func() error {
			for i := lo; i < min(lo+signaturesPerTask, len(stretches)); i++ {
				var err error
				if into[i], err = stretches[i].open(companions[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return tasks.Wait()
}

func (s stretch) open(c consent.Companion) (consent.Header, error) {
	h, err := openCompanion(c, s.batch, s.indices, s.items)
	switch {
	case err == nil:
		return h, nil
	case errors.Is(err, errOtherBatch):
		return h, lieAbout(ForgedSignature, s.number, "The signature that was shown is not the one it was written with.")
	}
	return h, lieAbout(AlteredEntry, s.number, "It is not among what was signed.")
}

// stretchesOf groups entries by transaction, in order of first appearance.
func stretchesOf(entries []consent.Verified, items []consent.Hash) []stretch {
	var all []stretch
	at := map[consent.Hash]int{}
	for i := range entries {
		e := &entries[i].Entry
		n, ok := at[e.Batch]
		if !ok {
			n = len(all)
			at[e.Batch] = n
			all = append(all, stretch{batch: e.Batch, number: e.Number})
		}
		if last := len(all[n].indices) - 1; last >= 0 && all[n].indices[last] >= e.Index {
			continue // written twice: the audit refuses it
		}
		all[n].indices = append(all[n].indices, e.Index)
		all[n].items = append(all[n].items, items[i])
	}
	return all
}

// judge applies the rules in order and starts the checks of signatures.
func (r *run) judge(entries []consent.Verified) error {
	var checks []check
	for i := range entries {
		v := &entries[i]
		j := judged{entry: v.Entry, item: v.Item, leaf: v.Leaf}
		tx := r.known[v.Entry.Batch]
		if tx != nil {
			j.header = &tx.header
		}
		said, err := r.audit.judge(j)
		if err != nil {
			return accepted(err)
		}
		v.Signer, v.Key = consent.SignerGenesis, said.signer
		checks = append(checks, said.checks...)
		if tx == nil {
			continue
		}
		v.Signer = tx.header.Kind
		if !tx.queued {
			tx.queued = true
			checks = append(checks, tx.check(v, r.audit.chain))
		}
	}
	r.start(checks)
	return nil
}

// check is that of the transaction's signature by the key its first entry
// calls for; later entries of it call for the same, being of the same block.
func (tx *openedTx) check(v *consent.Verified, chain string) check {
	return check{v.Entry.Number, v.Key, tx.header.Statement(chain, tx.raw), tx.sig}
}

// start checks signatures in the background.
func (r *run) start(checks []check) {
	for part := range slices.Chunk(checks, signaturesPerTask) {
		r.sigs.Go(func() error {
			for _, c := range part {
				if !ed25519.Verify(c.key[:], statementBytes(c.statement), c.signature[:]) {
					return accepted(lieAbout(ForgedSignature, c.number, ""))
				}
			}
			return nil
		})
	}
}

// accepted marks a lie as one that the ledger, not only the server, is part of
// if the entry is in the proven tree.
func accepted(err error) error {
	var caught *Lie
	if errors.As(err, &caught) {
		caught.accepted = true
	}
	return err
}

// finish judges the whole once the last page was read. An error is a *Lie.
func (r *run) finish() error {
	if err := r.sigs.Wait(); err != nil {
		return err
	}
	if err := sameTree(r.tree, r.head.Tree); err != nil {
		kind := AlteredEntry
		if r.extra {
			kind = AddedEntry
		}
		return lie(kind, "The entries that were shown are not those of the proven log.")
	}
	return r.audit.conclude(r.head)
}

// sameTree compares a tree that was computed with one that was proven.
func sameTree(computed, proven consent.Frontier) error {
	if computed.Size != proven.Size || !slices.Equal(computed.Roots, proven.Roots) {
		return fmt.Errorf("%w: %d entries", consent.ErrBadProof, computed.Size)
	}
	return nil
}
