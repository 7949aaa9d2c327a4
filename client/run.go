package client

import (
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

const signaturesPerTask = 32

func newRun(a *audit, head consent.Head, from consent.Frontier) *run {
	r := &run{audit: a, head: head, tree: from, known: map[consent.Hash]*openedTx{}}
	r.news = make([]consent.Verified, 0, min(r.missing(), 1<<17))
	r.sigs.SetLimit(2 * runtime.GOMAXPROCS(0))
	return r
}

// missing is how many entries lie between what was read and the head.
func (r *run) missing() uint64 { return r.head.Tree.Size - r.tree.Size }

// page takes the next page.
func (r *run) page(p consent.Page) error {
	return r.take(newSheet(r.audit.kind, r.audit.log, p, make([]consent.Verified, len(p.Leaves))))
}

// take takes the next page's entries. An error is a *Lie, or says that the page
// is not the next one.
func (r *run) take(s *sheet) error {
	switch {
	case s.page.From != r.tree.Size:
		return fmt.Errorf("%w: entries from %d on where %d were read", ErrFrame, s.page.From, r.tree.Size)
	case len(s.page.Leaves) == 0:
		return lieAbout(HiddenEntry, r.tree.Size, "The log has %d entries, and %d were shown.", r.head.Tree.Size, r.tree.Size)
	case s.err != nil:
		return s.err
	}
	for i, tx := range s.opened {
		if r.known[tx.batch] == nil {
			r.known[tx.batch] = &s.opened[i]
		}
	}
	entries, hashes := s.entries, s.hashes
	if most := r.missing(); uint64(len(entries)) > most { // the log may have grown since its head was proven
		r.extra, entries, hashes = true, entries[:most], hashes[:most]
	}
	if err := r.judge(entries); err != nil {
		return err
	}
	r.add(entries)
	r.tree.AppendAll(hashes)
	return nil
}

// add takes verified entries over; those that were read in their place stay
// there.
func (r *run) add(entries []consent.Verified) {
	n, m := len(r.news), len(entries)
	if m > 0 && n+m <= cap(r.news) && &r.news[:n+1][n] == &entries[0] {
		r.news = r.news[:n+m]
		return
	}
	r.news = append(r.news, entries...)
}

// slot is where the entries of a page are read to: their place in the result
// if there is room, so that a long history is not copied.
func slot(result []consent.Verified, offset uint64, n int) []consent.Verified {
	if end := offset + uint64(n); end <= uint64(cap(result)) {
		return result[offset:end:end]
	}
	return make([]consent.Verified, n)
}

// judge applies the rules in order and starts the checks of signatures.
func (r *run) judge(entries []consent.Verified) error {
	var checks []check
	var tx *openedTx
	for i := range entries {
		v := &entries[i]
		j := judged{entry: v.Entry, item: v.Item, leaf: v.Leaf}
		if i == 0 || v.Entry.Batch != entries[i-1].Entry.Batch {
			tx = r.known[v.Entry.Batch]
		}
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
				if !c.key.Signed(statementBytes(c.statement), c.signature) {
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
