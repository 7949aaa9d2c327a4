package wallet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"

	"carekey/consent"
	"carekey/wallet/vault"
)

// History returns rows of the history, newest first, from offset on, and how
// many there are in all. Only the rows asked for are read, unless the filter
// looks into their words.
func (w *Wallet) History(f Filter, offset, limit int) ([]Row, int, error) {
	view := w.Vault.View()
	if f.narrows() {
		view = view.Where(f.vault())
	}
	if f.Text != "" {
		return w.search(view, f.Text, offset, limit)
	}
	var rows []Row
	for i := max(0, offset); i < min(offset+limit, view.Len()); i++ {
		r, err := w.shown(view.Row(i), i)
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, r)
	}
	return rows, view.Len(), nil
}

// maxSearched bounds how many rows a search reads; it looks at the newest.
const maxSearched = 20_000

func (w *Wallet) search(view *vault.View, text string, offset, limit int) ([]Row, int, error) {
	fold := cases.Fold()
	want := fold.String(text)
	var rows []Row
	found := 0
	for i := range min(view.Len(), maxSearched) {
		r, err := w.row(view.Row(i), i)
		if err != nil {
			return nil, 0, err
		}
		if !strings.Contains(fold.String(r.text()), want) {
			continue
		}
		if found >= offset && len(rows) < limit {
			if r, err = w.shown(view.Row(i), i); err != nil {
				return nil, 0, err
			}
			rows = append(rows, r)
		}
		found++
	}
	return rows, found, nil
}

// text is what a search looks into.
func (r Row) text() string {
	parts := []string{r.Institution, r.Class.String(), r.Answer}
	switch c := r.Content.(type) {
	case *consent.Accessed:
		parts = append(parts, c.By.Name, c.By.Role, c.Basis.String(), consent.Enumerate(c.Types))
	case *consent.Request:
		parts = append(parts, c.By.Name, c.By.Role, c.Why)
	case *consent.Granted:
		parts = append(parts, c.By.Name, c.By.Role)
	}
	return strings.Join(parts, "\n")
}

func (f Filter) narrows() bool {
	return f.Institution != (consent.InstitutionID{}) || len(f.Classes) > 0 || f.Basis != 0 ||
		!f.From.IsZero() || !f.To.IsZero()
}

func (f Filter) vault() vault.Filter {
	v := vault.Filter{Institution: f.Institution, Classes: f.Classes}
	if f.Basis != 0 {
		v.Bases = []uint8{uint8(f.Basis)}
	}
	if !f.From.IsZero() {
		v.From = consent.At(f.From)
	}
	if !f.To.IsZero() {
		v.Until = consent.At(f.To) + 1
	}
	return v
}

// shown is a line of the history with all that is shown of it. It looks for
// other entries, which a search could not do for each line it passes.
func (w *Wallet) shown(v vault.Row, position int) (Row, error) {
	r, err := w.row(v, position)
	if err != nil {
		return r, err
	}
	_, item, _, err := w.opened(v)
	r.Permitted = w.permitted(v.Log, item, r.Content)
	return r, err
}

// row reads what a line of the history says.
func (w *Wallet) row(v vault.Row, position int) (Row, error) {
	r := Row{
		Position: position, Log: v.Log, Number: v.Number, Time: v.Time.Time(), Class: v.Class,
		Flags: RowFlags(v.Flags),
	}
	w.withBook(func(b *book) {
		r.Institution = w.nameLocked(v.Institution)
		if b.chart(v.Log) != nil {
			r.Chart = v.Log
		}
		for _, q := range b.Queries {
			if q.Chart == v.Log && q.About == v.Number {
				r.Queried = true
				r.Answer = w.answer(q)
			}
		}
	})
	_, item, content, err := w.opened(v)
	if err != nil {
		return r, err
	}
	r.Content = content
	r.Side = sideOf(item)
	return r, nil
}

// permitted is when the patient allowed what an access stands on; zero for an
// access that needs no permission.
func (w *Wallet) permitted(log consent.LogID, item consent.Item, content consent.Content) time.Time {
	if f, err := consent.DecodeFields[consent.AccessFields](item); item.Class == consent.ClassAccess && err == nil && f.Grant != nil {
		if grant, err := w.find(log, *f.Grant); err == nil {
			return grant.Time.Time()
		}
	}
	if a, ok := content.(*consent.Accessed); ok && a.Transfer != nil {
		if open, err := w.find(a.Transfer.Transfer, 0); err == nil {
			return open.Time.Time()
		}
	}
	return time.Time{}
}

// answer reads the words of an answered query.
func (w *Wallet) answer(q query) string {
	if q.Answer == nil {
		return ""
	}
	r, err := w.find(q.Chart, *q.Answer)
	if err != nil {
		return ""
	}
	_, _, content, err := w.opened(r)
	if a, ok := content.(*consent.Answer); ok && err == nil {
		return a.Text
	}
	return ""
}

// opened reads a record and opens its detail; both were verified when they
// were stored, in files that only this wallet can write.
func (w *Wallet) opened(v vault.Row) (vault.Record, consent.Item, consent.Content, error) {
	record, err := w.Vault.Record(v)
	if err != nil {
		return record, consent.Item{}, nil, err
	}
	_, item, err := consent.DecodeEntry(record.Entry)
	if err != nil || len(record.Detail) == 0 {
		return record, item, nil, err
	}
	d, err := consent.DecodeDetail(record.Detail)
	if err != nil {
		return record, item, nil, err
	}
	c, err := consent.DecodeContent(d.Content)
	return record, item, c, err
}

func sideOf(item consent.Item) consent.Side {
	switch item.Class {
	case consent.ClassAccess, consent.ClassCollect, consent.ClassRelease, consent.ClassReceived:
		return consent.SideInstitution
	case consent.ClassSay:
		if f, err := consent.DecodeFields[consent.SayFields](item); err == nil {
			return f.Side
		}
	}
	return consent.SidePatient
}

// ErrNoEntry means that the history has no such entry.
var ErrNoEntry = errors.New("the history has no such entry")

// find looks an entry up by log and number.
func (w *Wallet) find(log consent.LogID, number uint64) (vault.Row, error) {
	r, err := w.Vault.Entry(log, number)
	if errors.Is(err, vault.ErrNotFound) {
		err = ErrNoEntry
	}
	return r, err
}

// Entry returns everything about one entry, its proof included.
func (w *Wallet) Entry(log consent.LogID, number uint64) (EntryDetail, error) {
	found, err := w.find(log, number)
	if err != nil {
		return EntryDetail{}, err
	}
	r, err := w.shown(found, 0)
	if err != nil {
		return EntryDetail{}, err
	}
	record, item, _, err := w.opened(found)
	if err != nil {
		return EntryDetail{}, err
	}
	e, _, err := consent.DecodeEntry(record.Entry)
	if err != nil {
		return EntryDetail{}, err
	}
	d := EntryDetail{
		Row: r, Type: item.Class, Height: e.Height, Batch: e.Batch, Commitment: item.Commitment,
		LeafHash: consent.LeafHash(record.Entry), Leaf: record.Entry, SignedBy: r.Institution,
	}
	if r.Side == consent.SidePatient {
		d.SignedBy = "you"
	}
	var by signedBy
	if consent.Decode(record.Companion, maxSignedBy, &by) == nil && by.Key != (consent.PublicKey{}) {
		d.Key = by.Key.ID()
	}
	w.withBook(func(b *book) {
		tree := b.remembered(log).Tree
		d.Root, d.Size = tree.Root(), tree.Size
		switch c := r.Content.(type) {
		case *consent.Accessed:
			d.Licence = w.licence(c.By, e.Time)
			if c.Transfer != nil {
				d.TransferLog = c.Transfer.Transfer
			}
		case *consent.Request:
			d.Licence = w.licence(c.By, e.Time)
		}
	})
	return d, nil
}

// maxSignedBy limits an encoded signedBy.
const maxSignedBy = 64

// disclose adds a detail that an institution showed late.
func (w *Wallet) disclose(log consent.LogID, number uint64, d consent.Detail) error {
	found, err := w.find(log, number)
	if err != nil {
		return err
	}
	stored, err := w.Vault.Record(found)
	if err != nil {
		return err
	}
	e, item, err := consent.DecodeEntry(stored.Entry)
	if err != nil {
		return err
	}
	content, err := d.Open(w.Anchor().Network, item)
	if err != nil {
		return fmt.Errorf("entry %d: %w", number, err)
	}
	verified := consent.Verified{Leaf: stored.Entry, Entry: e, Item: item, Detail: &d, Content: content}
	return w.update(func(b *book) (vault.Batch, error) {
		shown := vault.Batch{Changed: []vault.Change{{Row: row(found.Institution, verified), Detail: consent.Encode(d)}}}
		if c := b.chart(log); c != nil {
			b.noteQuery(c, verified)
			return shown, c.View.Disclose(verified)
		}
		t := b.transfer(log)
		if t == nil {
			return shown, errSame
		}
		t.Withheld = slices.DeleteFunc(t.Withheld, func(n uint64) bool { return n == number })
		t.note(verified)
		t.finish()
		return shown, nil
	})
}
