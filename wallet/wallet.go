package wallet

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"carekey/consent"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// Marks keeps outside the vault how far the wallet has come.
type Marks interface {
	// Raise notes a newer tip and generation; it does not wait.
	Raise(tip consent.Tip, generation uint64)
	// Newest is the newest header of a network that was proven in earlier
	// runs; height 0 if none is remembered.
	Newest(consent.NetworkID) (height int64, header consent.Hash)
}

// Config is what a wallet is made of.
type Config struct {
	Person   string // the profile's name
	Agent    *keys.Agent
	Vault    *vault.Vault
	Network  Network   // nil before [Wallet.Connect]
	Marks    Marks     // nil keeps none
	Evidence string    // folder for files that prove lies; empty keeps none
	Known    []Problem // found while opening
	Now      func() time.Time
	Log      *slog.Logger
}

// Wallet is one person's wallet. It is safe for concurrent use.
type Wallet struct {
	Config

	mu       sync.Mutex
	book     *book
	notes    written // the book, as the vault holds it
	registry *consent.Registry
	tip      consent.Tip
	tipSeen  time.Time                 // steady clock
	compared bool                      // the ledger was compared with the marks
	lagging  time.Time                 // since when it ends before them; zero if not
	readings map[consent.LogID]proven  // of this run
	faults   map[consent.LogID]Problem // until the next good reading
	failures map[consent.LogID]Problem // until the next act
	given    map[consent.Hash]bool     // details that were taken in this run, by commitment
	snapshot *Snapshot
	changes  chan struct{}
	grown    chan struct{}                   // there may be a new log to follow
	wrote    chan struct{}                   // the vault may have segments to join
	wake     map[consent.LogID]chan struct{} // nudges a follower
	certs    certificates
}

// Open reads the book from the vault; nothing is proven yet.
func Open(c Config) (*Wallet, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	w := &Wallet{
		Config: c, faults: map[consent.LogID]Problem{}, failures: map[consent.LogID]Problem{},
		given: map[consent.Hash]bool{}, readings: map[consent.LogID]proven{},
		changes: make(chan struct{}, 1), grown: make(chan struct{}, 1), wrote: make(chan struct{}, 1),
		wake: map[consent.LogID]chan struct{}{},
	}
	err := w.load()
	if errors.Is(err, vault.ErrStale) {
		err = w.reload()
	}
	if err != nil {
		return nil, err
	}
	w.project()
	return w, nil
}

// Connect gives the wallet its network, once.
func (w *Wallet) Connect(n Network) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Network = n
}

// Institutions are those the wallet has charts at, or looks for charts at.
func (w *Wallet) Institutions() []consent.Institution {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Clone(w.book.Seek)
	for _, c := range w.book.Charts {
		all = append(all, c.At)
	}
	return all
}

// Changes signals that a new [Wallet.Snapshot] is there. Signals are merged.
func (w *Wallet) Changes() <-chan struct{} { return w.changes }

// Snapshot is what the wallet knows now.
func (w *Wallet) Snapshot() Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.snapshot
}

// Anchor is the network this wallet trusts; zero before the first chart.
func (w *Wallet) Anchor() consent.Anchor {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.book.Anchor
}

// Looked notes that the patient has seen what is new.
func (w *Wallet) Looked() {
	err := w.update(func(b *book) (vault.Batch, error) {
		b.Looked = local(w.Now())
		for i := range b.Charts {
			b.Charts[i].New = 0
		}
		return vault.Batch{}, nil
	})
	if err != nil {
		w.Log.Warn("the time of the last look was not kept", "err", err)
	}
}

// errSame tells update that nothing changed.
var errSame = errors.New("nothing changed")

// update changes a copy of the book, writes it with the rows that belong to
// it, and only then takes it over: what a screen shows was synced before.
func (w *Wallet) update(change func(*book) (vault.Batch, error)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		next, err := w.copyBook()
		if err != nil {
			return err
		}
		batch, err := change(next)
		if errors.Is(err, errSame) {
			w.projectLocked() // another wallet's writing may have been taken over
			return nil
		}
		if err != nil {
			return err
		}
		next.forget(w.tip.Time)
		notes := next.written()
		notes.changes(w.notes, &batch)
		_, err = w.Vault.Commit(batch)
		if errors.Is(err, vault.ErrStale) {
			if err := w.reload(); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			w.projectLocked()
			return err
		}
		w.book, w.notes = next, notes
		if w.Marks != nil {
			w.Marks.Raise(w.tip, w.Vault.Generation())
		}
		w.projectLocked()
		signal(w.grown)
		signal(w.wrote)
		return nil
	}
}

// copyBook returns a deep copy, so that a failed change leaves no trace.
func (w *Wallet) copyBook() (*book, error) { return decodeBook(w.notes) }

// changes puts what is not as before into the batch.
func (now written) changes(before written, batch *vault.Batch) {
	batch.Summary = now.summary
	batch.Blobs = map[string][]byte{}
	for name, part := range map[string][2][]byte{
		outboxBlob: {before.outbox, now.outbox}, keysBlob: {before.keys, now.keys}, logsBlob: {before.logs, now.logs},
	} {
		if !bytes.Equal(part[0], part[1]) {
			batch.Blobs[name] = part[1]
		}
	}
}

// load takes over what the vault holds: at the start, and when another wallet
// on this profile has written.
func (w *Wallet) load() (err error) {
	notes := written{summary: w.Vault.Summary()}
	if notes.outbox, err = w.blob(outboxBlob); err != nil {
		return err
	}
	if notes.keys, err = w.blob(keysBlob); err != nil {
		return err
	}
	if notes.logs, err = w.blob(logsBlob); err != nil {
		return err
	}
	b, err := decodeBook(notes)
	if err == nil {
		w.book, w.notes = b, b.written()
	}
	return err
}

// reload takes over what another wallet on this profile wrote, which may go on
// writing meanwhile.
func (w *Wallet) reload() error {
	for {
		if err := w.Vault.Reload(); err != nil {
			return err
		}
		if err := w.load(); !errors.Is(err, vault.ErrStale) {
			return err
		}
	}
}

// blob reads a value of the vault; nil if it was never written.
func (w *Wallet) blob(name string) ([]byte, error) {
	b, err := w.Vault.Blob(name)
	if errors.Is(err, vault.ErrNotFound) {
		return nil, nil
	}
	return b, err
}

// signal wakes who waits, now or next; signals are merged.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// withBook reads the book.
func (w *Wallet) withBook(read func(*book)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	read(w.book)
}

// chartReader is how a chart is read.
func (w *Wallet) chartReader(c *chart) (Reader, error) {
	cert, err := w.certs.get(c.Name, func() (tls.Certificate, error) {
		k, err := w.Agent.Chart(c.Name)
		if err != nil {
			return tls.Certificate{}, err
		}
		return k.TLS.Certificate()
	})
	if err != nil {
		return Reader{}, err
	}
	return Reader{Log: c.Log, At: c.At.ID, Cert: cert}, nil
}

// transferReader is how a transfer is read: from one of its ends.
func (w *Wallet) transferReader(t *transfer, at consent.InstitutionID) (Reader, error) {
	cert, err := w.certs.get(t.Name, func() (tls.Certificate, error) {
		k, err := w.Agent.Transfer(t.Name)
		if err != nil {
			return tls.Certificate{}, err
		}
		return k.TLS.Certificate()
	})
	if err != nil {
		return Reader{}, err
	}
	return Reader{Log: t.Log, At: at, Cert: cert}, nil
}

// proven is what the latest reading of a log showed in this run.
type proven struct {
	tip       consent.Tip
	size      uint64
	cosigners []consent.InstitutionID
	checked   time.Time // by the local clock
}
