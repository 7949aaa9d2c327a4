package vault

import (
	"context"
	"errors"
	"slices"
)

// A commit folds segments into the one it writes up to these sizes, so that it
// stays quick; what is larger waits for [Vault.Merge].
const (
	maxAbsorbRows  = 4096
	maxAbsorbBytes = 8 << 20
)

// absorb is the first of the newest segments that a commit of n rows takes in.
func (v *Vault) absorb(n int) int {
	return v.now.fold(n, func(at, rows int, bytes int64) bool {
		return at >= v.merging && rows <= maxAbsorbRows && bytes <= maxAbsorbBytes
	})
}

// fold is the oldest segment that is no longer than all newer ones and the
// given rows together, so that joining them from there on is worth it. It looks
// no further than may allows for a segment and what is gathered with it.
func (s *state) fold(rows int, may func(at, rows int, bytes int64) bool) int {
	from, bytes := len(s.places), int64(0)
	for at := len(s.places) - 1; at >= 0; at-- {
		older := s.slots[s.places[at]].foot
		bytes += older.Records
		if !may(at, rows+int(older.Rows), bytes) {
			break
		}
		if int(older.Rows) <= rows {
			from = at
		}
		rows += int(older.Rows)
	}
	return from
}

// between are the open segments of a range.
func (s *state) between(from, to int) []*segment {
	var list []*segment
	for _, place := range s.places[from:to] {
		list = append(list, s.slots[place])
	}
	return list
}

// collect begins the change's draft with the rows of its inputs. It touches
// nothing that a commit changes.
func (c *change) collect(ctx context.Context, before tables) error {
	c.draft = &draft{foot: footer{ID: newFileID()}}
	c.draft.foot.FirstLog = uint32(len(before.logs))
	c.draft.foot.FirstInstitution = uint32(len(before.institutions))
	if len(c.inputs) > 0 {
		oldest := c.inputs[0].foot
		c.draft.foot.FirstLog, c.draft.foot.FirstInstitution = oldest.FirstLog, oldest.FirstInstitution
	}
	for _, in := range c.inputs {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows, err := in.foot.readRows(in.plain, c.names, 0)
		if err != nil {
			return damaged("segment "+in.ref.ID.String(), err)
		}
		c.draft.add(rows, &window{segment: in})
	}
	return nil
}

// Merge joins segments that have become many. In a long history it may take
// seconds, while commits and reads go on. It does nothing when there is nothing
// to do or another wallet is at it, and returns [ErrStale] when another wallet
// wrote meanwhile. The wallet calls it in the background after commits.
func (v *Vault) Merge(ctx context.Context) error {
	_, err := v.rewrite(ctx, func(s *state) (int, int) {
		return s.fold(0, func(_, _ int, bytes int64) bool { return bytes <= maxSegmentBytes }), len(s.places)
	})
	if errors.Is(err, ErrBusy) {
		return nil
	}
	return err
}

// Reseal seals to the vault's current seal what is still sealed to older ones,
// which may be forgotten once it returns nil. It returns [ErrBusy] when another
// wallet is merging.
func (v *Vault) Reseal(ctx context.Context) error {
	tag := tagOf(v.safe.seal)
	for more := true; more; {
		var err error
		more, err = v.rewrite(ctx, func(s *state) (int, int) {
			i := slices.IndexFunc(s.head.Segments, func(s segmentRef) bool { return len(s.Here) == 0 && s.Seal != tag })
			return max(i, 0), i + 1
		})
		if err != nil {
			return err
		}
	}
	return v.resealBlobs(tag)
}

// resealBlobs writes the blobs anew, and with them the head: twice, so that
// neither side stays sealed to an older seal.
func (v *Vault) resealBlobs(tag sealTag) error {
	v.write.Lock()
	defer v.write.Unlock()
	b := Batch{Blobs: make(map[string][]byte)}
	for _, ref := range v.now.head.Blobs {
		if ref.Seal == tag || ref.ID == (fileID{}) {
			continue
		}
		value, err := v.readBlob(ref)
		if err != nil {
			return err
		}
		b.Blobs[ref.Name] = value
	}
	if _, err := v.commit(b); err != nil {
		return err
	}
	_, err := v.commit(Batch{})
	return err
}

// rewrite puts one segment in place of a range, and tells whether there was one.
func (v *Vault) rewrite(ctx context.Context, choose func(*state) (from, to int)) (bool, error) {
	release, err := v.tryMergeLock()
	if err != nil {
		return false, err
	}
	defer release()
	c, loads, err := v.startRewrite(choose)
	if err != nil || c == nil {
		return false, err
	}
	if err = c.collect(ctx, tables{}); err == nil {
		c.nameInputs()
		err = v.storeDraft(ctx, c)
	}
	return true, v.finishRewrite(c, loads, err)
}

// startRewrite chooses the range and keeps commits away from it. It returns nil
// when the range is empty, and else how often the state had been loaded.
func (v *Vault) startRewrite(choose func(*state) (from, to int)) (*change, int, error) {
	v.write.Lock()
	defer v.write.Unlock()
	if v.closed {
		return nil, 0, ErrClosed
	}
	c := &change{names: v.now.tables}
	if c.from, c.to = choose(&v.now); c.from >= c.to {
		return nil, 0, nil
	}
	c.inputs = v.now.between(c.from, c.to)
	v.merging = c.to
	return c, v.loads, nil
}

// nameInputs gives the draft the names that its inputs named first.
func (c *change) nameInputs() {
	oldest, newest := c.inputs[0].foot, c.inputs[len(c.inputs)-1].foot
	c.draft.names = tables{
		c.names.logs[oldest.FirstLog : newest.FirstLog+newest.Logs],
		c.names.institutions[oldest.FirstInstitution : newest.FirstInstitution+newest.Institutions],
	}
}

// finishRewrite makes the written segment part of the head, where failed is nil
// and nobody loaded or wrote the vault meanwhile. A row that was committed anew
// since keeps its newer record.
func (v *Vault) finishRewrite(c *change, loads int, failed error) error {
	v.write.Lock()
	defer v.write.Unlock()
	v.merging = 0
	err := failed
	if v.loads != loads {
		err = ErrStale // the inputs may have been closed while they were read
	}
	if err == nil {
		err = v.putRewrite(c)
	}
	if err != nil {
		v.litter = true
		if c.segment != nil {
			_ = c.segment.close() // it was only read
		}
	}
	return err
}

func (v *Vault) putRewrite(c *change) error {
	release, err := v.fresh()
	if err != nil {
		return err
	}
	defer release()
	dead := v.now.places[c.from:c.to]
	c.replace = func(old row) bool { return slices.Contains(dead, old.segment) }
	c.next = v.now.head
	if err := v.storeHead(c, v.now.head.Blobs); err != nil {
		return err
	}
	v.apply(c)
	return nil
}
