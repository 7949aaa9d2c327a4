package wallet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// A commit leaves segments of thousands of rows alone; while the wallet runs
// they are joined all the same.
func TestRunJoinsSegments(t *testing.T) {
	dir := t.TempDir()
	w := newTown(t).person(dir, keys.NewMaster())
	runs, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(runs) }()
	for log := range byte(2) {
		var batch vault.Batch
		for n := range uint64(5000) {
			batch.New = append(batch.New, vault.Entry{Row: vault.Row{Log: consent.LogID{log}, Number: n, Time: 1, Class: consent.ClassAccess}})
		}
		if err := w.update(func(*book) (vault.Batch, error) { return batch, nil }); err != nil {
			t.Fatal(err)
		}
	}
	awaitSegments(t, filepath.Join(dir, "segments"), 1)
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if n := w.Snapshot().Rows; n != 10000 {
		t.Errorf("%d rows are left", n)
	}
}

func awaitSegments(t *testing.T, folder string, want int) {
	t.Helper()
	late := time.After(time.Minute)
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		files, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == want {
			return
		}
		select {
		case <-look.C:
		case <-late:
			t.Fatalf("%d segments, want %d", len(files), want)
		}
	}
}
