package wallet

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet/keys"
)

// asked is a wallet with a chart at one house, which asks to look.
func (tn *town) asked(name string) (*Wallet, Request) {
	tn.t.Helper()
	w := tn.joined(name)
	tn.house(name).asksLook(tn.chartAt(w, name), 24*time.Hour)
	tn.settle(w)
	return w, w.Snapshot().Requests[0]
}

// approved is the same once the wallet said yes, and that is proven.
func (tn *town) approved(name string) (*Wallet, Request) {
	tn.t.Helper()
	w, r := tn.asked(name)
	if err := w.Approve(ctx, r.ID, choose(r)); err != nil {
		tn.t.Fatal(err)
	}
	tn.settle(w)
	return w, r
}

// count is how many entries of a class a log has.
func (tn *town) count(log consent.LogID, class consent.Class) int {
	tn.t.Helper()
	n := 0
	for _, leaf := range tn.logs[log] {
		if v := must(tn.verified(leaf))(tn.t); v.Item.Class == class {
			n++
		}
	}
	return n
}

// again is the same wallet's files, opened by another process.
func (tn *town) again(w *Wallet, dir string, master keys.Master) *Wallet {
	tn.t.Helper()
	two := tn.person(dir, master)
	tn.settle(two)
	return two
}

func TestARequestIsAnsweredOnce(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w, r := tn.asked("City Hospital")
	if err := w.Approve(ctx, r.ID, choose(r)); err != nil {
		t.Fatal(err)
	}
	if err := w.Approve(ctx, r.ID, choose(r)); !errors.Is(err, ErrUnknownRequest) {
		t.Errorf("approving what is on its way: %v", err)
	}
	if err := w.Deny(ctx, r.ID, ""); !errors.Is(err, ErrUnknownRequest) {
		t.Errorf("denying what is on its way: %v", err)
	}
	tn.settle(w)
	if n := tn.count(r.ID.Chart, consent.ClassGrant); n != 1 {
		t.Errorf("%d permissions", n)
	}
}

func TestTwoWalletsAnswerOnce(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	dir, master := t.TempDir(), keys.NewMaster()
	one := tn.person(dir, master)
	for _, name := range []string{"City Hospital", "Heart Clinic"} {
		if err := one.Join(ctx, tn.house(name).invitation(), tn); err != nil {
			t.Fatal(err)
		}
	}
	tn.settle(one)
	clinic := tn.house("Heart Clinic")
	chart := tn.chartAt(one, clinic.name)
	clinic.asksLook(chart, 24*time.Hour)
	clinic.asksMove(chart, tn.house("City Hospital").id, newKey(90))
	tn.settle(one)
	two := tn.again(one, dir, master)
	asked := two.Snapshot().Requests
	if len(asked) != 2 {
		t.Fatalf("%d requests", len(asked))
	}
	for _, r := range asked {
		if err := one.Approve(ctx, r.ID, choose(r)); err != nil {
			t.Fatal(err)
		}
		if err := two.Approve(ctx, r.ID, choose(r)); !errors.Is(err, ErrUnknownRequest) {
			t.Errorf("the second wallet approves too: %v", err)
		}
	}
	tn.settle(one)
	tn.settle(two)
	if n := tn.count(chart, consent.ClassGrant); n != 1 || len(two.book.Transfers) != 1 || len(two.Snapshot().Permissions) != 2 {
		t.Errorf("%d permissions, %d transfers, %+v", n, len(two.book.Transfers), two.Snapshot().Permissions)
	}
}

// Two wallets find at once that an act did not arrive in time: one of them signs
// it anew, and nothing that was not written down first is ever sent.
func TestAnActIsRenewedOnce(t *testing.T) {
	tn := newTown(t, "City Hospital")
	dir, master := t.TempDir(), keys.NewMaster()
	one := tn.person(dir, master)
	if err := one.Join(ctx, tn.house("City Hospital").invitation(), tn); err != nil {
		t.Fatal(err)
	}
	tn.settle(one)
	chart := tn.chartAt(one, "City Hospital")
	tn.house("City Hospital").asksLook(chart, 24*time.Hour)
	tn.settle(one)
	r := one.Snapshot().Requests[0]
	tn.lose = true
	if err := one.Approve(ctx, r.ID, choose(r)); err != nil {
		t.Fatal(err)
	}
	two := tn.person(dir, master)
	tn.pass(2 * validFor)
	tn.sent = nil
	for _, w := range []*Wallet{one, two} {
		if err := w.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, tx := range tn.sent {
		if !bytes.Equal(tx, tn.sent[0]) {
			t.Error("two different approvals were sent")
		}
	}
	tn.lose = false
	for _, tx := range tn.sent {
		_ = tn.commit(tx) // all of them arrive after all; the second of the same is refused
	}
	tn.settle(one)
	tn.settle(two)
	if n := tn.count(chart, consent.ClassGrant); n != 1 {
		t.Errorf("%d permissions", n)
	}
}

// A reading that another one overtook proves nothing about what is missing.
func TestAnOvertakenReadingRenewsNothing(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w, r := tn.asked("City Hospital")
	tn.lose = true
	if err := w.Approve(ctx, r.ID, choose(r)); err != nil {
		t.Fatal(err)
	}
	tn.lose = false
	if err := tn.commit(tn.sent[len(tn.sent)-1]); err != nil {
		t.Fatal(err)
	}
	tn.pass(2 * validFor)
	reader := must(w.readerOf(r.ID.Chart))(t)
	long := must(tn.Follow(ctx, reader, w.book.remembered(r.ID.Chart)))(t)
	short := long
	short.New, short.Head.Tree.Size = nil, long.Head.Tree.Size-1
	if w.behind(r.ID.Chart, short) || !w.behind(r.ID.Chart, long) {
		t.Error("which reading is shorter is not told")
	}
}

func TestNothingIsLeftOfAnApprovalThatCouldNotBegin(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	clinic := tn.house("Heart Clinic")
	clinic.asksMove(tn.chartAt(w, clinic.name), tn.house("City Hospital").id, newKey(90))
	tn.settle(w)
	offline := must(Open(w.Config))(t)
	for _, h := range tn.houses {
		tn.dark[h.id] = true
	}
	r := offline.Snapshot().Requests[0]
	if err := offline.Approve(ctx, r.ID, choose(r)); err == nil {
		t.Fatal("approved without any proven time")
	}
	if s := offline.Snapshot(); len(s.Requests) != 1 || len(s.Sending)+len(offline.book.Transfers)+len(offline.book.Parcels) != 0 {
		t.Errorf("left behind: %d requests, %+v, %d transfers", len(s.Requests), s.Sending, len(offline.book.Transfers))
	}
	clear(tn.dark)
	if err := offline.Approve(ctx, r.ID, choose(r)); err != nil {
		t.Fatal(err)
	}
	tn.settle(offline)
	if s := offline.Snapshot(); len(s.Permissions) != 1 {
		t.Errorf("approved once the network is back: %+v", s.Permissions)
	}
}

func TestOneHouseInTheDarkKeepsNobodyFromActing(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	tn.house("City Hospital").asksLook(tn.chartAt(w, "City Hospital"), time.Hour)
	tn.settle(w)
	r := w.Snapshot().Requests[0]
	fresh := must(Open(w.Config))(t)
	tn.dark[tn.house("Heart Clinic").id] = true
	if err := fresh.Deny(ctx, r.ID, ""); err != nil {
		t.Error(err)
	}
}

// An institution that says "refused" and keeps the bytes cannot make the wallet
// forget what it signed.
func TestARefusalIsAWordAndNoProof(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	clinic := tn.house("Heart Clinic")
	clinic.asksMove(tn.chartAt(w, clinic.name), tn.house("City Hospital").id, newKey(90))
	tn.settle(w)
	r := w.Snapshot().Requests[0]
	tn.no = "too late"
	err := w.Approve(ctx, r.ID, choose(r))
	if refusal := new(consent.Refusal); !errors.As(err, &refusal) {
		t.Fatalf("the person is told %v", err)
	}
	if s := w.Snapshot(); len(s.Sending) != 0 {
		t.Errorf("said to be on its way: %+v", s.Sending)
	}
	kept := tn.sent[len(tn.sent)-1]
	tn.no = ""
	n := len(tn.sent)
	tn.settle(w)
	if len(tn.sent) != n {
		t.Error("what the person believes refused was sent again")
	}
	if err := tn.commit(kept); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	if s := w.Snapshot(); len(s.Permissions) != 1 || s.Permissions[0].State != consent.TransferOpen {
		t.Errorf("the permission that exists is not shown: %+v", s.Permissions)
	}
}

func TestWhatWasRefusedEndsWhenItsAbsenceIsProven(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	clinic := tn.house("Heart Clinic")
	clinic.asksMove(tn.chartAt(w, clinic.name), tn.house("City Hospital").id, newKey(90))
	tn.settle(w)
	r := w.Snapshot().Requests[0]
	tn.no = "not now"
	if err := w.Approve(ctx, r.ID, choose(r)); err == nil {
		t.Fatal("no word of the refusal")
	}
	tn.no = ""
	tn.pass(2 * validFor)
	tn.settle(w)
	if b := w.book; len(b.Pending)+len(b.Parcels)+len(b.Transfers) != 0 || len(w.Snapshot().Requests) != 1 {
		t.Fatalf("%d acts, %d parcels, %d transfers, %d requests", len(b.Pending), len(b.Parcels), len(b.Transfers), len(w.Snapshot().Requests))
	}
	if err := w.Approve(ctx, r.ID, choose(r)); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	if n := len(w.Snapshot().Permissions); n != 1 {
		t.Errorf("%d permissions after the second approval", n)
	}
}

func TestARevocationIsNotGivenUpForAWord(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w, r := tn.approved("City Hospital")
	tn.no = "we would rather not"
	if err := w.Revoke(ctx, w.Snapshot().Permissions[0]); err == nil {
		t.Error("no word of the refusal")
	}
	tn.pass(2 * validFor)
	_ = w.Refresh(ctx)
	if s := w.Snapshot(); !s.Permissions[0].Revoking || len(s.Sending) != 1 {
		t.Errorf("%+v, %+v", s.Permissions, s.Sending)
	}
	tn.no = ""
	tn.settle2(w)
	if s := w.Snapshot(); len(s.Permissions) != 0 || tn.count(r.ID.Chart, consent.ClassRevoke) != 1 {
		t.Errorf("%+v, revoked %d times", s.Permissions, tn.count(r.ID.Chart, consent.ClassRevoke))
	}
}

func TestARevocationEndsWithItsPermission(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w, _ := tn.approved("City Hospital")
	tn.lose = true
	if err := w.Revoke(ctx, w.Snapshot().Permissions[0]); err != nil {
		t.Fatal(err)
	}
	tn.pass(72 * time.Hour)
	if err := w.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if s := w.Snapshot(); len(s.Sending) != 0 {
		t.Errorf("still sent after the permission expired: %+v", s.Sending)
	}
}

// What the patient says reaches the institution even when that takes details
// only later; until then her own words are not called withheld.
func TestDetailsWaitUntilTheyAreTaken(t *testing.T) {
	tn := newTown(t, "City Hospital")
	w, r := tn.approved("City Hospital")
	tn.mute = true
	if err := w.Revoke(ctx, w.Snapshot().Permissions[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.Query(ctx, r.ID.Chart, 0, "who?"); err != nil {
		t.Fatal(err)
	}
	tn.settle(w)
	w = must(Open(w.Config))(t) // as after a crash
	if hasProblem(w, ProblemWithheld) {
		t.Error("the institution is said to withhold what the patient wrote")
	}
	for _, row := range must3(w.History(Filter{}, 0, 10))(t) {
		if row.Content == nil {
			t.Errorf("entry %d has no words", row.Number)
		}
	}
	said := func() int {
		n := 0
		for _, leaf := range tn.logs[r.ID.Chart] {
			if v := must(tn.verified(leaf))(t); v.Content == nil {
				n++
			}
		}
		return n
	}
	if n := said(); n != 2 {
		t.Fatalf("%d entries without words at the institution", n)
	}
	tn.mute = false
	tn.settle(w)
	if n := said(); n != 0 || len(w.book.Words) != 0 {
		t.Errorf("%d entries without words at the institution, %d details wait", n, len(w.book.Words))
	}
}

func must3(rows []Row, _ int, err error) func(*testing.T) []Row {
	return must(rows, err)
}

func TestRefusingEverythingFollowsWhatIsOnItsWay(t *testing.T) {
	tn := newTown(t, "City Hospital", "Heart Clinic")
	w := tn.joined("City Hospital", "Heart Clinic")
	clinic := tn.house("Heart Clinic")
	chart := tn.chartAt(w, clinic.name)
	clinic.asksMove(chart, tn.house("City Hospital").id, newKey(90))
	clinic.asksLook(chart, 24*time.Hour)
	tn.settle(w)
	for _, r := range w.Snapshot().Requests {
		tn.lose = true
		if err := w.Approve(ctx, r.ID, choose(r)); err != nil {
			t.Fatal(err)
		}
	}
	open, grant := tn.sent[len(tn.sent)-2], tn.sent[len(tn.sent)-1]
	if w.Snapshot().Sending[0].Target.Number == w.book.Pending[1].Target {
		open, grant = grant, open
	}
	tn.lose = false
	err := w.Block(ctx, chart, true)
	if !errors.Is(err, ErrApprovalUnderway) {
		t.Errorf("the permission that is on its way is not named: %v", err)
	}
	for _, tx := range [][]byte{open, grant} {
		if err := tn.commit(tx); err != nil {
			t.Fatal(err)
		}
	}
	tn.settle2(w)
	s := w.Snapshot()
	i := slices.IndexFunc(s.Permissions, func(p Permission) bool { return p.Transfer != consent.LogID{} })
	if i >= 0 {
		t.Errorf("the transfer goes on: %+v", s.Permissions[i])
	}
	if err := w.Block(ctx, chart, true); err != nil {
		t.Error(err)
	}
	tn.settle(w)
	if n := len(w.Snapshot().Permissions); n != 0 {
		t.Errorf("%d permissions", n)
	}
}

// settle2 reads twice: what the first reading proves makes the second one send.
func (tn *town) settle2(w *Wallet) {
	tn.t.Helper()
	if err := w.Refresh(ctx); err != nil {
		tn.t.Fatal(err)
	}
	tn.settle(w)
}
