package vault

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"carekey/consent"
	"carekey/wallet/internal/durable"
)

// Vault is an open vault. It is safe for concurrent use, and several may be open
// on one folder, in one process or in many.
type Vault struct {
	dir      folder
	safe     safe
	lockWait time.Duration
	apart    bool // every segment and blob has a file of its own, however small

	write   sync.Mutex // one commit at a time
	litter  bool       // a failed write may have left files; guarded by write
	merging int        // segments before this one are being merged; guarded by write
	loads   int        // how often the state was read from disk; guarded by write

	mu     sync.RWMutex // guards what follows
	now    state
	closed bool
}

// state is the vault at one generation.
type state struct {
	head   head
	digest consent.Hash // of the sealed head
	at     side         // where it lies
	synced bool         // this wallet itself made it reach the disk
	slots  []*segment   // by row.segment; nil where free
	places []uint16     // slot of each segment of the head
	names  *interner    // may hold names of a commit under way
	tables tables       // those that rows refer to
	order  order
	times  []entryTimes // of each log
}

// Open opens the vault in dir, sealed to seal, and makes an empty one where
// there is none. Files sealed to older seals are read too, and [Vault.Reseal]
// replaces them.
func Open(dir string, seal Seal, older ...Seal) (*Vault, error) {
	return open(durable.OS{}, dir, seal, older)
}

func open(fsys durable.FS, dir string, seal Seal, older []Seal) (*Vault, error) {
	v := &Vault{dir: folder(dir), safe: newSafe(fsys, seal, older), lockWait: LockWait}
	for _, d := range v.dir.subfolders() {
		if err := os.MkdirAll(d, durable.DirMode); err != nil {
			return nil, fmt.Errorf("make the vault's folder: %w", err)
		}
	}
	if err := v.begin(); err != nil {
		return nil, err
	}
	s, err := v.load()
	if err != nil {
		return nil, err
	}
	v.now = s
	return v, v.tidy()
}

// begin writes the first head of a new vault.
func (v *Vault) begin() error {
	if _, err := newest(v.dir); err == nil || !errors.Is(err, os.ErrNotExist) {
		return nil // what is wrong with it, reading says
	}
	release, err := v.lock()
	if err != nil {
		return err
	}
	defer release()
	h, _, err := v.safe.readHead(v.dir)
	if err != nil || h.Generation > 0 {
		return err // damaged, or another wallet was quicker
	}
	h.Generation = 1
	_, err = v.safe.writeHead(v.dir, h, 0, false)
	return err
}

// load reads the state from disk. A wallet that merges at the same time may take
// segments away between two reads; then it begins again.
func (v *Vault) load() (state, error) {
	for {
		s, err := v.loadOnce()
		if err == nil {
			return s, nil
		}
		now, diskErr := headOnDisk(v.dir)
		if diskErr != nil || now == s.digest || !errors.Is(err, os.ErrNotExist) {
			return state{}, err
		}
	}
}

// loadOnce returns the digest of the head it read also when it fails.
func (v *Vault) loadOnce() (state, error) {
	h, w, err := v.safe.readHead(v.dir)
	if err != nil {
		return state{digest: w.digest}, err
	}
	s := state{head: h, digest: w.digest, at: w.side, names: newInterner()}
	for _, ref := range h.Segments {
		if err := s.loadSegment(v.safe, v.dir, ref); err != nil {
			return state{digest: w.digest}, errors.Join(err, s.close())
		}
	}
	s.tables = s.names.tables
	s.order = order{base: append(s.order.base, s.order.tail...)}
	return s, nil
}

// loadSegment opens a segment and puts its rows among the others; where a row is
// there already, the later segment holds the newer record.
func (s *state) loadSegment(safe safe, dir folder, ref segmentRef) error {
	seg, err := safe.openSegment(dir, ref)
	if err != nil {
		return err
	}
	slot := s.take(seg)
	s.places = append(s.places, slot)
	if err := seg.foot.readNames(seg.plain, s.names); err != nil {
		return damaged("segment "+ref.ID.String(), err)
	}
	rows, err := seg.foot.readRows(seg.plain, s.names.tables, slot)
	if err != nil {
		return damaged("segment "+ref.ID.String(), err)
	}
	s.count(rows)
	s.order = s.order.with(rows, always)
	return nil
}

// take gives an open segment a slot.
func (s *state) take(seg *segment) uint16 {
	free := slices.Index(s.slots, nil)
	if free < 0 {
		free = len(s.slots)
		s.slots = append(s.slots, nil)
	}
	s.slots[free] = seg
	return uint16(free) // maxSegments keeps it small
}

// count notes the entries of each log.
func (s *state) count(rows []row) {
	for len(s.times) < len(s.names.logs) {
		s.times = append(s.times, nil)
	}
	for _, r := range rows {
		s.times[r.log] = s.times[r.log].with(r.number, r.time)
	}
}

// close closes the segments' files.
func (s *state) close() error {
	var errs []error
	for _, seg := range s.slots {
		if seg != nil {
			errs = append(errs, seg.close())
		}
	}
	return errors.Join(errs...)
}

// Reload takes over what other wallets wrote. A vault that has become older
// meanwhile is a [*RolledBackError].
func (v *Vault) Reload() error {
	v.write.Lock()
	defer v.write.Unlock()
	s, err := v.load()
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return errors.Join(ErrClosed, s.close())
	}
	if s.head.Generation < v.now.head.Generation {
		return errors.Join(&RolledBackError{s.head.Generation, v.now.head.Generation}, s.close())
	}
	err = v.now.close()
	v.now = s
	v.loads++
	return err
}

// Close closes the files. Views go on showing their rows.
func (v *Vault) Close() error {
	v.write.Lock()
	defer v.write.Unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil
	}
	v.closed = true
	return v.now.close()
}

// Format shows the folder and nothing of what is in it.
func (v *Vault) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "(vault %s)", string(v.dir)) }

// Generation is the number of the head last read or written.
func (v *Vault) Generation() uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.now.head.Generation
}

// CheckGeneration returns a [*RolledBackError] when the vault is older than a
// generation that is remembered elsewhere.
func (v *Vault) CheckGeneration(remembered uint64) error {
	if found := v.Generation(); found < remembered {
		return &RolledBackError{Found: found, Remembered: remembered}
	}
	return nil
}

// Summary is the caller's summary as last committed.
func (v *Vault) Summary() []byte {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Clone(v.now.head.Summary)
}

// Record reads what is kept for a row of a [View]. It is [ErrNotFound] when the
// vault has no such row.
func (v *Vault) Record(r Row) (Record, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.closed {
		return Record{}, ErrClosed
	}
	found, err := v.now.locate(r)
	if err != nil {
		return Record{}, err
	}
	return v.now.slots[found.segment].record(found.offset)
}

// locate finds a row by log, number and time.
func (s *state) locate(r Row) (row, error) {
	log, ok := s.names.logAt[r.Log]
	if !ok || r.Number > maxNumber {
		return row{}, ErrNotFound
	}
	i, ok := s.order.find(row{time: int64(r.Time), log: log, number: uint32(r.Number)})
	if !ok {
		return row{}, ErrNotFound
	}
	return s.order.at(i), nil
}

// Next is the number that the log's next entry in the vault must have at least:
// one more than the highest there is, or 0.
func (v *Vault) Next(log consent.LogID) uint64 {
	v.mu.RLock()
	defer v.mu.RUnlock()
	i, ok := v.now.names.logAt[log]
	if !ok || int(i) >= len(v.now.times) {
		return 0
	}
	return uint64(v.now.times[i].last() + 1)
}
