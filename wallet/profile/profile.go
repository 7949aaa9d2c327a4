package profile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"carekey/wallet/internal/durable"
)

// Keeper says what holds a profile's secrets.
type Keeper string

// The keepers.
const (
	InKeyring Keeper = "keyring"
	InFile    Keeper = "file" // under a passphrase
)

// What can be wrong with a profile's configuration.
var (
	ErrNewer   = errors.New("the profile was made by a newer version of carekey")
	ErrDamaged = errors.New("the profile's configuration is damaged")
)

// Profile is one person's wallet on this machine.
type Profile struct {
	name        Name
	demo        bool
	apart       string
	keeper      Keeper
	data, state string
}

// Name is the profile's name.
func (p *Profile) Name() Name { return p.name }

// Keeper is what holds the profile's secrets.
func (p *Profile) Keeper() Keeper { return p.keeper }

// Account is the profile's account in a keyring: its name, and for the demo one
// that no real profile can have.
func (p *Profile) Account() string {
	if p.apart != "" {
		return "demo:" + p.apart + ":" + string(p.name)
	}
	if p.demo {
		return "demo:" + string(p.name)
	}
	return string(p.name)
}

// Dir is the profile's folder.
func (p *Profile) Dir() string { return p.data }

// VaultDir is the folder of the vault.
func (p *Profile) VaultDir() string { return filepath.Join(p.data, "vault") }

// MasterFile is where a passphrase file lies.
func (p *Profile) MasterFile() string { return filepath.Join(p.data, "master.age") }

// MarksFile is where the marks lie beside a passphrase file.
func (p *Profile) MarksFile() string { return filepath.Join(p.state, "marks") }

func (p *Profile) configFile() string { return filepath.Join(p.data, "profile.json") }

// SetKeeper notes that something else holds the secrets from now on. The caller
// has moved them.
func (p *Profile) SetKeeper(k Keeper) error { return p.save(k) }

// Lock keeps other wallets from changing which secrets the profile has, or
// returns [ErrBusy]. A vault has a lock of its own for every write.
func (p *Profile) Lock(ctx context.Context) (release func(), err error) {
	return lockFile(ctx, filepath.Join(p.data, ".lock"))
}

// configFormat is the version of profile.json.
const configFormat = 1

// maxConfig limits profile.json in bytes.
const maxConfig = 4096

type config struct {
	Format int    `json:"format"`
	Keeper Keeper `json:"keeper"`
}

func (c config) check() error {
	if c.Format > configFormat {
		return fmt.Errorf("%w (format %d)", ErrNewer, c.Format)
	}
	if c.Format < 1 {
		return fmt.Errorf("%w: format %d", ErrDamaged, c.Format)
	}
	if c.Keeper != InKeyring && c.Keeper != InFile {
		return fmt.Errorf("%w: unknown keeper %q", ErrDamaged, c.Keeper)
	}
	return nil
}

// decodeConfig reads profile.json. What a newer version may have added is
// looked at only after its number.
func decodeConfig(b []byte) (config, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &version); err != nil {
		return config{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if version.Format > configFormat {
		return config{}, fmt.Errorf("%w (format %d)", ErrNewer, version.Format)
	}
	var c config
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return config{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return c, c.check()
}

func (p *Profile) load() error {
	b, err := durable.ReadFile(p.configFile(), maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrNotFound, p.name)
	}
	if err != nil {
		return fmt.Errorf("read the profile: %w", err)
	}
	c, err := decodeConfig(b)
	p.keeper = c.Keeper
	return err
}

func (p *Profile) save(k Keeper) error {
	c := config{Format: configFormat, Keeper: k}
	if err := c.check(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	err = durable.Write(durable.OS{}, p.configFile(), func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
	if err != nil {
		return fmt.Errorf("write the profile: %w", err)
	}
	p.keeper = k
	return nil
}
