package durabletest

import "carekey/wallet/internal/durable"

// Unsynced is the real file system without flushing: for tests that write much
// and pull no plug.
type Unsynced struct{ durable.OS }

var _ durable.FS = Unsynced{}

// Create makes a file that is not flushed.
func (u Unsynced) Create(name string) (durable.File, error) {
	f, err := u.OS.Create(name)
	return unsyncedFile{f}, err
}

// Open opens a file that is not flushed.
func (u Unsynced) Open(name string) (durable.File, error) {
	f, err := u.OS.Open(name)
	return unsyncedFile{f}, err
}

// SyncDir does nothing.
func (Unsynced) SyncDir(string) error { return nil }

type unsyncedFile struct{ durable.File }

func (unsyncedFile) Sync() error { return nil }
