package profile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestParseName(t *testing.T) {
	for _, ok := range []string{"me", "a", "anna-2", "0", strings.Repeat("a", 32)} {
		if n, err := ParseName(ok); err != nil || string(n) != ok {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", ".", "..", "a/b", `a\b`, "Anna", "-a", "a-", "a--b", "a b", "a\n", "ä", "a.b", "demo:a", "marks/",
		strings.Repeat("a", 33), "con", "nul", "com1", "lpt9", "\x00",
	} {
		if _, err := ParseName(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("me")
	f.Add("../me")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseName(s)
		if err == nil && (filepath.Base(string(n)) != s || strings.ContainsAny(s, `/\:. `) || len(s) > 64) {
			t.Errorf("%q is a name", s)
		}
	})
}

func TestCreateOpenListRemove(t *testing.T) {
	r, ctx := RootAt(t.TempDir()), t.Context()
	if names, err := r.List(); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
	for name, keeper := range map[Name]Keeper{"me": InKeyring, "anna": InFile} {
		p, err := r.Create(ctx, name, keeper, nil)
		if err != nil || p.Keeper() != keeper || p.Account() != string(name) {
			t.Fatalf("%v, %v", p, err)
		}
		if _, err := r.Create(ctx, name, keeper, nil); !errors.Is(err, ErrExists) {
			t.Errorf("a second %s: %v", name, err)
		}
	}
	if err := os.MkdirAll(filepath.Join(r.Dir(), "half-made"), 0o700); err != nil {
		t.Fatal(err)
	}
	if names, err := r.List(); err != nil || !slices.Equal(names, []Name{"anna", "me"}) {
		t.Errorf("%v, %v", names, err)
	}
	p, err := r.Open("anna")
	if err != nil || p.Keeper() != InFile {
		t.Fatalf("%v, %v", p, err)
	}
	if err := p.SetKeeper(InKeyring); err != nil {
		t.Fatal(err)
	}
	if p, err = r.Open("anna"); err != nil || p.Keeper() != InKeyring {
		t.Errorf("%v, %v", p, err)
	}
	if err := r.Remove(ctx, "anna"); err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{p.Dir(), filepath.Dir(p.MarksFile())} {
		if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there", left)
		}
	}
	if _, err := r.Open("anna"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if _, err := r.Open("me"); err != nil {
		t.Errorf("the other profile: %v", err)
	}
	if _, err := r.Create(ctx, "half-made", InKeyring, nil); err != nil {
		t.Errorf("a creation that had been cut short: %v", err)
	}
}

func TestNamesFromTheOutsideAreChecked(t *testing.T) {
	r := RootAt(t.TempDir())
	_, createErr := r.Create(t.Context(), "../x", InKeyring, nil)
	_, openErr := r.Open("../x")
	for _, err := range []error{createErr, openErr, r.Remove(t.Context(), "../x")} {
		if err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := r.Create(t.Context(), "me", "cloud", nil); err == nil {
		t.Error("an unknown keeper")
	}
}

func TestFilesLieWhereTheyBelong(t *testing.T) {
	root := t.TempDir()
	p, err := RootAt(root).Create(t.Context(), "me", InFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	if in, _ := filepath.Rel(p.Dir(), p.MarksFile()); !strings.HasPrefix(in, "..") {
		t.Errorf("the marks lie beside the vault: %s", p.MarksFile())
	}
	for _, name := range []string{p.Dir(), filepath.Dir(p.MarksFile())} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestOneOfManyCreatesIt(t *testing.T) {
	r := RootAt(t.TempDir())
	var all sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		all.Go(func() { _, results[i] = r.Create(t.Context(), "me", InKeyring, nil) })
	}
	all.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else if !errors.Is(err, ErrExists) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d made it", made)
	}
}

func TestLock(t *testing.T) {
	p, err := RootAt(t.TempDir()).Create(t.Context(), "me", InKeyring, nil)
	if err != nil {
		t.Fatal(err)
	}
	release, err := p.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Lock(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a second lock: %v", err)
	}
	release()
	if release, err = p.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	release()
}

func TestFolders(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for name, c := range map[string]struct {
		goos        string
		env         func(string) string
		data, state string
	}{
		"linux":              {"linux", env(), "/home/a/.local/share/carekey", "/home/a/.local/state/carekey"},
		"linux with XDG":     {"linux", env("XDG_DATA_HOME", "/d", "XDG_STATE_HOME", "/s"), "/d/carekey", "/s/carekey"},
		"linux relative XDG": {"linux", env("XDG_DATA_HOME", "d"), "/home/a/.local/share/carekey", "/home/a/.local/state/carekey"},
		"darwin": {"darwin", env("XDG_DATA_HOME", "/d"),
			"/home/a/Library/Application Support/carekey/profiles", "/home/a/Library/Application Support/carekey/state"},
		"windows": {"windows", env(), "/home/a/AppData/Local/carekey/profiles", "/home/a/AppData/Local/carekey/state"},
	} {
		data, state := folders(c.goos, "/home/a", c.env, "carekey")
		if filepath.ToSlash(data) != c.data || filepath.ToSlash(state) != c.state {
			t.Errorf("%s: %s, %s", name, data, state)
		}
	}
}

func TestDemoIsApart(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	user, err := UserRoot()
	if err != nil {
		t.Fatal(err)
	}
	demo, err := DemoRoot()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := user.Create(t.Context(), "me", InKeyring, nil)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := demo.Create(t.Context(), "me", InKeyring, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseName(shown.Account()); err == nil || shown.Account() == kept.Account() {
		t.Errorf("a real profile could have the demo's account %q", shown.Account())
	}
	if err := user.Clean(); !errors.Is(err, ErrNotDemo) {
		t.Errorf("cleaning real profiles: %v", err)
	}
	if err := demo.Clean(); err != nil {
		t.Fatal(err)
	}
	if names, _ := demo.List(); len(names) != 0 {
		t.Errorf("left of the demo: %v", names)
	}
	if names, _ := user.List(); len(names) != 1 {
		t.Errorf("left of the real profiles: %v", names)
	}
}

func TestConfigRefuses(t *testing.T) {
	for raw, want := range map[string]error{
		``:                                      ErrDamaged,
		`{`:                                     ErrDamaged,
		`{"format":0,"keeper":"file"}`:          ErrDamaged,
		`{"format":1,"keeper":"cloud"}`:         ErrDamaged,
		`{"format":1,"keeper":"file","x":1}`:    ErrDamaged,
		`{"format":1}`:                          ErrDamaged,
		`{"format":2,"keeper":"cloud","new":1}`: ErrNewer,
	} {
		if _, err := decodeConfig([]byte(raw)); !errors.Is(err, want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"format":1,"keeper":"file"}`))
	f.Add([]byte(`{"format":2,"keeper":"other","more":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := decodeConfig(b)
		if err == nil && (c.Format != configFormat || c.Keeper != InKeyring && c.Keeper != InFile) {
			t.Errorf("%s is read as %v", b, c)
		}
	})
}

// Demos in different folders share a keyring and no account in it.
func TestDemosInFoldersAreApart(t *testing.T) {
	seen := map[string]bool{"demo": true}
	for range 2 {
		r, err := DemoRootAt(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Create(t.Context(), "demo", InKeyring, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := r.Open("demo")
		if err != nil || again.Account() != p.Account() || seen[p.Account()] {
			t.Errorf("account %q and then %q: %v", p.Account(), again.Account(), err)
		}
		seen[p.Account()] = true
	}
}

// A profile comes into being after its secrets, or not at all.
func TestSecretsComeFirst(t *testing.T) {
	r := RootAt(t.TempDir())
	refused := errors.New("no")
	_, err := r.Create(t.Context(), "me", InFile, func(p *Profile) error {
		if _, err := r.Open("me"); !errors.Is(err, ErrNotFound) {
			t.Errorf("there is a profile already: %v", err)
		}
		if p.Keeper() != InFile {
			t.Errorf("keeper %q", p.Keeper())
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	if _, err := r.Open("me"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
