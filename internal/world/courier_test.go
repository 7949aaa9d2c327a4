package world

import (
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
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

// TestConnectionMadeAhead: a transaction travels on the connection that was made
// for it, and no other does; one that was ended meanwhile is replaced.
func TestConnectionMadeAhead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	came := make(chan int, 1) // on which connection
	front := newImpostor(t, s, Clinic, func(i *impostor) {
		i.carries = func([]byte) (bool, error) { return true, nil }
		i.visited = func(v visit) { came <- v.conn }
	})
	p := s.person(t, nil, anna())
	p.meets(front)
	n := p.opens().Network
	tx, log := someTx(t, s)
	at := wallet.Reader{Log: log, At: s.House(Clinic).ID}
	carriedOn := func() int {
		t.Helper()
		if err := n.Submit(soon(t), at, tx, false); err != nil {
			t.Fatal(err)
		}
		return <-came
	}
	ahead := func() (conn int) {
		t.Helper()
		conn = front.connections()
		n.Approach(soon(t), at)
		s.until(t, "a connection made ahead", func() bool { return front.connections() == conn+1 })
		return conn
	}
	carriedOn() // whatever else has to be asked is asked now

	made := ahead()
	if conn := carriedOn(); conn != made {
		t.Errorf("the transaction came on connection %d, want the one made ahead, %d", conn, made)
	}
	if conn := carriedOn(); conn != made+1 {
		t.Errorf("the next transaction came on connection %d, want one of its own, %d", conn, made+1)
	}
	made = ahead()
	front.cut(made)
	if conn := carriedOn(); conn != made+1 {
		t.Errorf("the transaction came on connection %d, want one instead of that which was ended, %d", conn, made+1)
	}
}

// someTx is a well-formed transaction to a log.
func someTx(t *testing.T, s *stage) ([]byte, consent.LogID) {
	t.Helper()
	keys, err := gateway.LoadKeys(filepath.Join(s.Dir, string(Clinic), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	log := consent.LogID{1}
	tx, err := consent.NewTx(consent.Author{Chain: s.genesis.Chain, Kind: consent.SignerInstitution, Log: log, Signer: keys.Ledger, ValidUntil: 1},
		consent.NewItem(log, consent.ClassAccess, consent.AccessFields{}, consent.Hash{}))
	if err != nil {
		t.Fatal(err)
	}
	return tx, log
}

// TestOwnWordsAreNotAskedFor: what the patient writes is shown as soon as its
// entry is proven; nobody is asked what it was.
func TestOwnWordsAreNotAskedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna())
	var answering, asked atomic.Bool
	p.meets(newImpostor(t, s, Clinic, func(i *impostor) {
		i.details = func(d []client.NumberedDetail) []client.NumberedDetail {
			if answering.Load() && len(d) > 0 {
				asked.Store(true)
			}
			return d
		}
	}))
	p.opens().joins(Clinic)
	request := p.isAsked(labAndMedicines(), func(r *gateway.RequestSpec) { r.Kind, r.From = consent.Look, consent.InstitutionID{} })
	answering.Store(true)
	if err := p.Approve(soon(t), request.ID, wallet.Choice{Scope: request.Scope, Uses: request.Uses, Until: request.Until}); err != nil {
		t.Fatal(err)
	}
	p.sees("what she allowed", func(s wallet.Snapshot) bool { return len(s.Permissions) == 1 && len(s.Sending) == 0 })
	if asked.Load() {
		t.Error("the institution was asked what the patient wrote")
	}
}
