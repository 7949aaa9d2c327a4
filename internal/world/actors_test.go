package world

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/internal/reach"
	"carekey/wallet"
	"carekey/wallet/keys"
	"carekey/wallet/vault"
)

// stage is a running network; every test brings people of its own onto it.
type stage struct {
	*World
	t       testing.TB
	options Options
	other   client.Node // another branch of the ledger, once there is one
	heard   ear
	people  atomic.Int64
}

// newStage makes a network without a past and runs it until the test ends.
func newStage(t testing.TB, set ...func(*Birth, *Options)) *stage {
	t.Helper()
	end := time.Now().Add(-time.Minute)
	birth := Birth{
		Dir: filepath.Join(t.TempDir(), "world"), Patient: newAgent(t, keys.Masters{Current: keys.NewMaster()}),
		Record: MadeUp(1, end), End: end, Seed: 1, Empty: true, Params: consent.DefaultParams(),
	}
	birth.Params.EmptyBlocks = 500 * time.Millisecond
	s := &stage{t: t, options: Options{Flush: 200 * time.Millisecond, Company: time.Second}}
	for _, f := range set {
		f(&birth, &s.options)
	}
	s.options.Log = slog.New(slog.NewTextHandler(&s.heard, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if testing.Verbose() {
		s.heard.t = t
	}
	if err := Make(t.Context(), birth); err != nil {
		t.Fatal(err)
	}
	s.start(birth.Dir)
	t.Cleanup(s.stop)
	return s
}

// ear keeps what a network logs, and tells the test if there is one.
type ear struct {
	t     testing.TB
	mu    sync.Mutex
	lines []string
}

func (e *ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines = append(e.lines, string(b))
	if e.t != nil && e.t.Context().Err() == nil {
		e.t.Logf("%s", bytes.TrimSpace(b))
	}
	return len(b), nil
}

// logged tells whether a line of an institution's log has all the texts.
func (s *stage) logged(role Role, texts ...string) bool {
	s.heard.mu.Lock()
	defer s.heard.mu.Unlock()
	return slices.ContainsFunc(s.heard.lines, func(line string) bool {
		for _, text := range append(texts, "institution="+string(role)) {
			if !strings.Contains(line, text) {
				return false
			}
		}
		return true
	})
}

func (s *stage) start(dir string) {
	s.t.Helper()
	w, err := Start(context.Background(), dir, s.options)
	if err != nil {
		s.t.Fatal(err)
	}
	s.World = w
}

func (s *stage) stop() {
	if err := s.World.Stop(); err != nil {
		s.t.Error(err)
	}
}

// restart stops the whole network and starts it where it was.
func (s *stage) restart() {
	s.t.Helper()
	s.stop()
	s.start(s.Dir)
}

// soon is the deadline of whatever a test waits for.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// until waits, block by block, until something is so.
func (s *stage) until(t testing.TB, what string, so func() bool) {
	t.Helper()
	ctx := soon(t)
	for !so() {
		newest, err := s.service.WaitHeight(ctx, 0)
		if err == nil {
			_, err = s.service.WaitHeight(ctx, newest+1)
		}
		if err != nil {
			t.Fatalf("%s: it never happened: %v", what, err)
		}
	}
}

// identity is who somebody is, as an institution wrote it down.
type identity struct{ family, given, born, number string }

// anna is most tests' patient.
func anna() identity { return identity{"Lee", "Anna", "1970-03-02", "700302-1177"} }

func (i identity) resource(id string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"name":[{"use":"official","family":%q,"given":[%q]}],"birthDate":%q,`+
		`"gender":"female","identifier":[{"system":"urn:national","value":%q}]}`, id, i.family, i.given, i.born, i.number)
}

// person is somebody with a wallet and records at the institutions.
type person struct {
	*Patient
	t       testing.TB
	on      *stage
	masters keys.Masters
	dir     string
	records map[Role]string // numbers
	reach   func(*reach.Config)
	now     func() time.Time
	close   func()
}

// person puts somebody's records into the institutions: at the hospital who
// she is and what is given, elsewhere who she is by what is written there.
func (s *stage) person(t testing.TB, records []string, elsewhere identity) *person {
	t.Helper()
	p := &person{
		t: t, on: s, masters: keys.Masters{Current: keys.NewMaster()}, dir: t.TempDir(), records: map[Role]string{},
		reach: func(*reach.Config) {}, now: time.Now,
	}
	n := s.people.Add(1)
	for _, role := range Gateways() {
		p.records[role] = fmt.Sprintf("%s-%d", strings.ToUpper(string(role[:1])), 1000+n)
		who, entries := elsewhere, []string(nil)
		if role == Hospital {
			who, entries = anna(), records
		}
		p.loads(role, who, entries...)
	}
	return p
}

// loads puts a record into an institution's store.
func (p *person) loads(role Role, who identity, entries ...string) {
	p.t.Helper()
	text := bundleOf(append([]string{who.resource("pat")}, entries...)...)
	b, omitted, err := fhir.ReadBundle(strings.NewReader(text), fhir.Limits{})
	if err != nil || len(omitted) > 0 {
		p.t.Fatal(omitted, err)
	}
	if err := p.on.House(role).Records.Load(p.t.Context(), p.records[role], b); err != nil {
		p.t.Fatal(err)
	}
}

func bundleOf(entries ...string) string {
	for i, e := range entries {
		entries[i] = `{"resource":` + e + `}`
	}
	return `{"resourceType":"Bundle","type":"collection","entry":[` + strings.Join(entries, ",") + `]}`
}

// illnesses are a few records: two medicines of different years, two results,
// one HIV test.
func illnesses() []string {
	result := `{"resourceType":"Observation","id":%q,"meta":{"security":%s},"status":"final","category":[{"coding":[{"code":"laboratory"}]}],` +
		`"code":{"text":%q},"effectiveDateTime":%q,"valueString":"5","subject":{"reference":"Patient/pat"}}`
	medicine := `{"resourceType":"MedicationRequest","id":%q,"status":"active","intent":"order","authoredOn":%q,` +
		`"subject":{"reference":"Patient/pat"},"medicationCodeableConcept":{"text":%q}}`
	hiv := `[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]`
	return []string{
		fmt.Sprintf(medicine, "m1", "2019-02-03", "Aspirin"), fmt.Sprintf(medicine, "m2", "2026-02-03", "Bisoprolol"),
		fmt.Sprintf(result, "o1", "[]", "Sodium", "2018-05-05"), fmt.Sprintf(result, "o2", "[]", "Potassium", "2026-05-05"),
		fmt.Sprintf(result, "o3", hiv, "Test", "2026-05-06"),
	}
}

func newAgent(t testing.TB, m keys.Masters) *keys.Agent {
	t.Helper()
	a, err := keys.NewAgent(m)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// opens lets the wallet open and follows what it knows until closes or the end.
func (p *person) opens() *person {
	p.t.Helper()
	agent := newAgent(p.t, p.masters)
	seals, err := agent.VaultSeals()
	if err != nil {
		p.t.Fatal(err)
	}
	older := []vault.Seal{}
	for _, s := range seals[1:] {
		older = append(older, s)
	}
	v, err := vault.Open(filepath.Join(p.dir, "vault"), seals[0], older...)
	if err != nil {
		p.t.Fatal(err)
	}
	c := reach.Config{
		Anchor: p.on.Anchor(), Dir: filepath.Join(p.dir, "network"), Seeds: p.on.Seeds(), Addresses: p.on.Addresses(), Now: p.now,
	}
	p.reach(&c)
	n, err := reach.Open(soon(p.t), c)
	if err != nil {
		p.t.Fatal(err)
	}
	w, err := wallet.Open(wallet.Config{
		Person: "anna", Agent: agent, Vault: v, Network: n, Evidence: filepath.Join(p.dir, "evidence"), Now: p.now,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.Patient = &Patient{Wallet: w, Network: n, vault: v}
	p.follows()
	return p
}

func (p *person) follows() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	w := p.Wallet
	go func() {
		defer close(ended)
		_ = w.Run(ctx) // ends with the context
	}()
	patient := p.Patient
	closed := false
	p.close = func() {
		if closed {
			return
		}
		closed = true
		stop()
		<-ended
		if err := patient.Close(); err != nil {
			p.t.Error(err)
		}
	}
	p.t.Cleanup(p.close)
}

// joins opens charts with invitations.
func (p *person) joins(roles ...Role) *person {
	p.t.Helper()
	for _, role := range roles {
		inv, err := p.on.House(role).Gateway.Invite(soon(p.t), p.records[role])
		if err != nil {
			p.t.Fatal(err)
		}
		if err := p.Join(soon(p.t), inv, p.Network); err != nil {
			p.t.Fatal(err)
		}
	}
	p.sees("her charts", func(s wallet.Snapshot) bool {
		proven := 0
		for _, i := range s.Institutions {
			if i.Entries > 0 {
				proven++
			}
		}
		return proven >= len(roles)
	})
	return p
}

// sees waits until the wallet shows what is wanted.
func (p *person) sees(what string, wanted func(wallet.Snapshot) bool) wallet.Snapshot {
	p.t.Helper()
	ctx := soon(p.t)
	for {
		s := p.Snapshot()
		if wanted(s) {
			return s
		}
		select {
		case <-p.Changes():
		case <-time.After(time.Second): // ages change without news
		case <-ctx.Done():
			p.t.Fatalf("the patient never saw %s\nproof %+v\nproblems %+v\nrequests %+v\ntransfers %+v\nsending %+v",
				what, s.Proof, s.Problems, s.Requests, s.Transfers, s.Sending)
		}
	}
}

// chart is the patient's chart at an institution.
func (p *person) chart(role Role) consent.LogID {
	p.t.Helper()
	for _, i := range p.Snapshot().Institutions {
		if i.ID == p.on.House(role).ID {
			return i.Chart
		}
	}
	p.t.Fatalf("no chart at %s", role)
	return consent.LogID{}
}

// isAsked has the heart clinic ask for records of the hospital and waits until
// the patient can answer.
func (p *person) isAsked(scope consent.Scope, set ...func(*gateway.RequestSpec)) wallet.Request {
	p.t.Helper()
	by, _ := p.on.Person("dr-lee")
	spec := gateway.RequestSpec{
		Kind: consent.Move, By: by, Purpose: consent.PurposeTreatment, Why: "Before your operation.",
		Scope: scope, From: p.on.House(Hospital).ID, Uses: 1, For: time.Hour,
	}
	for _, f := range set {
		f(&spec)
	}
	written, err := p.on.House(Clinic).Gateway.Request(soon(p.t), p.records[Clinic], spec)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.request(wallet.RequestID{Chart: written.Chart, Number: written.Number})
}

// request waits until a request can be answered.
func (p *person) request(id wallet.RequestID) wallet.Request {
	p.t.Helper()
	var found wallet.Request
	p.sees("the request", func(s wallet.Snapshot) bool {
		for _, r := range s.Requests {
			if r.ID == id && r.WaitsFor == "" {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

// approves says yes to all that is asked and returns the transfer.
func (p *person) approves(r wallet.Request, set ...func(*wallet.Choice)) consent.LogID {
	p.t.Helper()
	c := wallet.Choice{Scope: r.Scope, Uses: r.Uses, Until: r.Until}
	for _, f := range set {
		f(&c)
	}
	if err := p.Approve(soon(p.t), r.ID, c); err != nil {
		p.t.Fatal(err)
	}
	return p.transferOf(r.ID)
}

// transferOf is the transfer that answers a request.
func (p *person) transferOf(id wallet.RequestID) consent.LogID {
	p.t.Helper()
	agent := newAgent(p.t, p.masters)
	network := p.on.Anchor().Network
	k, err := agent.Transfer(keys.TransferName{Master: agent.Current(), Network: network, Chart: id.Chart, Request: id.Number})
	if err != nil {
		p.t.Fatal(err)
	}
	return consent.NewLogID(consent.TransferLog, network, consent.InstitutionID{}, k.Signer.Public())
}

// transferIn is a transfer as the wallet shows it.
func transferIn(s wallet.Snapshot, id consent.LogID) (wallet.Transfer, bool) {
	for _, t := range s.Transfers {
		if t.ID == id {
			return t, true
		}
	}
	return wallet.Transfer{}, false
}

// seesTransfer waits until the wallet shows a transfer as wanted.
func (p *person) seesTransfer(what string, id consent.LogID, wanted func(wallet.Transfer) bool) wallet.Transfer {
	p.t.Helper()
	s := p.sees(what, func(s wallet.Snapshot) bool {
		t, ok := transferIn(s, id)
		return ok && wanted(t)
	})
	t, _ := transferIn(s, id)
	return t
}

// matched tells whether a transfer has taken all its steps.
func matched(t wallet.Transfer) bool { return t.Steps[len(t.Steps)-1].Name == wallet.StepMatched }

// entry is a line of a log, as the ledger itself holds it.
type entry struct {
	consent.Entry
	Class consent.Class
}

// log reads a log straight from the node.
func (s *stage) log(t testing.TB, id consent.LogID) []entry {
	t.Helper()
	var all []entry
	for {
		page, err := s.service.Entries(soon(t), id, uint64(len(all)), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Leaves) == 0 {
			return all
		}
		for _, leaf := range page.Leaves {
			e, item, err := consent.DecodeEntry(leaf)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, entry{e, item.Class})
		}
	}
}

func classes(log []entry) []consent.Class {
	var all []consent.Class
	for _, e := range log {
		all = append(all, e.Class)
	}
	return all
}

// uses are an institution's uses of a transfer that are not ended; known tells
// whether there ever was one.
func (s *stage) uses(t testing.TB, role Role, id consent.LogID) (open []gateway.TransferStatus, known bool) {
	t.Helper()
	for _, u := range s.status(t, role).Transfers {
		if u.Transfer == id {
			known = true
			if !u.Done {
				open = append(open, u)
			}
		}
	}
	return open, known
}

// atRest tells whether an institution has nothing more to do for a transfer.
func (s *stage) atRest(t testing.TB, role Role, id consent.LogID) bool {
	t.Helper()
	open, _ := s.uses(t, role, id)
	return len(open) == 0
}

func (s *stage) status(t testing.TB, role Role) gateway.Status {
	t.Helper()
	status, err := s.House(role).Gateway.Status(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// audited tells whether an institution's audit log tells of something.
func (s *stage) audited(t testing.TB, role Role, text string) bool {
	t.Helper()
	for _, e := range s.status(t, role).Events {
		if strings.Contains(e.Text, text) {
			return true
		}
	}
	return false
}

// filed counts what an institution holds of somebody, by resource type.
func (p *person) filed(role Role) map[string]int {
	p.t.Helper()
	b, _, err := p.on.House(role).Records.Read(soon(p.t), p.records[role])
	if err != nil {
		p.t.Fatal(err)
	}
	return countTypes(b)
}

func countTypes(b fhir.Bundle) map[string]int {
	counts := map[string]int{}
	for _, r := range b.Entries {
		counts[r.Type]++
	}
	return counts
}

// problemIn tells whether the wallet shows a problem.
func problemIn(s wallet.Snapshot, code wallet.ProblemCode) (wallet.Problem, bool) {
	for _, p := range s.Problems {
		if p.Code == code {
			return p, true
		}
	}
	return wallet.Problem{}, false
}

// seesProblem waits until the wallet shows a problem.
func (p *person) seesProblem(code wallet.ProblemCode) wallet.Problem {
	p.t.Helper()
	s := p.sees(string(code), func(s wallet.Snapshot) bool {
		_, ok := problemIn(s, code)
		return ok
	})
	found, _ := problemIn(s, code)
	return found
}

// targetOf is an institution's gateway with its registered key.
func (s *stage) targetOf(t testing.TB, role Role) client.Target {
	t.Helper()
	k, err := gateway.LoadKeys(filepath.Join(s.Dir, string(role), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return client.Target{Addresses: []string{s.House(role).Address}, Key: k.TLSKey()}
}

func labAndMedicines() consent.Scope {
	return consent.Scope{Types: []consent.RecordType{consent.Medicines, consent.TestResults}}
}

// manyResults are results that make a record longer.
func manyResults(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"resourceType":"Observation","id":"x%d","status":"final","category":[{"coding":[{"code":"laboratory"}]}],`+
			`"code":{"text":"Sodium"},"effectiveDateTime":"2026-01-02","valueString":"%d mmol/L","subject":{"reference":"Patient/pat"}}`, i, i))
	}
	return all
}
