package store

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"carekey/consent"
)

// kept puts entries 0, 1, 2 … into a log; each letter is one, and a new letter
// begins another transaction. A capital letter begins the same one again, as
// where it was read in two pages.
func kept(t *testing.T, s *Store, log consent.LogID, letters string) {
	t.Helper()
	update(t, s, func(tx *Tx) error {
		for i, letter := range letters {
			v := consent.Verified{Leaf: []byte{byte(letter), byte(i), 0, 0}, Entry: consent.Entry{Log: log, Number: uint64(i)}}
			lower := letter | 0x20
			if i == 0 || lower != rune(letters[i-1])|0x20 || lower != letter {
				v.Companion = &consent.Companion{Header: []byte{byte(lower)}, Signature: consent.Signature{byte(lower)}, Path: []consent.Hash{{byte(i)}}}
			}
			if err := tx.PutEntry(v); err != nil {
				return err
			}
		}
		return nil
	})
}

// TestPage: pages are made of whole transactions, as they were read.
func TestPage(t *testing.T) {
	s := newStore(t)
	log := logID("chart")
	kept(t, s, log, "aaabccCddddddd")
	kept(t, s, logID("another"), "zz")
	tests := []struct {
		name       string
		from       uint64
		maxBytes   int
		leaves     string
		companions string
	}{
		{"as many as there are, up to a transaction that was read in two pages", 0, 1000, "aaabcc", "abc"},
		{"the rest of that transaction", 6, 1000, "Cddddddd", "cd"},
		{"at least one transaction", 0, 1, "aaa", "a"},
		{"until the bytes are there", 0, 12, "aaa", "a"},
		{"one byte more", 0, 13, "aaab", "ab"},
		{"one that is long", 7, 1, "ddddddd", "d"},
		{"not in the middle of a transaction", 1, 1000, "", ""},
		{"not behind the end", 14, 1000, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := pageOf(t, s, log, tt.from, tt.maxBytes)
			if tt.leaves == "" {
				if !errors.Is(err, consent.ErrPruned) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var leaves, companions []byte
			for i, leaf := range p.Leaves {
				leaves = append(leaves, leaf[0])
				if uint64(leaf[1]) != tt.from+uint64(i) {
					t.Errorf("entry %d stands in the place of %d", leaf[1], tt.from+uint64(i))
				}
			}
			for _, c := range p.Companions {
				companions = append(companions, c.Header...)
			}
			if string(leaves) != tt.leaves || string(companions) != tt.companions || p.From != tt.from || p.Log != log {
				t.Errorf("entries %s with companions %s, want %s with %s", leaves, companions, tt.leaves, tt.companions)
			}
		})
	}
}

// TestPageEndsAtAGap: what was not kept is not skipped.
func TestPageEndsAtAGap(t *testing.T) {
	s := newStore(t)
	log := logID("chart")
	kept(t, s, log, "abcd")
	update(t, s, func(tx *Tx) error { return tx.exec("DELETE FROM entries WHERE number = 2") })
	p, err := pageOf(t, s, log, 0, 1000)
	if err != nil || len(p.Leaves) != 2 || len(p.Companions) != 2 {
		t.Errorf("%d entries with %d companions, %v; want those before the gap", len(p.Leaves), len(p.Companions), err)
	}
}

// TestFormat1: a database from before companions were kept is changed, a copy
// stays, and what it has is served by nobody without a proof.
func TestFormat1(t *testing.T) {
	dir, key := t.TempDir(), newTestKey(t)
	s := open(t, dir, key)
	log := logID("chart")
	kept(t, s, log, "ab")
	update(t, s, func(tx *Tx) error {
		return errors.Join(tx.PutDetail(log, consent.Hash{}, detail(t, "x")), tx.PutDetail(log, consent.Hash{1}, detail(t, "x")))
	})
	_, err := s.write.Exec(`DROP INDEX entries_by_commitment; DROP INDEX loose_details;
		ALTER TABLE entries DROP COLUMN companion; ALTER TABLE details DROP COLUMN loose; PRAGMA user_version = 1`)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, key)
	if _, err := os.Stat(filepath.Join(dir, "gateway.db.format-1")); err != nil {
		t.Error(err)
	}
	if _, err := pageOf(t, s, log, 0, 1000); !errors.Is(err, consent.ErrPruned) {
		t.Errorf("an entry without its companion was given away: %v", err)
	}
	update(t, s, func(tx *Tx) error {
		e, err := tx.Entry(log, 1)
		if !slices.Equal(e.Leaf, []byte{'b', 1, 0, 0}) {
			t.Errorf("the entry is lost: %v", e.Leaf)
		}
		var loose int
		failed := tx.get("SELECT count(*) FROM details WHERE loose = 1", nil, &loose)
		if loose != 1 {
			t.Errorf("%d details without an entry, want 1", loose)
		}
		return errors.Join(err, failed)
	})
}

func pageOf(t *testing.T, s *Store, log consent.LogID, from uint64, maxBytes int) (p consent.Page, err error) {
	t.Helper()
	err = s.View(t.Context(), func(tx *Tx) (err error) {
		p, err = tx.Page(log, from, maxBytes)
		return err
	})
	return p, err
}
