package vault

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"filippo.io/age"

	"carekey/wallet/internal/durable/durabletest"
)

// The disk fails after each operation of a commit in turn: full, or the power
// gone. What was acknowledged is there, and the rest is there or not as a whole.
func TestDiskFailsAtEveryStep(t *testing.T) {
	t.Parallel()
	for what, apart := range apartOrNot {
		t.Run(what, func(t *testing.T) { diskFailsAtEveryStep(t, apart) })
	}
}

// apartOrNot says where small segments and blobs are.
var apartOrNot = map[string]bool{"in the head": false, "in files of their own": true}

func diskFailsAtEveryStep(t *testing.T, apart bool) {
	seal := newSeal(t)
	for n := range stepsOfACommit(t, apart) + 1 {
		dir := t.TempDir()
		disk := durabletest.FailAfter(-1)
		v, err := open(disk, dir, seal, nil)
		if err != nil {
			t.Fatal(err)
		}
		v.apart = apart
		commit(t, v, stepBatch(0))
		commit(t, v, stepBatch(1))
		disk.FailNext(n)
		_, err = v.Commit(stepBatch(2))
		if err != nil && !errors.Is(err, durabletest.ErrBroken) {
			t.Fatalf("step %d: %v", n, err)
		}
		if err != nil && v.View().Len() != 6 {
			t.Errorf("step %d: the screen shows %d rows after a failed commit", n, v.View().Len())
		}
		disk.FailNext(-1)
		carryOn(t, v, n, err == nil)
		nothingIsLeftOver(t, v, n)
		v.Close()
		afterwards(t, dir, seal, n)
	}
}

// stepsOfACommit counts the disk's operations in the third commit of the tests
// above and below, which folds the segments of the first two into its own.
func stepsOfACommit(t *testing.T, apart bool) int {
	disk := durabletest.FailAfter(-1)
	v, err := open(disk, t.TempDir(), newSeal(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	v.apart = apart
	defer v.Close()
	commit(t, v, stepBatch(0))
	commit(t, v, stepBatch(1))
	before := disk.Calls()
	commit(t, v, stepBatch(2))
	return disk.Calls() - before
}

// stepBatch is three entries, a summary and a blob that tell their step.
func stepBatch(step int) Batch {
	b := Batch{Summary: fmt.Appendf(nil, "step %d", step), Blobs: map[string][]byte{"outbox": fmt.Appendf(nil, "step %d", step)}}
	for i := range 3 {
		b.New = append(b.New, testEntry(step%2, 3*(step/2)+i, int64(step*3+i)))
	}
	return b
}

// carryOn writes the next batch once the disk works again, as a wallet would:
// after a failed one the same, after a stale one what the disk does not have.
func carryOn(t *testing.T, v *Vault, n int, done bool) {
	t.Helper()
	if !done {
		_, err := v.Commit(stepBatch(2))
		if errors.Is(err, ErrStale) {
			err = v.Reload()
		}
		if err != nil {
			t.Fatalf("step %d: the disk works again: %v", n, err)
		}
	}
	commit(t, v, stepBatch(3))
}

func afterwards(t *testing.T, dir string, seal Seal, n int) {
	t.Helper()
	v := openTest(t, dir, seal)
	if v.View().Len() != 12 || string(v.Summary()) != "step 3" {
		t.Errorf("step %d: %d rows, summary %q", n, v.View().Len(), v.Summary())
	}
	for step := range 4 {
		for _, e := range stepBatch(step).New {
			sameEntry(t, v, e)
		}
	}
	if b, err := v.Blob("outbox"); err != nil || string(b) != "step 3" {
		t.Errorf("step %d: blob %q, %v", n, b, err)
	}
	v.Close()
}

// nothingIsLeftOver compares the files on disk with those the head names.
func nothingIsLeftOver(t *testing.T, v *Vault, n int) {
	t.Helper()
	segments, _ := os.ReadDir(v.dir.segments())
	blobs, _ := os.ReadDir(v.dir.blobs())
	wantSegments, wantBlobs := 0, 0
	for _, s := range v.now.head.Segments {
		if len(s.Here) == 0 {
			wantSegments++
		}
	}
	for _, b := range v.now.head.Blobs {
		if b.ID != (fileID{}) {
			wantBlobs++
		}
	}
	if len(segments) != wantSegments || len(blobs) != wantBlobs {
		t.Errorf("step %d: %d segment files, the head names %d; %d blob files, the head names %d",
			n, len(segments), wantSegments, len(blobs), wantBlobs)
	}
}

// What Open finds left over it removes.
func TestOpenSweeps(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	disk := durabletest.FailAfter(-1)
	v, err := open(disk, dir, seal, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.apart = true
	commit(t, v, stepBatch(0))
	disk.FailNext(stepsOfACommit(t, true) - 6)
	if _, err := v.Commit(stepBatch(1)); err == nil {
		t.Fatal("the commit went through")
	}
	files := func() int {
		segments, _ := os.ReadDir(v.dir.segments())
		blobs, _ := os.ReadDir(v.dir.blobs())
		return len(segments) + len(blobs)
	}
	if files() <= 2 {
		t.Fatal("nothing was left over")
	}
	v.Close()
	nothingIsLeftOver(t, openTest(t, dir, seal), 0)
}

// Names given for a commit that failed are forgotten, or later segments would
// count from the wrong one.
func TestNamesOfAFailedCommitAreForgotten(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	disk := durabletest.FailAfter(-1)
	v, err := open(disk, dir, seal, nil)
	if err != nil {
		t.Fatal(err)
	}
	disk.FailNext(0)
	if _, err := v.Commit(Batch{New: []Entry{testEntry(5, 0, 1)}}); !errors.Is(err, durabletest.ErrBroken) {
		t.Fatal(err)
	}
	disk.FailNext(-1)
	commit(t, v, Batch{Summary: []byte("x")})
	commit(t, v, Batch{New: []Entry{testEntry(6, 0, 2)}})
	v.Close()
	v = openTest(t, dir, seal)
	sameEntry(t, v, testEntry(6, 0, 2))
}

// The process ends at each step and another opens what it left.
func TestProcessEndsAtEveryStep(t *testing.T) {
	t.Parallel()
	for what, apart := range apartOrNot {
		t.Run(what, func(t *testing.T) { processEndsAtEveryStep(t, apart) })
	}
}

func processEndsAtEveryStep(t *testing.T, apart bool) {
	seal := newSeal(t)
	for n := range stepsOfACommit(t, apart) + 1 {
		dir := t.TempDir()
		disk := durabletest.FailAfter(-1)
		v, err := open(disk, dir, seal, nil)
		if err != nil {
			t.Fatal(err)
		}
		v.apart = apart
		commit(t, v, stepBatch(0))
		disk.FailNext(n)
		_, err = v.Commit(stepBatch(1))
		done := err == nil
		v.Close()
		v = openTest(t, dir, seal)
		rows, summary := v.View().Len(), string(v.Summary())
		old, all := rows == 3 && summary == "step 0", rows == 6 && summary == "step 1"
		if !old && !all || done && !all {
			t.Errorf("step %d (done: %v): %d rows, summary %q", n, done, rows, summary)
		}
		blob, err := v.Blob("outbox")
		if err != nil || string(blob) != summary {
			t.Errorf("step %d: blob %q, %v", n, blob, err)
		}
		v.Close()
	}
}

const childEnv = "CAREKEY_TEST_VAULT"

// TestMain lets the test's own binary be the wallet that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// writeUntilKilled commits one entry after the other and says which it has
// acknowledged.
func writeUntilKilled(dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "identity"))
	if err != nil {
		panic(err)
	}
	id, err := age.ParseHybridIdentity(string(text))
	if err != nil {
		panic(err)
	}
	v, err := Open(filepath.Join(dir, "vault"), testSeal{id})
	if err != nil {
		panic(err)
	}
	for n := int(v.Next(logID(1))); ; n++ {
		if _, err := v.Commit(Batch{New: []Entry{testEntry(1, n, int64(n))}, Summary: strconv.AppendInt(nil, int64(n), 10)}); err != nil {
			panic(err)
		}
		fmt.Println(n)
	}
}

func TestKilledWalletLosesNothing(t *testing.T) {
	t.Parallel()
	dir, seal := t.TempDir(), newSeal(t)
	if err := os.WriteFile(filepath.Join(dir, "identity"), []byte(seal.HybridIdentity.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	acknowledged := -1
	for round := range 5 {
		acknowledged = killAfter(t, dir, acknowledged+10+7*round)
		v := openTest(t, filepath.Join(dir, "vault"), seal)
		have := int(v.Next(logID(1))) - 1
		if have < acknowledged || string(v.Summary()) != strconv.Itoa(have) || v.View().Len() != have+1 {
			t.Fatalf("%d was acknowledged; there are %d rows up to %d, summary %q", acknowledged, v.View().Len(), have, v.Summary())
		}
		for n := range have + 1 {
			sameEntry(t, v, testEntry(1, n, int64(n)))
		}
		v.Close()
	}
}

// killAfter kills a child once it has acknowledged n, and returns the last
// number that it acknowledged.
func killAfter(t *testing.T, dir string, n int) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if last == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if last < n {
		t.Fatalf("the child ended after %d: %s", last, complaints.String())
	}
	return last
}

// vaultFiles lists a vault's sealed files.
func vaultFiles(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Ext(path) != ".lock" && d.Name() != "lock" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	return files
}

// damage changes one file in a way that must be noticed.
var damage = map[string]func([]byte) []byte{
	"empty":              func([]byte) []byte { return nil },
	"cut in half":        func(b []byte) []byte { return b[:len(b)/2] },
	"last byte missing":  func(b []byte) []byte { return b[:len(b)-1] },
	"one byte more":      func(b []byte) []byte { return append(b, 0) },
	"zeros at the end":   func(b []byte) []byte { clear(b[len(b)-16:]); return b },
	"a bit near the end": func(b []byte) []byte { b[len(b)-20] ^= 1; return b },
	"a bit in the seal":  func(b []byte) []byte { b[200] ^= 1; return b },
	"a bit in line one":  func(b []byte) []byte { b[3] ^= 1; return b },
	"other content":      func([]byte) []byte { return []byte("carekey vault head 2\nnothing of the sort\n") },
}

func TestDamageIsNamed(t *testing.T) {
	t.Parallel()
	seal := newSeal(t)
	whole := t.TempDir()
	v := openApart(t, whole, seal)
	numbered(t, v, 1, 0, 200)
	commit(t, v, Batch{New: []Entry{testEntry(2, 0, 5)}, Summary: []byte("home"), Blobs: map[string][]byte{"outbox": []byte("o")}})
	v.Close()
	for _, file := range vaultFiles(t, whole) {
		name, _ := filepath.Rel(whole, file)
		if filepath.Dir(name) == "." {
			continue // a head: see below
		}
		for what, spoil := range damage {
			t.Run(filepath.Dir(name)+" "+what, func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), spoil(b), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := readAll(dir, seal); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) {
					t.Errorf("got %v", err)
				}
			})
		}
		t.Run(filepath.Dir(name)+" missing", func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			if err := readAll(dir, seal); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A head that is not whole is taken for what a crash left, and the one before it
// holds: from outside the vault it is known that there was a newer one. Without
// either head nothing opens.
func TestDamagedHeadIsNamed(t *testing.T) {
	seal, whole := newSeal(t), t.TempDir()
	v := openTest(t, whole, seal)
	numbered(t, v, 1, 0, 20)
	last := commit(t, v, Batch{Summary: []byte("home"), Blobs: map[string][]byte{"outbox": []byte("o")}})
	newer := v.now.at
	v.Close()
	spoilt := func(what string, list ...side) string {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			b, err := os.ReadFile(filepath.Join(dir, s.name()))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, s.name()), damage[what](b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	for what := range damage {
		if what == "one byte more" {
			continue // behind the end lies what a longer head left
		}
		var old *RolledBackError
		if err := openTest(t, spoilt(what, newer), seal).CheckGeneration(last); !errors.As(err, &old) {
			t.Errorf("the newer one, %s: %v", what, err)
		}
		if err := readAll(spoilt(what, newer.other()), seal); err != nil {
			t.Errorf("the older one, %s: %v", what, err)
		}
		if err := readAll(spoilt(what, newer, newer.other()), seal); !errors.Is(err, ErrDamaged) {
			t.Errorf("both, %s: %v", what, err)
		}
	}
	if err := readAll(spoilt("one byte more", newer), seal); err != nil {
		t.Errorf("a byte behind the end: %v", err)
	}
}

// Each head is written in place only over the one before the last, and only
// once the last has been synced by the same wallet.
func TestHeadsAreWrittenInTurn(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	v := openTest(t, dir, seal)
	sides := map[side]uint64{}
	for range 5 {
		was := v.now.at
		sides[v.now.at.other()] = commit(t, v, Batch{Summary: []byte("x")})
		if v.now.at == was || !v.now.synced {
			t.Errorf("it lies on side %d after %d, synced: %v", v.now.at, was, v.now.synced)
		}
		for s, want := range sides {
			if w, err := readSide(v.dir, s); err != nil || w.generation != want {
				t.Errorf("side %d: generation %d, want %d, %v", s, w.generation, want, err)
			}
		}
	}
	other := openTest(t, dir, seal)
	if other.now.synced {
		t.Error("a wallet relies on what another one wrote")
	}
	inode := func(s side) os.FileInfo {
		info, err := os.Stat(v.dir.head(s))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	to := other.now.at.other()
	before := inode(to)
	commit(t, other, Batch{Summary: []byte("y")})
	if os.SameFile(before, inode(to)) {
		t.Error("the first head of a wallet was written in place")
	}
	before = inode(to.other())
	commit(t, other, Batch{Summary: []byte("z")})
	if !os.SameFile(before, inode(to.other())) {
		t.Error("the second head of a wallet was renamed into place")
	}
}

// readAll opens a vault and reads everything in it.
func readAll(dir string, seal Seal) error {
	v, err := Open(dir, seal)
	if err != nil {
		return err
	}
	defer v.Close()
	view := v.View()
	for i := range view.Len() {
		if _, err := v.Record(view.Row(i)); err != nil {
			return err
		}
	}
	_, err = v.Blob("outbox")
	return err
}

// A file that is whole but not the one that is meant is noticed as well.
func TestFilesCannotStandInForEachOther(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	v := openApart(t, dir, seal)
	numbered(t, v, 1, 0, 10)
	numbered(t, v, 2, 0, 3)
	commit(t, v, Batch{Blobs: map[string][]byte{"outbox": []byte("same"), "other": []byte("same!")}})
	segments, blobs := v.now.head.Segments, v.now.head.Blobs
	v.Close()
	if len(segments) != 2 {
		t.Fatalf("%d segments", len(segments))
	}
	swap := func(a, b string) {
		t.Helper()
		if err := errors.Join(os.Rename(a, a+"x"), os.Rename(b, a), os.Rename(a+"x", b)); err != nil {
			t.Fatal(err)
		}
	}
	swap(v.dir.segment(segments[0].ID), v.dir.segment(segments[1].ID))
	if err := readAll(dir, seal); !errors.Is(err, ErrDamaged) {
		t.Errorf("segments: %v", err)
	}
	swap(v.dir.segment(segments[0].ID), v.dir.segment(segments[1].ID))
	swap(v.dir.blob(blobs[0].ID), v.dir.blob(blobs[1].ID))
	if err := readAll(dir, seal); !errors.Is(err, ErrDamaged) {
		t.Errorf("blobs: %v", err)
	}
	swap(v.dir.blob(blobs[0].ID), v.dir.blob(blobs[1].ID))
	if err := readAll(dir, seal); err != nil {
		t.Errorf("put back: %v", err)
	}
}

// The same goes for a file of another vault under the same seal.
func TestSegmentOfAnotherVault(t *testing.T) {
	seal := newSeal(t)
	ours, theirs := openApart(t, t.TempDir(), seal), openApart(t, t.TempDir(), seal)
	for _, v := range []*Vault{ours, theirs} {
		commit(t, v, Batch{New: []Entry{testEntry(1, 0, 1)}, Blobs: map[string][]byte{"outbox": {1}}})
		v.Close()
	}
	err := os.Rename(theirs.dir.segment(theirs.now.head.Segments[0].ID), ours.dir.segment(ours.now.head.Segments[0].ID))
	if err != nil {
		t.Fatal(err)
	}
	if err := readAll(string(ours.dir), seal); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func TestNewerFormatIsNamed(t *testing.T) {
	dir, seal := t.TempDir(), newSeal(t)
	openTest(t, dir, seal).Close()
	head := filepath.Join(dir, "head.a")
	b, err := os.ReadFile(head)
	if err != nil {
		t.Fatal(err)
	}
	newer := strings.Replace(string(b), "carekey vault head 2\n", "carekey vault head 12\n", 1)
	if err := os.WriteFile(head, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, seal); !errors.Is(err, ErrNewer) || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "12") {
		t.Errorf("got %v", err)
	}
}
