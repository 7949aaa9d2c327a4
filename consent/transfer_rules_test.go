package consent_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"carekey/consent"
)

// fork copies the ledger, so that many things can be tried on one state.
func (n *network) fork() *network {
	f := n.with(n.TB)
	f.state, f.nonces = maps.Clone(n.state), maps.Clone(n.nonces)
	f.batches, f.leaves = maps.Clone(n.batches), maps.Clone(n.leaves)
	for log, leaves := range f.leaves {
		f.leaves[log] = slices.Clip(leaves)
	}
	return f
}

// with is the same ledger in another test.
func (n *network) with(t testing.TB) *network {
	f := *n
	f.TB = t
	return &f
}

func (n *network) stateOf(t transfer) consent.TransferState {
	n.Helper()
	return n.head(t.LogID).Transfer.State(n.now, n.clock().Live)
}

// situation is where a transfer stands; next says, for the classes that are
// legal there, where each leads. Everything else is refused.
type situation struct {
	name  string
	uses  uint32
	reach func(n *network, t transfer)
	state consent.TransferState
	next  map[consent.Class]consent.TransferState
}

func collected(n *network, t transfer) { n.As(t.R()).may(t.step(consent.ClassCollect, 1)) }

func released(n *network, t transfer) {
	collected(n, t)
	n.As(t.S()).may(t.step(consent.ClassRelease, 1))
}

func receivedUse(n *network, t transfer) {
	released(n, t)
	n.As(t.R()).may(t.step(consent.ClassReceived, 1))
}

func stopped(n *network, t transfer) { n.As(t).may(t.stops()) }

func situations() []situation {
	type legal = map[consent.Class]consent.TransferState
	return []situation{
		{"open", 1, func(*network, transfer) {}, consent.TransferOpen, legal{
			consent.ClassCollect: consent.TransferCollected, consent.ClassStop: consent.TransferStopped}},
		{"collected", 1, collected, consent.TransferCollected, legal{
			consent.ClassRelease: consent.TransferReleased, consent.ClassVoid: consent.TransferOpen,
			consent.ClassStop: consent.TransferVoid}},
		{"released", 1, released, consent.TransferReleased, legal{
			consent.ClassReceived: consent.TransferReceived, consent.ClassUndelivered: consent.TransferOpen,
			consent.ClassStop: consent.TransferReleased}},
		{"received", 1, receivedUse, consent.TransferReceived, legal{}},
		{"released, uses left", 2, released, consent.TransferReleased, legal{
			consent.ClassReceived: consent.TransferOpen, consent.ClassUndelivered: consent.TransferOpen,
			consent.ClassStop: consent.TransferReleased}},
		{"received, uses left", 2, receivedUse, consent.TransferOpen, legal{
			consent.ClassCollect: consent.TransferCollected, consent.ClassStop: consent.TransferStopped}},
		{"void by the deadline", 1, func(n *network, t transfer) {
			collected(n, t)
			n.wait(11 * time.Minute)
		}, consent.TransferVoid, legal{
			consent.ClassCollect: consent.TransferCollected, consent.ClassVoid: consent.TransferOpen,
			consent.ClassStop: consent.TransferVoid}},
		{"void by the deadline, then expired", 1, func(n *network, t transfer) {
			collected(n, t)
			n.wait(11 * time.Minute)
			n.halt(25 * time.Hour)
		}, consent.TransferVoid, legal{
			consent.ClassVoid: consent.TransferExpired, consent.ClassStop: consent.TransferVoid}},
		{"void by a stop", 1, func(n *network, t transfer) {
			collected(n, t)
			stopped(n, t)
		}, consent.TransferVoid, legal{consent.ClassVoid: consent.TransferStopped}},
		{"voided", 1, func(n *network, t transfer) {
			collected(n, t)
			n.As(t.S()).may(t.step(consent.ClassVoid, 1))
		}, consent.TransferOpen, legal{
			consent.ClassCollect: consent.TransferCollected, consent.ClassStop: consent.TransferStopped}},
		{"undelivered", 1, func(n *network, t transfer) {
			released(n, t)
			n.As(t.R()).may(t.undelivered(1, t.source))
		}, consent.TransferOpen, legal{
			consent.ClassCollect: consent.TransferCollected, consent.ClassStop: consent.TransferStopped}},
		{"stopped", 1, stopped, consent.TransferStopped, legal{}},
		{"expired", 1, func(n *network, t transfer) { n.halt(25 * time.Hour) }, consent.TransferExpired, legal{
			consent.ClassStop: consent.TransferStopped}},
		{"collected, then expired", 1, func(n *network, t transfer) {
			collected(n, t)
			n.halt(25 * time.Hour) // four seconds of live time
		}, consent.TransferCollected, legal{
			consent.ClassVoid: consent.TransferExpired, consent.ClassStop: consent.TransferVoid}},
		{"released, then stopped", 2, func(n *network, t transfer) {
			released(n, t)
			stopped(n, t)
		}, consent.TransferReleased, legal{
			consent.ClassReceived: consent.TransferReceived, consent.ClassUndelivered: consent.TransferStopped}},
		{"released, then expired", 2, func(n *network, t transfer) {
			released(n, t)
			n.halt(25 * time.Hour)
		}, consent.TransferReleased, legal{
			consent.ClassReceived: consent.TransferExpired, consent.ClassUndelivered: consent.TransferExpired,
			consent.ClassStop: consent.TransferReleased}},
		{"received after a stop", 2, func(n *network, t transfer) {
			released(n, t)
			stopped(n, t)
			n.As(t.R()).may(t.step(consent.ClassReceived, 1))
		}, consent.TransferReceived, legal{}},
	}
}

// refusedWith is the code of a class that is not legal in a situation, for a
// signer who may write it in another.
func refusedWith(class consent.Class, use uint32) consent.Code {
	switch {
	case class == consent.ClassCollect, class == consent.ClassStop, class == consent.ClassRelease && use > 0:
		return consent.CodeNotLive
	case class == consent.ClassTransferOpen:
		return consent.CodeExists
	}
	return consent.CodeSequence
}

func writers(class consent.Class) []string {
	switch class {
	case consent.ClassTransferOpen, consent.ClassStop:
		return []string{"patient"}
	case consent.ClassCollect, consent.ClassReceived:
		return []string{"destination"}
	case consent.ClassRelease:
		return []string{"source"}
	case consent.ClassVoid, consent.ClassUndelivered:
		return []string{"source", "destination"}
	}
	return nil
}

func TestTransferStateMachine(t *testing.T) {
	for _, s := range situations() {
		t.Run(s.name, func(t *testing.T) {
			n := newNetwork(t)
			tr := n.transfer("move", s.uses)
			s.reach(n, tr)
			if got := n.stateOf(tr); got != s.state {
				t.Fatalf("the transfer is %s, want %s", got, s.state)
			}
			for class := consent.ClassOpen; class <= consent.ClassStop; class++ {
				n.tryEverySigner(s, tr, class)
			}
		})
	}
}

func (n *network) tryEverySigner(s situation, tr transfer, class consent.Class) {
	use := n.head(tr.LogID).Transfer.Use
	signers := map[string]party{
		"patient": tr, "source": tr.S(), "destination": tr.R(),
		"sponsor": n.clinic, "holder": n.hospital,
	}
	for name, signer := range signers {
		n.run(class.String()+" by "+name, func() {
			f := n.fork()
			item := tr.example(class, name, use)
			if !slices.Contains(writers(class), name) {
				f.As(signer).mayNot(consent.CodeParty, item)
				return
			}
			want, legal := s.next[class]
			if !legal {
				f.As(signer).mayNot(refusedWith(class, use), item)
				return
			}
			f.As(signer).may(item)
			if got := f.stateOf(tr); got != want {
				f.Errorf("the transfer is %s, want %s", got, want)
			}
			f.audit()
		})
	}
}

// example is an item of the class that is right but for the situation.
func (t transfer) example(class consent.Class, by string, use uint32) consent.Item {
	switch class {
	case consent.ClassTransferOpen:
		return t.open()
	case consent.ClassCollect:
		return t.step(class, use+1)
	case consent.ClassRelease, consent.ClassReceived, consent.ClassVoid:
		return t.step(class, use)
	case consent.ClassUndelivered:
		if by == "source" {
			return t.undelivered(use, t.destination)
		}
		return t.undelivered(use, t.source)
	case consent.ClassStop:
		return t.stops()
	case consent.ClassOpen: // with the transfer's keys, though the log is no chart
		c := chart{LogID: t.LogID, at: t.sponsor, sign: t.patient, tls: t.tls}
		if by == "patient" {
			return c.says(consent.SidePatient) // the log exists: see TestTransferIsNoChart
		}
		return c.open()
	}
	c := chart{LogID: t.LogID, at: t.sponsor, sign: t.patient, tls: t.tls}
	return map[consent.Class]consent.Item{
		consent.ClassSay: c.says(consent.SideInstitution), consent.ClassGrant: c.grants(t.expiry, 0),
		consent.ClassRevoke: c.revokes(0), consent.ClassAccess: c.looks(),
		consent.ClassRotate: c.rotates(c.successor("next")), consent.ClassFreeze: c.freezes(t.expiry),
		consent.ClassClose: c.closes(),
	}[class]
}

func TestTransferIsNoChart(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 1)
	c := chart{LogID: tr.LogID, at: tr.sponsor, sign: tr.patient, tls: tr.tls}
	n.As(tr).mayNot(consent.CodeExists, c.open())
	n.As(tr).mayNot(consent.CodeParty, c.says(consent.SidePatient))
	ann := n.chart("ann", n.hospital)
	n.As(ann).mayNot(consent.CodeExists, consent.NewItem(ann.LogID, consent.ClassTransferOpen, tr.fields(), consent.Hash{}))
	n.As(ann).mayNot(consent.CodeParty, consent.NewItem(ann.LogID, consent.ClassStop, consent.StopFields{}, consent.Hash{}))
}

func TestTransferOpens(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 3)
	got := *n.head(tr.LogID).Transfer
	want := consent.Transfer{
		Sponsor: n.clinic.ID, Patient: tr.patient.Public(), TLS: tr.tls.Public(), Source: tr.source.Public(),
		Destination: tr.destination.Public(), Expiry: tr.expiry, Uses: 3, Stored: consent.TransferOpen,
	}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, k := range []key{tr.patient, tr.tls, tr.source, tr.destination} {
		if u := n.keyUse(k); u == nil || u.Log != tr.LogID || !u.Current {
			t.Errorf("key use %+v", u)
		}
	}
}

// The sponsor holds its own ticket: could it open alone, it could put other
// terms in the place of those the patient was about to sign.
func TestTransferIsOpenedByItsPatientAlone(t *testing.T) {
	n := newNetwork(t)
	tr := n.newTransfer("move", 1)
	n.As(n.clinic).mayNot(consent.CodeParty, tr.open())
	n.As(n.hospital).mayNot(consent.CodeParty, tr.open())
	n.As(end{consent.SignerSource, tr.LogID, tr.patient}).mayNot(consent.CodeUnknown, tr.open())
	n.As(end{consent.SignerDestination, tr.LogID, tr.destination}).mayNot(consent.CodeUnknown, tr.open())
	n.As(end{consent.SignerPatient, tr.LogID, tr.destination}).mayNot(consent.CodeSignature, tr.open())
	n.As(tr).may(tr.open())
}

func TestTransferOpensWithNewStrongKeysAndATicket(t *testing.T) {
	n := newNetwork(t)
	ann, other := n.chart("ann", n.hospital), n.transfer("other", 1)
	tr := n.newTransfer("move", 1)
	fields := func(f func(*consent.TransferFields)) consent.Item {
		fields := tr.fields()
		f(&fields)
		return tr.item(consent.ClassTransferOpen, fields)
	}
	ticket := func(by key, f func(*consent.SponsorTicket)) consent.Item { // signed again after the change
		return fields(func(fields *consent.TransferFields) {
			f(&fields.Ticket)
			fields.TicketProof = by.sign(fields.Ticket.Statement(chainName))
		})
	}
	from := n.now.Add(time.Second)
	for name, tt := range map[string]struct {
		item consent.Item
		code consent.Code
	}{
		"no ticket":              {fields(func(f *consent.TransferFields) { f.TicketProof = consent.Signature{} }), consent.CodeSignature},
		"ticket by another":      {ticket(n.hospital.ledger, func(*consent.SponsorTicket) {}), consent.CodeSignature},
		"ticket by the patient":  {ticket(tr.patient, func(*consent.SponsorTicket) {}), consent.CodeSignature},
		"ticket changed":         {fields(func(f *consent.TransferFields) { f.Ticket.Nonce[0]++ }), consent.CodeSignature},
		"ticket of another key":  {fields(func(f *consent.TransferFields) { f.Ticket.Destination = newKey("x").Public() }), consent.CodeSignature},
		"ticket of nobody":       {ticket(n.clinic.ledger, func(s *consent.SponsorTicket) { s.Sponsor = consent.InstitutionID{1} }), consent.CodeUnknown},
		"ticket expired":         {ticket(n.clinic.ledger, func(s *consent.SponsorTicket) { s.Expiry = from }), consent.CodeNotLive},
		"no uses":                {fields(func(f *consent.TransferFields) { f.Uses = 0 }), consent.CodeMalformed},
		"too many uses":          {fields(func(f *consent.TransferFields) { f.Uses = consent.MaxUses + 1 }), consent.CodeMalformed},
		"expiry past":            {fields(func(f *consent.TransferFields) { f.Expiry = from }), consent.CodeNotLive},
		"expiry too far":         {fields(func(f *consent.TransferFields) { f.Expiry = from.Add(consent.MaxExpiry + 1) }), consent.CodeNotLive},
		"weak TLS key":           {fields(func(f *consent.TransferFields) { f.TLS = consent.PublicKey{} }), consent.CodeMalformed},
		"weak source key":        {fields(func(f *consent.TransferFields) { f.Source = consent.PublicKey{1} }), consent.CodeMalformed},
		"weak destination key":   {ticket(n.clinic.ledger, func(s *consent.SponsorTicket) { s.Destination = consent.PublicKey{1} }), consent.CodeMalformed},
		"source is destination":  {fields(func(f *consent.TransferFields) { f.Source = f.Ticket.Destination }), consent.CodeMalformed},
		"patient is source":      {fields(func(f *consent.TransferFields) { f.Source = f.Patient }), consent.CodeMalformed},
		"TLS key is patient's":   {fields(func(f *consent.TransferFields) { f.TLS = f.Patient }), consent.CodeMalformed},
		"a chart's key as TLS":   {fields(func(f *consent.TransferFields) { f.TLS = ann.tls.Public() }), consent.CodeExists},
		"source key used before": {fields(func(f *consent.TransferFields) { f.Source = other.source.Public() }), consent.CodeExists},
		"a ticket used before": {fields(func(f *consent.TransferFields) {
			f.Ticket, f.TicketProof = other.fields().Ticket, other.fields().TicketProof
		}), consent.CodeExists},
		"a chart's key as source":  {fields(func(f *consent.TransferFields) { f.Source = ann.sign.Public() }), consent.CodeExists},
		"uses at most":             {fields(func(f *consent.TransferFields) { f.Uses = consent.MaxUses }), consent.CodeOK},
		"expiry soon":              {fields(func(f *consent.TransferFields) { f.Expiry = from + 1 }), consent.CodeOK},
		"expiry as far as can be":  {fields(func(f *consent.TransferFields) { f.Expiry = from.Add(consent.MaxExpiry) }), consent.CodeOK},
		"ticket about to expire":   {ticket(n.clinic.ledger, func(s *consent.SponsorTicket) { s.Expiry = from + 1 }), consent.CodeOK},
		"another patient's key":    {fields(func(f *consent.TransferFields) { f.Patient = newKey("x").Public() }), consent.CodeSignature},
		"a sponsor that is a lab":  {ticket(n.laboratory.ledger, func(s *consent.SponsorTicket) { s.Sponsor = n.laboratory.ID }), consent.CodeOK},
		"a sponsor's other ticket": {ticket(n.clinic.ledger, func(s *consent.SponsorTicket) { s.Destination = newKey("x").Public() }), consent.CodeOK},
	} {
		n.run(name, func() {
			f := n.fork()
			f.tries(f.As(tr), tt.code, tt.item)
		})
	}
	former := n.newTransfer("late", 1)
	former.sponsor = n.former
	n.halt(31 * day)
	former.expiry, former.ticketExpiry = n.now.Add(time.Hour), n.now.Add(time.Hour)
	n.As(former).mayNot(consent.CodeInactive, former.open())
}

func TestTransferIDFollowsFromItsKey(t *testing.T) {
	n := newNetwork(t)
	tr := n.newTransfer("move", 1)
	tr.LogID[0] ^= 1
	n.As(tr).mayNot(consent.CodeMalformed, tr.open())
	tr.LogID = consent.NewLogID(consent.TransferLog, n.genesis.Network, n.clinic.ID, tr.patient.Public())
	n.As(tr).mayNot(consent.CodeMalformed, tr.open())
	tr.LogID = consent.NewLogID(consent.ChartLog, n.genesis.Network, consent.InstitutionID{}, tr.patient.Public())
	n.As(tr).mayNot(consent.CodeMalformed, tr.open())
}

func TestStepsNameTheUseAndOfferInFlight(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 3)
	step := func(class consent.Class, use uint32, offer consent.Hash) consent.Item {
		return tr.item(class, consent.StepFields{Use: use, Offer: offer})
	}
	n.As(tr.R()).mayNot(consent.CodeSequence, tr.step(consent.ClassCollect, 0))
	n.As(tr.R()).mayNot(consent.CodeSequence, tr.step(consent.ClassCollect, 2))
	n.As(tr.R()).mayNot(consent.CodeSequence, step(consent.ClassCollect, 1, consent.Hash{}))
	n.As(tr.R()).may(tr.step(consent.ClassCollect, 1))

	n.As(tr.S()).mayNot(consent.CodeSequence, step(consent.ClassRelease, 0, tr.offer(1)))
	n.As(tr.S()).mayNot(consent.CodeSequence, step(consent.ClassRelease, 2, tr.offer(1)))
	n.As(tr.S()).mayNot(consent.CodeSequence, step(consent.ClassRelease, 1, tr.offer(2)))
	n.As(tr.S()).mayNot(consent.CodeSequence, step(consent.ClassVoid, 2, tr.offer(1)))
	n.fork().As(tr.S()).may(step(consent.ClassVoid, 1, consent.Hash{})) // it may name none: S may know none
	n.As(tr.S()).may(tr.step(consent.ClassRelease, 1))

	n.As(tr.R()).mayNot(consent.CodeSequence, step(consent.ClassReceived, 2, tr.offer(1)))
	n.As(tr.R()).mayNot(consent.CodeSequence, step(consent.ClassReceived, 1, consent.Hash{}))
	n.As(tr.R()).mayNot(consent.CodeSequence, tr.undelivered(2, tr.source))
	for _, wrong := range []consent.StepFields{{Use: 1, Offer: tr.offer(2)}, {Use: 2, Offer: tr.offer(1)}} {
		sig := tr.source.sign(consent.UndeliveredStatement(chainName, tr.LogID, wrong))
		n.As(tr.R()).mayNot(consent.CodeSequence, tr.item(consent.ClassUndelivered, consent.UndeliveredFields{Step: wrong, Other: sig}))
	}
	n.As(tr.R()).may(tr.step(consent.ClassReceived, 1))
	n.As(tr.R()).mayNot(consent.CodeSequence, tr.step(consent.ClassCollect, 1)) // uses are numbered on
	n.As(tr.R()).may(tr.step(consent.ClassCollect, 2))
}

func TestUndeliveredNeedsBothSignatures(t *testing.T) {
	n := newNetwork(t)
	tr, other := n.transfer("move", 1), n.transfer("other", 1)
	released(n, tr)
	right := consent.StepFields{Use: 1, Offer: tr.offer(1)}
	with := func(sig consent.Signature) consent.Item {
		return tr.item(consent.ClassUndelivered, consent.UndeliveredFields{Step: right, Other: sig})
	}
	n.As(tr.R()).mayNot(consent.CodeSignature, with(consent.Signature{}))
	n.As(tr.R()).mayNot(consent.CodeSignature, tr.undelivered(1, tr.destination)) // his own twice
	n.As(tr.S()).mayNot(consent.CodeSignature, tr.undelivered(1, tr.source))
	n.As(tr.S()).mayNot(consent.CodeSignature, tr.undelivered(1, tr.patient))
	n.As(tr.S()).mayNot(consent.CodeSignature, with(tr.destination.sign(consent.UndeliveredStatement(chainName, other.LogID, right))))
	n.As(tr.S()).mayNot(consent.CodeSignature, with(tr.destination.sign(consent.UndeliveredStatement("x", tr.LogID, right))))
	n.As(tr.S()).mayNot(consent.CodeSignature, with(tr.destination.sign(consent.UndeliveredStatement(chainName, tr.LogID, consent.StepFields{Use: 2, Offer: right.Offer}))))
	n.As(tr.S()).may(tr.undelivered(1, tr.destination))
}

// A use that became void, by whatever way, is given back; one that was received
// is not.
func TestVoidUsesAreGivenBack(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 1)
	collect := func(use uint32) { n.As(tr.R()).may(tr.step(consent.ClassCollect, use)) }
	collect(1)
	n.As(tr.S()).may(tr.step(consent.ClassVoid, 1))
	collect(2)
	n.As(tr.R()).may(tr.step(consent.ClassVoid, 2))
	collect(3)
	n.wait(11 * time.Minute)
	collect(4)
	n.As(tr.S()).may(tr.step(consent.ClassRelease, 4))
	n.As(tr.S()).may(tr.undelivered(4, tr.destination))
	collect(5)
	n.As(tr.S()).may(tr.step(consent.ClassRelease, 5))
	n.As(tr.R()).may(tr.step(consent.ClassReceived, 5))
	n.As(tr.R()).mayNot(consent.CodeNotLive, tr.step(consent.ClassCollect, 6))
	if done := n.head(tr.LogID).Transfer.Done; done != 1 {
		t.Errorf("%d uses are done, want 1", done)
	}
}

// Who has left the registry gets nothing more, however old the approval; what
// was released before may still be acknowledged.
func TestNothingMovesToAnInstitutionThatLeft(t *testing.T) {
	n := newNetwork(t)
	open := func(name string) transfer {
		tr := n.newTransfer(name, 2)
		tr.sponsor, tr.expiry = n.former, n.now.Add(60*day)
		n.As(tr).may(tr.open())
		return tr
	}
	asked, collected, released := open("asked"), open("collected"), open("released")
	n.halt(30*day - 10*time.Second)
	n.As(collected.R()).may(collected.step(consent.ClassCollect, 1))
	n.As(released.R()).may(released.step(consent.ClassCollect, 1))
	n.As(released.S()).may(released.step(consent.ClassRelease, 1))
	n.halt(10 * time.Second)
	n.As(asked.R()).mayNot(consent.CodeInactive, asked.step(consent.ClassCollect, 1))
	n.As(collected.S()).mayNot(consent.CodeInactive, collected.step(consent.ClassRelease, 1))
	n.As(collected.S()).may(collected.step(consent.ClassVoid, 1))
	n.As(released.R()).may(released.step(consent.ClassReceived, 1))
	n.As(released.R()).mayNot(consent.CodeInactive, released.step(consent.ClassCollect, 2))
	stopped(n, asked)
}

func TestUsesAreCounted(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 3)
	for use := uint32(1); use <= 3; use++ {
		n.As(tr.R()).may(tr.step(consent.ClassCollect, use))
		n.As(tr.R()).mayNot(consent.CodeNotLive, tr.step(consent.ClassCollect, use+1)) // one in flight
		n.As(tr.S()).may(tr.step(consent.ClassRelease, use))
		n.As(tr.R()).may(tr.step(consent.ClassReceived, use))
	}
	n.As(tr.R()).mayNot(consent.CodeNotLive, tr.step(consent.ClassCollect, 4))
}

func TestDeadlineCountsLiveTime(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 1)
	collected(n, tr)
	deadline := n.head(tr.LogID).Transfer.Deadline
	if want := n.clock().Live + consent.Live(10*time.Minute); deadline != want {
		t.Fatalf("deadline %d, want %d", deadline, want)
	}
	n.halt(12 * time.Hour) // the ledger stood still: that is nobody's time
	if got := n.stateOf(tr); got != consent.TransferCollected {
		t.Fatalf("after a halt the transfer is %s", got)
	}
	n.wait(time.Duration(deadline-n.clock().Live) - 2*time.Second)
	f := n.fork() // the block after the next is the deadline's
	f.As(tr.S()).may(tr.step(consent.ClassRelease, 1))
	n.block()
	n.As(tr.S()).mayNot(consent.CodeNotLive, tr.step(consent.ClassRelease, 1))
	if live := n.clock().Live; live != deadline {
		t.Fatalf("live time %d at the deadline %d", live, deadline)
	}
	n.As(tr.R()).may(tr.step(consent.ClassCollect, 2))
}

func TestLiveTime(t *testing.T) {
	n := newNetwork(t)
	bound := 2 * n.genesis.Params.EmptyBlocks
	live := n.clock().Live
	for _, tt := range []struct{ interval, counts time.Duration }{
		{time.Second, time.Second}, {bound, bound}, {bound + 1, bound}, {time.Hour, bound}, {0, 0},
	} {
		n.halt(tt.interval)
		live += consent.Live(tt.counts)
		if got := n.clock(); got.Live != live || got.Time != n.now {
			t.Errorf("after %s: live %d, want %d", tt.interval, got.Live, live)
		}
	}
	n.halt(-time.Hour) // block time never goes back; live time would not either
	if got := n.clock().Live; got != live {
		t.Errorf("live time moved by %d when block time went back", got-live)
	}
}

func TestReleaseEndsWithTheTransfer(t *testing.T) {
	n := newNetwork(t)
	tr := n.newTransfer("move", 1)
	tr.expiry = n.now.Add(5 * time.Second)
	n.As(tr).may(tr.open())
	n.As(tr.R()).may(tr.step(consent.ClassCollect, 1))
	n.fork().As(tr.S()).may(tr.step(consent.ClassRelease, 1))
	n.halt(2 * time.Second)
	n.As(tr.S()).mayNot(consent.CodeNotLive, tr.step(consent.ClassRelease, 1)) // the block at its expiry
}

func TestCollectEndsWithTheTransfer(t *testing.T) {
	n := newNetwork(t)
	tr := n.newTransfer("move", 1)
	tr.expiry = n.now.Add(4 * time.Second)
	n.As(tr).may(tr.open())
	n.halt(time.Second)
	n.fork().As(tr.R()).may(tr.step(consent.ClassCollect, 1))
	n.halt(time.Second)
	n.As(tr.R()).mayNot(consent.CodeNotLive, tr.step(consent.ClassCollect, 1))
}

// Wherever a stop comes, nothing is released after it.
func TestNothingIsReleasedAfterAStop(t *testing.T) {
	for _, s := range situations() {
		t.Run(s.name, func(t *testing.T) {
			n := newNetwork(t)
			tr := n.transfer("move", s.uses)
			s.reach(n, tr)
			head := n.head(tr.LogID).Transfer
			if _, legal := s.next[consent.ClassStop]; legal {
				stopped(n, tr)
				if at := n.head(tr.LogID).Transfer; !at.Stopped || at.StoppedAt != n.now || at.CanSend() {
					t.Errorf("after the stop: %+v", at)
				}
			}
			n.As(tr.R()).mayNot(consent.CodeNotLive, tr.step(consent.ClassCollect, head.Use+1))
			if head.Use > 0 {
				n.As(tr.S()).mayNot(consent.CodeNotLive, tr.step(consent.ClassRelease, head.Use))
			}
			n.halt(12 * time.Hour)
			n.As(tr.R()).mayNot(consent.CodeNotLive, tr.step(consent.ClassCollect, head.Use+1))
		})
	}
}

func TestStopWinsInItsOwnBlock(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 1)
	collected(n, tr)
	stop, release := n.As(tr).signs(tr.stops()), n.As(tr.S()).signs(tr.step(consent.ClassRelease, 1))
	if !consent.StopClass(stop) || consent.StopClass(release) {
		t.Fatal("a block would not sort the stop first")
	}
	if r := n.block(stop, release); r[0].Code != consent.CodeOK || r[1].Code != consent.CodeNotLive {
		t.Errorf("%+v", r)
	}
}

func TestTransferInOneBlock(t *testing.T) {
	n := newNetwork(t)
	tr := n.newTransfer("move", 1)
	results := n.block(
		n.As(tr).signs(tr.open()), n.As(tr.R()).signs(tr.step(consent.ClassCollect, 1)),
		n.As(tr.S()).signs(tr.step(consent.ClassRelease, 1)), n.As(tr.R()).signs(tr.step(consent.ClassReceived, 1)),
		n.As(tr.R()).signs(tr.step(consent.ClassCollect, 2)),
	)
	for i, want := range []consent.Code{0, 0, 0, 0, consent.CodeNotLive} {
		if results[i].Code != want {
			t.Errorf("transaction %d: code %d (%s)", i, results[i].Code, results[i].Text)
		}
	}
}

// The steps of a transfer are limited as a patient's entries are; its stop has
// a bucket of its own.
func TestTransferRateLimit(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 1)
	n.halt(time.Hour) // the opening counts, too
	for use := uint32(1); use <= consent.RatePerHour/2; use++ {
		n.As(tr.R()).may(tr.step(consent.ClassCollect, use))
		if use < consent.RatePerHour/2 {
			n.As(tr.S()).may(tr.step(consent.ClassVoid, use))
		}
	}
	f := n.fork()
	f.As(tr.S()).may(tr.step(consent.ClassVoid, 30)) // the sixtieth
	f.As(tr.R()).mayNot(consent.CodeRate, tr.step(consent.ClassCollect, 31))
	n.As(tr.S()).may(tr.step(consent.ClassRelease, 30))
	n.As(tr.R()).mayNot(consent.CodeRate, tr.step(consent.ClassReceived, 30))
	n.As(tr.R()).mayNot(consent.CodeRate, tr.undelivered(30, tr.source))
	stopped(n, tr)
	f = newNetwork(t)
	tr = f.transfer("move", 1)
	f.halt(time.Hour)
	for use := uint32(1); use <= consent.RatePerHour/2; use++ {
		f.As(tr.R()).may(tr.step(consent.ClassCollect, use))
		f.As(tr.S()).may(tr.step(consent.ClassVoid, use))
	}
	f.halt(time.Hour)
	f.As(tr.R()).may(tr.step(consent.ClassCollect, 31))
}

func TestEveryStepCounts(t *testing.T) {
	n := newNetwork(t)
	tr := n.transfer("move", 1)
	if r := n.head(tr.LogID).Rate; r != (consent.Rate{Hour: n.now.Hour(), Count: 1}) {
		t.Errorf("after the opening: %+v", r)
	}
	n.halt(time.Hour)
	for use := uint32(1); use <= consent.RatePerHour/2-1; use++ {
		n.As(tr.R()).may(tr.step(consent.ClassCollect, use))
		n.As(tr.S()).may(tr.step(consent.ClassVoid, use))
	}
	n.As(tr.R()).may(tr.step(consent.ClassCollect, 30))
	f := n.fork()
	f.As(tr.S()).may(tr.step(consent.ClassRelease, 30)) // there is room for one
	f.As(tr.R()).mayNot(consent.CodeRate, tr.step(consent.ClassReceived, 30))
	head := n.head(tr.LogID)
	head.Rate.Count++
	n.state[string(consent.HeadKey(tr.LogID))] = consent.Encode(head)
	n.As(tr.S()).mayNot(consent.CodeRate, tr.step(consent.ClassRelease, 30))
	n.As(tr.S()).mayNot(consent.CodeRate, tr.step(consent.ClassVoid, 30))
	n.As(tr).may(tr.stops())
}

func TestTransferStateAtItsLimits(t *testing.T) {
	open := consent.Transfer{Stored: consent.TransferOpen, Expiry: 10, Uses: 1}
	collected := consent.Transfer{Stored: consent.TransferCollected, Expiry: 10, Uses: 1, Deadline: 5}
	for _, tt := range []struct {
		t    consent.Transfer
		now  consent.Time
		live consent.Live
		want consent.TransferState
	}{
		{open, 9, 0, consent.TransferOpen}, {open, 10, 0, consent.TransferExpired},
		{collected, 99, 4, consent.TransferCollected}, {collected, 0, 5, consent.TransferVoid},
	} {
		if got := tt.t.State(tt.now, tt.live); got != tt.want {
			t.Errorf("at %d, live %d: %s, want %s", tt.now, tt.live, got, tt.want)
		}
	}
	if !collected.CanCollect(9, 5) || collected.CanCollect(10, 5) {
		t.Error("a void use is collected again until the transfer's end, and no longer")
	}
}

func TestTransferStatesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for s := consent.TransferOpen; s <= consent.TransferExpired; s++ {
		text, _ := s.MarshalText()
		if seen[s.String()] || string(text) != s.String() || s.String() == "" {
			t.Errorf("state %d is called %q", s, s)
		}
		seen[s.String()] = true
	}
	for _, unknown := range []consent.TransferState{0, consent.TransferExpired + 1, 99} {
		if got, want := unknown.String(), fmt.Sprintf("transfer-state-%d", uint8(unknown)); got != want {
			t.Errorf("an unknown state is called %q", got)
		}
	}
}

func TestTransferFinished(t *testing.T) {
	finished := map[string]bool{
		"received": true, "void by a stop": true, "void by the deadline, then expired": true, "stopped": true, "expired": true, "received after a stop": true,
	}
	for _, s := range situations() {
		t.Run(s.name, func(t *testing.T) {
			n := newNetwork(t)
			tr := n.transfer("move", s.uses)
			s.reach(n, tr)
			head := n.head(tr.LogID).Transfer
			if got := head.Finished(n.now, n.clock().Live); got != finished[s.name] {
				t.Errorf("finished: %v", got)
			}
			_, legal := s.next[consent.ClassCollect]
			if got := head.CanCollect(n.now, n.clock().Live); got != legal {
				t.Errorf("can collect: %v", got)
			}
			if got, want := head.CanSend(), s.name[:4] == "rele" && s.name != "released, then stopped"; got != want {
				t.Errorf("can send: %v", got)
			}
		})
	}
}
