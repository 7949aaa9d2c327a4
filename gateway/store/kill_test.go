package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"filippo.io/age"

	"carekey/consent"
)

// TestKill kills a writer in the middle of its work; what it had acknowledged
// is there afterwards.
func TestKill(t *testing.T) {
	if dir := os.Getenv("CAREKEY_STORE_WRITER"); dir != "" {
		writeForEver(t, dir)
	}
	dir, key := t.TempDir(), newTestKey(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
	child.Env = append(os.Environ(), "CAREKEY_STORE_WRITER="+dir)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in, key.HybridIdentity.String()) // a test's key; never a real one
	acknowledged := int64(0)
	lines := bufio.NewScanner(out)
	for acknowledged < 50 && lines.Scan() {
		if acknowledged, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
			t.Fatalf("the writer said %q", lines.Text())
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	s := open(t, dir, key)
	defer s.Close()
	update(t, s, func(tx *Tx) error {
		n, err := tx.CountOutbox(OutboxWaiting)
		if int64(n) < acknowledged || acknowledged < 50 {
			t.Errorf("%d items, %d were acknowledged", n, acknowledged)
		}
		return err
	})
}

func writeForEver(t *testing.T, dir string) {
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	id, err := age.ParseHybridIdentity(lines.Text())
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, testKey{id})
	item := consent.NewItem(logID("chart"), consent.ClassAccess, consent.AccessFields{}, consent.Hash{1})
	for {
		update(t, s, func(tx *Tx) error {
			_, err := tx.Queue(item, 0, false)
			return err
		})
		var n int
		update(t, s, func(tx *Tx) (err error) {
			n, err = tx.CountOutbox(OutboxWaiting)
			return err
		})
		fmt.Println(n)
	}
}
