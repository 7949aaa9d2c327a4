package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"carekey/wallet/internal/durable"
)

// Erase removes the vault in dir, which nobody may have open, and leaves files
// that are not a vault's alone. The head goes first, so that a crash leaves
// nothing that opens. What a disk keeps of removed files stays sealed: it is
// lost for good once the master secret is.
func Erase(dir string) error {
	f := folder(dir)
	v := &Vault{dir: f, safe: safe{fs: durable.OS{}}, lockWait: LockWait}
	release, err := v.lock()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = eraseFiles(f)
	release()
	for _, name := range []string{f.lock(), f.mergeLock()} {
		err = errors.Join(err, removeAny(name))
	}
	if err != nil {
		return fmt.Errorf("erase the vault: %w", err)
	}
	_ = os.Remove(dir) // stays where something else lies in it
	return nil
}

func eraseFiles(f folder) error {
	if err := removeAny(f.head()); err != nil {
		return err
	}
	for _, dir := range f.subfolders() {
		files, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, file := range files {
			if err := removeAny(filepath.Join(dir, file.Name())); err != nil {
				return err
			}
		}
		if err := removeAny(dir); err != nil {
			return err
		}
	}
	return nil
}

// removeAny removes a file or an empty folder, if there is one.
func removeAny(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
