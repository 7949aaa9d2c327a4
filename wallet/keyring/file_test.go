package keyring

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"carekey/consent"
	"carekey/wallet/internal/durable/durabletest"
	"carekey/wallet/keys"
)

func TestPassphraseFileIsSealed(t *testing.T) {
	f := testFile(t, t.TempDir(), "p")
	secret := bytes.Repeat([]byte("secret!"), 5)
	if err := f.Store(t.Context(), MasterEntry, secret); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(f.master)
	if err != nil || bytes.Contains(raw, []byte("secret!")) || !bytes.HasPrefix(raw, []byte("age-encryption.org/v1\n-> scrypt")) {
		t.Errorf("%q, %v", raw, err)
	}
	for _, name := range []string{f.master, f.master + ".lock"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	f.ask = always("another passphrase")
	if _, err := f.Load(t.Context(), MasterEntry); !errors.Is(err, WrongPassphrase) {
		t.Error(err)
	}
	f.ask = always("")
	if _, err := f.Load(t.Context(), MasterEntry); !errors.Is(err, WrongPassphrase) {
		t.Error(err)
	}
	f.ask = always("short")
	if err := f.Store(t.Context(), MasterEntry, secret); !errors.Is(err, WeakPassphrase) {
		t.Error(err)
	}
	stop := errors.New("closed the question")
	f.ask = func(context.Context) (string, error) { return "", stop }
	if _, err := f.Load(t.Context(), MasterEntry); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestPassphraseIsTheSameOnEveryKeyboard(t *testing.T) {
	f := testFile(t, t.TempDir(), "p")
	f.ask = always("Ga\u0308nseblu\u0308mchen") // letters and marks apart
	if err := f.Store(t.Context(), MasterEntry, []byte("x")); err != nil {
		t.Fatal(err)
	}
	f.ask = always("Gänseblümchen")
	if _, err := f.Load(t.Context(), MasterEntry); err != nil {
		t.Error(err)
	}
}

func TestDamagedPassphraseFiles(t *testing.T) {
	f := testFile(t, t.TempDir(), "p")
	if err := f.Store(t.Context(), MasterEntry, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(f.master)
	if err != nil {
		t.Fatal(err)
	}
	costly := bytes.Replace(whole, []byte(" 10\n"), []byte(" 21\n"), 1)
	if bytes.Equal(costly, whole) {
		t.Fatal("the work factor is not where the test looks for it")
	}
	for name, c := range map[string]struct {
		raw  []byte
		want Problem
	}{
		"empty":     {nil, Damaged},
		"truncated": {whole[:len(whole)-1], Damaged},
		"torn":      {whole[:len(whole)/2], Damaged},
		"a longer":  {append(bytes.Clone(whole), 0), Damaged},
		"huge":      {make([]byte, maxPassphraseFile+1), Damaged},
		"text":      {[]byte("hello"), Damaged},
		"costly":    {costly, TooCostly},
	} {
		if err := os.WriteFile(f.master, c.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Load(t.Context(), MasterEntry); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(f.marks, []byte("!!!"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(t.Context(), MarksEntry); !errors.Is(err, Damaged) {
		t.Errorf("marks: %v", err)
	}
}

func TestFullDiskLeavesTheOldSecret(t *testing.T) {
	dir := t.TempDir()
	f := testFile(t, dir, "p")
	if err := f.Store(t.Context(), MasterEntry, []byte("old")); err != nil {
		t.Fatal(err)
	}
	for n := range 6 {
		f.fs = durabletest.FailAfter(n)
		stored := f.Store(t.Context(), MasterEntry, []byte("new"))
		got, err := testFile(t, dir, "p").Load(t.Context(), MasterEntry)
		if err != nil || string(got) != "old" && string(got) != "new" || stored == nil && string(got) != "new" {
			t.Errorf("broken after %d operations: stored %v, loaded %q, %v", n, stored, got, err)
		}
	}
}

func testRecovery(t *testing.T) Recovery {
	t.Helper()
	m, err := keys.Masters{Current: keys.NewMaster()}.Rotated(keys.NewMaster())
	if err != nil {
		t.Fatal(err)
	}
	return Recovery{Masters: m, Hints: []byte("institutions")}
}

func TestRecoveryFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "recovery.txt")
	want := testRecovery(t)
	if err := WriteRecovery(name, want, testPassphrase, 10); err != nil {
		t.Fatal(err)
	}
	got, err := OpenRecovery(name, testPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := want.Masters.Encode()
	b, err := got.Masters.Encode()
	if err != nil || !bytes.Equal(a, b) || string(got.Hints) != "institutions" {
		t.Errorf("another recovery came back (%v)", err)
	}
	if _, err := OpenRecovery(name, testPassphrase+"!"); !errors.Is(err, WrongPassphrase) {
		t.Error(err)
	}
	if err := WriteRecovery(name, testRecovery(t), testPassphrase, 10); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second file in its place: %v", err)
	}
	if _, err := OpenRecovery(name+"x", testPassphrase); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	raw, err := os.ReadFile(name)
	if err != nil || !strings.HasPrefix(string(raw), armor.Header) {
		t.Errorf("%q, %v", raw, err)
	}
	for _, cut := range []int{0, 30, len(raw) / 2, len(raw) - 40} {
		if err := os.WriteFile(name, raw[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenRecovery(name, testPassphrase); !errors.Is(err, Damaged) {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

func TestRecoveryRefuses(t *testing.T) {
	dir := t.TempDir()
	r := testRecovery(t)
	if err := WriteRecovery(filepath.Join(dir, "a"), r, "short", 10); !errors.Is(err, WeakPassphrase) {
		t.Error(err)
	}
	r.Hints = make([]byte, MaxHintsBytes+1)
	if err := WriteRecovery(filepath.Join(dir, "b"), r, testPassphrase, 10); err == nil {
		t.Error("hints over the limit")
	}
	if err := WriteRecovery(filepath.Join(dir, "c"), Recovery{}, testPassphrase, 10); !errors.Is(err, keys.ErrNoMaster) {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, id.Recipient())
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if _, err := openWithPassphrase(&sealed, testPassphrase, 10); !errors.Is(err, Damaged) {
		t.Errorf("a file that is under no passphrase: %v", err)
	}
}

func FuzzRecovery(f *testing.F) {
	m, err := keys.Masters{Current: keys.NewMaster()}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m, []byte("hints"))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, masters, hints []byte) {
		plain := encodeRecovery(masters, hints)
		r, err := decodeRecovery(plain)
		if err != nil {
			return
		}
		again, err := r.Masters.Encode()
		if err != nil || !bytes.Equal(again, masters) || !bytes.Equal(r.Hints, hints) {
			t.Errorf("%x is read and written as %x (%v)", masters, again, err)
		}
	})
}

func FuzzRecoveryBytes(f *testing.F) {
	m, err := keys.Masters{Current: keys.NewMaster()}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(encodeRecovery(m, []byte("hints")))
	f.Fuzz(func(t *testing.T, plain []byte) {
		r, err := decodeRecovery(bytes.Clone(plain))
		if err != nil {
			return
		}
		masters, err := r.Masters.Encode()
		if err != nil || !bytes.Equal(encodeRecovery(masters, r.Hints), plain) {
			t.Errorf("%x is read and written otherwise (%v)", plain, err)
		}
	})
}

func FuzzMasterFile(f *testing.F) {
	f.Add(consent.Encode(masterFile{Label: masterFileLabel, Secret: []byte("secret")}))
	f.Add(consent.Encode(masterFile{Label: "carekey/master-file/2"}))
	f.Fuzz(func(t *testing.T, plain []byte) {
		secret, err := decodeMasterFile(plain)
		if err == nil && !bytes.Equal(consent.Encode(masterFile{Label: masterFileLabel, Secret: secret}), plain) {
			t.Errorf("%x is read and written otherwise", plain)
		}
	})
}
