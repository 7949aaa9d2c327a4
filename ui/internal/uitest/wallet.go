// Package uitest is a wallet for tests of what people see: it holds rich data,
// some of it hostile, and writes down what it is asked to do.
package uitest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

// Now is the moment at which the data is set.
var Now = time.Date(2026, 11, 20, 14, 2, 0, 0, time.UTC)

// Wallet is the wallet of Ada Marlow. The zero value is empty; see [New].
type Wallet struct {
	mu      sync.Mutex
	snap    wallet.Snapshot
	rows    int
	row     func(i int) wallet.Row
	changes chan struct{}
	Acts    []string // what was asked, in order
	Err     error    // returned by every act
}

// New makes a wallet with rich data and n rows of history.
func New(n int) *Wallet {
	w := &Wallet{snap: Snapshot(), rows: n, row: Row, changes: make(chan struct{}, 1)}
	w.snap.Rows = n
	return w
}

// Empty is the wallet of someone who has joined nothing.
func Empty() *Wallet {
	return &Wallet{snap: wallet.Snapshot{Person: "Ada Marlow"}, row: Row, changes: make(chan struct{}, 1)}
}

// Change edits what is known and tells of it.
func (w *Wallet) Change(edit func(*wallet.Snapshot)) {
	w.mu.Lock()
	edit(&w.snap)
	w.snap.Vault++
	w.rows = w.snap.Rows
	w.mu.Unlock()
	select {
	case w.changes <- struct{}{}:
	default:
	}
}

// Snapshot is what is known.
func (w *Wallet) Snapshot() wallet.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.snap
}

// Changes tells of changes.
func (w *Wallet) Changes() <-chan struct{} { return w.changes }

// Looked is written down.
func (w *Wallet) Looked() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Acts = append(w.Acts, "looked")
}

// Refresh is written down.
func (w *Wallet) Refresh(context.Context) error { return w.did("refresh") }

func (w *Wallet) did(format string, args ...any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Acts = append(w.Acts, fmt.Sprintf(format, args...))
	return w.Err
}

// Did is what was asked so far.
func (w *Wallet) Did() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.Acts)
}

// History reads rows; with a filter it tries them one by one.
func (w *Wallet) History(f wallet.Filter, offset, limit int) ([]wallet.Row, int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if isZero(f) {
		var rows []wallet.Row
		for i := offset; i < min(w.rows, offset+limit); i++ {
			rows = append(rows, w.row(i))
		}
		return rows, w.rows, nil
	}
	var rows []wallet.Row
	total := 0
	for i := range w.rows {
		if r := w.row(i); matches(f, r, words.NamesOf(w.snap)) {
			if total >= offset && len(rows) < limit {
				rows = append(rows, r)
			}
			total++
		}
	}
	return rows, total, nil
}

func isZero(f wallet.Filter) bool {
	return f.Institution == (consent.InstitutionID{}) && len(f.Classes) == 0 && f.Basis == 0 && f.From.IsZero() && f.To.IsZero() && f.Text == ""
}

func matches(f wallet.Filter, r wallet.Row, names words.Names) bool {
	if f.Institution != (consent.InstitutionID{}) && r.Chart != consent.LogID(f.Institution) {
		return false
	}
	if len(f.Classes) > 0 && !slices.Contains(f.Classes, r.Class) {
		return false
	}
	if c, ok := r.Content.(*consent.Accessed); f.Basis != 0 && (!ok || c.Basis != f.Basis) {
		return false
	}
	if !f.From.IsZero() && r.Time.Before(f.From) || !f.To.IsZero() && r.Time.After(f.To) {
		return false
	}
	return strings.Contains(strings.ToLower(words.Row(r, names)), strings.ToLower(f.Text))
}

// Entry makes details for any row.
func (w *Wallet) Entry(log consent.LogID, number uint64) (wallet.EntryDetail, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := newest - int(number); i >= 0 && i < w.rows {
		if r := w.row(i); r.Log == log {
			return wallet.EntryDetail{
				Row: r, Type: r.Class, Height: int64(9000 - i), SignedBy: r.Institution, Key: consent.KeyID{0xab, byte(i)},
				LeafHash: consent.Sum([]byte{byte(i)}), Root: consent.Sum([]byte("root")), Commitment: consent.Sum([]byte("commitment")),
				Batch: consent.Sum([]byte("batch")), Size: r.Number + 3, Licence: goodLicence(),
			}, nil
		}
	}
	return wallet.EntryDetail{}, fmt.Errorf("no entry %d", number)
}

// Preview makes the sentences of the rules.
func (w *Wallet) Preview(id wallet.RequestID, c wallet.Choice) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.snap.Requests {
		if r.ID == id && r.Kind == consent.Move {
			return consent.Terms{By: r.By, Purpose: r.Purpose, Scope: c.Scope, KeptUntil: c.KeptUntil}.
				AsMove(r.From, r.Institution, c.Uses, consent.At(c.Until)), nil
		}
		if r.ID == id {
			return consent.Granted{By: r.By, Purpose: r.Purpose, Scope: c.Scope}.AsLook(r.Institution, c.Uses, consent.At(c.Until)), nil
		}
	}
	return nil, fmt.Errorf("this request is not open any more")
}

// Approve is written down.
func (w *Wallet) Approve(_ context.Context, id wallet.RequestID, c wallet.Choice) error {
	return w.did("approve %d: %s; sensitive %s; %q to %q; %d uses; until %s; kept %q", id.Number,
		consent.Enumerate(c.Scope.Types), consent.Enumerate(c.Scope.Sensitive), c.Scope.From, c.Scope.To, c.Uses, c.Until.Format(time.DateOnly), c.KeptUntil)
}

// Deny is written down.
func (w *Wallet) Deny(_ context.Context, id wallet.RequestID, reason string) error {
	return w.did("deny %d: %q", id.Number, reason)
}

// PutOff is written down.
func (w *Wallet) PutOff(id wallet.RequestID, until time.Time) error {
	return w.did("put off %d until %s", id.Number, until.Format("2006-01-02 15:04"))
}

// Block is written down.
func (w *Wallet) Block(_ context.Context, chart consent.LogID, on bool) error {
	return w.did("block %x %v", chart[:1], on)
}

// Revoke is written down.
func (w *Wallet) Revoke(_ context.Context, p wallet.Permission) error {
	return w.did("revoke %x/%d/%x", p.Chart[:1], p.Grant, p.Transfer[:1])
}

// Query is written down.
func (w *Wallet) Query(_ context.Context, log consent.LogID, number uint64, text string) error {
	return w.did("query %x/%d: %q", log[:1], number, text)
}

// Seen is written down.
func (w *Wallet) Seen(p wallet.Problem) error { return w.did("seen %s at %s", p.Detail, p.Institution) }
