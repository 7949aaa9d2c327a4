package roles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"carekey/internal/world"
	"carekey/ui"
	"carekey/wallet/keyring"
	"carekey/wallet/keys"
	"carekey/wallet/profile"
)

// demoName is the profile of the demo's patient. It lies in the demo's own root
// and has a keyring entry of its own.
const demoName profile.Name = "demo"

// demoLock is the first file of every demo: its root has it as long as anything
// of the demo is there.
const demoLock = ".demo.lock"

// demoPassphrase opens the demo's passphrase file, where there is no keyring.
// It protects nothing: everything in the demo is made up.
const demoPassphrase = "this is only a demo"

// demos start the demonstration.
func demos() ui.DemoRoles {
	return ui.DemoRoles{Start: startDemo, Clean: cleanDemo}
}

// demo is a demonstration being started or running.
type demo struct {
	ui.DemoOptions
	root    profile.Root
	dir     string // of the network
	log     *slog.Logger
	lock    *flock.Flock
	profile *profile.Profile
	world   *world.World
	logFile *os.File
	stop    context.CancelFunc
	living  sync.WaitGroup
}

// demoRoot is where a demo keeps everything.
func demoRoot(folder string) (profile.Root, error) {
	if folder != "" {
		return profile.DemoRootAt(folder)
	}
	return profile.DemoRoot()
}

// networkDir is the folder of the demo's network; no profile can have its name.
func networkDir(root profile.Root) string { return filepath.Join(root.Dir(), ".network") }

func startDemo(ctx context.Context, o ui.DemoOptions) (ui.Demo, error) {
	root, err := demoRoot(o.Folder)
	if err != nil {
		return ui.Demo{}, err
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if _, err := demoAt(root, o.Folder); err != nil {
		return ui.Demo{}, err
	}
	d := &demo{DemoOptions: o, root: root, dir: networkDir(root)}
	if err := d.alone(ctx); err != nil {
		return ui.Demo{Report: readReport(root)}, err
	}
	if err := d.keepLog(); err != nil {
		return ui.Demo{}, errors.Join(err, d.lock.Unlock())
	}
	shown, err := d.start(ctx)
	if err != nil {
		return ui.Demo{}, errors.Join(err, d.close())
	}
	return shown, nil
}

// alone makes sure that no other demo runs on these files.
func (d *demo) alone(ctx context.Context) error {
	if err := os.MkdirAll(d.root.Dir(), 0o700); err != nil {
		return err
	}
	d.lock = flock.New(filepath.Join(d.root.Dir(), demoLock))
	// One that was just ended may need a moment to let go.
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := d.lock.TryLockContext(ctx, 50*time.Millisecond)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the demo runs already, in another terminal: %w", ui.ErrBusy)
	}
	return err
}

// keepLog writes what the ledger and the institutions log into a file beside
// the demo, since the screen belongs to the patient.
func (d *demo) keepLog() error {
	f, err := os.OpenFile(filepath.Join(d.root.Dir(), "demo.log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	d.log = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelWarn}))
	d.logFile = f
	return nil
}

func (d *demo) start(ctx context.Context) (ui.Demo, error) {
	record, err := d.record() // before anything is made
	if err != nil {
		return ui.Demo{}, err
	}
	masters, err := d.person(ctx)
	if err != nil {
		return ui.Demo{}, err
	}
	agent, err := keys.NewAgent(masters)
	if err != nil {
		return ui.Demo{}, err
	}
	if err := d.network(ctx, agent, record); err != nil {
		return ui.Demo{}, err
	}
	opened, err := d.wallet(ctx, masters)
	if err != nil {
		return ui.Demo{}, err
	}
	report := d.report()
	if err := keepReport(d.root, report); err != nil {
		return ui.Demo{}, errors.Join(err, opened.Close())
	}
	if !d.Quiet {
		d.live(ctx)
	}
	closeWallet := opened.Close
	opened.Close = func() error { return errors.Join(closeWallet(), d.close()) }
	return ui.Demo{Opened: opened, Report: report}, nil
}

// person makes the demo's patient, or reuses her.
func (d *demo) person(ctx context.Context) (keys.Masters, error) {
	p, err := d.root.Open(demoName)
	if err == nil {
		d.profile = p
		return d.unlock(ctx)
	}
	if !errors.Is(err, profile.ErrNotFound) {
		return keys.Masters{}, err
	}
	place := profile.InKeyring
	if keyring.NewOS(string(demoName)).Available(ctx) != nil {
		place = profile.InFile
	}
	d.Progress("Making the demo patient's key.")
	m := keys.Masters{Current: keys.NewMaster()}
	d.profile, err = d.root.Create(ctx, demoName, place, func(p *profile.Profile) error {
		return keyring.StoreMasters(ctx, keeperOf(p, demoAsk), m)
	})
	return m, err
}

func (d *demo) keeper() keyring.Keeper { return keeperOf(d.profile, demoAsk) }

func demoAsk(context.Context) ([]byte, error) { return []byte(demoPassphrase), nil }

func (d *demo) unlock(ctx context.Context) (keys.Masters, error) {
	m, err := keyring.LoadMasters(ctx, d.keeper())
	if err != nil {
		return m, fmt.Errorf("the demo patient's key cannot be opened (carekey demo --clean removes the demo): %w", troubleOf(err))
	}
	return m, nil
}

// network makes the demo's network, or reuses it, and starts it.
func (d *demo) network(ctx context.Context, patient *keys.Agent, record *world.Record) error {
	if record != nil {
		d.Progress("Writing a year of history, signed and proven.")
		if err := world.Make(ctx, world.Birth{Dir: d.dir, Patient: patient, Record: *record, End: time.Now(), Seed: 1}); err != nil {
			return err
		}
	}
	d.Progress("Starting the ledger and three institutions.")
	w, err := world.Start(ctx, d.dir, world.Options{Log: d.log, Flush: 2 * time.Second, Company: 3 * time.Second})
	d.world = w
	return err
}

// record is what a new network holds about the patient; nil where there is a
// network already, which must have been made from the same records.
func (d *demo) record() (*world.Record, error) {
	source, err := d.source()
	if err != nil {
		return nil, err
	}
	if world.Exists(d.dir) {
		return nil, d.madeFrom(source)
	}
	if source == "" {
		r := world.MadeUp(1, time.Now())
		return &r, nil
	}
	d.Progress("Reading the records.")
	r, notes, err := world.ReadRecord(source)
	for _, n := range notes {
		d.Progress(n)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = &kinded{fmt.Errorf("there is no file or folder %s", source), ui.ErrNotFound}
	}
	return &r, err
}

func (d *demo) madeFrom(source string) error {
	was, err := world.Source(d.dir)
	if err != nil || source == "" || source == was {
		return err
	}
	clean := "carekey demo --clean"
	if d.Folder != "" {
		clean = fmt.Sprintf("%s --folder %q", clean, d.Folder)
	}
	return fmt.Errorf("the demo exists already, with other records: remove it first with %s", clean)
}

// source is the wanted records' absolute path.
func (d *demo) source() (string, error) {
	if d.Records == "" {
		return "", nil
	}
	return filepath.Abs(d.Records)
}

// wallet opens the patient's wallet; a new one finds its charts by its key.
func (d *demo) wallet(ctx context.Context, m keys.Masters) (ui.Opened, error) {
	s := Wallets{Root: d.root, Log: d.log, Addresses: d.world.Addresses()}
	w, err := s.openWith(ctx, d.profile, d.keeper(), m)
	if err != nil {
		return ui.Opened{}, err
	}
	if len(w.Institutions()) == 0 {
		err = w.Seek(d.world.Anchor(), d.world.Institutions())
	}
	if err == nil {
		err = w.connect(ctx, d.world.Anchor(), nil)
	}
	if err == nil {
		err = d.check(ctx, w)
	}
	if err != nil {
		return ui.Opened{}, errors.Join(err, w.close())
	}
	return ui.Opened{Wallet: w, Inner: w, Close: w.close}, nil
}

// check proves the history before it is shown. What takes longer than a moment
// goes on behind the screens.
func (d *demo) check(ctx context.Context, w *opened) error {
	d.Progress("Checking every entry.")
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	for range 2 { // the second time also reads transfers that the first one found
		if err := w.Refresh(ctx); err != nil {
			d.log.Info("the first check did not finish", "err", err)
			return nil
		}
	}
	return nil
}

func (d *demo) live(ctx context.Context) {
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	d.living.Go(func() { d.world.Life(ctx, d.log) })
}

// close stops the network and lets another demo start.
func (d *demo) close() error {
	if d.stop != nil {
		d.stop()
		d.living.Wait()
	}
	var failed error
	if d.world != nil {
		failed = d.world.Stop()
	}
	if d.logFile != nil {
		failed = errors.Join(failed, d.logFile.Close())
	}
	return errors.Join(failed, d.lock.Unlock())
}

func (d *demo) report() ui.DemoReport {
	r := ui.DemoReport{Folder: d.root.Dir(), Key: ui.InKeyring}
	if d.profile.Keeper() == profile.InFile {
		r.Key, r.Passphrase = ui.InPassphraseFile, demoPassphrase
	}
	licence := func(call string) string {
		p, _ := d.world.Person(call)
		return p.Licence.String()
	}
	clinic, hospital := d.world.House(world.Clinic), d.world.House(world.Hospital)
	if d.Folder == "" {
		r.Actors = []string{"carekey --profile demo requests"}
	}
	r.Actors = append(r.Actors,
		fmt.Sprintf("carekey gateway request --home %q --record %s --from %q --name \"Dr. Amina Lee\" --role cardiology --licence %s --types medicines,allergies --why \"Before your visit\"",
			filepath.Join(d.dir, string(world.Clinic)), clinic.Record, "City Hospital", licence("dr-lee")),
		fmt.Sprintf("carekey gateway look --home %q --record %s --name \"Dr. Jonas Weber\" --role \"internal medicine\" --licence %s --types medicines",
			filepath.Join(d.dir, string(world.Hospital)), hospital.Record, licence("dr-weber")),
		fmt.Sprintf("carekey gateway status --home %q", filepath.Join(d.dir, string(world.Clinic))),
	)
	return r
}
