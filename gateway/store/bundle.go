package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"carekey/consent"
)

// Bundles hold ciphertext only: a source keeps what it sealed for a day, a
// destination what it fetched until it is filed.

// bundleName is the file of one use: which transfer it is stands in the
// database alone.
func (s *Store) bundlePath(id UseID) string {
	name := consent.Sum(consent.Encode([]any{"carekey/bundle/1", id.Transfer, id.Side, id.Use}))
	return filepath.Join(s.bundles, hex.EncodeToString(name[:16])+".age")
}

// WriteBundle writes a use's ciphertext and syncs it to the disk; fill writes
// the bytes. Either the whole file is there afterwards or what was there
// before.
func (s *Store) WriteBundle(id UseID, fill func(io.Writer) error) (err error) {
	path := s.bundlePath(id)
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep a sealed bundle: %w", err)
	}
	err = errors.Join(fill(f), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path+".part"))
	}
	if err := os.Rename(path+".part", path); err != nil {
		return fmt.Errorf("keep a sealed bundle: %w", err)
	}
	return syncDir(s.bundles)
}

// OpenBundle opens a use's ciphertext for reading, with its size in bytes.
func (s *Store) OpenBundle(id UseID) (*os.File, int64, error) {
	f, err := os.Open(s.bundlePath(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, ErrNotFound
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read a sealed bundle: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// RemoveBundle deletes a use's ciphertext, if it is there.
func (s *Store) RemoveBundle(id UseID) error {
	err := os.Remove(s.bundlePath(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete a sealed bundle: %w", err)
	}
	return syncDir(s.bundles)
}

// SweepBundles deletes what a crash left half written or orphaned: every bundle
// that belongs to no unfinished use. A use is written down before its bundle,
// so that the folder is listed first: what is written meanwhile stays.
func (s *Store) SweepBundles(ctx context.Context) error {
	files, err := os.ReadDir(s.bundles)
	if err != nil {
		return fmt.Errorf("read the folder of bundles: %w", err)
	}
	keep := map[string]bool{}
	err = s.View(ctx, func(tx *Tx) error {
		uses, err := tx.Unfinished()
		for _, u := range uses {
			keep[filepath.Base(s.bundlePath(u.UseID))] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".part")
		if !strings.HasSuffix(name, ".age") || keep[name] {
			continue
		}
		err := os.Remove(filepath.Join(s.bundles, f.Name()))
		if err != nil && !errors.Is(err, os.ErrNotExist) { // its use may have ended by itself
			return fmt.Errorf("delete an orphaned bundle: %w", err)
		}
	}
	return nil
}

// syncDir makes a rename or removal in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
