package client

import (
	"testing"
	"time"

	"carekey/consent"
)

// forceOpen opens a log past all rules.
func (c *chain) forceOpen(tx []byte, log consent.LogID, head consent.Head) {
	c.Helper()
	head.Version, head.Rate = 1, consent.Rate{Hour: consent.At(c.now).Hour(), Count: 1}
	c.set(consent.HeadKey(log), consent.Encode(head))
	c.force(tx, nil)
}

// TestLieOpenings: every validator agreed to a log that must not have been
// opened.
func TestLieOpenings(t *testing.T) {
	far := 11 * 365 * 24 * time.Hour
	tests := []struct {
		name   string
		kind   LieKind
		change func(c *chain, f *consent.TransferFields)
	}{
		{"no sponsor", ForgedSignature, func(_ *chain, f *consent.TransferFields) { f.TicketProof[0]++ }},
		{"another sponsor", ForgedSignature, func(c *chain, f *consent.TransferFields) {
			f.TicketProof = named("hospital").sign(f.Ticket.Statement(testChain))
		}},
		{"an expired ticket", BrokenRule, func(c *chain, f *consent.TransferFields) {
			f.Ticket.Expiry = consent.At(c.now)
			f.TicketProof = named("clinic").sign(f.Ticket.Statement(testChain))
		}},
		{"no uses", BrokenRule, func(_ *chain, f *consent.TransferFields) { f.Uses = 0 }},
		{"too long", BrokenRule, func(c *chain, f *consent.TransferFields) { f.Expiry = consent.At(c.now.Add(far)) }},
		{"one key twice", BrokenRule, func(_ *chain, f *consent.TransferFields) { f.TLS = f.Source }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newChain(t)
			x, f := c.newTransfer("move ", 1)
			tt.change(c, &f)
			c.forceOpen(x.by(consent.SignerPatient, consent.ClassTransferOpen, f), x.log, consent.Head{
				Kind: consent.TransferLog, Transfer: &consent.Transfer{
					Sponsor: f.Ticket.Sponsor, Patient: f.Patient, TLS: f.TLS, Source: f.Source,
					Destination: f.Ticket.Destination, Expiry: f.Expiry, Uses: f.Uses, Stored: consent.TransferOpen,
				},
			})
			_, err := c.follow(c.light(), c, x.log, consent.Remembered{})
			if found := caught(t, c, err, tt.kind); !found.Convicts {
				t.Error("the ledger took it in")
			}
		})
	}
	t.Run("a chart that no institution agreed to", func(t *testing.T) {
		c := newChain(t)
		key := named("patient")
		keys := consent.ChartKeys{Institution: idOf(c.genesis, "hospital"), Sign: key.Public(), TLS: named("patient tls").Public()}
		p := &testChart{chain: c, keys: keys, key: key, log: consent.NewLogID(consent.ChartLog, c.genesis.Network, keys.Institution, keys.Sign)}
		until := consent.At(c.now).Add(time.Hour)
		sponsor := named("clinic").sign(consent.OpenStatement(testChain, p.log, keys, until))
		tx := p.patient(consent.ClassOpen, consent.OpenFields{Keys: keys, Until: until, Sponsor: sponsor})
		c.forceOpen(tx, p.log, consent.Head{Kind: consent.ChartLog, Chart: &consent.Chart{Keys: keys}})
		_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
	t.Run("a chart under another's name", func(t *testing.T) {
		c := newChain(t)
		p := c.openChart("patient")
		other := &testChart{chain: c, keys: p.keys, key: p.key, log: consent.LogID{9}}
		until := consent.At(c.now).Add(time.Hour)
		sponsor := named("hospital").sign(consent.OpenStatement(testChain, other.log, p.keys, until))
		tx := other.patient(consent.ClassOpen, consent.OpenFields{Keys: p.keys, Until: until, Sponsor: sponsor})
		c.forceOpen(tx, other.log, consent.Head{Kind: consent.ChartLog, Chart: &consent.Chart{Keys: p.keys}})
		_, err := c.follow(c.light(), c, other.log, consent.Remembered{})
		caught(t, c, err, BrokenRule)
	})
}

// TestLieInTheRegistry: the ledger's registry is not the one of the genesis.
func TestLieInTheRegistry(t *testing.T) {
	for name, change := range map[string]func([][]byte) [][]byte{
		"another entry": func(leaves [][]byte) [][]byte {
			e, item, _ := consent.DecodeEntry(leaves[1])
			item.Commitment[0]++
			e.Item = consent.Encode(item)
			return [][]byte{leaves[0], consent.Encode(e)}
		},
		"one more": func(leaves [][]byte) [][]byte {
			e, _, _ := consent.DecodeEntry(leaves[1])
			e.Number++
			return append(leaves, consent.Encode(e))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t)
			log := consent.RegistryLogID(c.genesis.Network)
			c.leaves[log] = change(c.leaves[log])
			c.where[log] = append(c.where[log], placed{})
			head, err := consent.DecodeHead(c.state[string(consent.HeadKey(log))])
			if err != nil {
				t.Fatal(err)
			}
			head.Tree = treeOf([]consent.Page{{Leaves: c.leaves[log]}})
			c.set(consent.HeadKey(log), consent.Encode(head))
			c.commit()
			_, err = c.light().FollowRegistry(t.Context(), c)
			if found := caught(t, c, err, BrokenRule); !found.Convicts {
				t.Error("the ledger took it in")
			}
		})
	}
}
