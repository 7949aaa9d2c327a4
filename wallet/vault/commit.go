package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"carekey/consent"
	"carekey/wallet/internal/durable"
)

// Commit writes a batch and returns the new generation. When it returns, the
// batch survives a crash. After an error the vault is as it was; only when the
// very last flush failed may the batch stand on disk all the same, and then the
// next commit says [ErrStale] and [Vault.Reload] shows it.
func (v *Vault) Commit(b Batch) (uint64, error) {
	if err := b.check(); err != nil {
		return 0, err
	}
	v.write.Lock()
	defer v.write.Unlock()
	return v.commit(b)
}

// commit does what Commit says. The caller holds v.write and checked the batch.
func (v *Vault) commit(b Batch) (uint64, error) {
	release, err := v.fresh()
	if err != nil {
		return 0, err
	}
	defer release()
	logs, institutions := len(v.now.names.logs), len(v.now.names.institutions)
	c, err := v.prepare(b)
	if err == nil {
		err = v.store(c, b.Blobs)
	}
	if err != nil {
		v.abandon(logs, institutions)
		if durable.IsFull(err) {
			return 0, fmt.Errorf("%w (%w)", ErrFull, err)
		}
		return 0, fmt.Errorf("write the vault: %w", err)
	}
	v.apply(c)
	return v.now.head.Generation, nil
}

// change is a new head in the making: a draft in place of the segments from
// (inclusive) to (exclusive) of the present head.
type change struct {
	from, to int
	inputs   []*segment // those segments
	names    tables     // what rows refer to
	draft    *draft     // nil when no rows change
	replace  func(old row) bool
	small    int64 // the draft may stand in the head if it is no longer than this
	next     head
	digest   consent.Hash
	segment  *segment // the draft, written and opened
}

// prepare turns a batch into a draft and the next head's summary.
func (v *Vault) prepare(b Batch) (*change, error) {
	c := &change{next: v.now.head, replace: always} // nothing is newer than a commit
	if b.Summary != nil {
		c.next.Summary = slices.Clone(b.Summary)
	}
	if len(b.New)+len(b.Changed) == 0 {
		return c, nil
	}
	rows, records, err := v.newRows(b)
	if err != nil {
		return nil, err
	}
	c.from, c.to = v.absorb(len(rows)), len(v.now.places)
	c.inputs = v.now.between(c.from, c.to)
	c.names = v.now.names.tables
	if err := c.collect(context.Background(), v.now.tables); err != nil {
		return nil, err
	}
	c.draft.add(rows, records)
	c.draft.names = tables{c.names.logs[c.draft.foot.FirstLog:], c.names.institutions[c.draft.foot.FirstInstitution:]}
	if !v.apart {
		c.small = int64(min(maxHereSegment, maxHereSegments-hereSegments(v.now.head.Segments[:c.from])))
	}
	return c, nil
}

// newRows are the rows of a batch in order, with their records.
func (v *Vault) newRows(b Batch) ([]row, unwritten, error) {
	shown, records, err := v.encodeBatch(b)
	if err != nil {
		return nil, nil, err
	}
	rows, err := v.intern(shown)
	if err != nil {
		return nil, nil, err
	}
	if err := v.now.ascend(rows[:len(b.New)]); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(rows, row.compare)
	if i := firstTwin(rows); i >= 0 {
		return nil, nil, fmt.Errorf("entry %d stands in the batch twice: %w", rows[i].number, ErrOrder)
	}
	return rows, records, nil
}

// encodeBatch lists a batch's rows, the new ones first, and encodes its records.
func (v *Vault) encodeBatch(b Batch) (shown []Row, records unwritten, err error) {
	put := func(r Row, rec Record) error {
		encoded, err := rec.encode()
		shown, records = append(shown, r), append(records, encoded)
		return err
	}
	for _, e := range b.New {
		if err := put(e.Row, e.Record); err != nil {
			return nil, nil, err
		}
	}
	for _, c := range b.Changed {
		rec, err := v.now.changed(c)
		if err != nil {
			return nil, nil, err
		}
		if err := put(c.Row, rec); err != nil {
			return nil, nil, err
		}
	}
	return shown, records, nil
}

// intern turns shown rows into rows whose offsets count them.
func (v *Vault) intern(shown []Row) ([]row, error) {
	v.mu.Lock() // readers look into the names
	defer v.mu.Unlock()
	rows := make([]row, len(shown))
	for i, s := range shown {
		r, err := v.now.names.row(s)
		if err != nil {
			return nil, err
		}
		r.offset = uint32(i)
		rows[i] = r
	}
	return rows, nil
}

// firstTwin is the place of a row that is followed by its like, or −1.
func firstTwin(rows []row) int {
	for i := 1; i < len(rows); i++ {
		if rows[i-1].compare(rows[i]) == 0 {
			return i - 1
		}
	}
	return -1
}

// ascend makes sure that each log's numbers rise above those the vault has.
func (s *state) ascend(rows []row) error {
	last := make(map[uint32]int64)
	for _, r := range rows {
		before, ok := last[r.log]
		if !ok {
			before = -1
			if int(r.log) < len(s.times) {
				before = s.times[r.log].last()
			}
		}
		if int64(r.number) <= before {
			return fmt.Errorf("entry %d after entry %d: %w", r.number, before, ErrOrder)
		}
		last[r.log] = int64(r.number)
	}
	return nil
}

// changed is the record of a row with a change made to it.
func (s *state) changed(c Change) (Record, error) {
	old, err := s.locate(c.Row)
	if err != nil {
		return Record{}, fmt.Errorf("entry %d: %w", c.Row.Number, err)
	}
	rec, err := s.slots[old.segment].record(old.offset)
	if err != nil {
		return Record{}, err
	}
	if c.Detail != nil {
		rec.Detail = c.Detail
	}
	return rec, nil
}

// store writes the change's files, the head last. The others know nothing of
// each other, so they wait for the disk together.
func (v *Vault) store(c *change, blobs map[string][]byte) error {
	var list []blobRef
	var failed error
	var writing sync.WaitGroup
	writing.Go(func() { list, failed = v.storeBlobs(blobs) })
	if c.draft != nil {
		if err := v.storeDraft(context.Background(), c); err != nil {
			writing.Wait()
			return errors.Join(err, failed)
		}
	}
	writing.Wait()
	if failed != nil {
		return failed
	}
	return v.storeHead(c, list)
}

// storeDraft writes and opens the change's segment; a small one is written with
// the head.
func (v *Vault) storeDraft(ctx context.Context, c *change) error {
	ref := segmentRef{ID: c.draft.foot.ID}
	if c.draft.size() <= c.small {
		var here bytes.Buffer
		if err := c.draft.write(ctx, &here); err != nil {
			return err
		}
		ref.Here = here.Bytes()
	} else {
		ref.Seal = tagOf(v.safe.seal)
		err := v.safe.write(v.dir.segment(ref.ID), segmentKind, func(w io.Writer) error {
			return c.draft.write(ctx, w)
		})
		if err != nil {
			return err
		}
	}
	ref.Rows = c.draft.foot.Rows
	var err error
	c.segment, err = v.safe.openSegment(v.dir, ref)
	return err
}

// storeHead writes the head that names what was written.
func (v *Vault) storeHead(c *change, blobs []blobRef) error {
	c.next.Generation++
	c.next.Blobs = blobs
	if c.segment != nil {
		c.next.Segments = slices.Replace(slices.Clone(c.next.Segments), c.from, c.to, c.segment.ref)
	}
	if len(c.next.Segments) > maxSegments {
		return fmt.Errorf("%d segments are %w", len(c.next.Segments), ErrTooLarge)
	}
	digest, err := v.safe.writeHead(v.dir, c.next, v.now.at.other(), v.now.synced)
	c.digest = digest
	return err
}

// abandon forgets a change that could not be written.
func (v *Vault) abandon(logs, institutions int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now.names.forget(logs, institutions)
	v.litter = true // guarded by v.write, which the caller holds
}

// apply makes a written change the present. Only the caller, who holds v.write,
// changes the state, so the long part of the work needs no lock.
func (v *Vault) apply(c *change) {
	gone := v.gone(c)
	if c.segment != nil {
		v.applyRows(c)
	}
	v.mu.Lock()
	v.now.head, v.now.digest, v.now.tables = c.next, c.digest, v.now.names.tables
	v.now.at, v.now.synced = v.now.at.other(), true
	v.mu.Unlock()
	for _, name := range gone {
		if v.safe.fs.Remove(name) != nil {
			v.litter = true
		}
	}
}

// applyRows puts the change's segment in place of those it was made from.
func (v *Vault) applyRows(c *change) {
	v.mu.Lock()
	slot := v.now.take(c.segment)
	v.mu.Unlock()
	for i := range c.draft.rows {
		c.draft.rows[i].segment = slot
	}
	next := v.now.order.with(c.draft.rows, c.replace)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.now.order = next
	v.now.count(c.draft.rows)
	for _, dead := range v.now.places[c.from:c.to] {
		_ = v.now.slots[dead].close() // it was only read
		v.now.slots[dead] = nil
	}
	v.now.places = slices.Replace(slices.Clone(v.now.places), c.from, c.to, slot)
}

// gone lists the files that the next head no longer names.
func (v *Vault) gone(c *change) []string {
	var names []string
	if c.segment != nil {
		for _, s := range v.now.head.Segments[c.from:c.to] {
			if len(s.Here) == 0 {
				names = append(names, v.dir.segment(s.ID))
			}
		}
	}
	for _, b := range v.now.head.Blobs {
		if b.ID != (fileID{}) && !slices.ContainsFunc(c.next.Blobs, func(n blobRef) bool { return n.ID == b.ID }) {
			names = append(names, v.dir.blob(b.ID))
		}
	}
	return names
}

// newFileID draws a name.
func newFileID() (id fileID) {
	rand.Read(id[:]) // never fails: crypto/rand ends the program instead
	return id
}
