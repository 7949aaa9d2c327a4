package wallet

import (
	"slices"
	"time"

	"carekey/consent"
	"carekey/fhir"
)

// project publishes what the book says now.
func (w *Wallet) project() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.projectLocked()
}

func (w *Wallet) projectLocked() {
	s := &Snapshot{
		Person: w.Person, Proof: w.proof(), Problems: w.problems(),
		Rows: w.Vault.View().Len(), Vault: w.Vault.Generation(),
		Since: Since{LastLooked: when(w.book.Looked)},
	}
	for i := range w.book.Charts {
		w.projectChart(s, &w.book.Charts[i])
	}
	for i := len(w.book.Transfers) - 1; i >= 0; i-- {
		w.projectTransfer(s, &w.book.Transfers[i])
	}
	for _, p := range w.book.Pending {
		if !p.waits() {
			continue
		}
		s.Sending = append(s.Sending, Sending{
			Kind: p.Kind, Institution: w.nameLocked(p.Institution), WaitsFor: w.nameLocked(p.Institution),
			Since: p.Since.Time(), Target: RequestID{Chart: p.Through, Number: p.Target},
		})
	}
	slices.SortStableFunc(s.Requests, func(a, b Request) int { return a.Due.Compare(b.Due) })
	slices.SortStableFunc(s.Permissions, func(a, b Permission) int { return b.Given.Compare(a.Given) })
	w.snapshot = s
	signal(w.changes)
}

// when is a time for people; zero stays zero.
func when(t consent.Time) time.Time {
	if t == 0 {
		return time.Time{}
	}
	return t.Time()
}

// proof is the first line: green only if every chart and every running transfer
// was read to a proven, fresh head in this run.
func (w *Wallet) proof() Proof {
	p := Proof{Level: ProofNone}
	var oldest consent.Tip
	cosigners := map[consent.InstitutionID]bool{}
	missing := false
	for _, c := range w.book.Charts {
		p.Entries += c.View.Size
		r, ok := w.readings[c.Log]
		p.Of += max(c.View.Size, r.size)
		if !ok {
			missing = true
			continue
		}
		if oldest.Height == 0 || r.tip.Time < oldest.Time {
			oldest = r.tip
		}
		for _, id := range r.cosigners {
			cosigners[id] = true
		}
	}
	for i := range w.book.Transfers {
		t := &w.book.Transfers[i]
		p.Entries += t.Remembered.Tree.Size
		r, ok := w.readings[t.Log]
		p.Of += max(t.Remembered.Tree.Size, r.size)
		if t.Done || len(t.Steps) == 0 {
			continue
		}
		missing = missing || !ok
		if ok && r.tip.Time < oldest.Time {
			oldest = r.tip
		}
	}
	p.Institutions = len(cosigners)
	p.At, p.Height, p.Header = when(oldest.Time), oldest.Height, oldest.Header
	age := local(w.Now()).Sub(oldest.Time)
	switch {
	case slices.ContainsFunc(w.book.Evidence, func(e evidence) bool { return e.Seen == 0 }):
		p.Level = ProofRed
	case oldest.Height == 0:
		p.Level = ProofNone
	case missing || p.Institutions < w.witnesses() || p.Entries != p.Of || age > greenFor || age < -10*time.Second:
		p.Level = ProofAmber
	default:
		p.Level = ProofGreen
	}
	return p
}

// witnesses is how many institutions must have signed what a proof stands on:
// two, or as many as there are, since one alone could be shown a fork.
func (w *Wallet) witnesses() int {
	if w.registry == nil {
		return 0
	}
	gateways := 0
	for _, i := range w.registry.Institutions() {
		if len(i.Addresses) > 0 && i.ActiveAt(w.nowLocked()) {
			gateways++
		}
	}
	return min(2, gateways)
}

func (w *Wallet) projectChart(s *Snapshot, c *chart) {
	v := &c.View
	shown := *c
	shown.rollTo(local(w.Now()))
	reached := when(c.Reached) // a check that brings nothing new is not written down
	if r, ok := w.readings[c.Log]; ok && r.checked.After(reached) {
		reached = r.checked
	}
	s.Institutions = append(s.Institutions, Institution{
		Chart: c.Log, ID: c.At.ID, Name: c.At.Name, Kind: c.At.Kind, Place: c.At.Place, Record: v.Record,
		Opened: when(v.Opened), Entries: v.Size, Accesses: v.Accesses, LastAccess: when(c.LastAccess),
		Days: shown.Days, New: int(c.New), Blocked: v.Blocked, Unwanted: int(v.Unwanted),
		FrozenUntil: when(v.FrozenUntil), Closed: v.Closed, Reached: reached,
	})
	if c.New > 0 {
		s.Since.Accesses += int(c.New)
		s.Since.By = append(s.Since.By, SinceBy{Institution: c.At.Name, Accesses: int(c.New)})
	}
	for _, r := range v.Requests {
		if shown, ok := w.projectRequest(c, r); ok {
			s.Requests = append(s.Requests, shown)
		}
	}
	for _, g := range v.Grants {
		if g.Expiry > w.nowLocked() {
			s.Permissions = append(s.Permissions, w.projectGrant(c, g))
		}
	}
	for _, u := range v.Unconfirmed {
		if u.Class == consent.ClassRevoke {
			s.Unconfirmed = append(s.Unconfirmed, Unconfirmed{
				Chart: c.Log, Number: u.Number, Institution: c.At.Name, Since: u.Time.Time(),
				Overdue: w.nowLocked().Sub(u.Time) > confirmGrace,
			})
		}
	}
	for _, q := range v.Queries {
		s.Queries = append(s.Queries, Query{
			Chart: c.Log, Number: q.Number, About: q.About, Institution: c.At.Name,
			Asked: q.Time.Time(), Due: q.Due.Time(), Overdue: w.nowLocked() > q.Due,
		})
	}
}

func (w *Wallet) projectRequest(c *chart, r consent.OpenRequest) (Request, bool) {
	if w.book.answered(RequestID{Chart: c.Log, Number: r.Number}) || w.pastDue(r) {
		return Request{}, false
	}
	q := r.Request
	shown := Request{
		ID: RequestID{Chart: c.Log, Number: r.Number}, Kind: q.Kind, Institution: c.At.Name, By: q.By,
		Purpose: q.Purpose, Why: q.Why, Scope: q.Scope, KeptUntil: q.KeptUntil, Uses: q.Uses,
		Until: when(q.Until), Asked: r.Time.Time(), Due: when(r.Due), Licence: w.licence(q.By, r.Time),
	}
	if q.Kind == consent.Move {
		shown.From = w.nameLocked(q.From)
		if w.book.keysOf(q.From) == 0 {
			shown.WaitsFor = shown.From
		}
	}
	for _, p := range w.book.PutOff {
		if p.Chart == c.Log && p.Number == r.Number && p.Until > local(w.Now()) {
			shown.PutOff = p.Until.Time()
		}
	}
	return shown, true
}

// licence is what the verified registry says of a person's licence on a day.
func (w *Wallet) licence(p consent.Person, at consent.Time) Licence {
	if p.Licence == nil || w.registry == nil {
		return Licence{}
	}
	l, ok := w.registry.LicenceAt(*p.Licence, at)
	if !ok {
		return Licence{Checked: at.Time()}
	}
	return Licence{Status: l.Status, Board: w.nameLocked(l.Board), Checked: at.Time(), Good: l.LicensedAt(at)}
}

func (w *Wallet) projectGrant(c *chart, g consent.LiveGrant) Permission {
	p := Permission{
		Chart: c.Log, Grant: g.Number, Institution: c.At.Name, Given: g.Time.Time(), Until: g.Expiry.Time(),
		Uses: g.Uses, Used: g.Used, Revoking: w.revoking(c.Log, ActRevoke, g.Number),
	}
	if g.Granted != nil {
		p.By, p.Purpose, p.Scope, p.Sentences = g.Granted.By, g.Granted.Purpose, g.Granted.Scope, g.Granted.Sentences
	}
	return p
}

func (w *Wallet) revoking(log consent.LogID, kind ActKind, target uint64) bool {
	return slices.ContainsFunc(w.book.Pending, func(p pending) bool {
		return p.Log == log && p.Kind == kind && p.Target == target
	})
}

// keepFinished is how long a finished transfer stays on the screens.
const keepFinished = 30 * 24 * time.Hour

func (w *Wallet) projectTransfer(s *Snapshot, t *transfer) {
	if len(t.Steps) == 0 || t.Done && w.nowLocked().Sub(t.lastStep()) > keepFinished {
		return // not proven to exist yet, or long over
	}
	shown := Transfer{
		ID: t.Log, From: w.nameLocked(t.From), To: w.nameLocked(t.To), State: t.Now, Stopped: t.State.Stopped,
		MayHaveData: t.State.Stopped && t.State.Stored == consent.TransferReleased,
		Scope:       t.Terms.Scope, Verdict: t.Verdict, Steps: t.shownSteps(), Uses: t.State.Uses, Used: t.State.Done,
	}
	var m fhir.Manifest
	if consent.Decode(t.Manifest, maxManifestBytes, &m) == nil {
		shown.Records, shown.LeftOut = uint64(m.Records()), leftOut(m)
		shown.KeptBack = slices.DeleteFunc(m.Withheld(), func(r consent.RecordType) bool { return !slices.Contains(shown.Scope.Types, r) })
	}
	s.Transfers = append(s.Transfers, shown)
	if !t.over() {
		s.Permissions = append(s.Permissions, Permission{
			Chart: t.Name.Chart, Transfer: t.Log, Institution: shown.To, From: shown.From, By: t.Terms.By,
			Purpose: t.Terms.Purpose, Scope: t.Terms.Scope, Sentences: t.Terms.Sentences,
			Given: t.given(), Until: when(t.State.Expiry), Uses: t.State.Uses, Used: t.State.Done,
			State: t.Now, Revoking: w.revoking(t.Log, ActStop, 0),
		})
	}
}

// maxManifestBytes limits a transfer's manifest.
const maxManifestBytes = 64 << 10

// leftOut counts the records that were not sent. How many a record system kept
// back, nobody knows.
func leftOut(m fhir.Manifest) uint64 {
	var n uint64
	for _, o := range m.Omitted {
		if o.Reason != fhir.Withheld {
			n += uint64(o.Count)
		}
	}
	return n
}

// over tells whether the permission has ended, though its rows may be awaited.
func (t *transfer) over() bool {
	switch t.Now {
	case consent.TransferReceived, consent.TransferStopped, consent.TransferExpired:
		return true
	}
	return t.Done
}

func (t *transfer) given() time.Time {
	if len(t.Steps) == 0 {
		return time.Time{}
	}
	return t.Steps[0].Time.Time()
}

func (t *transfer) shownSteps() []TransferStep {
	steps := []TransferStep{{Name: StepAsked, At: t.Asked.Time()}}
	for _, s := range t.Steps {
		if name, ok := stepNames[s.Class]; ok {
			steps = append(steps, TransferStep{Name: name, At: s.Time.Time()})
		}
	}
	if t.Now == consent.TransferVoid { // by rule: no entry says so
		steps = append(steps, TransferStep{Name: StepVoid, At: when(t.State.StoppedAt)})
	}
	if at := t.matched(); at != 0 {
		steps = append(steps, TransferStep{Name: StepMatched, At: at.Time()})
	}
	return steps
}

var stepNames = map[consent.Class]TransferStepName{
	consent.ClassTransferOpen: StepApproved, consent.ClassCollect: StepCollected,
	consent.ClassRelease: StepReleased, consent.ClassReceived: StepReceived,
	consent.ClassStop: StepStopped, consent.ClassVoid: StepVoid, consent.ClassUndelivered: StepUndelivered,
}
