package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/gateway/records"
)

// two starts both houses and joins the patient with records of the test's.
func two(t *testing.T, source, dest string) (w *world, at, from *chart, h *hook) {
	t.Helper()
	w, h = newWorld(t), &hook{}
	w.source.load("S-1", source)
	w.dest.load("R-1", dest)
	for _, house := range []*house{w.source, w.dest} {
		house.tweak = func(c *gateway.Config) { c.AfterStep = h.after }
		house.start()
	}
	return w, w.dest.join("R-1"), w.source.join("S-1"), h
}

// event tells whether a house's audit log has a line with a text.
func (h *house) event(text string) bool {
	h.t.Helper()
	s, err := h.gateway.Status(h.soon())
	if err != nil {
		h.t.Fatal(err)
	}
	return slices.ContainsFunc(s.Events, func(e gateway.Event) bool { return strings.Contains(e.Text, text) })
}

// answers tells whether a chart answers an entry with a text.
func answers(c *chart, number uint64, text string) bool {
	for _, v := range c.entries() {
		a, ok := v.Content.(*consent.Answer)
		if !ok || !strings.Contains(a.Text, text) {
			continue
		}
		f, err := consent.DecodeFields[consent.SayFields](v.Item)
		return err == nil && f.Answers != nil && *f.Answers == number
	}
	return false
}

func TestWrongPatientIsRefused(t *testing.T) {
	twin := strings.ReplaceAll(medicalRecord("pr", 0), `"given":["Anna"]`, `"given":["Berta"]`)
	w, at, from, _ := two(t, medicalRecord("ps", 2), twin)
	a := &approval{at: at, from: from, scope: labScope}
	number := w.ask()
	a.approve(number)
	w.until(func() bool { return answers(at, number, "not certainly the same patient") })
	if !w.source.event("not certainly the same patient") || !w.dest.event("not certainly the same patient") {
		t.Error("the refusal is not in both audit logs")
	}
	if n := w.dest.imports(); n != 0 {
		t.Errorf("%d imports", n)
	}
	if a.state().Use != 0 {
		t.Error("a use was begun")
	}
}

func TestPatientIsComparedAgainOnArrival(t *testing.T) {
	w, at, from, h := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	h.set(gateway.DestinationFetched, func() {
		w.dest.load("R-1", strings.ReplaceAll(medicalRecord("pr", 0), `"birthDate":"1970-01-02"`, `"birthDate":"1970-02-01"`))
	})
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() == consent.VerdictWrongPatient })
	if n := w.dest.imports(); n != 0 {
		t.Errorf("%d imports", n)
	}
}

// verdict is what the transfer's received entry says, 0 while there is none.
func (a *approval) verdict() consent.Verdict {
	for _, v := range a.transfer.entries() {
		if s, ok := v.Content.(*consent.Step); ok && v.Item.Class == consent.ClassReceived {
			return s.Verdict
		}
	}
	return 0
}

// doubled is a record system in which a number names two patients, from some
// time on.
type doubled struct {
	records.Records
	now atomic.Bool
}

func (d *doubled) Patient(ctx context.Context, record string) (fhir.Resource, error) {
	if d.now.Load() {
		return fhir.Resource{}, records.ErrSeveral
	}
	return d.Records.Patient(ctx, record)
}

// TestPatientWhoIsGoneOnArrival: what nobody can be found for any more is not
// filed, and the patient is told.
func TestPatientWhoIsGoneOnArrival(t *testing.T) {
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 2))
	w.dest.load("R-1", medicalRecord("pr", 0))
	w.source.start()
	h, found := &hook{}, &doubled{Records: w.dest.records}
	h.set(gateway.DestinationFetched, func() { found.now.Store(true) })
	w.dest.tweak = func(c *gateway.Config) { c.AfterStep, c.Records = h.after, found }
	w.dest.start()
	a := &approval{at: w.dest.join("R-1"), from: w.source.join("S-1"), scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() == consent.VerdictWrongPatient })
	if !w.dest.event("not one patient here any more") {
		t.Error("the audit log does not tell")
	}
}

// deaf is a node that does not tell of one log while it is told not to.
type deaf struct {
	client.Node
	off atomic.Pointer[consent.LogID]
}

func (n *deaf) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	if off := n.off.Load(); off != nil && slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, consent.HeadKey(*off)) }) {
		return consent.StateProof{}, errors.New("the node does not answer")
	}
	return n.Node.Prove(ctx, height, keys)
}

// TestUnreadableChartRefusesNothing: that the chart cannot be read just now is
// no reason against a transfer.
func TestUnreadableChartRefusesNothing(t *testing.T) {
	w, h := newWorld(t), &hook{}
	node := &deaf{Node: w.node}
	w.source.load("S-1", medicalRecord("ps", 2))
	w.dest.load("R-1", medicalRecord("pr", 0))
	w.dest.tweak = func(c *gateway.Config) { c.AfterStep, c.Node = h.after, node }
	w.source.start()
	w.dest.start()
	at, from := w.dest.join("R-1"), w.source.join("S-1")
	a := &approval{at: at, from: from, scope: labScope}
	number := w.ask()
	h.set(gateway.DestinationLinked, func() { node.off.Store(&at.log) })
	a.approve(number)
	w.until(func() bool {
		return w.dest.logged("a transfer waits") || h.saw(gateway.DestinationRefused)
	})
	node.off.Store(nil)
	w.until(func() bool { return a.verdict() == consent.VerdictOK || h.saw(gateway.DestinationRefused) })
	if h.saw(gateway.DestinationRefused) {
		t.Error("the transfer was refused for good")
	}
}

func TestAlteredBundleIsRefused(t *testing.T) {
	w, at, from, h := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	h.set(gateway.SourceReleased, func() {
		files, err := filepath.Glob(filepath.Join(w.source.dir, "gateway", "bundles", "*.age"))
		if err != nil || len(files) != 1 {
			t.Errorf("%v, %v", files, err)
			return
		}
		b, err := os.ReadFile(files[0])
		if err == nil {
			b[len(b)/2] ^= 1
			err = os.WriteFile(files[0], b, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	})
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() == consent.VerdictAltered })
	if n := w.dest.imports(); n != 0 {
		t.Errorf("%d imports", n)
	}
	if !w.dest.event("not what is offered") && !w.dest.event("not what was offered") {
		t.Error("the audit log does not tell")
	}
}

func TestNarrowedScopeIsAllThatMoves(t *testing.T) {
	w, at, from, _ := two(t, medicalRecord("ps", 4), medicalRecord("pr", 0))
	a := &approval{at: at, from: from, scope: consent.Scope{Types: []consent.RecordType{consent.Medicines}}}
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() == consent.VerdictOK })
	got, _, err := w.dest.records.Read(w.soon(), "R-1")
	if err != nil {
		t.Fatal(err)
	}
	medicines, results := 0, 0
	for _, r := range got.Entries {
		switch r.Type {
		case "MedicationRequest":
			medicines++
		case "Observation":
			results++
		}
	}
	if medicines != 2 || results != 1 { // one of each was here
		t.Errorf("%d medicines, %d results", medicines, results)
	}
}

func TestSourceThatWasAway(t *testing.T) {
	w, at, from, _ := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	a := &approval{at: at, from: from, scope: labScope, carry: true}
	request, key := a.prepare(w.ask())
	w.source.close()
	a.open(request, key)
	w.until(func() bool { return !w.dest.atRest() })
	w.source.start()
	w.until(func() bool { return a.verdict() == consent.VerdictOK })
}

func TestFrozenChartGivesNothing(t *testing.T) {
	w, at, from, h := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	h.set(gateway.SourceCollected, func() {
		from.write(consent.ClassFreeze, consent.FreezeFields{Until: consent.At(time.Now().Add(time.Hour))}, detailOf(t, &consent.Reason{}))
	})
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return slices.Contains(classesOf(a.transfer), consent.ClassVoid) })
	if slices.Contains(classesOf(a.transfer), consent.ClassRelease) || w.dest.imports() != 0 {
		t.Error("records left a frozen chart")
	}
}

func classesOf(c *chart) []consent.Class {
	var all []consent.Class
	for _, v := range c.entries() {
		all = append(all, v.Item.Class)
	}
	return all
}

func TestUnknownInstitutionIsRefused(t *testing.T) {
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 0))
	w.source.start()
	cert, err := client.NewCertificate(newKey(t).private)
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, w.soon(), client.Target{Addresses: []string{w.source.address}, Key: w.source.keys.TLSKey()}, &cert)
	defer conn.Close()
	_, err = conn.TransferRequest(w.soon(), client.TransferRequest{Core: consent.Core{Use: 1, Scope: labScope}})
	if !errors.Is(err, client.ErrForbidden) {
		t.Errorf("got %v", err)
	}
	if _, err = conn.TransferDetails(w.soon(), client.TransferDetails{}); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("got %v", err)
	}
}

func TestRemovedInstitutionIsRefused(t *testing.T) {
	w := newWorldWith(t, func(w *world) {
		var f consent.RegistryFields
		if err := consent.Decode(w.genesis.Registry[1], consent.MaxRegistryBytes, &f); err != nil {
			t.Fatal(err)
		}
		f.Institution.Until = consent.At(w.genesis.Time.Add(time.Second))
		w.genesis.Registry[1] = consent.Encode(f)
	})
	w.source.load("S-1", medicalRecord("ps", 0))
	w.source.start()
	cert, err := client.NewCertificate(w.dest.keys.TLS)
	if err != nil {
		t.Fatal(err)
	}
	conn := dial(t, w.soon(), client.Target{Addresses: []string{w.source.address}, Key: w.source.keys.TLSKey()}, &cert)
	defer conn.Close()
	if _, err := conn.TransferRequest(w.soon(), client.TransferRequest{Core: consent.Core{Use: 1, Scope: labScope}}); !errors.Is(err, client.ErrForbidden) {
		t.Errorf("got %v", err)
	}
	from := w.source.join("S-1")
	if _, err := w.source.gateway.Request(w.soon(), "S-1", requestMove(w.dest.id)); err == nil {
		t.Error("records were asked of an institution that has ended")
	}
	_ = from
}

func TestExpiredTransferMovesNothing(t *testing.T) {
	w, at, from, _ := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	a := &approval{at: at, from: from, scope: labScope, expiry: 1500 * time.Millisecond, carry: true}
	request, key := a.prepare(w.ask())
	w.source.close()
	end := time.Now().Add(a.expiry)
	a.open(request, key)
	w.until(func() bool { return time.Now().After(end) })
	w.source.start()
	w.until(func() bool { return w.dest.atRest() })
	if a.state().Use != 0 || w.dest.imports() != 0 {
		t.Error("an expired transfer was used")
	}
}

func TestRotatedKeysVoidTheLink(t *testing.T) {
	w, at, from, h := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	h.set(gateway.DestinationAsked, func() { from.rotate() })
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return w.source.event("the patient's keys were changed since") })
	if a.state().Use != 0 || w.dest.imports() != 0 {
		t.Error("a link was used after its key was rotated away")
	}
}

// rotate changes the chart's keys.
func (c *chart) rotate() {
	sign, tls := newKey(c.t), newKey(c.t)
	keys := consent.ChartKeys{Institution: c.id, Sign: sign.Public(), TLS: tls.Public(), Seal: consent.Sum([]byte(c.seal.Recipient().String()))}
	proof, err := sign.Sign(consent.RotateStatement(c.genesis.Chain, c.log, keys))
	if err != nil {
		c.t.Error(err)
		return
	}
	before := c.size()
	raw := c.tx(consent.ClassRotate, consent.RotateFields{Keys: keys, Proof: proof}, detailOf(c.t, &consent.Reason{}))
	if err := c.node.Submit(c.soon(), raw); err != nil {
		c.t.Error(err)
		return
	}
	c.until(func() bool { return c.size() > before })
	c.sign, c.tls, c.life = sign, tls, -1
}

// TestNothingIsServedForEver: a destination that comes after the source's time
// gets nothing, both sides agree on that, and the use is given back.
func TestNothingIsServedForEver(t *testing.T) {
	w := newWorld(t)
	w.source.load("S-1", medicalRecord("ps", 2))
	w.dest.load("R-1", medicalRecord("pr", 0))
	h := &hook{}
	w.source.tweak = func(c *gateway.Config) { c.Serve = time.Second }
	w.dest.tweak = func(c *gateway.Config) { c.AfterStep = h.after }
	w.source.start()
	w.dest.start()
	at, from := w.dest.join("R-1"), w.source.join("S-1")
	h.set(gateway.DestinationReleased, func() { w.until(func() bool { return w.source.atRest() }) })
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool {
		return slices.Contains(classesOf(a.transfer), consent.ClassUndelivered) && w.dest.atRest()
	})
	if w.dest.imports() != 0 || a.state().Done != 0 {
		t.Error("the use was not given back")
	}
	if !w.source.event("nobody fetched the records in time") {
		t.Error("the audit log does not tell")
	}
}

// TestVoidUseIsTriedAgain: the source is away past the deadline; the use is
// void by rule, and the next one succeeds when the source is back.
func TestVoidUseIsTriedAgain(t *testing.T) {
	w := newWorldWith(t, func(w *world) { w.genesis.Params.CollectWithin = time.Second })
	w.source.load("S-1", medicalRecord("ps", 2))
	w.dest.load("R-1", medicalRecord("pr", 0))
	h := &hook{}
	w.dest.tweak = func(c *gateway.Config) { c.AfterStep = h.after }
	w.source.start()
	w.dest.start()
	at, from := w.dest.join("R-1"), w.source.join("S-1")
	h.set(gateway.DestinationOffered, w.source.close)
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool {
		// The ledger's clock is in its state, which only transactions move on.
		_, err := w.dest.gateway.Look(w.soon(), "R-1", gateway.LookSpec{By: lee, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare})
		if err != nil {
			t.Fatal(err)
		}
		return h.saw(gateway.DestinationVoid)
	})
	w.source.start()
	w.until(func() bool { return a.verdict() == consent.VerdictOK })
	if use := a.state().Use; use < 2 {
		t.Errorf("use %d", use)
	}
}

func TestOpeningMustBeTheOneOfTheLink(t *testing.T) {
	w, at, from, _ := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
	a := &approval{at: at, from: from, scope: labScope, other: detailOf(t, &consent.Terms{
		Source: w.source.id, Destination: w.dest.id, Purpose: consent.PurposeTreatment, Scope: labScope,
	})}
	number := w.ask()
	a.approve(number)
	w.until(func() bool { return answers(at, number, "not the one the patient's link names") })
	if a.state().Use != 0 || w.dest.imports() != 0 {
		t.Error("a transfer was used whose terms nobody has")
	}
}

// TestTheDestinationLooksAtTheChartAgain: what the patient did after signing the
// link keeps the destination from asking for anything.
func TestTheDestinationLooksAtTheChartAgain(t *testing.T) {
	for want, do := range map[string]func(*chart){
		"the patient's keys were changed since": (*chart).rotate,
		"the patient's chart is frozen": func(c *chart) {
			c.write(consent.ClassFreeze, consent.FreezeFields{Until: consent.At(time.Now().Add(time.Hour))}, detailOf(t, &consent.Reason{}))
		},
	} {
		t.Run(want, func(t *testing.T) {
			w, at, from, h := two(t, medicalRecord("ps", 2), medicalRecord("pr", 0))
			a := &approval{at: at, from: from, scope: labScope, handed: func() { do(at) }}
			h.set(gateway.SourceAsked, func() { t.Error("the source was asked") })
			a.approve(w.ask())
			w.until(func() bool { return w.dest.event(want) })
			if a.state().Use != 0 || w.dest.imports() != 0 {
				t.Error("the transfer was used")
			}
		})
	}
}
