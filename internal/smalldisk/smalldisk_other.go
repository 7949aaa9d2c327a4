//go:build !linux

package smalldisk

import "testing"

// Disk is a small disk, which only Linux has.
type Disk struct{ Dir string }

// New skips the test.
func New(t testing.TB, _ int) *Disk {
	t.Helper()
	t.Skip("skipped: small disks are mounted on Linux only")
	return nil
}

// Fill does nothing.
func (*Disk) Fill() {}

// Free does nothing.
func (*Disk) Free() {}
