package gateway_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
)

// one starts the source alone, with a patient's chart.
func one(t testing.TB) (*world, *chart) {
	t.Helper()
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 3))
	w.source.start()
	return w, w.source.join("S-1")
}

var lee = consent.Person{Name: "Dr. Lee", Role: "cardiologist"}

func TestLookForCareIsWrittenDown(t *testing.T) {
	w, c := one(t)
	looked, err := w.source.gateway.Look(w.soon(), "S-1", gateway.LookSpec{
		By: lee, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare, Types: []consent.RecordType{consent.TestResults},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(looked.Bundle, "Observation"); n != 4 || count(looked.Bundle, "MedicationRequest") != 0 {
		t.Errorf("%d results shown", n)
	}
	w.until(func() bool {
		return slices.ContainsFunc(c.contents(), func(content consent.Content) bool {
			a, ok := content.(*consent.Accessed)
			return ok && a.Basis == consent.BasisCare && a.By.Name == "Dr. Lee" && slices.Equal(a.Types, []consent.RecordType{consent.TestResults})
		})
	})
	if _, err := w.source.gateway.Look(w.soon(), "nobody", gateway.LookSpec{By: lee, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare}); !errors.Is(err, gateway.ErrNoChart) {
		t.Errorf("a look without a chart: %v", err)
	}
}

func count(b fhir.Bundle, resourceType string) int {
	n := 0
	for _, r := range b.Entries {
		if r.Type == resourceType {
			n++
		}
	}
	return n
}

func TestLookUnderAGrantIsProvenFirst(t *testing.T) {
	w, c := one(t)
	number := w.askToLook()
	c.grant(number)
	grant := c.size() - 1
	look := gateway.LookSpec{By: lee, Purpose: consent.PurposeResearch, Basis: consent.BasisGrant, Grant: &grant}
	looked, err := w.source.gateway.Look(w.soon(), "S-1", look)
	if err != nil {
		t.Fatal(err)
	}
	last := c.entries()[looked.Grant.Number]
	f, err := consent.DecodeFields[consent.AccessFields](last.Item)
	if err != nil || f.Grant == nil || *f.Grant != grant {
		t.Errorf("the access before the data is %+v, %v", f, err)
	}
	if count(looked.Bundle, "MedicationRequest") != 1 || count(looked.Bundle, "Observation") != 0 {
		t.Error("more or less was shown than the permission covers")
	}

	wider := look
	wider.Types = []consent.RecordType{consent.TestResults}
	other := look
	other.Purpose = consent.PurposeInsurance
	unknown := look
	none := uint64(99)
	unknown.Grant = &none
	for name, spec := range map[string]gateway.LookSpec{"wider": wider, "another purpose": other, "no such grant": unknown} {
		if _, err := w.source.gateway.Look(w.soon(), "S-1", spec); !errors.Is(err, gateway.ErrNotPermitted) {
			t.Errorf("%s: %v", name, err)
		}
	}

	size := c.size()
	c.write(consent.ClassRevoke, consent.RevokeFields{Grant: grant}, detailOf(t, &consent.Revoked{}))
	if _, err := w.source.gateway.Look(w.soon(), "S-1", look); !errors.Is(err, gateway.ErrNotPermitted) {
		t.Errorf("a look after the revocation: %v", err)
	}
	w.until(func() bool { return acknowledged(c, size) })
}

func (w *world) askToLook() uint64 {
	w.t.Helper()
	written, err := w.source.gateway.Request(w.soon(), "S-1", gateway.RequestSpec{
		Kind: consent.Look, By: lee, Purpose: consent.PurposeResearch, Why: "a study", Scope: consent.Scope{Types: []consent.RecordType{consent.Medicines}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return written.Number
}

// grant permits what a request asks.
func (c *chart) grant(request uint64) {
	c.t.Helper()
	c.write(consent.ClassGrant, consent.GrantFields{Expiry: consent.At(time.Now().Add(time.Hour))}, detailOf(c.t, &consent.Granted{
		Request: &request, By: lee, Purpose: consent.PurposeResearch, Scope: consent.Scope{Types: []consent.RecordType{consent.Medicines}},
	}))
}

func acknowledged(c *chart, number uint64) bool {
	for _, v := range c.entries() {
		if _, ok := v.Content.(*consent.Acknowledgement); !ok {
			continue
		}
		f, err := consent.DecodeFields[consent.SayFields](v.Item)
		if err == nil && f.Answers != nil && *f.Answers == number {
			return true
		}
	}
	return false
}

func TestDenialAndBlockAreAcknowledged(t *testing.T) {
	w, c := one(t)
	request := w.askToLook()
	denial := c.size()
	c.write(consent.ClassSay, consent.SayFields{Side: consent.SidePatient, Answers: &request}, detailOf(t, &consent.Denial{Reason: "no"}))
	w.until(func() bool { return acknowledged(c, denial) })

	block := c.size()
	c.write(consent.ClassSay, consent.SayFields{Side: consent.SidePatient}, detailOf(t, &consent.Blocking{}))
	w.until(func() bool { return acknowledged(c, block) })
	_, err := w.source.gateway.Request(w.soon(), "S-1", gateway.RequestSpec{
		Kind: consent.Look, By: lee, Purpose: consent.PurposeResearch, Scope: labScope,
	})
	if !errors.Is(err, gateway.ErrBlocked) {
		t.Errorf("a request after the block: %v", err)
	}
}

func TestQuestionIsAnswered(t *testing.T) {
	w, c := one(t)
	about := uint64(0)
	query := c.size()
	c.write(consent.ClassSay, consent.SayFields{Side: consent.SidePatient, Answers: &about}, detailOf(t, &consent.Query{Text: "who was that?"}))
	w.until(func() bool {
		s, err := w.source.gateway.Status(w.soon())
		return err == nil && len(s.Questions) == 1 && s.Questions[0].Number == query && s.Questions[0].Record == "S-1" &&
			s.Questions[0].Text == "who was that?"
	})
	if _, err := w.source.gateway.Answer(w.soon(), "S-1", query, lee, "It was me."); err != nil {
		t.Fatal(err)
	}
	if !answers(c, query, "It was me.") {
		t.Error("the answer is not in the chart")
	}
	if _, err := w.source.gateway.Answer(w.soon(), "S-1", query, lee, "Again."); err == nil {
		t.Error("a question was answered twice")
	}
}

func TestInvitations(t *testing.T) {
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 0))
	w.source.start()
	first, err := w.source.gateway.Invite(w.soon(), "S-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.source.gateway.Invite(w.soon(), "nobody"); err == nil {
		t.Error("somebody without a record was invited")
	}
	if _, err := w.source.gateway.Invite(w.soon(), "S-1"); err != nil {
		t.Fatal(err)
	}
	if err := w.source.enrol(first); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("a replaced invitation: %v", err)
	}
	c := w.source.join("S-1")
	w.until(func() bool {
		s, err := w.source.gateway.Status(w.soon())
		return err == nil && s.Charts.Open == 1
	})
	if _, err := w.source.gateway.Invite(w.soon(), "S-1"); !errors.Is(err, gateway.ErrRecordTaken) {
		t.Errorf("a second chart: %v", err)
	}
	again, err := w.source.gateway.InviteAgain(w.soon(), "S-1")
	if err != nil || again.Institution != w.source.id {
		t.Errorf("an invitation to the chart that is there: %v, %v", again, err)
	}
	if err := w.source.enrol(again); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("it opens a chart: %v", err)
	}
	c.write(consent.ClassClose, consent.CloseFields{}, detailOf(t, &consent.Reason{}))
	w.until(func() bool {
		s, err := w.source.gateway.Status(w.soon())
		return err == nil && s.Charts.Closed == 1
	})
	if _, err := w.source.gateway.Invite(w.soon(), "S-1"); err != nil {
		t.Errorf("after the chart was closed: %v", err)
	}
}

// enrol tries an invitation with new keys, whose holder does not sign.
func (h *house) enrol(i consent.Invitation) error {
	c := &chart{house: h, sign: newKey(h.t), tls: newKey(h.t)}
	id := newRecipient(h.t)
	e := consent.Enrolment{Ticket: i.Ticket, Seal: id, Keys: consent.ChartKeys{
		Institution: h.id, Sign: c.sign.Public(), TLS: c.tls.Public(), Seal: consent.Sum([]byte(id)),
	}}
	log := consent.NewLogID(consent.ChartLog, h.genesis.Network, h.id, c.sign.Public())
	sig, err := c.sign.Sign(e.Statement(h.genesis.Chain, log))
	if err != nil {
		h.t.Fatal(err)
	}
	conn := dial(h.t, h.soon(), client.Target{Addresses: i.Addresses, Key: i.TLS}, nil)
	defer conn.Close()
	_, err = conn.Enrol(h.soon(), client.EnrolRequest{Enrolment: e, Signature: sig})
	return err
}

func TestEnrolmentIsChecked(t *testing.T) {
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 0))
	w.source.start()
	i, err := w.source.gateway.Invite(w.soon(), "S-1")
	if err != nil {
		t.Fatal(err)
	}
	k, other := newKey(t), newKey(t)
	recipient := newRecipient(t)
	good := consent.Enrolment{Ticket: i.Ticket, Seal: recipient, Keys: consent.ChartKeys{
		Institution: w.source.id, Sign: k.Public(), TLS: newKey(t).Public(), Seal: consent.Sum([]byte(recipient)),
	}}
	elsewhere, weak, seal, ticket := good, good, good, good
	elsewhere.Keys.Institution = w.dest.id
	weak.Keys.TLS = consent.PublicKey{}
	seal.Keys.Seal = consent.Hash{}
	ticket.Ticket[0] ^= 1
	conn := dial(t, w.soon(), client.Target{Addresses: i.Addresses, Key: i.TLS}, nil)
	defer conn.Close()
	try := func(e consent.Enrolment, by key) (client.Enrolled, error) {
		log := consent.NewLogID(consent.ChartLog, w.genesis.Network, e.Keys.Institution, e.Keys.Sign)
		sig, err := by.Sign(e.Statement(w.genesis.Chain, log))
		if err != nil {
			t.Fatal(err)
		}
		return conn.Enrol(w.soon(), client.EnrolRequest{Enrolment: e, Signature: sig})
	}
	for name, e := range map[string]consent.Enrolment{"another institution": elsewhere, "a weak key": weak, "another seal": seal, "another ticket": ticket} {
		if _, err := try(e, k); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := try(good, other); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("signed by another key: %v", err)
	}
	first, err := try(good, k)
	if err != nil {
		t.Fatal(err)
	}
	again, err := try(good, k)
	if err != nil || again.Sponsor != first.Sponsor || again.Until != first.Until || again.Detail.Salt != first.Detail.Salt {
		t.Errorf("the same keys get another answer: %v", err)
	}
	if first.Until != i.Expiry {
		t.Errorf("the gateway's word counts until %s, its invitation until %s", first.Until.Time(), i.Expiry.Time())
	}
	fresh := good
	fresh.Keys.Sign = other.Public()
	if _, err := try(fresh, other); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("a ticket was used for two charts: %v", err)
	}
}

func TestLogsAreReadByTheirHoldersOnly(t *testing.T) {
	w, c := one(t)
	w.source.load("S-2", strings.ReplaceAll(medicalRecord("p2", 0), "Lee", "Kim"))
	stranger := w.source.join("S-2")
	if _, err := stranger.connect().OwnEntries(w.soon(), c.log, 0, 0); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("another patient's entries: %v", err)
	}
	own, err := c.connect().OwnEntries(w.soon(), c.log, 0, 0)
	if err != nil || len(own.Leaves) != 1 {
		t.Errorf("one's own entries: %d, %v", len(own.Leaves), err)
	}
	sign, err := client.NewCertificate(c.sign.private)
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, w.soon(), client.Target{Addresses: []string{w.source.address}, Key: w.source.keys.TLSKey()}, &sign)
	defer conn.Close()
	if _, err := conn.OwnEntries(w.soon(), c.log, 0, 0); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("with the signing key: %v", err)
	}
}

func TestPutDetail(t *testing.T) {
	_, c := one(t)
	for name, content := range map[string]consent.Content{
		"the institution's word": &consent.Answer{Text: "x"},
		"an access":              &consent.Accessed{Basis: consent.BasisCare, Purpose: consent.PurposeTreatment},
	} {
		if err := c.connect().PutDetail(c.soon(), *detailOf(t, content)); !errors.Is(err, client.ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.connect().PutDetail(c.soon(), consent.Detail{Content: []byte{1}}); !errors.Is(err, client.ErrMalformed) {
		t.Errorf("nonsense: %v", err)
	}
	var err error
	for range 100 {
		if err = c.connect().PutDetail(c.soon(), *detailOf(t, &consent.Query{Text: "x"})); err != nil {
			break
		}
	}
	if !errors.Is(err, client.ErrBusy) {
		t.Errorf("without end: %v", err)
	}
}

func TestCarriedIsShownToTheOneWhoGaveIt(t *testing.T) {
	w, c := one(t)
	raw := c.tx(consent.ClassSay, consent.SayFields{Side: consent.SidePatient}, detailOf(t, &consent.Query{Text: "x"}))
	tx, _, err := consent.DecodeTx(raw)
	if err != nil {
		t.Fatal(err)
	}
	id := consent.BatchID(tx.Header, tx.Signature)
	conn := dial(t, w.soon(), client.Target{Addresses: []string{w.source.address}, Key: w.source.keys.TLSKey()}, nil)
	defer conn.Close()
	if _, err := conn.Carried(w.soon(), id, 0); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("before it was given: %v", err)
	}
	if err := conn.Submit(w.soon(), raw); err != nil {
		t.Fatal(err)
	}
	w.until(func() bool { return c.size() == 2 })
	got, err := conn.Carried(w.soon(), id, 1)
	if err != nil || len(got.Page.Leaves) != 1 || len(got.Proof.Keys) != 1 || !got.Proof.Keys[0].Present {
		t.Errorf("got %d leaves, %v", len(got.Page.Leaves), err)
	}
}

func TestCosignature(t *testing.T) {
	w, _ := one(t)
	conn := dial(t, w.soon(), client.Target{Addresses: []string{w.source.address}, Key: w.source.keys.TLSKey()}, nil)
	defer conn.Close()
	last := int64(0)
	for range 3 {
		c, err := conn.Cosignature(w.soon())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Cosigned.Statement(w.genesis.Chain).Verify(w.source.keys.Ledger.Public(), c.Signature); err != nil {
			t.Error(err)
		}
		if c.Cosigned.Height < last {
			t.Error("an older header than before")
		}
		last = c.Cosigned.Height
		if _, err := w.node.WaitHeight(w.soon(), last+1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAdmin(t *testing.T) {
	w, c := one(t)
	admin := gateway.Admin{Home: filepath.Join(w.source.dir, "gateway")}
	if _, err := admin.Status(w.soon()); !errors.Is(err, gateway.ErrNotRunning) {
		t.Errorf("before it listens: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- w.source.gateway.ServeAdmin() }()
	var status gateway.Status
	w.until(func() bool {
		var err error
		status, err = admin.Status(w.soon())
		return err == nil && status.Charts.Open == 1
	})
	if status.Name != "General Hospital" || status.Charts.Open != 1 {
		t.Errorf("got %+v", status)
	}
	info, err := os.Stat(filepath.Join(admin.Home, "admin.sock"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info.Mode(), err)
	}
	adminActs(t, w, c, admin)
	if err := w.source.gateway.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-w.source.served
	w.source.gateway = nil
}

func adminActs(t *testing.T, w *world, c *chart, admin gateway.Admin) {
	t.Helper()
	w.source.load("S-2", strings.ReplaceAll(medicalRecord("p2", 0), "Lee", "Kim"))
	i, err := admin.Invite(w.soon(), "S-2")
	if err != nil || i.Institution != w.source.id {
		t.Errorf("invite: %v, %v", i, err)
	}
	if _, err := admin.Invite(w.soon(), "S-1"); err == nil || err.Error() != gateway.ErrRecordTaken.Error() {
		t.Errorf("a refusal's sentence: %v", err)
	}
	if i, err := admin.InviteAgain(w.soon(), "S-1"); err != nil || i.Institution != w.source.id {
		t.Errorf("invite again: %v, %v", i, err)
	}
	if _, err := admin.InviteAgain(w.soon(), "S-2"); err == nil || err.Error() != gateway.ErrNoChart.Error() {
		t.Errorf("a chart that is not there, again: %v", err)
	}
	asked, err := admin.Request(w.soon(), "S-1", gateway.RequestSpec{
		Kind: consent.Look, By: lee, Purpose: consent.PurposeResearch, Why: "a study", Scope: labScope, Uses: 3, For: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	r, ok := c.contents()[asked.Number].(*consent.Request)
	if !ok || r.By.Name != "Dr. Lee" || r.Purpose != consent.PurposeResearch || r.Uses != 3 || !slices.Equal(r.Scope.Types, labScope.Types) {
		t.Errorf("the request says %+v", r)
	}
	looked, err := admin.Look(w.soon(), "S-1", gateway.LookSpec{By: lee, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare})
	if err != nil || !strings.Contains(string(looked.Bundle), "Sodium") || looked.Records != strings.Count(string(looked.Bundle), `"subject"`) {
		t.Errorf("look: %d records, %v", looked.Records, err)
	}
	adminFails(t, w, admin)
	ctx, cancel := context.WithCancel(w.soon())
	cancel()
	if _, err := admin.Look(ctx, "S-1", gateway.LookSpec{By: lee}); err == nil {
		t.Error("a look went on after its end")
	}
}

// adminFails: another process is told of which kind a failure is.
func adminFails(t *testing.T, w *world, admin gateway.Admin) {
	t.Helper()
	ctx := w.soon()
	ask := gateway.RequestSpec{Kind: consent.Look, By: lee, Purpose: consent.PurposeResearch, Why: "a study", Scope: labScope}
	long, self, nowhere := ask, ask, ask
	long.Why = strings.Repeat("x", 10_000)
	self.Kind, self.From = consent.Move, w.source.id
	nowhere.Kind, nowhere.From = consent.Move, consent.InstitutionID{9}
	permission := uint64(99)
	for name, tt := range map[string]struct {
		act  func() (any, error)
		want gateway.FailureKind
	}{
		"nobody's record":    {func() (any, error) { return admin.Invite(ctx, "nobody") }, gateway.FailureUnknown},
		"a second chart":     {func() (any, error) { return admin.Invite(ctx, "S-1") }, gateway.FailureRefused},
		"a record, no chart": {func() (any, error) { return admin.Request(ctx, "S-3", ask) }, gateway.FailureUnknown},
		"a word too many":    {func() (any, error) { return admin.Request(ctx, "S-1", long) }, gateway.FailureMalformed},
		"from itself":        {func() (any, error) { return admin.Request(ctx, "S-1", self) }, gateway.FailureMalformed},
		"from nobody":        {func() (any, error) { return admin.Request(ctx, "S-1", nowhere) }, gateway.FailureUnknown},
		"no question":        {func() (any, error) { return admin.Answer(ctx, "S-1", 0, lee, "It was me.") }, gateway.FailureUnknown},
		"no transfer":        {func() (any, error) { return admin.Collect(ctx, consent.LogID{9}) }, gateway.FailureUnknown},
		"no permission": {func() (any, error) {
			return admin.Look(ctx, "S-1", gateway.LookSpec{By: lee, Purpose: consent.PurposeResearch, Basis: consent.BasisGrant, Grant: &permission})
		}, gateway.FailureRefused},
		"a transfer's basis": {func() (any, error) {
			return admin.Look(ctx, "S-1", gateway.LookSpec{By: lee, Purpose: consent.PurposeTreatment, Basis: consent.BasisTransfer})
		}, gateway.FailureRefused},
	} {
		_, err := tt.act()
		var failed *gateway.Failure
		if !errors.As(err, &failed) || failed.Kind != tt.want {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

func TestHealth(t *testing.T) {
	w, _ := one(t)
	server := httptest.NewServer(w.source.gateway.Health())
	defer server.Close()
	get := func(path string) (int, string) {
		response, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(b)
	}
	if code, body := get("/healthz"); code != 200 || body != "ok\n" {
		t.Errorf("healthz: %d %s", code, body)
	}
	w.until(func() bool { // the chart is open once the gateway has followed it
		code, body := get("/metrics")
		return code == 200 && strings.Contains(body, `carekey_gateway_charts{state="open"} 1`)
	})
}

func TestOnlyPatientsTransactionsAreCarried(t *testing.T) {
	w, c := one(t)
	nonce, err := consent.NewNonce()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := consent.NewTx(consent.Author{
		Chain: w.genesis.Chain, Kind: consent.SignerInstitution, Institution: w.source.id, Signer: w.source.keys.Ledger,
		Nonce: nonce, ValidUntil: consent.At(time.Now().Add(time.Minute)),
	}, consent.NewItem(c.log, consent.ClassAccess, consent.AccessFields{}, consent.Hash{}))
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, w.soon(), client.Target{Addresses: []string{w.source.address}, Key: w.source.keys.TLSKey()}, nil)
	defer conn.Close()
	if err := conn.Submit(w.soon(), raw); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("an institution's: %v", err)
	}
	if err := conn.Submit(w.soon(), []byte{1}); !errors.Is(err, client.ErrMalformed) {
		t.Errorf("nonsense: %v", err)
	}
}
