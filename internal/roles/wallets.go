package roles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"

	"carekey/client"
	"carekey/consent"
	"carekey/internal/reach"
	"carekey/ui"
	"carekey/wallet"
	"carekey/wallet/keyring"
	"carekey/wallet/keys"
	"carekey/wallet/profile"
	"carekey/wallet/vault"
)

// Wallets are the wallets of one root of profiles.
type Wallets struct {
	Root profile.Root
	Log  *slog.Logger
	// Addresses says where institutions are now, over what the registry says.
	Addresses map[consent.InstitutionID][]string
}

// Roles are the wallets as the commands use them.
func (s Wallets) Roles() ui.WalletRoles {
	return ui.WalletRoles{
		Profiles: s.profiles, Keyring: s.keyring, Init: s.init,
		SaveRecovery: s.saveRecovery, CheckRecovery: s.checkRecovery,
		Open: s.Open, Join: s.join, Prove: s.prove,
	}
}

func (s Wallets) profiles() ([]string, error) {
	names, err := s.Root.List()
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = string(n)
	}
	if _, none := s.ofDemo(); none == nil {
		list = append(list, string(demoName))
	}
	return list, err
}

func (s Wallets) keyring(ctx context.Context) error {
	if err := keyring.NewOS(string(profile.DefaultName)).Available(ctx); err != nil {
		return fmt.Errorf("%w: %w", ui.ErrNoKeyring, err)
	}
	return nil
}

// opened is a running wallet with all that it stands on.
type opened struct {
	*wallet.Wallet
	store   Wallets
	profile *profile.Profile
	vault   *vault.Vault
	agent   *keys.Agent
	network *reach.Network
	marks   *marks
	stop    context.CancelFunc
	done    chan struct{}
}

// Open unlocks a wallet, connects it and lets it follow its charts.
func (s Wallets) Open(ctx context.Context, o ui.OpenOptions) (ui.Opened, error) {
	s, o, err := s.named(o)
	if err != nil {
		return ui.Opened{}, err
	}
	w, err := s.open(ctx, o)
	if err != nil {
		return ui.Opened{}, err
	}
	if w.Anchor() != (consent.Anchor{}) {
		if err := w.connect(ctx, w.Anchor(), nil); err != nil {
			return ui.Opened{}, errors.Join(err, w.close())
		}
	}
	return ui.Opened{Wallet: w, Inner: w, Close: w.close}, nil
}

// named finds where a wallet is and how its key is opened: the demo's lies apart,
// under a passphrase that everybody knows.
func (s Wallets) named(o ui.OpenOptions) (Wallets, ui.OpenOptions, error) {
	if o.Profile != string(demoName) {
		return s, o, nil
	}
	demo, err := s.ofDemo()
	if err != nil {
		return s, o, fmt.Errorf("there is no demo on this computer: %w", ui.ErrNotFound)
	}
	o.Passphrase = demoAsk
	return demo, o, nil
}

// open unlocks the key and the vault.
func (s Wallets) open(ctx context.Context, o ui.OpenOptions) (*opened, error) {
	p, err := s.find(o.Profile)
	if err != nil {
		return nil, err
	}
	keeper := keeperOf(p, o.Passphrase)
	masters, err := keyring.LoadMasters(ctx, keeper)
	if err != nil {
		return nil, troubleOf(err)
	}
	return s.openWith(ctx, p, keeper, masters)
}

// openWith unlocks the vault with masters, which the wallet takes over.
func (s Wallets) openWith(ctx context.Context, p *profile.Profile, keeper keyring.Keeper, m keys.Masters) (*opened, error) {
	agent, err := keys.NewAgent(m)
	if err != nil {
		return nil, err
	}
	w := &opened{store: s, profile: p, agent: agent, done: make(chan struct{})}
	if err := w.unlock(ctx, keeper); err != nil {
		agent.Close()
		return nil, err
	}
	return w, nil
}

func (w *opened) unlock(ctx context.Context, keeper keyring.Keeper) error {
	seals, err := w.agent.VaultSeals()
	if err != nil {
		return err
	}
	older := make([]vault.Seal, len(seals)-1)
	for i, s := range seals[1:] {
		older[i] = s
	}
	w.vault, err = vault.Open(w.profile.VaultDir(), seals[0], older...)
	if errors.Is(err, vault.ErrDamaged) {
		return fmt.Errorf("%w\nYour key is not damaged, and your institutions keep your charts. Move the folder %s away and join with an invitation from each of them: the charts you have there are found again", err, w.profile.VaultDir())
	}
	if err != nil {
		return troubleOf(err)
	}
	kept, err := keyring.LoadMarks(ctx, keeper)
	var known []wallet.Problem
	if err != nil {
		known = append(known, wallet.Problem{Code: wallet.ProblemKeyring, Detail: err.Error()})
	}
	if err := w.vault.CheckGeneration(kept.Generation); err != nil {
		known = append(known, wallet.Problem{Code: wallet.ProblemOldVault, Detail: err.Error()})
	}
	w.marks = newMarks(quiet(w.profile), kept, w.store.Log)
	w.Wallet, err = wallet.Open(wallet.Config{
		Person: string(w.profile.Name()), Agent: w.agent, Vault: w.vault, Marks: w.marks,
		Evidence: filepath.Join(w.profile.Dir(), "evidence"), Known: known, Log: w.store.Log,
	})
	if err != nil {
		return errors.Join(err, w.vault.Close())
	}
	return nil
}

// connect reaches the wallet's network and follows it from now on.
func (w *opened) connect(ctx context.Context, anchor consent.Anchor, seeds []client.Target) error {
	for _, i := range w.Institutions() {
		seeds = append(seeds, w.store.seed(i))
	}
	n, err := reach.Open(ctx, reach.Config{
		Anchor: anchor, Dir: filepath.Join(w.profile.Dir(), "network"), Seeds: seeds, Addresses: w.store.Addresses,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ui.ErrUnreachable, err)
	}
	w.network = n
	w.Connect(n)
	w.marks.network = anchor.Network
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	go func() {
		defer close(w.done)
		_ = w.Run(run) // ends with the context
	}()
	return nil
}

// seed is an institution's gateway as the wallet last knew it.
func (s Wallets) seed(i consent.Institution) client.Target {
	t := client.Target{Addresses: i.Addresses}
	if here := s.Addresses[i.ID]; len(here) > 0 {
		t.Addresses = here
	}
	if len(i.TLS) > 0 {
		t.Key = i.TLS[len(i.TLS)-1].Key
	}
	return t
}

// close stops the wallet's work and locks it.
func (w *opened) close() error {
	var failed []error
	if w.stop != nil {
		w.stop()
		<-w.done
	}
	if w.network != nil {
		failed = append(failed, w.network.Close())
	}
	failed = append(failed, w.marks.close(), w.vault.Close())
	w.agent.Close()
	return errors.Join(failed...)
}

// join opens a chart with an invitation that the person has compared.
func (s Wallets) join(ctx context.Context, o ui.Opened, text string) (ui.JoinReport, error) {
	w, ok := o.Inner.(*opened)
	if !ok {
		return ui.JoinReport{}, errors.New("this wallet cannot join")
	}
	inv, err := consent.ParseInvitation(text)
	if err != nil {
		return ui.JoinReport{}, err
	}
	if w.network == nil {
		if err := w.connect(ctx, inv.Anchor, []client.Target{reach.Seed(inv)}); err != nil {
			return ui.JoinReport{}, err
		}
	}
	before := w.Snapshot().Institutions
	if err := w.Wallet.Join(ctx, inv, w.network); err != nil {
		return ui.JoinReport{}, troubleOf(err)
	}
	if err := w.Settle(ctx); err != nil {
		return ui.JoinReport{}, troubleOf(err)
	}
	return joinReport(inv, before, w.Snapshot().Institutions), nil
}

// joinReport tells of the chart that an invitation opened: the one that was not
// there before, since there may be several at one institution. One that an
// earlier try had begun was there already.
func joinReport(inv consent.Invitation, before, after []wallet.Institution) ui.JoinReport {
	report := ui.JoinReport{Institution: inv.Name}
	for _, i := range after {
		if i.ID != inv.Institution {
			continue
		}
		report = ui.JoinReport{Institution: i.Name, Place: i.Place, Record: i.Record, Chart: i.Chart.String()}
		if !slices.ContainsFunc(before, func(b wallet.Institution) bool { return b.Chart == i.Chart }) {
			break
		}
	}
	return report
}

// prove fetches a chart's whole history with its proof.
func (s Wallets) prove(ctx context.Context, o ui.Opened, chart consent.LogID) ([]byte, error) {
	w, ok := o.Inner.(*opened)
	if !ok || w.network == nil {
		return nil, errors.New("this wallet has no chart to prove")
	}
	r, err := w.Reader(chart)
	if err != nil {
		return nil, err
	}
	file, err := w.network.ProofFile(ctx, r)
	return file, troubleOf(err)
}

// find opens a profile by name; the empty name is the default one.
func (s Wallets) find(name string) (*profile.Profile, error) {
	n := profile.DefaultName
	if name != "" {
		var err error
		if n, err = profile.ParseName(name); err != nil {
			return nil, fmt.Errorf("%w: %w", ui.ErrNotFound, err)
		}
	}
	p, err := s.Root.Open(n)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, profile.ErrNotFound) {
		return nil, fmt.Errorf("there is no wallet called %q here: %w", n, ui.ErrNotFound)
	}
	return p, err
}

// keeperOf is what holds a profile's secrets.
func keeperOf(p *profile.Profile, ask ui.Ask) keyring.Keeper {
	if p.Keeper() == profile.InFile {
		return keyring.NewFile(p.MasterFile(), p.MarksFile(), func(ctx context.Context) (string, error) {
			if ask == nil {
				return "", ui.ErrLocked
			}
			b, err := ask(ctx)
			return string(b), err
		})
	}
	k := keyring.NewOS(p.Account())
	k.MayPrompt = true
	return k
}

// quiet is the keeper for what is written behind a person's back: it asks
// nothing. Marks in a file need no passphrase.
func quiet(p *profile.Profile) keyring.Keeper {
	if p.Keeper() == profile.InFile {
		return keeperOf(p, nil)
	}
	return keyring.NewOS(p.Account())
}
