package wallet

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet/keys"
)

var ctx = context.Background()

func choose(r Request) Choice {
	return Choice{Scope: r.Scope, Uses: max(1, r.Uses), Until: r.Until}
}

func TestJoinOpensAChart(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	s := w.Snapshot()
	if len(s.Institutions) != 1 || s.Institutions[0].Record != "MRN-1" || s.Institutions[0].Entries != 1 {
		t.Fatalf("institutions: %+v", s.Institutions)
	}
	if s.Proof.Level != ProofGreen || s.Proof.Entries != 1 || s.Proof.Of != 1 {
		t.Errorf("proof: %+v", s.Proof)
	}
}

func TestNothingIsGreenBeforeAProof(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	again := must(Open(w.Config))(t)
	if got := again.Snapshot().Proof.Level; got != ProofNone {
		t.Errorf("level of a wallet just opened: %d", got)
	}
	tn.settle(again)
	tn.pass(2 * time.Minute)
	again.project()
	if got := again.Snapshot().Proof.Level; got != ProofAmber {
		t.Errorf("level after two minutes: %d", got)
	}
}

// TestACheckThatBringsNothingIsACheck: the institution answered, though there
// was nothing to write down.
func TestACheckThatBringsNothingIsACheck(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	tn.pass(time.Hour)
	tn.settle(w)
	if got := w.Snapshot().Institutions[0].Reached; tn.clock().Sub(got) > time.Minute {
		t.Errorf("last reached %v, at %v", got, tn.clock())
	}
}

func TestGrantAndRevoke(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	h := tn.house("City Hospital")
	chart := tn.chartAt(w, h.name)
	h.asksLook(chart, time.Hour)
	tn.settle(w)
	r := w.Snapshot().Requests[0]
	for what, widen := range map[string]func(*Choice){
		"more types": func(c *Choice) { c.Scope.Types = append(slices.Clone(c.Scope.Types), consent.Letters) },
		"for longer": func(c *Choice) { c.Until = c.Until.Add(time.Nanosecond) },
	} {
		wider := choose(r)
		widen(&wider)
		if err := w.Approve(ctx, r.ID, wider); !errors.Is(err, ErrWider) {
			t.Errorf("approving %s than was asked: %v", what, err)
		}
	}
	narrow := choose(r)
	narrow.Scope.Types = []consent.RecordType{consent.TestResults}
	if err := w.Approve(ctx, r.ID, narrow); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	s := w.Snapshot()
	if len(s.Requests) != 0 || len(s.Permissions) != 1 {
		t.Fatalf("after the approval: %d requests, %d permissions", len(s.Requests), len(s.Permissions))
	}
	if got := s.Permissions[0].Scope.Types; !slices.Equal(got, narrow.Scope.Types) {
		t.Errorf("permitted %v", got)
	}
	if err := w.Revoke(ctx, s.Permissions[0]); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	if n := len(w.Snapshot().Permissions); n != 0 {
		t.Errorf("%d permissions after the revocation", n)
	}
	if err := w.Revoke(ctx, s.Permissions[0]); !errors.Is(err, ErrUnknownPermission) {
		t.Errorf("revoking twice: %v", err)
	}
	if u := w.Snapshot().Unconfirmed; len(u) != 1 || u[0].Institution != "City Hospital" || u[0].Overdue {
		t.Errorf("what waits for the institution's word: %+v", u)
	}
	tn.pass(10 * time.Minute)
	tn.settle(w)
	if !hasProblem(w, ProblemUnconfirmed) {
		t.Error("a revocation nobody acknowledged is not shown")
	}
	if u := w.Snapshot().Unconfirmed; len(u) != 1 || !u[0].Overdue {
		t.Errorf("after ten minutes: %+v", u)
	}
}

func hasProblem(w *Wallet, code ProblemCode) bool {
	return slices.ContainsFunc(w.Snapshot().Problems, func(p Problem) bool { return p.Code == code })
}

func TestDenyAndExpiry(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	h := tn.house("City Hospital")
	chart := tn.chartAt(w, h.name)
	h.asksLook(chart, time.Hour)
	h.asksLook(chart, 24*time.Hour)
	tn.settle(w)
	if n := len(w.Snapshot().Requests); n != 2 {
		t.Fatalf("%d requests", n)
	}
	tn.pass(2 * time.Hour)
	tn.settle(w)
	left := w.Snapshot().Requests
	if len(left) != 1 {
		t.Fatalf("%d requests after one expired", len(left))
	}
	if err := w.Deny(ctx, left[0].ID, "no"); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	if n := len(w.Snapshot().Requests); n != 0 {
		t.Errorf("%d requests after the denial", n)
	}
	if err := w.Deny(ctx, left[0].ID, "no"); !errors.Is(err, ErrUnknownRequest) {
		t.Errorf("denying twice: %v", err)
	}
}

func TestApprovedMoveOpensATransferWithLinksAtBothEnds(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	source, destination := tn.house("City Hospital"), tn.house("Heart Clinic")
	destination.asksMove(tn.chartAt(w, destination.name), source.id, newKey(90))
	tn.settle(w)
	r := w.Snapshot().Requests[0]
	if r.From != source.name || r.WaitsFor != "" {
		t.Fatalf("request: %+v", r)
	}
	sentences := must(w.Preview(r.ID, choose(r)))(t)
	if err := w.Approve(ctx, r.ID, choose(r)); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	s := w.Snapshot()
	if len(s.Requests) != 0 || len(s.Transfers) != 1 || len(s.Permissions) != 1 {
		t.Fatalf("%d requests, %d transfers, %d permissions", len(s.Requests), len(s.Transfers), len(s.Permissions))
	}
	if got := s.Transfers[0].State; got != consent.TransferOpen {
		t.Errorf("state %s", got)
	}
	if !slices.Equal(s.Permissions[0].Sentences, sentences) {
		t.Errorf("signed %q, shown %q", s.Permissions[0].Sentences, sentences)
	}
	for _, h := range []*house{source, destination} {
		got := tn.parcels[h.id]
		if len(got) != 1 || got[0].Link.Chart != tn.chartAt(w, h.name) {
			t.Fatalf("parcels at %s: %d", h.name, len(got))
		}
		key := must(w.signerFor(got[0].Link.Chart))(t).Public()
		if err := got[0].Link.Body.Statement(tn.Chain(), got[0].Link.Chart).Verify(key, got[0].Link.Signature); err != nil {
			t.Errorf("link at %s: %v", h.name, err)
		}
	}
	if len(tn.parcels[destination.id][0].Carry) == 0 || len(tn.parcels[source.id][0].Carry) != 0 {
		t.Error("the destination alone carries the source's parcel")
	}
	if err := w.Revoke(ctx, s.Permissions[0]); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	if got := w.Snapshot().Transfers[0].State; got != consent.TransferStopped {
		t.Errorf("after the stop: %s", got)
	}
}

func TestWithoutASourceKeyNothingIsApproved(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	destination := tn.house("Heart Clinic")
	destination.asksMove(tn.chartAt(w, destination.name), consent.InstitutionID{99}, newKey(90))
	tn.settle(w)
	r := w.Snapshot().Requests[0]
	if err := w.Approve(ctx, r.ID, choose(r)); err == nil {
		t.Fatal("approved a move from an institution without a chart")
	}
	if s := w.Snapshot(); len(s.Sending)+len(s.Transfers) != 0 {
		t.Errorf("left behind: %+v %+v", s.Sending, s.Transfers)
	}
}

func TestBlockRefusesEverything(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	h := tn.house("Heart Clinic")
	chart := tn.chartAt(w, h.name)
	h.asksLook(chart, time.Hour)
	tn.settle(w)
	if err := w.Approve(ctx, w.Snapshot().Requests[0].ID, choose(w.Snapshot().Requests[0])); err != nil {
		t.Fatal(err)
	}
	h.asksMove(chart, tn.house("City Hospital").id, newKey(90))
	tn.settle(w)
	if err := w.Approve(ctx, w.Snapshot().Requests[0].ID, choose(w.Snapshot().Requests[0])); err != nil {
		t.Fatal(err)
	}
	h.asksLook(chart, time.Hour)
	tn.settle(w)
	if err := w.Block(ctx, chart, true); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	s := w.Snapshot()
	if len(s.Requests)+len(s.Permissions) != 0 || s.Transfers[0].State != consent.TransferStopped {
		t.Errorf("after refusing everything: %d requests, %+v, %s", len(s.Requests), s.Permissions, s.Transfers[0].State)
	}
	h.asksLook(chart, time.Hour)
	tn.settle(w)
	for _, i := range w.Snapshot().Institutions {
		if i.Chart == chart && (!i.Blocked || i.Unwanted != 1) {
			t.Errorf("%+v", i)
		}
	}
}

func TestActsSurviveACrashAndALossyNetwork(t *testing.T) {
	tn := newTown(t, "City Hospital")
	dir, master := t.TempDir(), keys.NewMaster()
	w := tn.person(dir, master)
	h := tn.house("City Hospital")
	if err := w.Join(ctx, h.invitation(), tn); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	h.asksLook(tn.chartAt(w, h.name), 24*time.Hour)
	tn.settle(w)
	id := w.Snapshot().Requests[0].ID
	tn.deaf = true
	if err := w.Deny(ctx, id, ""); err != nil {
		t.Fatalf("a network that does not answer is no reason to fail: %v", err)
	}
	w = must(Open(w.Config))(t) // as after a crash
	if n := len(w.Snapshot().Sending); n != 1 {
		t.Fatalf("%d acts on their way after the crash", n)
	}
	tn.deaf, tn.lose = false, true
	if err := w.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	first := w.book.Pending[0].Batch
	tn.pass(30 * time.Second)
	if err := w.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if w.book.Pending[0].Batch != first {
		t.Error("signed anew before the end of the first was proven")
	}
	tn.pass(5 * time.Minute)
	tn.lose = false
	if err := w.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	if n := len(w.Snapshot().Requests); n != 0 {
		t.Errorf("%d requests after the denial arrived", n)
	}
	if n := len(tn.logs[id.Chart]); n != 3 {
		t.Errorf("%d entries: the denial stands there %d times", n, n-2)
	}
}

func TestQueryAndLateDetail(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w := tn.joined("City Hospital")
	h := tn.house("City Hospital")
	chart := tn.chartAt(w, h.name)
	tn.shy = true
	h.says(chart, consent.ClassAccess, consent.AccessFields{}, &consent.Accessed{
		Basis: consent.BasisCare, By: consent.Person{Name: "Dr. Weber"}, Purpose: consent.PurposeTreatment,
		Types: []consent.RecordType{consent.Medicines},
	})
	tn.settle(w)
	if !hasProblem(w, ProblemWithheld) {
		t.Error("a withheld detail is not shown")
	}
	rows, _, err := w.History(Filter{}, 0, 10)
	if err != nil || rows[0].Content != nil || rows[0].Flags&RowWithheld == 0 {
		t.Fatalf("%+v %v", rows[0], err)
	}
	tn.shy = false
	tn.settle(w)
	rows, _, _ = w.History(Filter{}, 0, 10)
	if _, ok := rows[0].Content.(*consent.Accessed); !ok || hasProblem(w, ProblemWithheld) {
		t.Errorf("after the detail came: %+v", rows[0])
	}
	if err := w.Query(ctx, chart, rows[0].Number, "who?"); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	q := w.Snapshot().Queries[0]
	if q.About != rows[0].Number {
		t.Fatalf("%+v", q)
	}
	number := q.Number
	h.says(chart, consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Answers: &number}, &consent.Answer{Text: "Dr. Weber, ward 3."})
	tn.settle(w)
	rows, _, _ = w.History(Filter{Classes: []consent.Class{consent.ClassAccess}}, 0, 10)
	if !rows[0].Queried || rows[0].Answer != "Dr. Weber, ward 3." {
		t.Errorf("%+v", rows[0])
	}
	found, total, err := w.History(Filter{Text: "WEBER"}, 0, 10)
	if err != nil || total == 0 || len(found) != total {
		t.Errorf("search found %d of %d: %v", len(found), total, err)
	}
	d, err := w.Entry(chart, rows[0].Number)
	if err != nil || d.LeafHash != consent.LeafHash(d.Leaf) || d.SignedBy != h.name {
		t.Errorf("%+v %v", d, err)
	}
}

func TestChartsAndTransfersAreFoundAgain(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	master := keys.NewMaster()
	w := tn.person(t.TempDir(), master)
	source, destination := tn.house("City Hospital"), tn.house("Heart Clinic")
	for _, h := range []*house{source, destination} {
		if err := w.Join(ctx, h.invitation(), tn); err != nil {
			t.Fatal(err)
		}
	}
	tn.settle(w)
	destination.asksMove(tn.chartAt(w, destination.name), source.id, newKey(90))
	tn.settle(w)
	r := w.Snapshot().Requests[0]
	if err := w.Approve(ctx, r.ID, choose(r)); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	before := w.Snapshot()

	lost := tn.person(t.TempDir(), master)
	anchor := w.Anchor()
	registry := must(tn.Registry(ctx))(t)
	for _, at := range registry.Institutions() {
		if n, err := lost.Recover(ctx, anchor, at); err != nil || n != 1 {
			t.Fatalf("found %d charts at %s: %v", n, at.Name, err)
		}
	}
	tn.settle(lost)
	tn.settle(lost)
	after := lost.Snapshot()
	if len(after.Institutions) != 2 || len(after.Transfers) != 1 || len(after.Permissions) != 1 || len(after.Requests) != 0 {
		t.Fatalf("found again: %d charts, %d transfers, %d permissions, %d requests",
			len(after.Institutions), len(after.Transfers), len(after.Permissions), len(after.Requests))
	}
	if !slices.Equal(after.Permissions[0].Sentences, before.Permissions[0].Sentences) || after.Rows != before.Rows {
		t.Errorf("%+v, %d rows of %d", after.Permissions[0], after.Rows, before.Rows)
	}
}

func TestTwoWalletsOnOneProfile(t *testing.T) {
	tn := newTown(t, "City Hospital")
	dir, master := t.TempDir(), keys.NewMaster()
	one := tn.person(dir, master)
	h := tn.house("City Hospital")
	if err := one.Join(ctx, h.invitation(), tn); err != nil {
		t.Fatal(err)
	}
	tn.settle(one)
	two := tn.person(dir, master)
	h.asksLook(tn.chartAt(one, h.name), time.Hour)
	tn.settle(one)
	tn.settle(two)
	if err := two.Deny(ctx, two.Snapshot().Requests[0].ID, ""); err != nil {
		t.Fatal(err)
	}
	one.Looked()
	tn.settle(two)
	tn.settle(one)
	if a, b := one.Snapshot().Rows, two.Snapshot().Rows; a != 3 || b != 3 {
		t.Errorf("%d and %d rows, want 3", a, b)
	}
}
