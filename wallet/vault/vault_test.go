package vault

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"carekey/consent"
	"carekey/wallet/internal/durable"
	"carekey/wallet/internal/durable/durabletest"
)

// testSeal is a seal of its own; the wallet's come from wallet/keys.
type testSeal struct{ *age.HybridIdentity }

func (s testSeal) Recipient() age.Recipient { return s.HybridIdentity.Recipient() }
func (s testSeal) Hash() consent.Hash {
	return consent.Sum([]byte(s.HybridIdentity.Recipient().String()))
}

func newSeal(t testing.TB) testSeal {
	t.Helper()
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return testSeal{id}
}

func openTest(t testing.TB, dir string, seal Seal, older ...Seal) *Vault {
	t.Helper()
	v, err := Open(dir, seal, older...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// openApart opens a vault that writes a file for each segment and blob, however
// small.
func openApart(t testing.TB, dir string, seal Seal, older ...Seal) *Vault {
	t.Helper()
	v := openTest(t, dir, seal, older...)
	v.apart = true
	return v
}

func logID(n int) (id consent.LogID) {
	binary.BigEndian.PutUint32(id[:], uint32(n)+1)
	return id
}

func instID(n int) (id consent.InstitutionID) {
	binary.BigEndian.PutUint32(id[:], uint32(n)+1)
	return id
}

// testEntry is entry number n of a log, with a record that tells which it is.
func testEntry(log, n int, at int64) Entry {
	return Entry{
		Row: Row{
			Log: logID(log), Number: uint64(n), Time: consent.Time(at), Class: consent.Class(n%5 + 1),
			Basis: uint8(n % 3), Flags: uint16(n % 4), Institution: instID(log % 3),
		},
		Record: Record{
			Entry:     fmt.Appendf(nil, "entry %d of %d", n, log),
			Companion: bytes.Repeat([]byte{byte(n)}, n%50),
			Detail:    bytes.Repeat([]byte{byte(log)}, n%7),
		},
	}
}

func commit(t testing.TB, v *Vault, b Batch) uint64 {
	t.Helper()
	g, err := v.Commit(b)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// numbered commits n entries of one log from a number on.
func numbered(t testing.TB, v *Vault, log, from, n int) {
	t.Helper()
	var b Batch
	for i := range n {
		b.New = append(b.New, testEntry(log, from+i, int64(from+i)*10))
	}
	commit(t, v, b)
}

// sameEntry compares what the vault has for an entry.
func sameEntry(t testing.TB, v *Vault, want Entry) {
	t.Helper()
	rec, err := v.Record(want.Row)
	if err != nil {
		t.Fatalf("entry %d of log %x: %v", want.Row.Number, want.Row.Log[:4], err)
	}
	if !bytes.Equal(rec.Entry, want.Record.Entry) || !bytes.Equal(rec.Companion, want.Record.Companion) ||
		!bytes.Equal(rec.Detail, want.Record.Detail) {
		t.Fatalf("entry %d of log %x: got %q, want %q", want.Row.Number, want.Row.Log[:4], rec, want.Record)
	}
}

func TestEmptyVault(t *testing.T) {
	v := openTest(t, t.TempDir(), newSeal(t))
	if v.Generation() != 1 || v.View().Len() != 0 || len(v.Summary()) != 0 || v.Next(logID(1)) != 0 {
		t.Error("a new vault is not empty")
	}
	if _, err := v.Blob("outbox"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := v.Record(Row{}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestCommitIsThereAfterReopening(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	v := openTest(t, dir, seal)
	e := testEntry(1, 0, 100)
	g := commit(t, v, Batch{Summary: []byte("home"), New: []Entry{e}, Blobs: map[string][]byte{"outbox": []byte("bytes")}})
	for range 2 {
		if v.Generation() != g || string(v.Summary()) != "home" || v.View().Len() != 1 || v.View().Row(0) != e.Row {
			t.Errorf("generation %d of %d, summary %q, rows %d", v.Generation(), g, v.Summary(), v.View().Len())
		}
		sameEntry(t, v, e)
		if b, err := v.Blob("outbox"); err != nil || string(b) != "bytes" {
			t.Errorf("%q, %v", b, err)
		}
		if v.Next(e.Row.Log) != 1 {
			t.Errorf("next is %d", v.Next(e.Row.Log))
		}
		v.Close()
		v = openTest(t, dir, seal)
	}
	commit(t, v, Batch{Blobs: map[string][]byte{"outbox": nil}})
	if _, err := v.Blob("outbox"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a removed blob: %v", err)
	}
	if string(v.Summary()) != "home" {
		t.Error("a batch without summary changed it")
	}
	if files, _ := os.ReadDir(v.dir.blobs()); len(files) != 0 {
		t.Error("a removed blob's file remains")
	}
}

// model is a vault without disk, order or segments.
type model struct {
	entries map[consent.LogID][]Entry
	summary []byte
	blobs   map[string][]byte
}

func (m *model) batch(t *rapid.T) Batch {
	var b Batch
	for range rapid.IntRange(0, 12).Draw(t, "new") {
		log := rapid.IntRange(0, 5).Draw(t, "log")
		e := testEntry(log, len(m.entries[logID(log)]), rapid.Int64Range(0, 60).Draw(t, "time"))
		m.entries[e.Row.Log] = append(m.entries[e.Row.Log], e)
		b.New = append(b.New, e)
	}
	if rapid.Bool().Draw(t, "summary?") {
		b.Summary = rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "summary")
		m.summary = b.Summary
	}
	if rapid.Bool().Draw(t, "blob?") {
		name := rapid.SampledFrom([]string{"outbox", "details"}).Draw(t, "name")
		b.Blobs = map[string][]byte{name: rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "blob")}
		m.blobs[name] = b.Blobs[name]
	}
	return b
}

// change alters an entry that was committed before.
func (m *model) change(t *rapid.T) Batch {
	logs := slices.SortedFunc(maps.Keys(m.entries), func(a, b consent.LogID) int { return bytes.Compare(a[:], b[:]) })
	if len(logs) == 0 {
		return Batch{}
	}
	log := m.entries[rapid.SampledFrom(logs).Draw(t, "log")]
	e := &log[rapid.IntRange(0, len(log)-1).Draw(t, "entry")]
	e.Row.Flags ^= 1
	e.Record.Detail = rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "detail")
	return Batch{Changed: []Change{{Row: e.Row, Detail: e.Record.Detail}}}
}

func (m *model) check(t *rapid.T, v *Vault) {
	view := v.View()
	want := make(map[string]Entry)
	for _, log := range m.entries {
		for _, e := range log {
			want[fmt.Sprint(e.Row)] = e
		}
	}
	if view.Len() != len(want) {
		t.Fatalf("%d rows, want %d", view.Len(), len(want))
	}
	for i := range view.Len() {
		row := view.Row(i)
		if i > 0 && view.Row(i-1).Time < row.Time {
			t.Fatalf("row %d is newer than the one before", i)
		}
		e, ok := want[fmt.Sprint(row)]
		if !ok {
			t.Fatalf("row %d is not known: %v", i, row)
		}
		if found, err := v.Entry(row.Log, row.Number); err != nil || found != row {
			t.Fatalf("row %d by its number: %v, %v", i, found, err)
		}
		rec, err := v.Record(row)
		if err != nil || !bytes.Equal(rec.Entry, e.Record.Entry) || !bytes.Equal(rec.Detail, e.Record.Detail) ||
			!bytes.Equal(rec.Companion, e.Record.Companion) {
			t.Fatalf("row %d: %v, %q, want %q", i, err, rec, e.Record)
		}
	}
	for log := range m.entries {
		if found, err := v.Entry(log, v.Next(log)); !errors.Is(err, ErrNotFound) {
			t.Fatalf("an entry that is not there: %v, %v", found, err)
		}
	}
	if !bytes.Equal(v.Summary(), m.summary) {
		t.Fatalf("summary %q, want %q", v.Summary(), m.summary)
	}
	for name, value := range m.blobs {
		if got, err := v.Blob(name); err != nil || !bytes.Equal(got, value) {
			t.Fatalf("blob %s: %q, %v", name, got, err)
		}
	}
}

// Whatever two wallets do to one vault, both show what the model says.
func TestVaultLikeItsModel(t *testing.T) {
	t.Parallel()
	seal := newSeal(t)
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "vault") //nolint:usetesting // one for each of rapid's attempts
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := &model{entries: make(map[consent.LogID][]Entry), blobs: make(map[string][]byte)}
		var wallets [2]*Vault
		for i := range wallets {
			if wallets[i], err = open(durabletest.Unsynced{}, dir, seal, nil); err != nil {
				t.Fatal(err)
			}
			wallets[i].apart = rapid.Bool().Draw(t, "apart")
			defer func() { wallets[i].Close() }()
		}
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) { writeEither(t, wallets[:], m.batch(t)) },
			"change": func(t *rapid.T) { writeEither(t, wallets[:], m.change(t)) },
			"merge": func(t *rapid.T) {
				v := wallets[rapid.IntRange(0, 1).Draw(t, "wallet")]
				if err := v.Merge(context.Background()); err != nil && !errors.Is(err, ErrStale) {
					t.Fatal(err)
				}
			},
			"reopen": func(t *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(t, "wallet")
				wallets[i].Close()
				if wallets[i], err = open(durabletest.Unsynced{}, dir, seal, nil); err != nil {
					t.Fatal(err)
				}
				wallets[i].apart = rapid.Bool().Draw(t, "apart")
				m.check(t, wallets[i])
			},
			"reload": func(t *rapid.T) {
				v := wallets[rapid.IntRange(0, 1).Draw(t, "wallet")]
				if err := v.Reload(); err != nil {
					t.Fatal(err)
				}
				m.check(t, v)
			},
		})
	})
}

// writeEither commits with one of two wallets, which may have to reload first.
func writeEither(t *rapid.T, wallets []*Vault, b Batch) {
	v := wallets[rapid.IntRange(0, 1).Draw(t, "wallet")]
	_, err := v.Commit(b)
	if errors.Is(err, ErrStale) {
		if err := v.Reload(); err != nil {
			t.Fatal(err)
		}
		_, err = v.Commit(b)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestSecondWriterIsTold(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	a, b := openTest(t, dir, seal), openTest(t, dir, seal)
	numbered(t, a, 1, 0, 3)
	if _, err := b.Commit(Batch{New: []Entry{testEntry(1, 0, 0)}}); !errors.Is(err, ErrStale) {
		t.Fatalf("got %v", err)
	}
	if b.View().Len() != 0 {
		t.Error("the second wallet shows what it did not read")
	}
	if err := b.Reload(); err != nil {
		t.Fatal(err)
	}
	numbered(t, b, 1, 3, 2)
	if b.View().Len() != 5 || b.Generation() != 3 {
		t.Errorf("%d rows at generation %d", b.View().Len(), b.Generation())
	}
}

func TestLockedVaultIsBusy(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	a, b := openTest(t, dir, seal), openTest(t, dir, seal)
	release, err := a.lock()
	if err != nil {
		t.Fatal(err)
	}
	b.lockWait = 10 * time.Millisecond
	if _, err := b.Commit(Batch{Summary: []byte("x")}); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	release()
	commit(t, b, Batch{Summary: []byte("x")})
}

func TestOldCopyIsNamed(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	v := openTest(t, dir, seal)
	numbered(t, v, 1, 0, 3)
	v.Close()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := os.CopyFS(backup, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	v = openTest(t, dir, seal)
	numbered(t, v, 1, 3, 3)
	remembered := v.Generation()
	if err := v.CheckGeneration(remembered); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(backup)); err != nil {
		t.Fatal(err)
	}
	old := openTest(t, dir, seal)
	var rolledBack *RolledBackError
	if err := old.CheckGeneration(remembered); !errors.As(err, &rolledBack) || rolledBack.Found != 2 || rolledBack.Remembered != 3 {
		t.Errorf("got %v", err)
	}
	if err := v.Reload(); !errors.As(err, &rolledBack) {
		t.Errorf("an open wallet: %v", err)
	}
	if _, err := v.Commit(Batch{Summary: []byte("x")}); !errors.Is(err, ErrStale) {
		t.Errorf("an open wallet writes over the old copy: %v", err)
	}
}

func TestNumbersRiseInEachLog(t *testing.T) {
	v := openTest(t, t.TempDir(), newSeal(t))
	numbered(t, v, 1, 0, 3)
	for name, b := range map[string]Batch{
		"again":           {New: []Entry{testEntry(1, 2, 20)}},
		"at another time": {New: []Entry{testEntry(1, 1, 999)}},
		"twice in one":    {New: []Entry{testEntry(2, 0, 1), testEntry(2, 0, 2)}},
		"descending":      {New: []Entry{testEntry(2, 1, 1), testEntry(2, 0, 2)}},
		"new and changed": {New: []Entry{testEntry(1, 3, 30)}, Changed: []Change{{Row: testEntry(1, 1, 10).Row}, {Row: testEntry(1, 1, 10).Row}}},
	} {
		if _, err := v.Commit(b); !errors.Is(err, ErrOrder) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := v.Commit(Batch{Changed: []Change{{Row: testEntry(1, 9, 90).Row}}}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a change to nothing: %v", err)
	}
	numbered(t, v, 1, 3, 1)
	if v.View().Len() != 4 {
		t.Errorf("%d rows", v.View().Len())
	}
}

func TestLimits(t *testing.T) {
	v := openTest(t, t.TempDir(), newSeal(t))
	many := make([]Entry, MaxBatchRows+1)
	for i := range many {
		many[i] = testEntry(1, i, int64(i))
	}
	blobs := make(map[string][]byte)
	for i := range MaxBlobs + 1 {
		blobs[fmt.Sprintf("b%d", i)] = []byte("x")
	}
	huge := testEntry(1, 0, 0)
	huge.Record.Detail = make([]byte, MaxRecordBytes)
	far := testEntry(1, 0, 0)
	far.Row.Number = 1 << 32
	for name, b := range map[string]Batch{
		"summary": {Summary: make([]byte, MaxSummaryBytes+1)},
		"rows":    {New: many},
		"record":  {New: []Entry{huge}},
		"number":  {New: []Entry{far}},
		"blob":    {Blobs: map[string][]byte{"b": make([]byte, MaxBlobBytes+1)}},
		"blobs":   {Blobs: blobs},
	} {
		if _, err := v.Commit(b); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "../head", "B", "a b"} {
		if _, err := v.Commit(Batch{Blobs: map[string][]byte{name: []byte("x")}}); err == nil {
			t.Errorf("a blob named %q", name)
		}
	}
	commit(t, v, Batch{New: many[:MaxBatchRows], Summary: make([]byte, MaxSummaryBytes)})
}

func TestViewStaysAsItWas(t *testing.T) {
	v := openTest(t, t.TempDir(), newSeal(t))
	numbered(t, v, 1, 0, 50)
	view := v.View()
	var before []Row
	for i := range view.Len() {
		before = append(before, view.Row(i))
	}
	var b Batch
	for i := range 40 {
		b.New = append(b.New, testEntry(2, i, int64(i*7)))
	}
	changed := before[10]
	changed.Flags = 99
	b.Changed = []Change{{Row: changed}}
	commit(t, v, b)
	numbered(t, v, 1, 50, 20)
	for i := range before {
		if view.Row(i) != before[i] {
			t.Fatalf("row %d changed", i)
		}
	}
	if view.Len() != 50 || v.View().Len() != 110 {
		t.Errorf("%d and %d rows", view.Len(), v.View().Len())
	}
}

func TestFilters(t *testing.T) {
	v := openTest(t, t.TempDir(), newSeal(t))
	for log := range 5 {
		numbered(t, v, log, 0, 40)
	}
	all := v.View()
	cases := map[string]struct {
		filter Filter
		keep   func(Row) bool
	}{
		"all":         {Filter{}, func(Row) bool { return true }},
		"log":         {Filter{Log: logID(2)}, func(r Row) bool { return r.Log == logID(2) }},
		"institution": {Filter{Institution: instID(1)}, func(r Row) bool { return r.Institution == instID(1) }},
		"classes": {Filter{Classes: []consent.Class{1, 3}}, func(r Row) bool {
			return r.Class == 1 || r.Class == 3
		}},
		"basis": {Filter{Bases: []uint8{2}}, func(r Row) bool { return r.Basis == 2 }},
		"flags": {Filter{With: 1, Without: 2}, func(r Row) bool { return r.Flags&3 == 1 }},
		"time":  {Filter{From: 100, Until: 200}, func(r Row) bool { return r.Time >= 100 && r.Time < 200 }},
		"nobody": {Filter{Institution: instID(77)}, func(Row) bool {
			return false
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var want []Row
			for i := range all.Len() {
				if r := all.Row(i); c.keep(r) {
					want = append(want, r)
				}
			}
			sameRows(t, all.Where(c.filter), want)
			sameRows(t, all.Where(c.filter).Where(c.filter), want)
		})
	}
	twice := all.Where(Filter{Log: logID(2)}).Where(Filter{Institution: instID(0)})
	if twice.Len() != 0 {
		t.Errorf("%d rows pass two filters that exclude each other", twice.Len())
	}
}

func sameRows(t *testing.T, view *View, want []Row) {
	t.Helper()
	if view.Len() != len(want) {
		t.Fatalf("%d rows, want %d", view.Len(), len(want))
	}
	for i, w := range want {
		if view.Row(i) != w {
			t.Fatalf("row %d is %v, want %v", i, view.Row(i), w)
		}
	}
}

func TestSegmentsStayFew(t *testing.T) {
	t.Parallel()
	dir, seal := t.TempDir(), newSeal(t)
	v, err := open(durabletest.Unsynced{}, dir, seal, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for i := range 300 {
		numbered(t, v, i%7, i/7, 1)
	}
	files, err := os.ReadDir(v.dir.segments())
	if err != nil || len(files) > 10 {
		t.Errorf("300 small commits made %d segments (%v)", len(files), err)
	}
	if n := len(v.now.slots); n > 20 {
		t.Errorf("%d slots are in use", n)
	}
	for i := range 300 {
		sameEntry(t, v, testEntry(i%7, i/7, int64(i/7)*10))
	}
}

func TestMergeKeepsEverything(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	v := openTest(t, dir, seal)
	const size = maxAbsorbRows/2 + 1
	for i := range 6 {
		numbered(t, v, i, 0, size)
	}
	if len(v.now.places) < 4 {
		t.Fatalf("%d segments: commits did more than the small work", len(v.now.places))
	}
	late := testEntry(0, 7, 70)
	late.Record.Detail, late.Row.Flags = []byte("said at last"), 9
	commit(t, v, Batch{Changed: []Change{{Row: late.Row, Detail: late.Record.Detail}}})
	if err := v.Merge(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(v.now.places) > 2 {
		t.Errorf("%d segments remain", len(v.now.places))
	}
	for range 2 {
		if v.View().Len() != 6*size {
			t.Fatalf("%d rows", v.View().Len())
		}
		sameEntry(t, v, late)
		for i := range 6 {
			sameEntry(t, v, testEntry(i, size-1, int64(size-1)*10))
		}
		v.Close()
		v = openTest(t, dir, seal)
	}
}

// Whatever is committed while a merge is under way stays: a change is newer than
// what is merged, and commits do not fold what is being merged.
func TestCommitDuringMerge(t *testing.T) {
	for name, sizes := range map[string][]int{
		"large segments": {maxAbsorbRows/2 + 1, maxAbsorbRows/2 + 1, maxAbsorbRows/2 + 1},
		"small segments": {64, 32, 16, 8},
	} {
		t.Run(name, func(t *testing.T) { commitDuringMerge(t, sizes) })
	}
}

func commitDuringMerge(t *testing.T, sizes []int) {
	dir, seal := t.TempDir(), newSeal(t)
	v := openTest(t, dir, seal)
	total := 0
	for i, size := range sizes {
		numbered(t, v, i, 0, size)
		total += size
	}
	c, loads, err := v.startRewrite(func(s *state) (int, int) { return 0, len(s.places) })
	if err != nil || len(c.inputs) != len(sizes) {
		t.Fatalf("%d segments to merge, %v", len(c.inputs), err)
	}
	late := testEntry(0, 7, 70)
	late.Record.Detail = []byte("said meanwhile")
	commit(t, v, Batch{Changed: []Change{{Row: late.Row, Detail: late.Record.Detail}}})
	numbered(t, v, 9, 0, 60)
	if err := c.collect(t.Context(), tables{}); err != nil {
		t.Fatal(err)
	}
	c.nameInputs()
	if err := v.finishRewrite(c, loads, v.storeDraft(t.Context(), c)); err != nil {
		t.Fatal(err)
	}
	last := len(sizes) - 1
	for range 2 {
		sameEntry(t, v, late)
		sameEntry(t, v, testEntry(last, sizes[last]-1, int64(sizes[last]-1)*10))
		sameEntry(t, v, testEntry(9, 59, 590))
		if v.View().Len() != total+60 {
			t.Errorf("%d rows", v.View().Len())
		}
		v.Close()
		v = openTest(t, dir, seal)
	}
}

func TestMergeGivesWay(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	v, other := openTest(t, dir, seal), openTest(t, dir, seal)
	const size = maxAbsorbRows/2 + 1
	for i := range 4 {
		numbered(t, v, i, 0, size)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Merge(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled merge: %v", err)
	}
	if err := other.Reload(); err != nil {
		t.Fatal(err)
	}
	commit(t, other, Batch{Summary: []byte("x")})
	if err := v.Merge(t.Context()); !errors.Is(err, ErrStale) {
		t.Errorf("a merge after another wallet's commit: %v", err)
	}
	if err := v.Reload(); err != nil {
		t.Fatal(err)
	}
	numbered(t, v, 9, 0, 1)
	nothingIsLeftOver(t, v, 0)
}

func TestReseal(t *testing.T) {
	dir, old, next := t.TempDir(), newSeal(t), newSeal(t)
	v := openTest(t, dir, old)
	for i := range 3 {
		numbered(t, v, i, 0, maxAbsorbRows/2+1)
	}
	commit(t, v, Batch{Summary: []byte("home"), Blobs: map[string][]byte{"outbox": []byte("o"), "large": make([]byte, maxHereBlobs+1)}})
	numbered(t, v, 7, 0, 1)
	v.Close()
	if _, err := Open(dir, next); !errors.Is(err, ErrForeign) {
		t.Fatalf("another seal: %v", err)
	}
	v = openTest(t, dir, next, old)
	if err := v.Reseal(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.Close()
	v = openTest(t, dir, next)
	sameEntry(t, v, testEntry(2, 5, 50))
	sameEntry(t, v, testEntry(7, 0, 0))
	for s := range side(sides) {
		w, err := readSide(v.dir, s)
		if err == nil {
			_, err = newSafe(durable.OS{}, old, nil).openBytes(w.sealed, headKind, maxHeadBytes)
		}
		if !errors.Is(err, ErrForeign) {
			t.Errorf("%s under the old seal: %v", s.name(), err)
		}
	}
	if b, err := v.Blob("large"); err != nil || len(b) != maxHereBlobs+1 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if b, err := v.Blob("outbox"); err != nil || string(b) != "o" || string(v.Summary()) != "home" {
		t.Errorf("%q, %v, %q", b, err, v.Summary())
	}
}

func TestClosedVault(t *testing.T) {
	v := openTest(t, t.TempDir(), newSeal(t))
	numbered(t, v, 1, 0, 3)
	view := v.View()
	if err := errors.Join(v.Close(), v.Close()); err != nil {
		t.Fatal(err)
	}
	if view.Row(0).Number != 2 {
		t.Error("the view is gone")
	}
	_, commitErr := v.Commit(Batch{})
	_, recordErr := v.Record(view.Row(0))
	for _, err := range []error{commitErr, recordErr, v.Reload(), v.Merge(t.Context())} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "v")
	v := openTest(t, dir, newSeal(t))
	commit(t, v, Batch{New: []Entry{testEntry(1, 0, 0)}, Blobs: map[string][]byte{"b": {1}}})
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Screens read while the wallet writes, merges and loads.
func TestReadersBesideWriters(t *testing.T) {
	t.Parallel()
	dir, seal := t.TempDir(), newSeal(t)
	v := openTest(t, dir, seal)
	const size = maxAbsorbRows/2 + 1
	for i := range 3 {
		numbered(t, v, i, 0, size)
	}
	done := make(chan struct{})
	var readers, writers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					readSome(t, v)
				}
			}
		})
	}
	writers.Go(func() {
		for n := range 40 {
			if _, err := v.Commit(Batch{New: []Entry{testEntry(9+n%3, n/3, int64(n*50))}, Summary: []byte{byte(n)}}); err != nil {
				t.Error(err)
			}
		}
	})
	writers.Go(func() {
		for range 3 {
			if err := v.Merge(t.Context()); err != nil && !errors.Is(err, ErrStale) {
				t.Error(err)
			}
		}
	})
	writers.Go(func() {
		for range 5 {
			if err := v.Reload(); err != nil {
				t.Error(err)
			}
		}
	})
	writers.Wait()
	close(done)
	readers.Wait()
	if v.View().Len() != 3*size+40 {
		t.Errorf("%d rows", v.View().Len())
	}
}

// readSome reads here and there in what the vault shows now.
func readSome(t *testing.T, v *Vault) {
	view := v.View().Where(Filter{With: 1})
	for i := 0; i < view.Len(); i += 1 + view.Len()/5 {
		row := view.Row(i)
		if rec, err := v.Record(row); err != nil || len(rec.Entry) == 0 {
			t.Errorf("row %d: %q, %v", i, rec.Entry, err)
		}
	}
	v.Summary()
	v.Next(logID(9))
}
