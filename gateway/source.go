package gateway

import (
	"context"
	"errors"
	"fmt"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// outgoing is what the source keeps of one use.
type outgoing struct {
	_         struct{}              `cbor:",toarray"`
	From      consent.InstitutionID // the destination
	Core      consent.Core
	Offer     consent.Offer
	Signature consent.Signature
	Manifest  []byte // as disclosed to the destination
	Offered   consent.Time
	Voiding   bool   // Last lets go of the use
	Last      signed // release, or void if Voiding
	Released  consent.Time
	Text      string
}

// departure is a use at the source, at a proven moment.
type departure struct {
	*Gateway
	use   *store.Use
	out   outgoing
	link  store.Link
	terms *consent.Terms
	at    transferAt
}

func (g *Gateway) departure(ctx context.Context, u *store.Use) (*departure, error) {
	d := &departure{Gateway: g, use: u}
	if err := consent.Decode(u.State, maxUseState, &d.out); err != nil {
		return nil, fmt.Errorf("a transfer's state on the disk: %w", err)
	}
	var err error
	if d.link, d.terms, err = g.link(ctx, u.Transfer, store.Source); err != nil {
		return nil, err
	}
	d.at, err = g.followTransfer(ctx, u.Transfer)
	return d, err
}

// moveSource makes the source's next move, or says why not.
func (g *Gateway) moveSource(ctx context.Context, u *store.Use) error {
	d, err := g.departure(ctx, u)
	if err != nil {
		return err
	}
	switch Step(u.Step) {
	case SourceAsked, SourceSealed:
		return d.awaitRequest(ctx)
	case SourceOffered:
		return d.awaitCollect(ctx)
	case SourceCollected:
		return d.release(ctx)
	case SourceReleasing:
		return d.awaitRelease(ctx)
	case SourceReleased, SourceSending, SourceSent:
		return d.serve(ctx)
	}
	return fmt.Errorf("a transfer on the disk has the step %d", u.Step)
}

func (d *departure) put(ctx context.Context, s Step, more ...func(*store.Tx) error) error {
	return d.Gateway.put(ctx, d.use, s, d.out, more...)
}

func (d *departure) step() consent.StepFields {
	return consent.StepFields{Use: d.use.UseID.Use, Offer: d.out.Offer.Hash()}
}

func (d *departure) now() consent.Time { return max(d.at.Tip.Time, d.Gateway.now()) }

// mine tells whether the transfer's present use is this one, with this offer.
func (d *departure) mine() bool {
	t := d.at.state()
	return t.Use == d.use.UseID.Use && t.Offer == d.out.Offer.Hash()
}

func (d *departure) state() consent.TransferState {
	return d.at.state().State(d.at.Tip.Time, d.at.Tip.Live)
}

// awaitable tells whether the destination may still collect this use.
func (d *departure) awaitable() bool {
	t := d.at.state()
	return t.Use+1 == d.use.UseID.Use && t.CanCollect(d.at.Tip.Time, d.at.Tip.Live)
}

// awaitRequest: a crash came between the request and the offer. The
// destination asks again with the same core; if it can no longer, this is over.
func (d *departure) awaitRequest(ctx context.Context) error {
	if !d.awaitable() {
		return d.void(ctx, "the transfer ended before it began")
	}
	return errWait
}

func (d *departure) awaitCollect(ctx context.Context) error {
	if d.mine() {
		if d.state() == consent.TransferCollected {
			return d.put(ctx, SourceCollected)
		}
		return d.void(ctx, "the destination let the use go")
	}
	if !d.awaitable() || d.now() > d.out.Offered.Add(d.config.Serve) {
		return d.void(ctx, "the destination did not collect")
	}
	return errWait
}

// release checks everything once more at a fresh moment and commits. If
// something speaks against it, the use is let go for all to see.
func (d *departure) release(ctx context.Context) error {
	if !d.mine() || d.state() != consent.TransferCollected {
		return d.void(ctx, "the use ended before anything was released")
	}
	var against *client.Declined
	if err := d.checkNow(ctx); err != nil && !errors.As(err, &against) {
		return err
	}
	class, fields := consent.ClassRelease, d.step()
	content := &consent.Step{Verdict: consent.VerdictOK, Manifest: d.out.Manifest}
	if against != nil {
		class, fields = consent.ClassVoid, consent.StepFields{Use: d.use.UseID.Use}
		content = &consent.Step{Verdict: consent.VerdictRefused, Text: against.Error()}
		d.out.Voiding, d.out.Text = true, against.Error()
	}
	kept, detail, err := d.signStep(d.at.Tip, d.link, store.Source, class, fields, content)
	if err != nil {
		return err
	}
	d.out.Last = kept
	return d.put(ctx, SourceReleasing, func(tx *store.Tx) error {
		return tx.PutDetail(d.use.Transfer, kept.Commitment, detail)
	})
}

// checkNow is what must hold for data to leave, besides the transfer's state.
func (d *departure) checkNow(ctx context.Context) error {
	if err := d.checkDestination(ctx, d.out.From); err != nil {
		return err
	}
	if err := d.checkChart(ctx, d.link); err != nil {
		return err
	}
	f, _, err := d.store.OpenBundle(d.use.UseID)
	if store.IsNotFound(err) {
		return declined(client.DeclineUnknownOffer, "the sealed records are gone")
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func (d *departure) awaitRelease(ctx context.Context) error {
	p, err := d.pursue(ctx, d.use.Transfer, d.at, d.out.Last)
	switch {
	case p == proven && d.out.Voiding:
		return d.void(ctx, d.out.Text)
	case p == proven:
		return d.released(ctx)
	case err != nil:
		return err
	case !d.mine() || d.state() != consent.TransferCollected:
		return d.void(ctx, "the use ended before anything was released") // release can never be taken any more
	case p == never:
		return d.put(ctx, SourceCollected)
	}
	return errWait
}

// released queues the access: the records are as good as given.
func (d *departure) released(ctx context.Context) error {
	d.out.Released = d.at.Tip.Time
	access := &consent.Accessed{
		Basis: consent.BasisTransfer, Purpose: d.terms.Purpose, Types: keptTypes(d.out.Manifest),
		Event: d.Gateway.now(), Automatic: true,
		Transfer: &consent.TransferUse{Transfer: d.use.Transfer, Use: d.use.UseID.Use, Other: d.terms.Destination, Gave: true},
	}
	return d.put(ctx, SourceReleased, d.queueTransferAccess(d.link.Signed.Chart, access))
}

// serve waits until the destination has received, the time is over, or the
// patient stops it. A stop that is proven ends every send.
func (d *departure) serve(ctx context.Context) error {
	t := d.at.state()
	switch {
	case !d.mine() || t.Stored != consent.TransferReleased:
		return d.served(ctx)
	case t.Stopped:
		return d.end(ctx, "the patient stopped the transfer")
	case d.now() > d.out.Released.Add(d.config.Serve):
		return d.end(ctx, "nobody fetched the records in time")
	}
	return errWait
}

// end stops serving: what is under way breaks off, and the bundle goes. If
// nothing was ever sent, this side can say so later.
func (d *departure) end(ctx context.Context, why string) error {
	if Step(d.use.Step) == SourceReleased {
		return d.void(ctx, why+", before anything was sent")
	}
	d.out.Text = why
	d.sends.abort(d.use.Transfer)
	return d.put(ctx, SourceDone, d.dropBundle, func(tx *store.Tx) error {
		return d.audit(tx, stoppedSend, d.use.Transfer, why)
	})
}

// served ends the use after received, or after both sides said that nothing
// arrived.
func (d *departure) served(ctx context.Context) error {
	d.sends.abort(d.use.Transfer)
	return d.put(ctx, SourceDone, d.dropBundle, func(tx *store.Tx) error {
		return d.audit(tx, movedOut, d.use.Transfer, keptBack(d.out.Manifest))
	})
}

func (d *departure) void(ctx context.Context, why string) error {
	d.out.Text = why
	return d.put(ctx, SourceVoid, d.dropBundle, func(tx *store.Tx) error {
		return d.audit(tx, brokenTransfer, d.use.Transfer, why)
	})
}

// dropBundle deletes the ciphertext; an orphan would go at the next start.
func (d *departure) dropBundle(*store.Tx) error { return d.store.RemoveBundle(d.use.UseID) }

// checkDestination checks that the asking institution is active now.
func (g *Gateway) checkDestination(ctx context.Context, id consent.InstitutionID) error {
	tip, values, err := g.ledger.Prove(ctx, consent.InstitutionKey(id))
	if err != nil {
		return err
	}
	i, err := decode(values[0], decodeInstitution)
	if err != nil {
		return err
	}
	if i == nil || !i.ActiveAt(tip.Time) {
		return declined(client.DeclineUnregistered, "the asking institution is not active in the registry")
	}
	return nil
}

// checkChart checks that the patient's chart here is open, not frozen, and not
// rotated since the link.
func (g *Gateway) checkChart(ctx context.Context, l store.Link) error {
	chart, err := g.follow(ctx, l.Signed.Chart)
	if err != nil {
		return err
	}
	if chart.Head == nil || chart.State == store.ChartSuperseded {
		return declined(client.DeclineNoLink, "the patient has no chart here")
	}
	c := chart.Head.Chart
	switch {
	case c.Frozen(chart.Tip.Time):
		return declined(client.DeclineFrozen, "the patient's chart is frozen")
	case c.Closed:
		return declined(client.DeclineNoLink, "the patient has closed the chart")
	case l.Signed.Body.Statement(g.genesis.Chain, l.Signed.Chart).Verify(c.Keys.Sign, l.Signed.Signature) != nil:
		return declined(client.DeclineNoLink, "the patient's keys were changed since")
	case chart.Tip.Time >= l.Signed.Body.Expiry:
		return declined(client.DeclineNotLive, "the transfer has expired")
	}
	return nil
}

// checkTerms checks that a request asks for no more than the patient agreed
// to, of this institution, for the one that asks.
func (g *Gateway) checkTerms(t *consent.Terms, from consent.InstitutionID, scope consent.Scope) error {
	switch {
	case t.Source != g.config.Institution || t.Destination != from:
		return declined(client.DeclineUnregistered, "the patient's terms name other institutions")
	case !scope.Within(t.Scope):
		return declined(client.DeclineScope, "more is asked for than the patient agreed to")
	}
	return nil
}

// checkTransfer checks the transfer on the ledger against the patient's link.
func (g *Gateway) checkTransfer(ctx context.Context, at transferAt, l store.Link, from consent.InstitutionID) error {
	if at.Head == nil {
		return declined(client.DeclineNoLink, "the patient has not opened the transfer")
	}
	body, t := l.Signed.Body, at.state()
	commitment, opened, err := g.opening(ctx, body.Transfer)
	if err != nil {
		return err
	}
	fits := commitment == body.Terms && t.Sponsor == from && t.Source == body.Source.Body.Key &&
		t.Destination == body.Ticket.Body.Destination && opened < body.Source.Body.ValidUntil
	if !fits || oneTimeKey(l.Seed).Public() != t.Source {
		return declined(client.DeclineNoLink, "the transfer on the ledger is not the one the patient's link names")
	}
	return nil
}
