package world

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/gateway/store"
	"carekey/wallet"
)

// rogue is the heart clinic with all its keys and none of its gateway's
// manners.
type rogue struct {
	*stage
	t     *testing.T
	keys  *gateway.Keys
	store *store.Store
	conn  *client.Conn
}

// turnsRogue ends the clinic's gateway and takes its place.
func (s *stage) turnsRogue(t *testing.T) *rogue {
	t.Helper()
	if err := s.House(Clinic).Gateway.Close(); err != nil {
		t.Fatal(err)
	}
	k, err := gateway.LoadKeys(filepath.Join(s.Dir, string(Clinic), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	kept := s.storeOf(t, Clinic)
	t.Cleanup(func() { kept.Close() })
	r := &rogue{stage: s, t: t, keys: k, store: kept}
	r.conn = r.dial(k.TLS)
	return r
}

// dial connects to the hospital with a TLS key.
func (r *rogue) dial(key crypto.Signer) *client.Conn {
	r.t.Helper()
	cert, err := client.NewCertificate(key)
	if err != nil {
		r.t.Fatal(err)
	}
	conn, err := client.Dial(soon(r.t), r.targetOf(r.t, Hospital), &cert)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	return conn
}

// opening is what stands in a transfer's first entry.
func (r *rogue) opening(id consent.LogID) consent.TransferFields {
	r.t.Helper()
	page, err := r.service.Entries(soon(r.t), id, 0, 0)
	if err != nil || len(page.Leaves) == 0 {
		r.t.Fatal(err)
	}
	_, item, err := consent.DecodeEntry(page.Leaves[0])
	if err != nil {
		r.t.Fatal(err)
	}
	f, err := consent.DecodeFields[consent.TransferFields](item)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// oneTime is the transfer's destination key, as the gateway kept it.
func (r *rogue) oneTime(id consent.LogID) onceKey {
	r.t.Helper()
	var seed store.Seed
	err := r.store.View(soon(r.t), func(tx *store.Tx) error {
		ticket, err := tx.Ticket(r.opening(id).Ticket.Destination)
		if seed = ticket.Seed; !store.IsNotFound(err) {
			return err
		}
		link, err := tx.Link(id, store.Destination)
		seed = link.Seed
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return onceKey{ed25519.NewKeyFromSeed(seed[:])}
}

// core is a request as the gateway would make it.
func (r *rogue) core(id consent.LogID, scope consent.Scope, who identity) consent.Core {
	r.t.Helper()
	once, err := age.GenerateHybridIdentity()
	if err != nil {
		r.t.Fatal(err)
	}
	hospital, err := gateway.LoadKeys(filepath.Join(r.Dir, string(Hospital), "keys"))
	if err != nil {
		r.t.Fatal(err)
	}
	b, _, err := fhir.ReadBundle(strings.NewReader(bundleOf(who.resource("pat"))), fhir.Limits{})
	if err != nil {
		r.t.Fatal(err)
	}
	var sealed bytes.Buffer
	out, err := age.Encrypt(&sealed, hospital.Seal.Recipient())
	if err != nil {
		r.t.Fatal(err)
	}
	_, err = out.Write(consent.Encode(fhir.DemographicsOf(b.Patients()[0])))
	if err := errors.Join(err, out.Close()); err != nil {
		r.t.Fatal(err)
	}
	return consent.Core{Transfer: id, Use: 1, Scope: scope, Recipient: once.Recipient().String(), Demographics: sealed.Bytes()}
}

// request signs a core for a connection.
func (r *rogue) request(conn *client.Conn, by, id consent.LogID, core consent.Core) client.TransferRequest {
	r.t.Helper()
	f := r.opening(by)
	proof := consent.SessionProof{Exporter: conn.Exporter(), Core: core.Hash()}
	sig, err := r.oneTime(by).Sign(proof.Statement(r.genesis.Chain, id))
	if err != nil {
		r.t.Fatal(err)
	}
	return client.TransferRequest{
		Core: core, Session: proof, Signature: sig, Ticket: consent.SignedTicket{Body: f.Ticket, Signature: f.TicketProof},
	}
}

// declines expects the hospital's no, with a note of it.
func (r *rogue) declines(what string, err error, code client.Decline) {
	r.t.Helper()
	var no *client.Declined
	if !errors.As(err, &no) || no.Code != code {
		r.t.Errorf("%s: got %v, want decline %d", what, err, code)
		return
	}
	if !r.audited(r.t, Hospital, no.Text) {
		r.t.Errorf("%s: the hospital has no note that %q", what, no.Text)
	}
}

// TestRogueDestinationGetsNothing: a destination with all its keys asks for
// what it may not have.
func TestRogueDestinationGetsNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	done := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	old := done.approves(done.isAsked(labAndMedicines()))
	done.seesTransfer("the match", old, matched)
	s.until(t, "the source's rest", func() bool { return s.atRest(t, Hospital, old) })
	p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
	asked := p.isAsked(labAndMedicines())
	r := s.turnsRogue(t)
	medicines := consent.Scope{Types: []consent.RecordType{consent.Medicines}}
	id := p.approves(asked, func(c *wallet.Choice) { c.Scope = medicines })
	s.until(t, "the approval", func() bool { return len(s.log(t, id)) == 1 })

	ask := func(by consent.LogID, core consent.Core) error {
		_, err := r.conn.TransferRequest(soon(t), r.request(r.conn, by, core.Transfer, core))
		return err
	}
	more := r.core(id, labAndMedicines(), anna())
	s.until(t, "the patient's link at the hospital", func() bool {
		var no *client.Declined
		return !errors.As(ask(id, more), &no) || no.Code != client.DeclineNoLink
	})
	r.declines("scope", ask(id, more), client.DeclineScope)
	sensitive := consent.Scope{Types: medicines.Types, Sensitive: []consent.Sensitive{consent.SensitiveClasses()[0]}}
	r.declines("sensitive", ask(id, r.core(id, sensitive, anna())), client.DeclineScope)
	berta := identity{"Lee", "Berta", "1970-03-02", "700302-1185"}
	r.declines("twin", ask(id, r.core(id, medicines, berta)), client.DeclineWrongPatient)
	r.declines("no link", ask(id, r.core(p.chart(Clinic), medicines, anna())), client.DeclineNoLink)
	r.declines("another's key", ask(old, r.core(id, medicines, anna())), client.DeclineSession)
	r.declines("used up", ask(old, r.core(old, labAndMedicines(), anna())), client.DeclineUnknownOffer)
	second := r.core(old, labAndMedicines(), anna())
	second.Use = 2
	r.declines("second use", ask(old, second), client.DeclineNotLive)
	other := r.dial(r.keys.TLS)
	core := r.core(id, medicines, anna())
	_, err := other.TransferRequest(soon(t), r.request(r.conn, id, id, core))
	r.declines("replayed", err, client.DeclineSession)
	r.offered(id, core)
}

// offered: with an offer in hand, which it may have, the rogue still gets no
// data, and no second offer for another request.
func (r *rogue) offered(id consent.LogID, core consent.Core) {
	t := r.t
	t.Helper()
	request := r.request(r.conn, id, id, core)
	offer, err := r.conn.TransferRequest(soon(t), request)
	if err != nil {
		t.Fatal(err)
	}
	use := client.UseRequest{Transfer: id, Use: 1, Session: request.Session, Signature: request.Signature}
	err = r.conn.TransferData(soon(t), use, offer.Offer.Size, io.Discard)
	var no *client.Declined
	if !errors.As(err, &no) || no.Code != client.DeclineNotReleased {
		t.Errorf("data without a release: %v", err)
	}
	again := r.core(id, core.Scope, anna())
	_, err = r.conn.TransferRequest(soon(t), r.request(r.conn, id, id, again))
	r.declines("another core", err, client.DeclineOtherCore)
	r.unregistered(id, core)
}

// unregistered: neither a stranger nor another institution of the network can
// use what the destination was given.
func (r *rogue) unregistered(id consent.LogID, core consent.Core) {
	t := r.t
	t.Helper()
	lab, err := gateway.LoadKeys(filepath.Join(r.Dir, string(Lab), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	conn := r.dial(lab.TLS)
	_, err = conn.TransferRequest(soon(t), r.request(conn, id, id, core))
	r.declines("another institution", err, client.DeclineNoLink)
	stranger, err := newOnceKey()
	if err != nil {
		t.Fatal(err)
	}
	conn = r.dial(stranger.key)
	if _, err = conn.TransferRequest(soon(t), r.request(conn, id, id, core)); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("a stranger: %v", err)
	}
	if !r.logged(Hospital, "an unregistered or ended institution asked") {
		t.Error("the hospital has no note of a stranger")
	}
}
