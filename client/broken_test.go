package client

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"carekey/consent"
)

// TestLieBrokenRule: every validator agreed to an entry that the rules forbid,
// and the state, its proof and its header are in order. The log alone shows it.
func TestLieBrokenRule(t *testing.T) {
	soon := func(c *chain) consent.Time { return consent.At(c.now).Add(time.Hour) }
	tests := []struct {
		name string
		do   func(c *chain, p *testChart)
	}{
		{"access under a revoked permission", func(c *chain, p *testChart) {
			n := c.accepts(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: soon(c)}))
			c.accepts(p.patient(consent.ClassRevoke, consent.RevokeFields{Grant: n}))
			c.force(p.hospital(consent.ClassAccess, consent.AccessFields{Grant: &n}), nil)
		}},
		{"access under a permission that is used up", func(c *chain, p *testChart) {
			n := c.accepts(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: soon(c), Uses: 1}))
			c.accepts(p.hospital(consent.ClassAccess, consent.AccessFields{Grant: &n}))
			c.force(p.hospital(consent.ClassAccess, consent.AccessFields{Grant: &n}), nil)
		}},
		{"access under a permission that is over", func(c *chain, p *testChart) {
			n := c.accepts(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: consent.At(c.now).Add(time.Minute)}))
			c.idle(1, 2*time.Minute)
			c.force(p.hospital(consent.ClassAccess, consent.AccessFields{Grant: &n}), nil)
		}},
		{"a permission for eleven years", func(c *chain, p *testChart) {
			long := consent.At(c.now).Add(11 * 365 * 24 * time.Hour)
			c.force(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: long}), rated(c, 1))
		}},
		{"grant in a frozen chart", func(c *chain, p *testChart) {
			c.accepts(p.patient(consent.ClassFreeze, consent.FreezeFields{Until: soon(c)}))
			c.force(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: soon(c)}), rated(c, 1))
		}},
		{"grant in a closed chart", func(c *chain, p *testChart) {
			c.accepts(p.patient(consent.ClassClose, consent.CloseFields{}))
			c.force(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: soon(c)}), rated(c, 2))
		}},
		{"a freeze that shortens", func(c *chain, p *testChart) {
			c.accepts(p.patient(consent.ClassFreeze, consent.FreezeFields{Until: soon(c)}))
			until := soon(c) - 2*consent.Time(time.Minute)
			c.force(p.patient(consent.ClassFreeze, consent.FreezeFields{Until: until}), func(h *consent.Head) {
				h.Chart.FrozenUntil = until
				h.Rate.Stops++
			})
		}},
		{"the institution speaks for the patient", func(c *chain, p *testChart) {
			c.force(p.hospital(consent.ClassSay, consent.SayFields{Side: consent.SidePatient}), nil)
		}},
		{"an answer to what was not said", func(c *chain, p *testChart) {
			later := uint64(40)
			c.force(p.hospital(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Answers: &later}), nil)
		}},
		{"a rotation to a key that was there before", func(c *chain, p *testChart) {
			first := p.keys
			p.rotate("patient 2")
			proof := named("patient").sign(consent.RotateStatement(testChain, p.log, first))
			c.force(p.patient(consent.ClassRotate, consent.RotateFields{Keys: first, Proof: proof}), func(h *consent.Head) {
				h.Chart.Keys = first
				h.Rate.Count++
			})
		}},
		{"a class that belongs elsewhere", func(c *chain, p *testChart) {
			c.force(p.patient(consent.ClassStop, consent.StopFields{}), nil)
		}},
		{"a transaction written twice", func(c *chain, p *testChart) {
			tx := p.patient(consent.ClassGrant, consent.GrantFields{Expiry: soon(c)})
			c.accepts(tx)
			c.force(tx, rated(c, 2))
		}},
		{"opened twice", func(c *chain, p *testChart) {
			until := consent.At(c.now).Add(time.Hour)
			sponsor := named("hospital").sign(consent.OpenStatement(testChain, p.log, p.keys, until))
			c.force(p.patient(consent.ClassOpen, consent.OpenFields{Keys: p.keys, Until: until, Sponsor: sponsor}), rated(c, 1))
		}},
		{"due in eleven years", func(c *chain, p *testChart) {
			due := consent.At(c.now).Add(consent.MaxDue + time.Hour)
			c.force(p.hospital(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: due}), nil)
		}},
		{"access under a permission in a closed chart", func(c *chain, p *testChart) {
			n := c.accepts(p.patient(consent.ClassGrant, consent.GrantFields{Expiry: soon(c)}))
			c.accepts(p.patient(consent.ClassClose, consent.CloseFields{}))
			c.force(p.hospital(consent.ClassAccess, consent.AccessFields{Grant: &n}), nil)
		}},
		{"a transaction for too long", func(c *chain, p *testChart) {
			a := c.author(consent.SignerInstitution, named("hospital"), consent.LogID{}, "hospital")
			a.ValidUntil = consent.At(c.now).Add(consent.MaxValidFor + time.Minute)
			c.force(c.tx(a, p.item(consent.ClassAccess, consent.AccessFields{})), nil)
		}},
		{"two times at one height", func(c *chain, p *testChart) {
			p.accesses(1)
			c.shift = -1
			c.force(p.hospital(consent.ClassAccess, consent.AccessFields{}), nil)
		}},
		{"a count that does not follow from the entries", func(c *chain, p *testChart) {
			head, err := consent.DecodeHead(c.state[string(consent.HeadKey(p.log))])
			if err != nil {
				t.Fatal(err)
			}
			head.Rate.Count += 3
			c.set(consent.HeadKey(p.log), consent.Encode(head))
			c.commit()
		}},
		{"a transaction out of date", func(c *chain, p *testChart) {
			tx := p.hospital(consent.ClassAccess, consent.AccessFields{})
			c.idle(1, 10*time.Minute)
			c.force(tx, nil)
		}},
		{"time backwards", func(c *chain, p *testChart) {
			p.accesses(1)
			now := c.now
			c.now = c.now.Add(-time.Minute)
			tx := p.hospital(consent.ClassAccess, consent.AccessFields{})
			c.force(tx, nil)
			c.now = now
			c.blocks[len(c.blocks)-1] = c.vals.lightBlock(c, headerSpec{
				chain: testChain, height: int64(len(c.blocks)), time: c.now.Add(time.Second),
				app: c.roots[len(c.roots)-1], last: hashOf(c, c.blocks[len(c.blocks)-2]),
			})
			c.now = c.now.Add(time.Second)
		}},
		{"height backwards", func(c *chain, p *testChart) {
			p.accesses(1)
			p.accesses(1)
			c.shift = -2
			c.force(p.hospital(consent.ClassAccess, consent.AccessFields{}), nil)
		}},
		{"too many in one hour", func(c *chain, p *testChart) {
			for range consent.RatePerHour - 1 {
				c.accepts(p.patient(consent.ClassSay, consent.SayFields{Side: consent.SidePatient}))
			}
			c.force(p.patient(consent.ClassSay, consent.SayFields{Side: consent.SidePatient}), rated(c, consent.RatePerHour))
		}},
		{"a head that does not follow from the entries", func(c *chain, p *testChart) {
			head, err := consent.DecodeHead(c.state[string(consent.HeadKey(p.log))])
			if err != nil {
				t.Fatal(err)
			}
			head.Chart.Keys.TLS = named("thief").Public()
			c.set(consent.HeadKey(p.log), consent.Encode(head))
			c.commit()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newChain(t)
			p := c.openChart("patient")
			l := c.light()
			before, err := c.follow(l, c, p.log, consent.Remembered{})
			if err != nil {
				t.Fatal(err)
			}
			tt.do(c, p)
			_, err = c.follow(c.light(), c, p.log, consent.Remembered{})
			caught(t, c, err, BrokenRule)
			_, err = c.follow(l, c, p.log, before.Keep) // from memory, too
			caught(t, c, err, BrokenRule)
		})
	}
}

// A chart that the ledger let somebody open after the institution's word for
// it had ended, or with one that would count for years.
func TestLieOpenedWithoutAWordThatCounts(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"ended": 0, "for years": consent.MaxEnrolment + 1} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t)
			p, opening := c.opening("patient", consent.At(c.now).Add(ahead))
			c.set(consent.HeadKey(p.log), consent.Encode(consent.Head{Version: 1, Kind: consent.ChartLog, Chart: &consent.Chart{Keys: p.keys}}))
			c.force(opening, rated(c, 0))
			_, err := c.follow(c.light(), c, p.log, consent.Remembered{})
			caught(t, c, err, BrokenRule)
		})
	}
}

// A transfer whose destination had left the registry, and went on.
func TestLieMovedToAnInstitutionThatLeft(t *testing.T) {
	leaves := func(g *consent.Genesis) {
		f, err := consent.DecodeRegistryFields(consent.Item{Fields: g.Registry[1]})
		if err != nil {
			t.Fatal(err)
		}
		f.Institution.Until = consent.At(testStart).Add(time.Hour)
		g.Registry[1] = consent.Encode(f)
	}
	for name, forced := range map[string]consent.TransferState{"collected": consent.TransferCollected, "released": consent.TransferReleased} {
		t.Run(name, func(t *testing.T) {
			c := newChain(t, leaves)
			x := c.openTransfer("move ", 1)
			c.idle(1, time.Hour-10*time.Second)
			step := x.collect()
			if forced == consent.TransferReleased {
				c.accepts(step)
				step = x.release()
			}
			c.idle(1, 10*time.Second)
			c.force(step, func(h *consent.Head) {
				moved(c, 0, forced)(h)
				h.Rate = consent.Rate{Hour: consent.At(c.now).Hour(), Count: 1}
			})
			_, err := c.follow(c.light(), c, x.log, consent.Remembered{})
			caught(t, c, err, BrokenRule)
		})
	}
}

// rated is the head's rate after the opening and so many entries of the patient,
// as a ledger that only wants to break one rule would count them.
func rated(c *chain, count uint8) func(*consent.Head) {
	return func(h *consent.Head) {
		h.Rate.Hour, h.Rate.Count = consent.At(c.now).Hour(), 1+count
	}
}

// testTransfer is a transfer from hospital to clinic.
type testTransfer struct {
	*chain
	log  consent.LogID
	name string
	use  uint32
}

func (c *chain) openTransfer(name string, uses uint32) *testTransfer {
	c.Helper()
	x, f := c.newTransfer(name, uses)
	c.accepts(x.by(consent.SignerPatient, consent.ClassTransferOpen, f))
	return x
}

// newTransfer is one that is not open yet, and what opens it.
func (c *chain) newTransfer(name string, uses uint32) (*testTransfer, consent.TransferFields) {
	key := func(part string) consent.PublicKey { return named(name + part).Public() }
	ticket := consent.SponsorTicket{
		Sponsor: idOf(c.genesis, "clinic"), Destination: key("destination"), Expiry: consent.At(c.now).Add(time.Hour),
	}
	f := consent.TransferFields{
		Patient: key("patient"), TLS: key("tls"), Source: key("source"), Ticket: ticket,
		TicketProof: named("clinic").sign(ticket.Statement(testChain)), Expiry: consent.At(c.now).Add(24 * time.Hour), Uses: uses,
	}
	x := &testTransfer{chain: c, name: name, log: consent.NewLogID(consent.TransferLog, c.genesis.Network, consent.InstitutionID{}, f.Patient)}
	return x, f
}

// by is a transaction of one of the transfer's parties.
func (x *testTransfer) by(kind consent.SignerKind, class consent.Class, fields any) []byte {
	x.Helper()
	part := map[consent.SignerKind]string{
		consent.SignerPatient: "patient", consent.SignerSource: "source", consent.SignerDestination: "destination",
	}[kind]
	return x.tx(x.author(kind, named(x.name+part), x.log, ""), consent.NewItem(x.log, class, fields, consent.Hash{}))
}

func (x *testTransfer) step() consent.StepFields {
	return consent.StepFields{Use: x.use, Offer: consent.Sum(fmt.Append(nil, "offer", x.use))}
}

func (x *testTransfer) collect() []byte {
	x.use++
	return x.by(consent.SignerDestination, consent.ClassCollect, x.step())
}

func (x *testTransfer) release() []byte {
	return x.by(consent.SignerSource, consent.ClassRelease, x.step())
}

func (x *testTransfer) received() []byte {
	return x.by(consent.SignerDestination, consent.ClassReceived, x.step())
}

func (x *testTransfer) stop() []byte {
	return x.by(consent.SignerPatient, consent.ClassStop, consent.StopFields{})
}

func (x *testTransfer) undelivered() []byte {
	other := named(x.name + "destination").sign(consent.UndeliveredStatement(testChain, x.log, x.step()))
	return x.by(consent.SignerSource, consent.ClassUndelivered, consent.UndeliveredFields{Step: x.step(), Other: other})
}

func (x *testTransfer) void() []byte {
	return x.by(consent.SignerDestination, consent.ClassVoid, consent.StepFields{Use: x.use})
}

// TestFollowProvesATransfer goes through everything that can happen to one.
func TestFollowProvesATransfer(t *testing.T) {
	c := newChain(t)
	x := c.openTransfer("move ", 3)
	l := c.light()
	kept := consent.Remembered{}
	steps := []func() []byte{
		x.collect, x.release, x.received, // one use
		x.collect, x.void, x.collect, x.release, x.undelivered, // given back twice
		x.collect, x.release, x.received,
		x.collect, x.stop,
	}
	for i, step := range steps {
		c.accepts(step())
		progress, err := c.follow(l, c, x.log, kept)
		if err != nil {
			t.Fatalf("after step %d: %v", i, err)
		}
		if len(progress.New) == 0 {
			t.Fatalf("step %d is missing", i)
		}
		kept = progress.Keep
	}
	if _, err := c.follow(c.light(), c, x.log, consent.Remembered{}); err != nil {
		t.Errorf("from the beginning: %v", err)
	}
}

func TestLieBrokenTransferRule(t *testing.T) {
	tests := []struct {
		name string
		do   func(c *chain, x *testTransfer)
	}{
		{"opened twice", func(c *chain, x *testTransfer) {
			_, more := c.newTransfer("move ", 2)
			c.force(x.by(consent.SignerPatient, consent.ClassTransferOpen, more), func(h *consent.Head) {
				rated(c, 1)(h)
				h.Transfer.Expiry, h.Transfer.Uses = more.Expiry, more.Uses
			})
		}},
		{"released without being collected", func(c *chain, x *testTransfer) {
			x.use++
			c.force(x.release(), moved(c, 1, consent.TransferReleased))
		}},
		{"released after a stop", func(c *chain, x *testTransfer) {
			c.accepts(x.collect())
			c.accepts(x.stop())
			c.force(x.release(), moved(c, 2, consent.TransferReleased))
		}},
		{"released after its end", func(c *chain, x *testTransfer) {
			c.idle(1, 24*time.Hour-30*time.Second)
			c.accepts(x.collect())
			c.idle(1, time.Minute)
			c.force(x.release(), moved(c, 1, consent.TransferReleased))
		}},
		{"collected after its end", func(c *chain, x *testTransfer) {
			c.idle(1, 24*time.Hour)
			c.force(x.collect(), moved(c, 1, consent.TransferCollected))
		}},
		{"received without being released", func(c *chain, x *testTransfer) {
			c.accepts(x.collect())
			c.force(x.received(), moved(c, 2, consent.TransferOpen))
		}},
		{"collected twice", func(c *chain, x *testTransfer) {
			c.accepts(x.collect())
			c.force(x.collect(), moved(c, 2, consent.TransferCollected))
		}},
		{"more uses than agreed", func(c *chain, x *testTransfer) {
			c.accepts(x.collect())
			c.accepts(x.release())
			c.accepts(x.received())
			c.force(x.collect(), moved(c, 4, consent.TransferCollected))
		}},
		{"another offer than collected", func(c *chain, x *testTransfer) {
			c.accepts(x.collect())
			other := consent.StepFields{Use: 1, Offer: consent.Hash{1}}
			c.force(x.by(consent.SignerSource, consent.ClassRelease, other), moved(c, 2, consent.TransferReleased))
		}},
		{"stopped twice", func(c *chain, x *testTransfer) {
			c.accepts(x.stop())
			c.force(x.stop(), func(h *consent.Head) {
				h.Rate.Stops++
				h.Transfer.StoppedAt = consent.At(c.now)
			})
		}},
		{"stopped after all was received", func(c *chain, x *testTransfer) {
			c.accepts(x.collect())
			c.accepts(x.release())
			c.accepts(x.received())
			c.force(x.stop(), func(h *consent.Head) {
				h.Rate.Stops++
				h.Transfer.Stopped, h.Transfer.StoppedAt = true, consent.At(c.now)
			})
		}},
		{"collected after a stop", func(c *chain, x *testTransfer) {
			c.accepts(x.stop())
			c.force(x.collect(), func(h *consent.Head) {
				stops := h.Rate.Stops
				moved(c, 1, consent.TransferCollected)(h)
				h.Rate.Stops = stops
			})
		}},
		{"a use is left out", func(c *chain, x *testTransfer) {
			x.use = 1
			c.force(x.collect(), func(h *consent.Head) {
				h.Transfer.Use = 1
				moved(c, 1, consent.TransferCollected)(h)
			})
		}},
		{"undelivered without being released", func(c *chain, x *testTransfer) {
			c.accepts(x.collect())
			c.force(x.undelivered(), func(h *consent.Head) {
				moved(c, 2, consent.TransferOpen)(h)
				h.Transfer.Done--
			})
		}},
		{"a class that belongs elsewhere", func(c *chain, x *testTransfer) {
			freeze := consent.FreezeFields{Until: consent.At(c.now).Add(time.Hour)}
			c.force(x.by(consent.SignerPatient, consent.ClassFreeze, freeze), func(h *consent.Head) {
				h.Rate = consent.Rate{Hour: consent.At(c.now).Hour(), Count: 1, Stops: 1}
			})
		}},
		{"a state that does not follow from the entries", func(c *chain, x *testTransfer) {
			head, err := consent.DecodeHead(c.state[string(consent.HeadKey(x.log))])
			if err != nil {
				t.Fatal(err)
			}
			head.Transfer.Uses++
			c.set(consent.HeadKey(x.log), consent.Encode(head))
			c.commit()
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newChain(t)
			x := c.openTransfer("move ", 1)
			tt.do(c, x)
			_, err := c.follow(c.light(), c, x.log, consent.Remembered{})
			caught(t, c, err, BrokenRule)
		})
	}
	t.Run("the destination releases", func(t *testing.T) {
		c := newChain(t)
		x := c.openTransfer("move ", 1)
		c.accepts(x.collect())
		c.force(x.by(consent.SignerDestination, consent.ClassRelease, x.step()), moved(c, 2, consent.TransferReleased))
		_, err := c.follow(c.light(), c, x.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
	t.Run("undelivered without the other side", func(t *testing.T) {
		c := newChain(t)
		x := c.openTransfer("move ", 1)
		c.accepts(x.collect())
		c.accepts(x.release())
		alone := consent.UndeliveredFields{Step: x.step(), Other: named("stranger").sign(consent.UndeliveredStatement(testChain, x.log, x.step()))}
		c.force(x.by(consent.SignerSource, consent.ClassUndelivered, alone), func(h *consent.Head) {
			h.Transfer.Done, h.Transfer.Stored = 0, consent.TransferOpen
			h.Rate.Count++
		})
		_, err := c.follow(c.light(), c, x.log, consent.Remembered{})
		caught(t, c, err, ForgedSignature)
	})
}

// moved is the head of a transfer after a step, as a ledger that only wants to
// break one rule would have it.
func moved(c *chain, count uint8, state consent.TransferState) func(*consent.Head) {
	return func(h *consent.Head) {
		h.Rate.Hour, h.Rate.Count = consent.At(c.now).Hour(), 1+count
		h.Transfer.Stored = state
		switch state {
		case consent.TransferCollected:
			h.Transfer.Use++
			h.Transfer.Offer = consent.Sum(fmt.Append(nil, "offer", h.Transfer.Use))
		case consent.TransferReleased:
			h.Transfer.Done++
		}
	}
}

// TestHonestLedgerIsNeverAccused writes random histories through the real
// rules and reads them in random portions.
func TestHonestLedgerIsNeverAccused(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newChain(t)
		p := c.openChart("patient")
		l := c.light()
		kept := consent.Remembered{}
		for i := range rapid.IntRange(5, 40).Draw(r, "acts") {
			c.block(randomAct(r, p, i))
			if rapid.Bool().Draw(r, "rotates") && i%5 == 0 {
				tryRotate(p, i)
			}
			c.idle(1, time.Duration(rapid.IntRange(1, 1200).Draw(r, "pause"))*time.Second)
			if rapid.Bool().Draw(r, "reads") {
				progress, err := c.follow(l, c, p.log, kept)
				if err != nil {
					r.Fatal(err)
				}
				kept = progress.Keep
			}
		}
		if _, err := c.follow(c.light(), c, p.log, consent.Remembered{}); err != nil {
			r.Fatal(err)
		}
	})
}

// randomAct is a transaction that the rules may or may not accept.
func randomAct(r *rapid.T, p *testChart, i int) []byte {
	pick := func(n int) uint64 { return uint64(rapid.IntRange(0, n).Draw(r, "number")) }
	ahead := consent.At(p.now).Add(time.Duration(rapid.IntRange(1, 100).Draw(r, "ahead")) * time.Minute)
	switch pick(7) {
	case 0:
		return p.patient(consent.ClassGrant, consent.GrantFields{Expiry: ahead, Uses: uint32(pick(3))})
	case 1:
		return p.patient(consent.ClassRevoke, consent.RevokeFields{Grant: pick(i + 1)})
	case 2, 3:
		n := pick(i + 1)
		return p.hospital(consent.ClassAccess, consent.AccessFields{Grant: &n})
	case 4:
		return p.hospital(consent.ClassAccess, consent.AccessFields{})
	case 5:
		n := pick(i + 1)
		return p.patient(consent.ClassSay, consent.SayFields{Side: consent.SidePatient, Answers: &n})
	case 6:
		return p.patient(consent.ClassFreeze, consent.FreezeFields{Until: ahead})
	}
	return p.hospital(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: ahead})
}

// tryRotate rotates unless the chart is frozen.
func tryRotate(p *testChart, i int) {
	head, err := consent.DecodeHead(p.state[string(consent.HeadKey(p.log))])
	if err == nil && !head.Chart.Frozen(consent.At(p.now)) {
		p.rotate(fmt.Sprintf("patient of turn %d", i))
	}
}
