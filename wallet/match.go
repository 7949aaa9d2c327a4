package wallet

import (
	"slices"

	"carekey/consent"
	"carekey/wallet/vault"
)

// use is what the patient's logs show of one use of a transfer. Its receipt and
// the accesses in both charts belong together (protocol §4, point 5).
type use struct {
	_        struct{} `cbor:",toarray"`
	Number   uint32
	Received consent.Time // 0 while no receipt is proven
	Gave     consent.Time // access entry in the source's chart; 0 while missing
	Took     consent.Time // access entry in the destination's chart; 0 while missing
}

func (u use) matched() bool { return u.Received != 0 && u.Gave != 0 && u.Took != 0 }

// use finds what is known of a use, or begins it.
func (t *transfer) use(number uint32) *use {
	i := slices.IndexFunc(t.Uses, func(u use) bool { return u.Number == number })
	if i < 0 {
		i = len(t.Uses)
		t.Uses = append(t.Uses, use{Number: number})
	}
	return &t.Uses[i]
}

// arrived notes the receipt of a use.
func (t *transfer) arrived(e consent.Verified) {
	if e.Item.Class != consent.ClassReceived {
		return
	}
	if f, err := consent.DecodeFields[consent.StepFields](e.Item); err == nil {
		t.use(f.Use).Received = e.Entry.Time
	}
}

// match notes that one end's chart shows a use of the transfer.
func (t *transfer) match(at consent.InstitutionID, shown consent.TransferUse, when consent.Time) {
	switch {
	case shown.Transfer != t.Log || shown.Use == 0 || shown.Use > consent.MaxUses:
	case shown.Gave && at == t.From:
		t.use(shown.Use).Gave = when
	case !shown.Gave && at == t.To:
		t.use(shown.Use).Took = when
	}
	t.finish()
}

// unmatched is the first use that was received and does not stand in both
// charts, nil if there is none.
func (t *transfer) unmatched() *use {
	i := slices.IndexFunc(t.Uses, func(u use) bool { return u.Received != 0 && !u.matched() })
	if i < 0 {
		return nil
	}
	return &t.Uses[i]
}

// matched is when the last of all uses that were received came to stand in both
// charts; zero while one does not, or none was received.
func (t *transfer) matched() consent.Time {
	var last consent.Time
	for _, u := range t.Uses {
		switch {
		case u.matched():
			last = max(last, u.Gave, u.Took, u.Received)
		case u.Received != 0:
			return 0
		}
	}
	return last
}

// matchOld looks in the vault for what the charts showed of the transfer before
// the wallet knew it.
func (w *Wallet) matchOld(t *transfer) {
	view := w.Vault.View().Where(vault.Filter{Bases: []uint8{uint8(consent.BasisTransfer)}})
	for i := range view.Len() {
		row := view.Row(i)
		if _, _, content, err := w.opened(row); err == nil {
			if a, ok := content.(*consent.Accessed); ok && a.Transfer != nil {
				t.match(row.Institution, *a.Transfer, row.Time)
			}
		}
	}
}

// noteAccess counts an access and matches it with its transfer.
func (c *chart) noteAccess(b *book, e consent.Verified) {
	if e.Item.Class != consent.ClassAccess {
		return
	}
	c.count(e.Entry.Time)
	if a, ok := e.Content.(*consent.Accessed); ok && a.Transfer != nil {
		if t := b.transfer(a.Transfer.Transfer); t != nil {
			t.match(c.At.ID, *a.Transfer, e.Entry.Time)
		}
	}
}
