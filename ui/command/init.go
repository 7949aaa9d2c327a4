package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/words"
)

type initFlags struct {
	passphrase, noRecovery bool
	recovery, from         string
}

// init makes a wallet: where its key is kept is said and chosen, and a recovery
// file is offered that counts only once it was opened.
func (a *app) init() *cobra.Command {
	var f initFlags
	cmd := a.command(words.CmdInit, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		return a.initialise(c.Context(), f)
	})
	fl := cmd.Flags()
	fl.BoolVar(&f.passphrase, "passphrase", false, words.FlagPassphrase)
	fl.StringVar(&f.recovery, "recovery-file", "", words.FlagRecovery)
	fl.BoolVar(&f.noRecovery, "no-recovery", false, words.FlagNoRecovery)
	fl.StringVar(&f.from, "from", "", words.FlagFromRecovery)
	return cmd
}

// check looks at the files that are named before anybody is asked for a
// passphrase.
func (f initFlags) check() error {
	if f.recovery != "" && f.noRecovery {
		return usageError{words.ErrRecoveryOrNone}
	}
	if f.from != "" {
		if _, err := os.Stat(f.from); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s", ui.ErrNotFound, f.from)
		}
	}
	return free(f.recovery)
}

// free makes sure that a recovery file would replace no other file.
func free(file string) error {
	if file == "" {
		return nil
	}
	if _, err := os.Lstat(file); err == nil {
		return words.FileExists(file, ui.ErrExists)
	}
	return nil
}

type initJSON struct {
	Profile  string `json:"profile"`
	Folder   string `json:"folder"`
	Key      string `json:"key"` // keyring, passphrase-file
	KeyFile  string `json:"keyFile,omitempty"`
	Recovery string `json:"recovery,omitempty"` // the file, once it was opened
}

func (a *app) initialise(ctx context.Context, f initFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	exists, err := a.hasProfile()
	if err != nil {
		return err
	}
	out := initJSON{Profile: a.profile}
	var secret remembered
	defer secret.wipe()
	switch {
	case exists && f.recovery == "":
		return words.WalletExists(a.profile, ui.ErrExists)
	case !exists:
		if out, err = a.make(ctx, f, &secret); err != nil {
			return err
		}
	}
	if out.Recovery, err = a.recoveryFile(ctx, f, &secret); err != nil {
		return err
	}
	return a.print(out, func() { a.say(words.InitNext(out.Recovery, f.from != "")...) })
}

// remembered is the wallet's passphrase during one command, so that nobody types
// it more often than needed.
type remembered struct{ secret []byte }

func (r *remembered) or(ask ui.Ask) ui.Ask {
	return func(ctx context.Context) ([]byte, error) {
		if r.secret == nil {
			secret, err := ask(ctx)
			if err != nil {
				return nil, err
			}
			r.secret = secret
		}
		return bytes.Clone(r.secret), nil // who asks may wipe it
	}
}

func (r *remembered) wipe() { clear(r.secret) }

func (a *app) hasProfile() (bool, error) {
	profiles, err := a.roles.Wallets.Profiles()
	if err != nil {
		return false, err
	}
	for _, p := range profiles {
		if p == a.profile {
			return true, nil
		}
	}
	return false, nil
}

// make creates the key, where the person wants it.
func (a *app) make(ctx context.Context, f initFlags, secret *remembered) (initJSON, error) {
	place, err := a.keyPlace(ctx, f)
	if err != nil {
		return initJSON{}, err
	}
	report, err := a.roles.Wallets.Init(ctx, ui.InitOptions{
		Profile: a.profile, Place: place, Recovery: f.from,
		Passphrase: secret.or(func(ctx context.Context) ([]byte, error) {
			return a.asker.NewSecret(ctx, words.PassphraseNew)
		}),
		RecoveryPassphrase: a.passphrase(words.PassphraseRecovery),
	})
	if err != nil {
		return initJSON{}, err
	}
	out := initJSON{Profile: report.Profile, Folder: report.Folder, Key: keyPlaces[report.Place], KeyFile: report.KeyFile}
	if !a.json {
		a.say(words.InitDone(report.Profile, report.Folder), words.KeyKept(report.Place == ui.InKeyring, report.KeyFile))
	}
	if report.Again {
		a.hint(words.KeyAgain)
	}
	return out, nil
}

var keyPlaces = map[ui.KeyPlace]string{ui.InKeyring: "keyring", ui.InPassphraseFile: "passphrase-file"}

// keyPlace asks before the key goes anywhere but into the keyring.
func (a *app) keyPlace(ctx context.Context, f initFlags) (ui.KeyPlace, error) {
	if f.passphrase {
		return ui.InPassphraseFile, nil
	}
	err := a.roles.Wallets.Keyring(ctx)
	if err == nil {
		return ui.InKeyring, nil
	}
	if !errors.Is(err, ui.ErrNoKeyring) {
		return 0, err
	}
	a.hint(words.NoKeyring(err)...)
	yes, err := a.asker.Yes(ctx, words.UsePassphrase)
	if err == nil && !yes {
		err = ui.ErrNoKeyring
	}
	return ui.InPassphraseFile, err
}

// recoveryFile writes a recovery file and opens it again: only then it counts.
func (a *app) recoveryFile(ctx context.Context, f initFlags, secret *remembered) (string, error) {
	file, err := a.recoveryName(ctx, f)
	if file == "" || err != nil {
		return "", err
	}
	if err := free(file); err != nil {
		return "", err
	}
	a.hint(words.RecoveryHow)
	chosen, err := a.asker.NewSecret(ctx, words.PassphraseNew)
	if err != nil {
		return "", err
	}
	wallet := a.openOptions()
	wallet.Passphrase = secret.or(wallet.Passphrase)
	if err := a.roles.Wallets.SaveRecovery(ctx, wallet, file, chosen); err != nil {
		return "", err
	}
	a.hint(words.RecoveryProve)
	typed, err := a.asker.Secret(ctx, words.PassphraseRecovery)
	if err == nil {
		err = a.roles.Wallets.CheckRecovery(ctx, wallet, file, typed)
	}
	if err != nil {
		a.hint(words.RecoveryUnproven(file))
		return "", err
	}
	return file, nil
}

// recoveryName is the file's name; empty if there shall be none.
func (a *app) recoveryName(ctx context.Context, f initFlags) (string, error) {
	switch {
	case f.recovery != "":
		return f.recovery, nil
	case f.noRecovery || f.from != "" || a.json:
		return "", nil
	}
	yes, err := a.asker.Yes(ctx, words.RecoveryOffer)
	if err != nil || !yes {
		return "", err
	}
	name := words.RecoveryName(a.profile)
	answer, err := a.asker.Line(ctx, words.RecoveryWhere(name))
	if err != nil {
		return "", err
	}
	if answer != "" {
		name = answer
	}
	return name, nil
}
