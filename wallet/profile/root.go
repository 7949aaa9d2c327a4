package profile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"carekey/wallet/internal/durable"
)

// What can go wrong with profiles.
var (
	ErrExists   = errors.New("there is a profile of this name already")
	ErrNotFound = errors.New("there is no profile of this name")
	ErrBusy     = errors.New("another program is changing the profiles")
	ErrNotDemo  = errors.New("only the demo may be removed as a whole")
)

// lockWait is how long a change waits for another program's.
const lockWait = 5 * time.Second

// Root is a place where profiles lie.
type Root struct {
	data, state string
	demo        bool
	apart       string // tells a demo in a chosen folder from others
}

// UserRoot is where a person's profiles lie on this platform.
func UserRoot() (Root, error) { return platformRoot("carekey", false) }

// DemoRoot is where the demo keeps its profiles and everything else; no real
// profile ever lies there.
func DemoRoot() (Root, error) { return platformRoot("carekey-demo", true) }

// RootAt is a root in a folder that somebody chose.
func RootAt(dir string) Root {
	return Root{data: filepath.Join(dir, "data"), state: filepath.Join(dir, "state")}
}

// DemoRootAt is a demo's root in a folder that somebody chose. Demos in
// different folders have different accounts in a keyring.
func DemoRootAt(dir string) (Root, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Root{}, fmt.Errorf("find the demo's folder: %w", err)
	}
	r := RootAt(dir)
	sum := sha256.Sum256([]byte(dir))
	r.demo, r.apart = true, hex.EncodeToString(sum[:8])
	return r, nil
}

func platformRoot(app string, demo bool) (Root, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Root{}, fmt.Errorf("find the home folder: %w", err)
	}
	data, state := folders(runtime.GOOS, home, os.Getenv, app)
	return Root{data: data, state: state, demo: demo}, nil
}

// folders are the data and state folders of a program on a platform.
func folders(goos, home string, getenv func(string) string, app string) (data, state string) {
	switch goos {
	case "windows":
		base := absolute(getenv("LocalAppData"), filepath.Join(home, "AppData", "Local"))
		return filepath.Join(base, app, "profiles"), filepath.Join(base, app, "state")
	case "darwin":
		base := filepath.Join(home, "Library", "Application Support", app)
		return filepath.Join(base, "profiles"), filepath.Join(base, "state")
	}
	return filepath.Join(absolute(getenv("XDG_DATA_HOME"), filepath.Join(home, ".local", "share")), app),
		filepath.Join(absolute(getenv("XDG_STATE_HOME"), filepath.Join(home, ".local", "state")), app)
}

// absolute is the path, or the other one when it is empty or relative, which the
// XDG specification says to ignore.
func absolute(path, otherwise string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return otherwise
}

// Dir is the folder in which the profiles' folders lie.
func (r Root) Dir() string { return r.data }

// List names the profiles, sorted.
func (r Root) List() ([]Name, error) {
	entries, err := os.ReadDir(r.data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the profiles: %w", err)
	}
	var names []Name
	for _, e := range entries {
		name, err := ParseName(e.Name())
		if err != nil {
			continue // somebody else's
		}
		if _, err := os.Stat(r.at(name).configFile()); err == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// at is the profile of a name, whether there is one or not.
func (r Root) at(name Name) *Profile {
	return &Profile{name: name, demo: r.demo, apart: r.apart, data: filepath.Join(r.data, string(name)), state: filepath.Join(r.state, string(name))}
}

// Create makes a profile, or returns [ErrExists]. Before there is one, keep is
// called to keep its secrets, so that none is ever without; nil keeps nothing.
func (r Root) Create(ctx context.Context, name Name, keeper Keeper, keep func(*Profile) error) (*Profile, error) {
	if _, err := ParseName(string(name)); err != nil {
		return nil, err
	}
	if err := (config{Format: configFormat, Keeper: keeper}).check(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.data, durable.DirMode); err != nil {
		return nil, fmt.Errorf("make the folder of profiles: %w", err)
	}
	release, err := r.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	p := r.at(name)
	if _, err := os.Stat(p.configFile()); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(ErrExists, err)
	}
	for _, dir := range []string{p.data, p.state} {
		if err := os.MkdirAll(dir, durable.DirMode); err != nil {
			return nil, fmt.Errorf("make the profile's folder: %w", err)
		}
	}
	p.keeper = keeper
	if keep != nil {
		if err := keep(p); err != nil {
			return nil, err
		}
	}
	return p, p.save(keeper)
}

// Open opens a profile, or returns [ErrNotFound].
func (r Root) Open(name Name) (*Profile, error) {
	if _, err := ParseName(string(name)); err != nil {
		return nil, err
	}
	p := r.at(name)
	return p, p.load()
}

// Remove removes a profile's files, the sealed vault and a passphrase file
// among them, but nothing that a keyring keeps.
func (r Root) Remove(ctx context.Context, name Name) error {
	p, err := r.Open(name)
	if err != nil {
		return err
	}
	release, err := r.lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	// The configuration goes first: a profile half removed is not listed.
	return errors.Join(os.Remove(p.configFile()), os.RemoveAll(p.data), os.RemoveAll(p.state))
}

// Clean removes the demo's folders with everything in them; any other root is
// [ErrNotDemo].
func (r Root) Clean() error {
	if !r.demo {
		return ErrNotDemo
	}
	return errors.Join(os.RemoveAll(r.data), os.RemoveAll(r.state))
}

// lock keeps other programs from changing the profiles.
func (r Root) lock(ctx context.Context) (func(), error) {
	return lockFile(ctx, filepath.Join(r.data, ".lock"))
}

func lockFile(ctx context.Context, name string) (func(), error) {
	limited, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(name, flock.SetPermissions(durable.FileMode))
	_, err := l.TryLockContext(limited, 5*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, ErrBusy
	}
	if err != nil {
		return nil, fmt.Errorf("lock the profiles: %w", err)
	}
	return func() { _ = l.Close() }, nil // closing a lock file cannot lose anything
}
