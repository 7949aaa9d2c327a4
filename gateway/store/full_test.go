package store

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"carekey/consent"
	"carekey/internal/smalldisk"
)

// noise is what does not fit on a full disk.
func noise() []byte {
	b := make([]byte, 256<<10)
	rand.Read(b)
	return b
}

// TestFullDisk: while the disk is full what is there can be read, what is new
// is refused as a whole; with room again everything goes on.
func TestFullDisk(t *testing.T) {
	disk := smalldisk.New(t, 4<<20)
	dir, key := filepath.Join(disk.Dir, "gateway"), newTestKey(t)
	s := open(t, dir, key)
	log, before, refused, after := logID("chart"), consent.Hash{1}, consent.Hash{2}, consent.Hash{3}
	id := UseID{Transfer: logID("transfer"), Side: Source, Use: 1}
	bundle := func(b []byte) error {
		return s.WriteBundle(id, func(w io.Writer) error { _, err := w.Write(b); return err })
	}
	update(t, s, func(tx *Tx) error { return tx.PutDetail(log, before, detail(t, "before")) })
	if err := bundle([]byte("before")); err != nil {
		t.Fatal(err)
	}
	disk.Fill()
	err := s.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.PutDetail(log, refused, detail(t, "refused")), tx.PutUse(Use{UseID: id, State: noise()}))
	})
	if err == nil {
		t.Error("a write on a full disk was acknowledged")
	}
	if err := bundle(noise()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a bundle on a full disk: %v", err)
	}
	check(t, s, log, map[consent.Hash]bool{before: true, refused: false})
	checkBundle(t, s, id, "before")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if s, err := Open(t.Context(), dir, key); err == nil { // it may need a byte, or not
		check(t, s, log, map[consent.Hash]bool{before: true, refused: false})
		s.Close()
	}
	disk.Free()
	s = open(t, dir, key)
	defer s.Close()
	update(t, s, func(tx *Tx) error { return tx.PutDetail(log, after, detail(t, "after")) })
	if err := bundle([]byte("after")); err != nil {
		t.Error(err)
	}
	check(t, s, log, map[consent.Hash]bool{before: true, refused: false, after: true})
	checkBundle(t, s, id, "after")
}

// check tells which details are there.
func check(t *testing.T, s *Store, log consent.LogID, want map[consent.Hash]bool) {
	t.Helper()
	for hash, there := range want {
		err := s.View(t.Context(), func(tx *Tx) error { _, err := tx.Detail(log, hash); return err })
		if there && err != nil || !there && !IsNotFound(err) {
			t.Errorf("detail %x, there %t: %v", hash[:1], there, err)
		}
	}
}

func checkBundle(t *testing.T, s *Store, id UseID, want string) {
	t.Helper()
	f, _, err := s.OpenBundle(id)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if err != nil || !bytes.Equal(got, []byte(want)) {
		t.Errorf("the bundle is %q, %v; want %q", got, err, want)
	}
	if _, err := os.Stat(f.Name() + ".part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a bundle is left: %v", err)
	}
}
