package gateway_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/gateway/store"
)

// rogue is a destination that holds all its keys and does not keep to the
// terms.
type rogue struct {
	*approval
	t     *testing.T
	key   consent.Signer
	link  store.Link
	core  consent.Core
	offer consent.Offer
}

// newRogue stops the destination after a step.
func newRogue(t *testing.T, record string, step gateway.Step) (*rogue, func()) {
	t.Helper()
	w, at, from, h := two(t, record, medicalRecord("pr", 0))
	held, release := make(chan bool), make(chan bool)
	h.set(step, func() { close(held); <-release })
	r := &rogue{approval: &approval{at: at, from: from, scope: labScope}, t: t}
	r.approve(w.ask())
	<-held
	var err error
	if r.key, r.link, err = w.dest.gateway.OneTimeKey(w.soon(), r.transfer.log); err != nil {
		t.Fatal(err)
	}
	if r.core, r.offer, err = w.dest.gateway.Asked(w.soon(), r.transfer.log); err != nil {
		t.Fatal(err)
	}
	return r, func() { close(release) }
}

func (r *rogue) connect() *client.Conn {
	r.t.Helper()
	cert, err := client.NewCertificate(r.at.keys.TLS)
	if err != nil {
		r.t.Fatal(err)
	}
	conn := dial(r.t, r.at.soon(), client.Target{Addresses: []string{r.from.address}, Key: r.from.keys.TLSKey()}, &cert)
	r.t.Cleanup(func() { conn.Close() })
	return conn
}

func (r *rogue) sign(p consent.SessionProof, by consent.Signer) consent.Signature {
	r.t.Helper()
	sig, err := by.Sign(p.Statement(r.at.genesis.Chain, r.transfer.log))
	if err != nil {
		r.t.Fatal(err)
	}
	return sig
}

// request is an honest request but for what change does to it; it is signed
// afterwards.
func (r *rogue) request(conn *client.Conn, change func(*client.TransferRequest)) error {
	q := client.TransferRequest{Core: r.core, Ticket: r.link.Signed.Body.Ticket}
	q.Session = consent.SessionProof{Exporter: conn.Exporter()}
	change(&q)
	if q.Session.Core == (consent.Hash{}) {
		q.Session.Core = q.Core.Hash()
	}
	if q.Signature == (consent.Signature{}) {
		q.Signature = r.sign(q.Session, r.key)
	}
	_, err := conn.TransferRequest(r.at.soon(), q)
	return err
}

func (r *rogue) fetch(conn *client.Conn, use uint32, size uint64, to io.Writer) error {
	q := client.UseRequest{Transfer: r.transfer.log, Use: use, Session: consent.SessionProof{Exporter: conn.Exporter(), Core: r.core.Hash()}}
	q.Signature = r.sign(q.Session, r.key)
	return conn.TransferData(r.at.soon(), q, size, to)
}

func TestSourceRefusesARogueDestination(t *testing.T) {
	r, release := newRogue(t, medicalRecord("ps", 2), gateway.DestinationAsked)
	stranger := fhir.Demographics{Family: "Kim", Given: []string{"Anna"}, BirthDate: "1970-01-02", Identifiers: []fhir.PersonID{{System: "urn:national", Value: "123"}}}
	sourceSeal := r.link.Signed.Body.Source.Body.Recipient
	tests := map[string]struct {
		change func(*client.TransferRequest)
		want   client.Decline
	}{
		"more types":          {func(q *client.TransferRequest) { q.Core.Scope.Types = consent.RecordTypes() }, client.DeclineScope},
		"sensitive records":   {func(q *client.TransferRequest) { q.Core.Scope.Sensitive = []consent.Sensitive{consent.HIV} }, client.DeclineScope},
		"another session":     {func(q *client.TransferRequest) { q.Session.Exporter[0] ^= 1 }, client.DeclineSession},
		"another request":     {func(q *client.TransferRequest) { q.Session.Core = consent.Hash{1} }, client.DeclineSession},
		"another key":         {func(q *client.TransferRequest) { q.Signature = consent.Signature{1} }, client.DeclineSession},
		"another ticket":      {func(q *client.TransferRequest) { q.Ticket.Body.Expiry++ }, client.DeclineNoLink},
		"a later use":         {func(q *client.TransferRequest) { q.Core.Use = 2 }, client.DeclineNotLive},
		"another patient":     {func(q *client.TransferRequest) { q.Core.Demographics = seal(t, sourceSeal, consent.Encode(stranger)) }, client.DeclineWrongPatient},
		"no patient":          {func(q *client.TransferRequest) { q.Core.Demographics = nil }, client.DeclineWrongPatient},
		"an unknown transfer": {func(q *client.TransferRequest) { q.Core.Transfer[0] ^= 1; q.Core.Link = nil }, client.DeclineNoLink},
	}
	conn := r.connect()
	for name, tt := range tests {
		err := r.request(conn, tt.change)
		if !errors.Is(err, &client.Declined{Code: tt.want}) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	use := func(use uint32) error { return r.fetch(conn, use, 1, io.Discard) }
	if err := use(1); !errors.Is(err, &client.Declined{Code: client.DeclineUnknownOffer}) {
		t.Errorf("data before there is an offer: %v", err)
	}
	if err := r.request(conn, func(*client.TransferRequest) {}); err != nil {
		t.Fatalf("the honest request: %v", err)
	}
	if err := use(1); !errors.Is(err, &client.Declined{Code: client.DeclineNotReleased}) {
		t.Errorf("data before the release: %v", err)
	}
	recipient := newRecipient(t)
	if err := r.request(conn, func(q *client.TransferRequest) { q.Core.Recipient = recipient }); !errors.Is(err, &client.Declined{Code: client.DeclineOtherCore}) {
		t.Errorf("another request for the same use: %v", err)
	}
	release()
	r.at.until(func() bool { return r.verdict() == consent.VerdictOK })
	if err := use(1); err == nil {
		t.Error("data was sent again after it was received")
	}
}

// TestAnotherInstitutionCannotStandIn: with the one-time key and the ticket,
// but from another registered gateway, nothing is given.
func TestAnotherInstitutionCannotStandIn(t *testing.T) {
	r, release := newRogue(t, medicalRecord("ps", 2), gateway.DestinationAsked)
	defer release()
	cert, err := client.NewCertificate(r.from.keys.TLS) // registered, and not the sponsor
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, r.at.soon(), client.Target{Addresses: []string{r.from.address}, Key: r.from.keys.TLSKey()}, &cert)
	defer conn.Close()
	if err := r.request(conn, func(*client.TransferRequest) {}); !errors.Is(err, &client.Declined{Code: client.DeclineNoLink}) {
		t.Errorf("got %v", err)
	}
	if _, err := conn.TransferDetails(r.at.soon(), client.TransferDetails{Transfer: r.transfer.log}); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("details: %v", err)
	}
}

func TestOnlyCiphertextIsStored(t *testing.T) {
	r, release := newRogue(t, medicalRecord("ps", 2), gateway.DestinationAsked)
	defer release()
	if err := r.request(r.connect(), func(*client.TransferRequest) {}); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*house{r.at.house, r.from.house} {
		if bytes.Contains(everything(t, h.dir+"/gateway"), []byte("Sodium")) {
			t.Errorf("%s keeps records in clear beside its record system", h.name)
		}
	}
}

// stopper has the patient stop the transfer after the first bytes arrived.
type stopper struct {
	*rogue
	got int
}

func (s *stopper) Write(p []byte) (int, error) {
	if s.got == 0 {
		s.stop()
		s.at.until(s.from.atRest)
	}
	s.got += len(p)
	return len(p), nil
}

// TestStopBreaksARunningSend: the source sends nothing more once the stop is
// proven, though it had begun.
func TestStopBreaksARunningSend(t *testing.T) {
	r, release := newRogue(t, largeRecord(24<<20), gateway.DestinationReleased)
	defer release()
	conn := r.connect()
	var err error
	if r.core, r.offer, err = r.at.gateway.Asked(r.at.soon(), r.transfer.log); err != nil {
		t.Fatal(err)
	}
	to := &stopper{rogue: r}
	err = r.fetch(conn, 1, r.offer.Size, to)
	if !errors.Is(err, client.ErrUnavailable) || to.got == 0 || uint64(to.got) >= r.offer.Size {
		t.Errorf("%d of %d bytes, %v", to.got, r.offer.Size, err)
	}
	if err := r.fetch(r.connect(), 1, r.offer.Size, io.Discard); err == nil {
		t.Error("it was sent again after the stop")
	}
	step := consent.StepFields{Use: 1, Offer: r.offer.Hash()}
	_, err = r.connect().Undelivered(r.at.soon(), client.UndeliveredRequest{Transfer: r.transfer.log, Step: step})
	if !errors.Is(err, &client.Declined{Code: client.DeclineNotLive}) {
		t.Errorf("the source agreed that nothing arrived, though something did: %v", err)
	}
	if !r.from.event("the patient stopped the transfer") {
		t.Error("the audit log does not tell")
	}
}
