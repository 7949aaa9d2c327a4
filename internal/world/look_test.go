package world

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/wallet"
)

// gate is a way to the ledger on which an institution's own transactions wait
// while it is shut.
type gate struct {
	client.Node
	mu   sync.Mutex
	open chan struct{} // closed while open
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

// behind puts an institution behind the gate.
func (g *gate) behind(at Role) func(*Birth, *Options) {
	return func(_ *Birth, o *Options) {
		o.Change = func(role Role, c *gateway.Config) {
			if role == at {
				g.Node, c.Node = c.Node, g
			}
		}
	}
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
}

func (g *gate) lift() {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
	default:
		close(g.open)
	}
}

func (g *gate) Submit(ctx context.Context, raw []byte) error {
	_, h, err := consent.DecodeTx(raw)
	if err == nil && h.Kind == consent.SignerInstitution {
		g.mu.Lock()
		open := g.open
		g.mu.Unlock()
		select {
		case <-open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.Node.Submit(ctx, raw)
}

// asksToLook has the laboratory ask to use what it holds.
func (p *person) asksToLook(uses uint32) (wallet.RequestID, error) {
	by, _ := p.on.Person("dr-nair")
	w, err := p.on.House(Lab).Gateway.Request(soon(p.t), p.records[Lab], gateway.RequestSpec{
		Kind: consent.Look, By: by, Purpose: consent.PurposeResearch, Why: "For a study.", Uses: uses, For: time.Hour,
		Scope: consent.Scope{Types: []consent.RecordType{consent.TestResults}},
	})
	return wallet.RequestID{Chart: w.Chart, Number: w.Number}, err
}

// looks has somebody of the laboratory look.
func (p *person) looks(set func(*gateway.LookSpec)) (gateway.Looked, error) {
	by, _ := p.on.Person("dr-nair")
	spec := gateway.LookSpec{By: by, Purpose: consent.PurposeResearch, Basis: consent.BasisGrant}
	set(&spec)
	return p.on.House(Lab).Gateway.Look(soon(p.t), p.records[Lab], spec)
}

// granted approves a request to look and returns the permission.
func (p *person) granted(uses uint32) wallet.Permission {
	p.t.Helper()
	id, err := p.asksToLook(uses)
	if err != nil {
		p.t.Fatal(err)
	}
	r := p.request(id)
	if err := p.Approve(soon(p.t), id, wallet.Choice{Scope: r.Scope, Uses: r.Uses, Until: r.Until}); err != nil {
		p.t.Fatal(err)
	}
	s := p.sees("the permission", func(s wallet.Snapshot) bool { return len(s.Permissions) == 1 })
	return s.Permissions[0]
}

// under is a look under a permission.
func under(p wallet.Permission) func(*gateway.LookSpec) {
	return func(l *gateway.LookSpec) { l.Grant = &p.Grant }
}

// row finds the newest line of a class in the history of the laboratory's chart.
func (p *person) row(class consent.Class, wanted func(wallet.Row) bool) (wallet.Row, bool) {
	p.t.Helper()
	rows, _, err := p.History(wallet.Filter{Institution: p.on.House(Lab).ID, Classes: []consent.Class{class}}, 0, 99)
	if err != nil {
		p.t.Fatal(err)
	}
	i := slices.IndexFunc(rows, wanted)
	if i < 0 {
		return wallet.Row{}, false
	}
	return rows[i], true
}

// TestLookUnderPermission: what a permission covers is shown once the access is
// proven, and not before; what it does not cover is not shown.
func TestLookUnderPermission(t *testing.T) {
	t.Parallel()
	g := newGate()
	s := newStage(t, g.behind(Lab))
	p := s.person(t, illnesses(), anna())
	p.loads(Lab, anna(), illnesses()...)
	p.opens().joins(Lab)
	permission := p.granted(2)
	if permission.Uses != 2 || permission.Institution != "Bellmoor Laboratory" || len(permission.Sentences) == 0 {
		t.Errorf("permission %+v", permission)
	}
	for name, set := range map[string]func(*gateway.LookSpec){
		"more types": func(l *gateway.LookSpec) {
			l.Grant, l.Types = &permission.Grant, []consent.RecordType{consent.Medicines}
		},
		"other purpose": func(l *gateway.LookSpec) { l.Grant, l.Purpose = &permission.Grant, consent.PurposeTreatment },
		"no permission": func(l *gateway.LookSpec) {},
		"another one":   func(l *gateway.LookSpec) { n := permission.Grant + 1; l.Grant = &n },
	} {
		if got, err := p.looks(set); !errors.Is(err, gateway.ErrNotPermitted) || len(got.Bundle.Entries) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}

	g.shut()
	shown := make(chan gateway.Looked, 1)
	go func() {
		got, err := p.looks(under(permission))
		if err != nil {
			t.Error(err)
		}
		shown <- got
	}()
	before, err := s.service.WaitHeight(soon(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.service.WaitHeight(soon(t), before+2); err != nil {
		t.Fatal(err)
	}
	select {
	case <-shown:
		t.Fatal("shown before it was proven")
	default:
	}
	g.lift()
	got := <-shown
	log := s.log(t, p.chart(Lab))
	if got.Grant == nil || log[len(log)-1].Class != consent.ClassAccess || log[len(log)-1].Number != got.Grant.Number {
		t.Errorf("shown with %+v, the log ends with %v", got.Grant, log[len(log)-1])
	}
	if c := countTypes(got.Bundle); c["Observation"] != 2 || c["MedicationRequest"] != 0 {
		t.Errorf("shown %v", c)
	}
	p.sees("the access", func(wallet.Snapshot) bool {
		_, ok := p.row(consent.ClassAccess, func(r wallet.Row) bool { return r.Number == got.Grant.Number && r.Content != nil })
		return ok
	})
	if _, err := p.looks(under(permission)); err != nil {
		t.Errorf("the second use: %v", err)
	}
	if _, err := p.looks(under(permission)); !errors.Is(err, gateway.ErrNotPermitted) {
		t.Errorf("the third use: %v", err)
	}
	p.sees("that it is used up", func(s wallet.Snapshot) bool { return len(s.Permissions) == 0 })
}

// TestRevokedPermission: after a revocation nothing is shown, and the
// institution confirms it.
func TestRevokedPermission(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna()).opens().joins(Lab)
	permission := p.granted(0)
	if _, err := p.looks(under(permission)); err != nil {
		t.Fatal(err)
	}
	if err := p.Revoke(soon(t), permission); err != nil {
		t.Fatal(err)
	}
	p.sees("that it has ended", func(s wallet.Snapshot) bool { return len(s.Permissions) == 0 && len(s.Sending) == 0 })
	if _, err := p.looks(under(permission)); !errors.Is(err, gateway.ErrNotPermitted) {
		t.Errorf("after the revocation: %v", err)
	}
	p.sees("the institution's word", func(wallet.Snapshot) bool {
		_, ok := p.row(consent.ClassSay, func(r wallet.Row) bool {
			_, ok := r.Content.(*consent.Acknowledgement)
			return ok
		})
		return ok
	})
	if err := p.Revoke(soon(t), permission); !errors.Is(err, wallet.ErrUnknownPermission) {
		t.Errorf("revoked twice: %v", err)
	}
}

// TestUnrecognisedAccess: the patient does not recognise a look; staff see the
// question and answer; she sees the answer.
func TestUnrecognisedAccess(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.person(t, nil, anna()).opens().joins(Lab)
	if _, err := p.looks(func(l *gateway.LookSpec) { l.Basis, l.Purpose = consent.BasisCare, consent.PurposeTreatment }); err != nil {
		t.Fatal(err)
	}
	var looked wallet.Row
	p.sees("the look", func(wallet.Snapshot) (ok bool) {
		looked, ok = p.row(consent.ClassAccess, func(r wallet.Row) bool { return r.Content != nil })
		return ok
	})
	if err := p.Query(soon(t), looked.Log, looked.Number, "I was not there that day."); err != nil {
		t.Fatal(err)
	}
	p.sees("her question", func(s wallet.Snapshot) bool { return len(s.Queries) == 1 && s.Queries[0].About == looked.Number })
	s.until(t, "staff see it", func() bool { return len(s.status(t, Lab).Questions) == 1 })
	q := s.status(t, Lab).Questions[0]
	if q.Record != p.records[Lab] || q.About != looked.Number {
		t.Errorf("staff see %+v", q)
	}
	by, _ := s.Person("dr-nair")
	if _, err := s.House(Lab).Gateway.Answer(soon(t), q.Record, q.Number, by, "Your sample was measured again."); err != nil {
		t.Fatal(err)
	}
	p.sees("the answer", func(s wallet.Snapshot) bool {
		r, _ := p.row(consent.ClassAccess, func(r wallet.Row) bool { return r.Number == looked.Number })
		return r.Queried && r.Answer == "Your sample was measured again." && len(s.Queries) == 0
	})
	s.until(t, "nothing is open", func() bool { return len(s.status(t, Lab).Questions) == 0 })
	if _, err := s.House(Lab).Gateway.Answer(soon(t), q.Record, q.Number, by, "Again."); err == nil {
		t.Error("it was answered twice")
	}
}

// TestRefuseEverything: open requests are denied, permissions end, no request
// is made any more, and one that was under way is counted and not shown; until
// the patient lets the institution ask again.
func TestRefuseEverything(t *testing.T) {
	t.Parallel()
	g := newGate()
	s := newStage(t, g.behind(Lab))
	p := s.person(t, nil, anna()).opens().joins(Lab)
	permission := p.granted(0)
	open, err := p.asksToLook(1)
	if err != nil {
		t.Fatal(err)
	}
	p.request(open)
	g.shut()
	late := make(chan error, 1)
	go func() {
		_, err := p.asksToLook(1)
		late <- err
	}()
	s.until(t, "a request waits", func() bool { return s.status(t, Lab).Outbox.Sent > 0 })
	if err := p.Block(soon(t), p.chart(Lab), true); err != nil {
		t.Fatal(err)
	}
	p.sees("that everything is refused", func(s wallet.Snapshot) bool {
		return s.Institutions[0].Blocked && len(s.Permissions) == 0 && len(s.Requests) == 0 && len(s.Sending) == 0
	})
	g.lift()
	if err := <-late; err != nil {
		t.Fatal(err)
	}
	p.sees("that it is counted", func(s wallet.Snapshot) bool { return s.Institutions[0].Unwanted == 1 && len(s.Requests) == 0 })
	if _, err := p.asksToLook(1); !errors.Is(err, gateway.ErrBlocked) {
		t.Errorf("another request: %v", err)
	}
	if _, err := p.looks(under(permission)); !errors.Is(err, gateway.ErrNotPermitted) {
		t.Errorf("a look: %v", err)
	}
	if err := p.Block(soon(t), p.chart(Lab), false); err != nil {
		t.Fatal(err)
	}
	p.sees("that it may ask again", func(s wallet.Snapshot) bool { return !s.Institutions[0].Blocked && len(s.Sending) == 0 })
	again, err := p.asksToLook(1)
	if err != nil {
		t.Fatal(err)
	}
	p.request(again)
}
