package consent_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"carekey/consent"
)

// year is a ledger on which a bit of everything has happened: its bytes are the
// seeds.
type year struct {
	*network
	ann chart
	tr  transfer
	txs [][]byte
}

func newYear(t testing.TB) *year {
	n := newNetwork(t)
	y := &year{network: n, ann: n.newChart("ann", n.hospital), tr: n.newTransfer("move", 2)}
	next := y.ann.successor("next")
	for _, step := range []struct {
		who  party
		item consent.Item
	}{
		{y.ann, y.ann.open()},
		{n.hospital, y.ann.says(consent.SideInstitution)},
		{y.ann, y.ann.answers(consent.SidePatient, 1)},
		{y.ann, y.ann.grants(n.now.Add(time.Hour), 3)},
		{n.hospital, y.ann.uses(3)},
		{n.hospital, y.ann.looks()},
		{y.ann, y.ann.grants(n.now.Add(time.Hour), 0)},
		{y.ann, y.ann.revokes(6)},
		{y.ann, y.ann.rotates(next)},
		{y.tr, y.tr.open()},
		{y.tr.R(), y.tr.step(consent.ClassCollect, 1)},
		{y.tr.S(), y.tr.step(consent.ClassRelease, 1)},
		{y.tr.R(), y.tr.step(consent.ClassReceived, 1)},
		{y.tr.R(), y.tr.step(consent.ClassCollect, 2)},
		{y.tr.S(), y.tr.step(consent.ClassVoid, 2)},
		{y.tr.R(), y.tr.step(consent.ClassCollect, 3)},
		{y.tr.S(), y.tr.step(consent.ClassRelease, 3)},
		{y.tr.R(), y.tr.undelivered(3, y.tr.source)},
		{y.tr, y.tr.stops()},
		{next, next.freezes(n.now.Add(time.Hour))},
	} {
		y.deliver(n.As(step.who).signs(step.item))
	}
	y.deliver(n.As(n.hospital).signs(y.ann.looks(), y.ann.uses(3), y.ann.looks()))
	y.ann = next
	return y
}

func (y *year) deliver(tx []byte) {
	y.txs = append(y.txs, tx)
	for _, item := range y.block(tx)[0].Items {
		if item.Code != consent.CodeOK {
			y.Fatalf("a seed is refused with %d", item.Code)
		}
	}
}

// identity reads bytes and, where they are accepted, writes them again.
func identity[T any](decode func([]byte) (T, error)) func(*testing.T, []byte) {
	return func(t *testing.T, b []byte) {
		v, err := decode(b)
		if err == nil && !bytes.Equal(consent.Encode(v), b) {
			t.Errorf("%x was read and written as %x", b, consent.Encode(v))
		}
		if err != nil && err.Error() == "" {
			t.Error("refused without a word")
		}
	}
}

func FuzzTx(f *testing.F) {
	for _, tx := range newYear(f).txs {
		f.Add(tx)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		consent.StopClass(b)
		identity(func(b []byte) (consent.Tx, error) {
			tx, h, err := consent.DecodeTx(b)
			if err == nil && !bytes.Equal(consent.Encode(h), tx.Header) {
				t.Error("the header was written differently")
			}
			return tx, err
		})(t, b)
	})
}

func FuzzHeader(f *testing.F) {
	for _, b := range newYear(f).batches {
		f.Add(b.Header)
	}
	f.Fuzz(identity(consent.DecodeHeader))
}

func FuzzItem(f *testing.F) {
	y := newYear(f)
	for _, leaf := range append(y.leaves[y.ann.LogID], y.leaves[y.tr.LogID]...) {
		e, _, err := consent.DecodeEntry(leaf)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Item)
	}
	f.Fuzz(identity(consent.DecodeItem))
}

func FuzzEntry(f *testing.F) {
	y := newYear(f)
	for _, leaves := range y.leaves {
		for _, leaf := range leaves {
			f.Add(leaf)
		}
	}
	f.Fuzz(identity(func(b []byte) (consent.Entry, error) {
		e, _, err := consent.DecodeEntry(b)
		return e, err
	}))
}

func FuzzHead(f *testing.F) {
	y := newYear(f)
	for log := range y.leaves {
		f.Add(y.state[string(consent.HeadKey(log))])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		identity(consent.DecodeHead)(t, b)
		if h, err := consent.DecodeHead(b); err == nil {
			h.Tree.Root()
			h.Tree.Append(consent.Hash{})
		}
	})
}

func FuzzStateValues(f *testing.F) {
	for key, value := range newYear(f).state {
		f.Add([]byte(key))
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		identity(consent.DecodeGrant)(t, b)
		identity(consent.DecodeClock)(t, b)
		identity(consent.DecodeKeyUse)(t, b)
	})
}

func FuzzRegistryFields(f *testing.F) {
	n := newNetwork(f)
	for _, fields := range n.genesis.Registry {
		f.Add(fields)
	}
	f.Add(consent.Encode(consent.RegistryFields{Licence: &consent.Licence{Key: newKey("dr").Public(), Board: n.board.ID, Status: consent.LicenceActive}}))
	f.Fuzz(identity(func(b []byte) (consent.RegistryFields, error) {
		return consent.DecodeRegistryFields(consent.Item{Class: consent.ClassRegistry, Fields: b})
	}))
}

func FuzzDetail(f *testing.F) {
	for _, c := range contents() {
		f.Add(consent.Encode(consent.Detail{Salt: [32]byte{1}, Content: consent.EncodeContent(c)}))
	}
	f.Fuzz(identity(consent.DecodeDetail))
}

func FuzzContent(f *testing.F) {
	for _, c := range contents() {
		f.Add(consent.EncodeContent(c))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := consent.DecodeContent(b)
		if err == nil && !bytes.Equal(consent.EncodeContent(c), b) {
			t.Errorf("%x was read and written as %x", b, consent.EncodeContent(c))
		}
	})
}

// A companion that opens at all covers exactly the items it was asked about.
func FuzzCompanion(f *testing.F) {
	y := newYear(f)
	for _, b := range y.batches {
		c := consent.Companion{Header: b.Header, Signature: b.Signature, Path: consent.ProveLeaves(b.Items, []uint32{0})}
		f.Add(consent.Encode(c), uint32(0), uint32(1), b.Items[0][:])
	}
	f.Fuzz(func(t *testing.T, b []byte, first, second uint32, leaf []byte) {
		var c consent.Companion
		if consent.Decode(b, 1<<20, &c) != nil || len(leaf) != 32 {
			return
		}
		id := consent.BatchID(c.Header, c.Signature)
		_, _ = c.Open(id, []uint32{first}, []consent.Hash{consent.Hash(leaf)})
		_, _ = c.Open(id, []uint32{first, second}, []consent.Hash{consent.Hash(leaf), consent.Hash(leaf)})
	})
}

func FuzzStateProof(f *testing.F) {
	n := newNetwork(f)
	f.Add(consent.Encode(consent.StateProof{Height: 7, Keys: []consent.ProvenKey{
		{Key: consent.ClockKey(), Present: true, Value: n.state["clock"], Proof: []byte{1, 2, 3}},
		{Key: consent.HeadKey(consent.LogID{1}), Proof: []byte{4}},
	}}))
	f.Fuzz(identity(consent.DecodeStateProof))
}

func FuzzParcel(f *testing.F) {
	f.Add(consent.Encode(consent.Parcel{}))
	f.Add(consent.Encode(consent.Parcel{Terms: consent.Detail{Content: consent.EncodeContent(contents()[0])}, Carry: []byte{1}}))
	f.Fuzz(identity(consent.DecodeParcel))
}

func FuzzCore(f *testing.F) {
	f.Add(consent.Encode(core()))
	f.Add(consent.Encode(consent.Core{}))
	f.Fuzz(identity(consent.DecodeCore))
}

func FuzzAnchor(f *testing.F) {
	f.Add(anchor().String())
	f.Add("carekey-anchor:")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := consent.ParseAnchor(text); err == nil {
			if again, err := consent.ParseAnchor(a.String()); err != nil || again != a {
				t.Errorf("%q became %+v, %v", text, again, err)
			}
		}
	})
}

func FuzzInvitation(f *testing.F) {
	f.Add(invitation().Text())
	f.Add("carekey-invitation:")
	f.Fuzz(func(t *testing.T, text string) {
		if i, err := consent.ParseInvitation(text); err == nil {
			again, err := consent.ParseInvitation(i.Text())
			if err != nil || again.Text() != i.Text() {
				t.Errorf("%q became %+v, %v", text, again, err)
			}
		}
	})
}

// A genesis that is read can start a ledger.
func FuzzGenesis(f *testing.F) {
	n := newNetwork(f)
	b, err := json.Marshal(n.genesis)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := consent.DecodeGenesis(b)
		if err != nil {
			return
		}
		if _, err := g.Outcome(); err != nil {
			t.Errorf("was read but cannot start: %v", err)
		}
	})
}

// Whatever comes in, the rules answer, and say why not.
func FuzzExecution(f *testing.F) {
	y := newYear(f)
	for _, tx := range y.txs {
		f.Add(tx)
	}
	f.Add(y.As(y.ann).signs(y.ann.says(consent.SidePatient)))
	f.Fuzz(func(t *testing.T, tx []byte) { y.survives(t, tx) })
}

// FuzzRules signs what it draws, so that it comes as far as the rules.
func FuzzRules(f *testing.F) {
	y := newYear(f)
	for _, tx := range y.txs {
		decoded, h, err := consent.DecodeTx(tx)
		if err != nil {
			f.Fatal(err)
		}
		item, err := consent.DecodeItem(decoded.Items[0])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(h.Kind), uint8(item.Class), item.Fields, item.Log == y.tr.LogID)
	}
	f.Fuzz(func(t *testing.T, kind, class uint8, fields []byte, inTransfer bool) {
		y := &year{network: y.with(t), ann: y.ann, tr: y.tr}
		item := consent.Item{Log: y.ann.LogID, Class: consent.Class(class), Fields: fields}
		if inTransfer {
			item.Log = y.tr.LogID
		}
		for _, p := range []party{y.ann, y.hospital, y.tr, y.tr.S(), y.tr.R(), end{consent.SignerKind(kind), item.Log, y.ann.sign}} {
			if tx, err := consent.NewTx(y.As(p).Author, item); err == nil {
				y.survives(t, tx)
			}
		}
	})
}

func (y *year) survives(t *testing.T, tx []byte) {
	y = &year{network: y.with(t)}
	block := consent.Block{Height: y.height + 1, Time: y.now.Add(time.Second)}
	check := y.begin(block).Check(tx)
	x := y.begin(block)
	first, second := x.Deliver(tx), x.Deliver(tx)
	if first.Code != consent.CodeOK && first.Text == "" || first.Code == consent.CodeOK && len(first.Items) == 0 {
		t.Errorf("result %+v", first)
	}
	if len(first.Items) < 2 && check.Code != first.Code {
		t.Errorf("checked %d, delivered %d", check.Code, first.Code)
	}
	if second.Code == consent.CodeOK {
		t.Error("the same bytes were accepted twice")
	}
	accepted := 0
	for _, item := range first.Items {
		if item.Code == consent.CodeOK {
			accepted++
		}
	}
	if o := x.Finish(); len(o.Entries) != accepted {
		t.Errorf("%d entries of %d accepted items", len(o.Entries), accepted)
	}
}
