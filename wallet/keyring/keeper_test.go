package keyring

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"carekey/wallet/keys"
)

const testPassphrase = "correct horse battery staple"

// always answers with one passphrase.
func always(passphrase string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return passphrase, nil }
}

func testFile(t testing.TB, dir, profile string) *File {
	t.Helper()
	f := NewFile(filepath.Join(dir, profile+".age"), filepath.Join(dir, profile+".marks"), always(testPassphrase))
	f.WorkFactor = 10
	return f
}

func TestFileKeeper(t *testing.T) {
	dir := t.TempDir()
	testKeeper(t, func(profile string) Keeper { return testFile(t, dir, profile) })
}

// testKeeper is what every keeper has to do.
func testKeeper(t *testing.T, open func(profile string) Keeper) {
	t.Helper()
	ctx := t.Context()
	entries := []Entry{MasterEntry, MarksEntry}
	t.Run("nothing is kept at first", func(t *testing.T) {
		k := open("first")
		for _, e := range entries {
			if _, err := k.Load(ctx, e); !errors.Is(err, Absent) {
				t.Errorf("entry %d: %v", e, err)
			}
			if err := k.Delete(ctx, e); err != nil {
				t.Errorf("deleting nothing: %v", err)
			}
		}
	})
	t.Run("what is stored is loaded", func(t *testing.T) {
		for _, e := range entries {
			for _, want := range [][]byte{{0}, []byte("two"), bytes.Repeat([]byte{0xff, 0}, MaxEntryBytes/2)} {
				if err := open("store").Store(ctx, e, want); err != nil {
					t.Fatal(err)
				}
				if got, err := open("store").Load(ctx, e); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("entry %d: %x, %v", e, got, err)
				}
			}
		}
	})
	t.Run("entries and profiles are apart", func(t *testing.T) {
		a, b := open("a"), open("b")
		for i, k := range []Keeper{a, b} {
			for j, e := range entries {
				if err := k.Store(ctx, e, []byte{byte(i), byte(j)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := a.Delete(ctx, MasterEntry); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Load(ctx, MasterEntry); !errors.Is(err, Absent) {
			t.Errorf("a deleted entry: %v", err)
		}
		for want, load := range map[string]func() ([]byte, error){
			"\x00\x01": func() ([]byte, error) { return a.Load(ctx, MarksEntry) },
			"\x01\x00": func() ([]byte, error) { return b.Load(ctx, MasterEntry) },
		} {
			if got, err := load(); err != nil || string(got) != want {
				t.Errorf("%x, %v, want %x", got, err, want)
			}
		}
	})
	t.Run("what is too long is refused", func(t *testing.T) {
		if err := open("long").Store(ctx, MasterEntry, make([]byte, MaxEntryBytes+1)); !errors.Is(err, Failed) {
			t.Error(err)
		}
	})
	t.Run("a cancelled call does nothing", func(t *testing.T) {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		k := open("cancelled")
		_, loadErr := k.Load(cancelled, MasterEntry)
		for _, err := range []error{loadErr, k.Store(cancelled, MasterEntry, []byte("x")), k.Delete(cancelled, MasterEntry)} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("many at once", func(t *testing.T) {
		var all sync.WaitGroup
		k := open("many")
		for i := range 8 {
			all.Go(func() {
				if err := k.Store(ctx, MarksEntry, []byte{byte(i)}); err != nil {
					t.Error(err)
				}
				if got, err := k.Load(ctx, MarksEntry); err != nil || len(got) != 1 {
					t.Errorf("%x, %v", got, err)
				}
			})
		}
		all.Wait()
	})
	t.Run("masters and marks", func(t *testing.T) { testMastersAndMarks(t, open("masters")) })
}

func testMastersAndMarks(t *testing.T, k Keeper) {
	ctx := t.Context()
	m, err := keys.Masters{Current: keys.NewMaster()}.Rotated(keys.NewMaster())
	if err != nil {
		t.Fatal(err)
	}
	if err := CreateMasters(ctx, k, m); err != nil {
		t.Fatal(err)
	}
	if err := CreateMasters(ctx, k, keys.Masters{Current: keys.NewMaster()}); !errors.Is(err, Taken) {
		t.Errorf("a second profile of the same name: %v", err)
	}
	back, err := LoadMasters(ctx, k)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := m.Encode()
	if got, err := back.Encode(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("other masters came back (%v)", err)
	}
	if marks, err := LoadMarks(ctx, k); err != nil || marks.Generation != 0 {
		t.Errorf("%v, %v", marks, err)
	}
	high := Marks{Generation: 7, Headers: []HeaderMark{{Network: [32]byte{1}, Height: 9}}}
	for _, raise := range []Marks{high, {Generation: 3}, {Headers: []HeaderMark{{Network: [32]byte{1}, Height: 8}}}} {
		if err := RaiseMarks(ctx, k, raise); err != nil {
			t.Fatal(err)
		}
	}
	if marks, err := LoadMarks(ctx, k); err != nil || !marks.equal(high) {
		t.Errorf("%v, %v", marks, err)
	}
	if err := k.Store(ctx, MasterEntry, []byte("not masters")); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadMasters(ctx, k); !errors.Is(err, Damaged) {
		t.Error(err)
	}
	if err := StoreMasters(ctx, k, m); err != nil {
		t.Error(err)
	}
}

func TestEverySecretFitsIntoAnEntry(t *testing.T) {
	m := keys.Masters{Current: keys.NewMaster()}
	one, err := m.Encode()
	if err != nil || len(textOf(one)) >= 100 {
		t.Errorf("one master takes %d characters (%v)", len(textOf(one)), err)
	}
	for len(m.Old)+1 < keys.MaxMasters {
		if m, err = m.Rotated(keys.NewMaster()); err != nil {
			t.Fatal(err)
		}
	}
	marks := Marks{Generation: 1 << 63}
	for i := range MaxMarkedHeaders {
		marks.Headers = append(marks.Headers, HeaderMark{Network: [32]byte{byte(i)}, Height: 1 << 62})
	}
	all, err := m.Encode()
	for _, b := range [][]byte{all, marks.Encode()} {
		if err != nil || len(b) > MaxEntryBytes || len(textOf(b)) > 2560 {
			t.Errorf("%d bytes, %d characters, %v", len(b), len(textOf(b)), err)
		}
	}
}

func TestEveryProblemHasASentence(t *testing.T) {
	seen := map[string]bool{}
	for p := Absent; p <= Taken; p++ {
		s := p.Error()
		if strings.HasPrefix(s, "unknown") || seen[s] || strings.ContainsAny(s[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
			t.Errorf("problem %d: %q", p, s)
		}
		seen[s] = true
		if err := p.because(errors.New("org.freedesktop.DBus.Error")); err.Error() != s || !errors.Is(err, p) {
			t.Errorf("problem %d shows its cause: %q", p, err)
		}
	}
}

func FuzzMarks(f *testing.F) {
	f.Add(Marks{}.Encode())
	f.Add(Marks{Generation: 5, Headers: []HeaderMark{{Network: [32]byte{2}, Height: 3}, {Network: [32]byte{1}, Height: 1 << 40}}}.Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeMarks(b)
		if err == nil && !bytes.Equal(m.Encode(), b) {
			t.Errorf("%x is read and written as %x", b, m.Encode())
		}
	})
}

func FuzzEntryText(f *testing.F) {
	f.Add(textOf([]byte("bytes")))
	f.Add("not base64!")
	f.Add("YWJj\n")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := bytesOf(s)
		if err == nil && textOf(b) != s {
			t.Errorf("%q is read and written as %q", s, textOf(b))
		}
	})
}
