package client

import (
	"errors"
	"runtime"

	"golang.org/x/sync/errgroup"

	"carekey/consent"
)

// sheet is a page of a log, read, hashed and matched with the transactions its
// entries came in: all that can be done without the pages before it, and on
// all cores.
type sheet struct {
	page    consent.Page
	entries []consent.Verified
	hashes  []consent.Hash // of the leaves
	opened  []openedTx
	err     error // a *Lie
}

// openedTx is a transaction of which entries were read.
type openedTx struct {
	batch  consent.Hash
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
	leavesPerTask    = 256
	stretchesPerTask = 32
)

// newSheet reads a page into as many entries.
func newSheet(kind consent.LogKind, log consent.LogID, p consent.Page, into []consent.Verified) *sheet {
	s := &sheet{page: p, entries: into, hashes: make([]consent.Hash, len(p.Leaves))}
	items := make([]consent.Hash, len(p.Leaves))
	if s.err = s.parse(items); s.err != nil {
		return s
	}
	if s.err = checkNumbers(log, p.From, s.entries); s.err != nil {
		return s
	}
	if kind != consent.RegistryLog { // its entries are the genesis's, which nobody signs
		s.err = s.open(stretchesOf(s.entries, items))
	}
	return s
}

// parse reads and hashes the leaves.
func (s *sheet) parse(items []consent.Hash) error {
	return inParts(len(s.entries), leavesPerTask, func(i int) error {
		v := &s.entries[i]
		v.Leaf = s.page.Leaves[i]
		if err := readLeaf(v.Leaf, &v.Entry, &v.Item); err != nil {
			return lieAbout(AlteredEntry, s.page.From+uint64(i), "It cannot be read.")
		}
		s.hashes[i], items[i] = leafHash(v.Leaf), leafHash(v.Entry.Item)
		return nil
	})
}

// open checks that the entries are parts of the transactions they name.
func (s *sheet) open(stretches []stretch) error {
	companions := s.page.Companions
	if len(companions) != len(stretches) {
		return lieAbout(ForgedSignature, s.page.From, "%d entries' transactions came with %d signatures.", len(stretches), len(companions))
	}
	s.opened = make([]openedTx, len(stretches))
	return inParts(len(stretches), stretchesPerTask, func(i int) error {
		s.entries[stretches[i].number-s.page.From].Companion = &companions[i]
		header, err := stretches[i].open(companions[i])
		s.opened[i] = openedTx{batch: stretches[i].batch, header: header, raw: companions[i].Header, sig: companions[i].Signature}
		return err
	})
}

// inParts does n things on all cores, part by part.
func inParts(n, part int, do func(i int) error) error {
	var tasks errgroup.Group
	tasks.SetLimit(runtime.GOMAXPROCS(0))
	for lo := 0; lo < n; lo += part {
		tasks.Go(func() error {
			for i := lo; i < min(lo+part, n); i++ {
				if err := do(i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return tasks.Wait()
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

// together counts the first entries that came in one transaction.
func together(entries []consent.Verified) int {
	n := 1
	for n < len(entries) && entries[n].Entry.Batch == entries[0].Entry.Batch {
		n++
	}
	return n
}

// stretchesOf groups entries by transaction, in order of first appearance.
func stretchesOf(entries []consent.Verified, items []consent.Hash) []stretch {
	var all []stretch
	at := map[consent.Hash]int{}
	n := 0
	for i := range entries {
		e := &entries[i].Entry
		known := i > 0 && e.Batch == entries[i-1].Entry.Batch // nearly always; a look into a map for each would be felt
		if !known {
			n, known = at[e.Batch]
		}
		if !known {
			n = len(all)
			at[e.Batch] = n
			much := together(entries[i:])
			all = append(all, stretch{
				batch: e.Batch, number: e.Number, indices: make([]uint32, 0, much), items: make([]consent.Hash, 0, much),
			})
		}
		if last := len(all[n].indices) - 1; last >= 0 && all[n].indices[last] >= e.Index {
			continue // written twice: the audit refuses it
		}
		all[n].indices = append(all[n].indices, e.Index)
		all[n].items = append(all[n].items, items[i])
	}
	return all
}
