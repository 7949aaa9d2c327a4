package consent_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"carekey/consent"
)

// deliver measures a transaction in a block of its own, without the writing of
// its outcome.
func (n *network) deliver(b *testing.B, tx []byte) {
	b.Helper()
	block := consent.Block{Height: n.height + 1, Time: n.now.Add(time.Second)}
	b.ReportAllocs()
	for b.Loop() {
		x, err := n.rules.Begin(n, n, block)
		if err != nil {
			b.Fatal(err)
		}
		r := x.Deliver(tx)
		if o := x.Finish(); r.Code != consent.CodeOK || len(o.Entries) != len(r.Items) {
			b.Fatalf("%d entries: %s", len(o.Entries), r.Text)
		}
	}
}

// BenchmarkVerify is the floor: one Ed25519 verification.
func BenchmarkVerify(b *testing.B) {
	k := newKey("k")
	s := consent.Statement{Context: consent.ContextTransaction, Chain: chainName, Log: consent.LogID{1}, Body: make([]byte, 120)}
	sig := k.sign(s)
	b.ReportAllocs()
	for b.Loop() {
		if s.Verify(k.Public(), sig) != nil {
			b.Fatal("does not verify")
		}
	}
}

func BenchmarkDeliver(b *testing.B) {
	b.Run("patient entry", func(b *testing.B) {
		n := newNetwork(b)
		c := n.chart("ann", n.hospital)
		n.deliver(b, n.As(c).signs(c.says(consent.SidePatient)))
	})
	b.Run("patient entry without signature", func(b *testing.B) {
		n := newNetwork(b)
		c := n.chart("ann", n.hospital)
		tx := n.As(c).signs(c.says(consent.SidePatient))
		n.rules.Verify = func(consent.PublicKey, consent.Statement, consent.Signature) error { return nil }
		n.deliver(b, tx)
	})
	b.Run("opening of a transfer", func(b *testing.B) {
		n := newNetwork(b)
		tr := n.newTransfer("move", 1)
		n.deliver(b, n.As(tr).signs(tr.open()))
	})
	b.Run("4096 accesses in one chart", func(b *testing.B) {
		n := newNetwork(b)
		c := n.chart("ann", n.hospital)
		n.deliver(b, n.As(n.hospital).signs(slices.Repeat([]consent.Item{c.looks()}, consent.MaxBatchItems)...))
		perItem(b)
	})
	b.Run("4096 accesses in 4096 charts", func(b *testing.B) {
		n := newNetwork(b)
		var items []consent.Item
		var opens [][]byte
		for i := range consent.MaxBatchItems {
			c := n.newChart(fmt.Sprint(i), n.hospital)
			opens, items = append(opens, n.As(c).signs(c.open())), append(items, c.looks())
		}
		n.block(opens...)
		n.deliver(b, n.As(n.hospital).signs(items...))
		perItem(b)
	})
}

func perItem(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/consent.MaxBatchItems, "ns/item")
}

func BenchmarkDecode(b *testing.B) {
	n := newNetwork(b)
	c := n.chart("ann", n.hospital)
	tx := n.As(c).signs(c.says(consent.SidePatient))
	n.accepts(tx)
	large := n.As(n.hospital).signs(slices.Repeat([]consent.Item{c.looks()}, consent.MaxBatchItems)...)
	leaf := n.leaves[c.LogID][1]
	entry, item, _ := consent.DecodeEntry(leaf)
	for _, bench := range []struct {
		name string
		do   func() error
	}{
		{"entry", func() error { _, _, err := consent.DecodeEntry(leaf); return err }},
		{"item", func() error { _, err := consent.DecodeItem(entry.Item); return err }},
		{"fields", func() error { _, err := consent.DecodeFields[consent.SayFields](item); return err }},
		{"transaction", func() error { _, _, err := consent.DecodeTx(tx); return err }},
		{"transaction of 4096", func() error { _, _, err := consent.DecodeTx(large); return err }},
		{"head", func() error { _, err := consent.DecodeHead(n.state[string(consent.HeadKey(c.LogID))]); return err }},
		{"institution", func() error {
			var i consent.Institution
			return consent.Decode(n.state[string(consent.InstitutionKey(n.hospital.ID))], consent.MaxRegistryBytes, &i)
		}},
		{"leaf hash alone", func() error { consent.LeafHash(leaf); return nil }},
		{"entry's encoding alone", func() error { consent.Encode(entry); return nil }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := bench.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
