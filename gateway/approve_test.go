package gateway_test

import (
	"bytes"
	"testing"
	"time"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
)

// approval is a patient's yes to moving records.
type approval struct {
	at, from *chart
	scope    consent.Scope
	uses     uint32
	expiry   time.Duration   // 0: an hour
	other    *consent.Detail // what the opening commits to instead of the terms
	carry    bool            // the source gets its link by the destination's hands alone
	handed   func()          // called when the links are there and nothing is open, if set
	transfer *chart
}

var labScope = consent.Scope{Types: []consent.RecordType{consent.Medicines, consent.TestResults}}

func requestMove(from consent.InstitutionID) gateway.RequestSpec {
	return gateway.RequestSpec{
		Kind: consent.Move, By: consent.Person{Name: "Dr. Lee", Role: "cardiologist"}, Purpose: consent.PurposeTreatment,
		Why: "to plan the operation", Scope: labScope, From: from, Uses: 1,
	}
}

// approve opens the transfer that answers a request.
func (a *approval) approve(number uint64) {
	a.at.t.Helper()
	a.open(a.prepare(number))
}

// prepare reads a request and fetches a source key.
func (a *approval) prepare(number uint64) (consent.Request, consent.SignedSourceKey) {
	t := a.at.t
	t.Helper()
	request, ok := a.at.contents()[number].(*consent.Request)
	if !ok {
		t.Fatalf("entry %d is no request", number)
	}
	keys, err := a.from.connect().SourceKeys(a.from.soon(), 4)
	if err != nil || len(keys) != 4 {
		t.Fatalf("%d source keys, %v", len(keys), err)
	}
	return *request, keys[0]
}

func (a *approval) open(r consent.Request, source consent.SignedSourceKey) {
	t := a.at.t
	t.Helper()
	x := &chart{house: a.at.house, sign: newKey(t), tls: newKey(t)}
	x.log = consent.NewLogID(consent.TransferLog, x.genesis.Network, consent.InstitutionID{}, x.sign.Public())
	a.transfer = x
	if a.expiry == 0 {
		a.expiry = time.Hour
	}
	expiry := consent.At(time.Now().Add(a.expiry))
	terms := detailOf(t, &consent.Terms{
		Source: r.From, Destination: a.at.id, By: r.By, Purpose: r.Purpose, Scope: a.scope, Sentences: []string{"yes"},
	})
	link := consent.TransferLink{
		Transfer: x.log, Terms: terms.Commitment(x.genesis.Network, x.log, consent.ClassTransferOpen),
		Expiry: expiry, Source: source, Ticket: consent.SignedTicket{Body: *r.Ticket, Signature: *r.Proof},
	}
	a.hand(link, *terms)
	if a.handed != nil {
		a.handed()
	}
	if a.other != nil {
		terms = a.other
	}
	x.writeSilently(consent.ClassTransferOpen, consent.TransferFields{
		Patient: x.sign.Public(), TLS: x.tls.Public(), Source: source.Body.Key,
		Ticket: *r.Ticket, TicketProof: *r.Proof, Expiry: expiry, Uses: max(1, a.uses),
	}, terms)
}

// hand gives each end its parcel.
func (a *approval) hand(link consent.TransferLink, terms consent.Detail) {
	t := a.at.t
	t.Helper()
	toSource := consent.Parcel{Link: a.from.link(link), Terms: terms}
	toDest := consent.Parcel{Link: a.at.link(link), Terms: terms, Carry: seal(t, link.Source.Body.Recipient, consent.Encode(toSource))}
	if !a.carry {
		if err := a.from.connect().PutParcel(a.from.soon(), toSource); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.at.connect().PutParcel(a.at.soon(), toDest); err != nil {
		t.Fatal(err)
	}
}

func (c *chart) link(l consent.TransferLink) consent.SignedLink {
	sig, err := c.sign.Sign(l.Statement(c.genesis.Chain, c.log))
	if err != nil {
		c.t.Fatal(err)
	}
	return consent.SignedLink{Chart: c.log, Body: l, Signature: sig}
}

func seal(t testing.TB, recipient string, plain []byte) []byte {
	t.Helper()
	to, err := age.ParseHybridRecipient(recipient)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// writeSilently commits an entry and leaves its private part to the parcels.
func (c *chart) writeSilently(class consent.Class, fields any, d *consent.Detail) {
	c.t.Helper()
	anonymous := dial(c.t, c.soon(), client.Target{Addresses: []string{c.address}, Key: c.keys.TLSKey()}, nil)
	defer anonymous.Close()
	if err := anonymous.Submit(c.soon(), c.tx(class, fields, d)); err != nil {
		c.t.Fatal(err)
	}
	c.until(func() bool { return c.size() > 0 })
}

// state is where the transfer is.
func (a *approval) state() consent.Transfer {
	a.at.t.Helper()
	if h := a.transfer.head(); h != nil {
		return *h.Transfer
	}
	return consent.Transfer{}
}
