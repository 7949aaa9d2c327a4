package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of its own that is soon full.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: only root can mount a small disk")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves so many pages free.
func fill(t *testing.T, name string, free int64) {
	t.Helper()
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(name), &disk); err != nil {
		t.Fatal(err)
	}
	n := int64(disk.Bfree) - free
	if n < 0 {
		t.Fatalf("the disk has %d pages, not %d", disk.Bfree, free)
	}
	size := n * int64(disk.Bsize) //nolint:unconvert // 32 bits wide on some platforms
	if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFullDisk: the disk is full at every page of a commit in turn. Nothing
// acknowledged is lost, the person is told in one sentence, and it goes on once
// there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk, seal := smallDisk(t, "1m"), newSeal(t)
	dir, filler := filepath.Join(disk, "vault"), filepath.Join(disk, "filler")
	v := openTest(t, dir, seal)
	defer v.Close()
	big := func(n int) Batch {
		e := testEntry(1, n, int64(n))
		e.Record.Detail = make([]byte, 20<<10)
		return Batch{New: []Entry{e}, Summary: []byte{byte(n)}, Blobs: map[string][]byte{"outbox": make([]byte, 10<<10)}}
	}
	commit(t, v, big(0))
	failed, next := 0, 1
	for free := range int64(24) {
		fill(t, filler, free)
		_, err := v.Commit(big(next))
		if err == nil {
			next++
		} else {
			failed++
		}
		if err != nil && (!errors.Is(err, ErrFull) || !strings.HasPrefix(err.Error(), "the disk is full; nothing was changed")) {
			t.Errorf("%d pages free: %v", free, err)
		}
		again := openTest(t, dir, seal) // on a full disk, as after a crash
		if rows := again.View().Len(); rows != next || again.Summary()[0] != byte(next-1) || v.View().Len() != next {
			t.Fatalf("%d pages free: %d rows on disk, %d shown, %d acknowledged", free, rows, v.View().Len(), next)
		}
		if b, err := again.Blob("outbox"); err != nil || len(b) != 10<<10 {
			t.Errorf("%d pages free: the outbox is lost: %v", free, err)
		}
		for n := range next {
			sameEntry(t, again, big(n).New[0])
		}
		again.Close()
		if next > 4 {
			break
		}
	}
	if failed < 5 || next == 1 {
		t.Fatalf("the disk was full %d times, and %d commits went through", failed, next-1)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	commit(t, v, big(next))
	nothingIsLeftOver(t, v, 0)
}
