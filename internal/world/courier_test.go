package world

import (
	"slices"
	"sync/atomic"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/internal/reach"
	"carekey/wallet"
)

// TestInstitutionDoesNotCarry: an institution says that the ledger refuses what
// the patient writes, or takes it and lets it lie. Others carry it.
func TestInstitutionDoesNotCarry(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for name, says := range map[string]error{
		"says that it is refused": &consent.Refusal{Code: consent.CodeStale, Text: "no"},
		"takes it and is idle":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := s.person(t, nil, anna())
			var idle atomic.Bool
			p.meets(newImpostor(t, s, Clinic, func(i *impostor) {
				i.carries = func([]byte) (bool, error) { return idle.Load(), says }
			}))
			p.opens().joins(Clinic)
			idle.Store(true)
			if err := p.Block(soon(t), p.chart(Clinic), true); err != nil {
				t.Fatal(err)
			}
			s.until(t, "others carry it", func() bool {
				_ = p.Refresh(soon(t)) // sends again what is not in the log yet
				return len(s.log(t, p.chart(Clinic))) == 2
			})
			p.sees("it is proven", func(s wallet.Snapshot) bool { return len(s.Sending) == 0 })
		})
	}
}

// TestFirstSeedIsAway: a wallet opens while the institution that it would ask
// first cannot be reached.
func TestFirstSeedIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna()).opens().joins(Clinic)
	p.close()
	p.reach = func(c *reach.Config) {
		c.Seeds = slices.Insert(slices.Clone(c.Seeds), 0, client.Target{Addresses: []string{"127.0.0.1:1"}, Key: consent.PublicKey{1}})
	}
	p.opens()
	p.sees("green", func(s wallet.Snapshot) bool { return s.Proof.Level == wallet.ProofGreen })
}
