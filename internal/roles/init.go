package roles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"carekey/consent"
	"carekey/ui"
	"carekey/wallet/keyring"
	"carekey/wallet/keys"
	"carekey/wallet/profile"
)

// hints stand in a recovery file beside the masters: which network to trust and
// which institutions to ask for the charts.
type hints struct {
	_      struct{} `cbor:",toarray"`
	Anchor consent.Anchor
	At     []consent.Institution
}

// init makes a wallet: a new key, or those of a recovery file.
func (s Wallets) init(ctx context.Context, o ui.InitOptions) (ui.InitReport, error) {
	name, err := profile.ParseName(o.Profile)
	if o.Profile == "" {
		name, err = profile.DefaultName, nil
	}
	if err != nil {
		return ui.InitReport{}, &kinded{err, ui.ErrUsage}
	}
	if name == demoName {
		return ui.InitReport{}, &kinded{fmt.Errorf("the name %q belongs to the demo: choose another one", demoName), ui.ErrUsage}
	}
	masters, known, err := s.masters(ctx, o)
	if err != nil {
		return ui.InitReport{}, err
	}
	defer masters.Wipe()
	place := profile.InKeyring
	if o.Place == ui.InPassphraseFile {
		place = profile.InFile
	}
	report := ui.InitReport{Profile: string(name), Place: o.Place}
	p, err := s.Root.Create(ctx, name, place, func(p *profile.Profile) (err error) {
		k := keeperOf(p, o.Passphrase)
		if report.Again, err = keep(ctx, k, masters, o.Recovery == ""); err != nil || !report.Again {
			return err
		}
		return forgetVault(ctx, k, p.VaultDir())
	})
	if err != nil {
		return ui.InitReport{}, troubleOf(err)
	}
	if known != nil {
		if err := s.note(ctx, p, o.Passphrase, *known); err != nil {
			return ui.InitReport{}, err
		}
	}
	report.Folder = p.Dir()
	if place == profile.InFile {
		report.KeyFile = p.MasterFile()
	}
	return report, nil
}

// forgetVault forgets how far a vault had come that is gone: the new one in its
// place was not turned back. What is known of the ledger stays.
func forgetVault(ctx context.Context, k keyring.Keeper, dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return troubleOf(keyring.ForgetGeneration(ctx, k))
}

// keep keeps a new profile's masters. Where there are some already, no profile
// lies in front of them: an earlier try was cut off before it had made one, or
// the wallet's files were lost. They are the person's key, and stay it: again
// tells that they, and not the new ones, are in use. A recovery file's masters
// never give way to others.
func keep(ctx context.Context, k keyring.Keeper, m keys.Masters, mayFind bool) (again bool, err error) {
	err = keyring.CreateMasters(ctx, k, m)
	if !errors.Is(err, keyring.Taken) {
		return false, err
	}
	found, loadErr := keyring.LoadMasters(ctx, k)
	if loadErr != nil {
		return false, err
	}
	defer found.Wipe()
	here, errHere := found.Current.ID()
	there, errThere := m.Current.ID()
	if errHere != nil || errThere != nil || !mayFind && here != there {
		return false, err
	}
	return true, nil
}

// masters are a new master secret, or what a recovery file holds.
func (s Wallets) masters(ctx context.Context, o ui.InitOptions) (keys.Masters, *hints, error) {
	if o.Recovery == "" {
		return keys.Masters{Current: keys.NewMaster()}, nil, nil
	}
	passphrase, err := o.RecoveryPassphrase(ctx)
	if err != nil {
		return keys.Masters{}, nil, err
	}
	r, err := keyring.OpenRecovery(o.Recovery, string(passphrase))
	if err != nil {
		return keys.Masters{}, nil, troubleOf(err)
	}
	return r.Masters, readHints(r.Hints), nil
}

// readHints reads where charts may be; hints that cannot be read are none, as
// the masters are what counts.
func readHints(b []byte) *hints {
	var h hints
	if len(b) == 0 || consent.Decode(b, keyring.MaxHintsBytes, &h) != nil {
		return nil
	}
	return &h
}

// note tells the new vault where to look for charts.
func (s Wallets) note(ctx context.Context, p *profile.Profile, ask ui.Ask, h hints) error {
	w, err := s.open(ctx, ui.OpenOptions{Profile: string(p.Name()), Passphrase: ask})
	if err != nil {
		return err
	}
	if h.Anchor != (consent.Anchor{}) {
		err = w.Seek(h.Anchor, h.At)
	}
	return errors.Join(err, w.RecoveryOpened(), w.close())
}

// saveRecovery writes a recovery file; it counts only after checkRecovery.
func (s Wallets) saveRecovery(ctx context.Context, o ui.OpenOptions, file string, passphrase []byte) error {
	if err := keyring.CheckPassphrase(string(passphrase)); err != nil {
		return err
	}
	return s.withMasters(ctx, o, func(m keys.Masters, w *opened) error {
		known := hints{Anchor: w.Anchor(), At: w.Institutions()}
		r := keyring.Recovery{Masters: m, Hints: consent.Encode(known)}
		return keyring.WriteRecovery(file, r, string(passphrase), keyring.WorkFactor)
	})
}

// checkRecovery opens a recovery file and remembers that it could be opened.
func (s Wallets) checkRecovery(ctx context.Context, o ui.OpenOptions, file string, passphrase []byte) error {
	r, err := keyring.OpenRecovery(file, string(passphrase))
	if err != nil {
		return troubleOf(err)
	}
	defer r.Masters.Wipe()
	return s.withMasters(ctx, o, func(m keys.Masters, w *opened) error {
		here, err := m.Current.ID()
		if err != nil {
			return err
		}
		there, err := r.Masters.Current.ID()
		if err != nil {
			return err
		}
		if here != there {
			return errors.New("this recovery file belongs to another wallet")
		}
		return w.RecoveryOpened()
	})
}

// withMasters opens a wallet without connecting it, and its masters.
func (s Wallets) withMasters(ctx context.Context, o ui.OpenOptions, do func(keys.Masters, *opened) error) error {
	s, o, err := s.named(o)
	if err != nil {
		return err
	}
	p, err := s.find(o.Profile)
	if err != nil {
		return err
	}
	keeper := keeperOf(p, o.Passphrase)
	m, err := keyring.LoadMasters(ctx, keeper)
	if err != nil {
		return troubleOf(err)
	}
	w, err := s.openWith(ctx, p, keeper, m)
	if err != nil {
		m.Wipe()
		return err
	}
	return errors.Join(do(m, w), w.close()) // closing wipes the masters
}
