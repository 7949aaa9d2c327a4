package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"

	"carekey/wallet/internal/durable"
)

// LockWait is how long a write waits for another wallet's.
const LockWait = 5 * time.Second

// lockPoll is how often the lock is tried meanwhile.
const lockPoll = 5 * time.Millisecond

// lock takes the writers' lock and returns how to let it go, or [ErrBusy].
func (v *Vault) lock() (func(), error) {
	ctx, cancel := context.WithTimeout(context.Background(), v.lockWait)
	defer cancel()
	l := flock.New(v.dir.lock(), flock.SetPermissions(durable.FileMode))
	ok, err := l.TryLockContext(ctx, lockPoll)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, ErrBusy
	}
	if err != nil || !ok {
		return nil, fmt.Errorf("lock the vault: %w", err)
	}
	return func() { _ = l.Close() }, nil // closing a lock file cannot lose anything
}

// tryMergeLock takes the lock of merging and sweeping, or returns [ErrBusy].
func (v *Vault) tryMergeLock() (func(), error) {
	l := flock.New(v.dir.mergeLock(), flock.SetPermissions(durable.FileMode))
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock the vault: %w", err)
	}
	if !ok {
		return nil, ErrBusy
	}
	return func() { _ = l.Close() }, nil
}

// fresh takes the lock and makes sure that this wallet's head is the one on
// disk. The caller holds v.write.
func (v *Vault) fresh() (func(), error) {
	if v.closed {
		return nil, ErrClosed
	}
	release, err := v.lock()
	if err != nil {
		return nil, err
	}
	if err := v.newestOnDisk(); err != nil {
		release()
		return nil, err
	}
	if v.litter {
		v.sweep()
	}
	return release, nil
}

// newestOnDisk returns [ErrStale] when another wallet wrote a newer head.
func (v *Vault) newestOnDisk() error {
	ours := written{side: v.now.at, generation: v.now.head.Generation, digest: v.now.digest}
	if ours.still(v.dir) {
		return nil
	}
	digest, err := headOnDisk(v.dir)
	if err == nil && digest != v.now.digest {
		err = ErrStale
	}
	return err
}

// tidy sweeps when nobody is writing.
func (v *Vault) tidy() error {
	release, err := v.fresh()
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrStale) {
		return nil // whoever is writing has the newer picture
	}
	if err != nil {
		return err
	}
	defer release()
	v.sweep()
	return nil
}

// sweep removes files that no head names. The caller holds the lock and has the
// head that is on disk. What cannot be removed now is swept another time.
func (v *Vault) sweep() {
	release, err := v.tryMergeLock()
	if err != nil {
		return
	}
	defer release()
	keep := make(map[string]bool)
	for _, s := range v.now.head.Segments {
		keep[s.ID.String()] = true
	}
	for _, b := range v.now.head.Blobs {
		keep[b.ID.String()] = true
	}
	clean := true
	for _, dir := range v.dir.subfolders() {
		clean = v.sweepFolder(dir, keep) && clean
	}
	v.litter = !clean
}

func (v *Vault) sweepFolder(dir string, keep map[string]bool) bool {
	files, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	clean := true
	for _, f := range files {
		if !keep[f.Name()] {
			clean = v.safe.fs.Remove(dir+string(os.PathSeparator)+f.Name()) == nil && clean
		}
	}
	return clean
}
