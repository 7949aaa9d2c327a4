package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/store"
)

// incoming is what the destination keeps of one use.
type incoming struct {
	_        struct{} `cbor:",toarray"`
	Core     consent.Core
	Identity string // one-time age identity; empty once destroyed
	Offer    consent.Offer
	Manifest []byte // canonical CBOR of fhir.Manifest, as the source disclosed it
	Collect  signed
	Released consent.Time // when the release was first seen, proven
	Altered  uint32       // times that something else arrived than was offered
	Verdict  consent.Verdict
	Text     string
	Returned bool   // both sides say that nothing arrived
	Last     signed // received, or undelivered if Returned
}

// arrival is a use at the destination, at a proven moment.
type arrival struct {
	*Gateway
	use   *store.Use
	in    incoming
	link  store.Link
	terms *consent.Terms
	at    transferAt
}

// moveDestination makes the destination's next move, or says why not.
func (g *Gateway) moveDestination(ctx context.Context, u *store.Use) error {
	a := &arrival{Gateway: g, use: u}
	if err := consent.Decode(u.State, maxUseState, &a.in); err != nil {
		return fmt.Errorf("a transfer's state on the disk: %w", err)
	}
	var err error
	if a.link, a.terms, err = g.link(ctx, u.Transfer, store.Destination); err != nil {
		return err
	}
	if a.at, err = g.followTransfer(ctx, u.Transfer); err != nil {
		return err
	}
	switch Step(u.Step) {
	case DestinationLinked:
		return a.prepare(ctx)
	case DestinationAsked:
		return a.ask(ctx)
	case DestinationOffered:
		return a.collect(ctx)
	case DestinationCollecting:
		return a.awaitCollect(ctx)
	case DestinationCollected:
		return a.awaitRelease(ctx)
	case DestinationReleased:
		return a.fetch(ctx)
	case DestinationFetched:
		return a.file(ctx)
	case DestinationFiled:
		return a.receive(ctx)
	case DestinationReceiving:
		return a.awaitReceived(ctx)
	case DestinationReceived:
		return a.finish(ctx)
	}
	return fmt.Errorf("a transfer on the disk has the step %d", u.Step)
}

func (a *arrival) put(ctx context.Context, s Step, more ...func(*store.Tx) error) error {
	return a.Gateway.put(ctx, a.use, s, a.in, more...)
}

func (a *arrival) step() consent.StepFields {
	return consent.StepFields{Use: a.use.UseID.Use, Offer: a.in.Offer.Hash()}
}

func (a *arrival) now() consent.Time { return max(a.at.Tip.Time, a.Gateway.now()) }

// mine tells whether the transfer's present use is this one, with this offer.
func (a *arrival) mine() bool {
	t := a.at.state()
	return t.Use == a.use.UseID.Use && t.Offer == a.in.Offer.Hash()
}

// canCollect tells whether this use may still begin.
func (a *arrival) canCollect() bool {
	t := a.at.state()
	return t.Use+1 == a.use.UseID.Use && t.CanCollect(a.at.Tip.Time, a.at.Tip.Live)
}

// prepare makes the one-time secret and the request, once the transfer is open
// and is what the link says.
func (a *arrival) prepare(ctx context.Context) error {
	if a.at.Head == nil {
		if body := a.link.Signed.Body; a.now() >= min(body.Expiry, body.Ticket.Body.Expiry) {
			return a.void(ctx, "the patient never opened the transfer")
		}
		return errWait
	}
	var against *client.Declined
	switch err := a.checkOpening(ctx); {
	case errors.As(err, &against):
		return a.refuse(ctx, against.Text)
	case err != nil:
		return err
	}
	if !a.canCollect() {
		return a.void(ctx, fmt.Sprintf("the transfer is %s", a.at.state().State(a.at.Tip.Time, a.at.Tip.Live)))
	}
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return err
	}
	who, err := a.demographics(ctx)
	if err != nil {
		return err
	}
	a.in.Identity = identity.String()
	a.in.Core = consent.Core{
		Transfer: a.use.Transfer, Use: a.use.UseID.Use, Scope: a.terms.Scope,
		Recipient: identity.Recipient().String(), Demographics: who, Link: a.link.Carried,
	}
	return a.put(ctx, DestinationAsked)
}

// checkOpening compares the transfer on the ledger with the patient's link, and
// the link with the chart as it is now. Its error is a [client.Declined] if
// they speak against it; any other says only that they could not be read.
func (a *arrival) checkOpening(ctx context.Context) error {
	body, t := a.link.Signed.Body, a.at.state()
	commitment, _, err := a.opening(ctx, a.use.Transfer)
	if err != nil {
		return err
	}
	if commitment != body.Terms || t.Destination != body.Ticket.Body.Destination ||
		t.Sponsor != a.config.Institution || t.Source != body.Source.Body.Key {
		return declined(client.DeclineNoLink, "the transfer on the ledger is not the one the patient's link names")
	}
	chart, err := a.follow(ctx, a.link.Signed.Chart)
	if err != nil {
		return err
	}
	if chart.Head == nil || chart.Head.Chart.Frozen(chart.Tip.Time) {
		return declined(client.DeclineFrozen, "the patient's chart is frozen")
	}
	if body.Statement(a.genesis.Chain, chart.Log).Verify(chart.Head.Chart.Keys.Sign, a.link.Signed.Signature) != nil {
		return declined(client.DeclineNoLink, "the patient's keys were changed since")
	}
	return nil
}

// demographics says who the patient is, to the source alone.
func (a *arrival) demographics(ctx context.Context) ([]byte, error) {
	patient, err := a.patient(ctx)
	if err != nil {
		return nil, err
	}
	_, values, err := a.ledger.Prove(ctx, consent.InstitutionKey(a.terms.Source))
	if err != nil {
		return nil, err
	}
	source, err := decode(values[0], decodeInstitution)
	if err != nil {
		return nil, err
	}
	recipient := a.link.Signed.Body.Source.Body.Recipient
	if source == nil || consent.Sum([]byte(recipient)) != source.Seal {
		return nil, errors.New("the source's seal is not the one in the registry")
	}
	return sealTo(recipient, consent.Encode(fhir.DemographicsOf(patient)))
}

// patient is this institution's own Patient of the chart.
func (a *arrival) patient(ctx context.Context) (fhir.Resource, error) {
	chart, err := a.chart(ctx, a.link.Signed.Chart)
	if err != nil {
		return fhir.Resource{}, err
	}
	return a.config.Records.Patient(ctx, chart.Record)
}

// session binds a request to a connection by the destination key.
func (a *arrival) session(conn *client.Conn) (consent.SessionProof, consent.Signature, error) {
	proof := consent.SessionProof{Exporter: conn.Exporter(), Core: a.in.Core.Hash()}
	sig, err := oneTimeKey(a.link.Seed).Sign(proof.Statement(a.genesis.Chain, a.use.Transfer))
	return proof, sig, err
}

// ask gets the source's offer for the stored core.
func (a *arrival) ask(ctx context.Context) error {
	if !a.canCollect() {
		return a.void(ctx, "the transfer ended before it began")
	}
	conn, err := a.dial(ctx, a.terms.Source)
	if err != nil {
		return err
	}
	defer conn.Close()
	proof, sig, err := a.session(conn)
	if err != nil {
		return err
	}
	offer, err := conn.TransferRequest(ctx, client.TransferRequest{
		Core: a.in.Core, Session: proof, Signature: sig, Ticket: a.link.Signed.Body.Ticket,
	})
	if refusal := lastingDecline(err); refusal != "" {
		return a.refuse(ctx, refusal)
	}
	if err != nil {
		return err
	}
	if err := a.checkOffer(offer); err != nil {
		return a.refuse(ctx, err.Error())
	}
	a.in.Offer, a.in.Manifest = offer.Offer, offer.Manifest
	return a.put(ctx, DestinationOffered)
}

// lastingDecline is the source's reason when asking again cannot help.
func lastingDecline(err error) string {
	var no *client.Declined
	if !errors.As(err, &no) {
		return ""
	}
	switch no.Code {
	case client.DeclineUnregistered, client.DeclineScope, client.DeclineWrongPatient, client.DeclineNotLive:
		return no.Text
	}
	return ""
}

func (a *arrival) checkOffer(o client.TransferOffer) error {
	switch {
	case o.Offer.Core != a.in.Core.Hash():
		return errors.New("the source offered something for another request")
	case o.Offer.Statement(a.genesis.Chain, a.use.Transfer).Verify(a.at.state().Source, o.Signature) != nil:
		return errors.New("the source's offer is not signed with the transfer's key")
	case consent.Sum(o.Manifest) != o.Offer.Manifest:
		return errors.New("the source's list of contents is not the one it offered")
	case o.Offer.Size == 0 || o.Offer.Size > maxBundleBytes:
		return errors.New("the source offers more than can be taken at once")
	}
	_, err := decodeManifest(o.Manifest)
	return err
}

// collect commits to the stored offer: from now on the source may release.
func (a *arrival) collect(ctx context.Context) error {
	if !a.canCollect() {
		return a.void(ctx, "the transfer ended before it began")
	}
	kept, detail, err := a.signStep(a.at.Tip, a.link, store.Destination, consent.ClassCollect, a.step(),
		&consent.Step{Verdict: consent.VerdictOK, Manifest: a.in.Manifest})
	if err != nil {
		return err
	}
	a.in.Collect = kept
	return a.put(ctx, DestinationCollecting, a.keepDetail(kept.Commitment, detail))
}

func (a *arrival) keepDetail(commitment consent.Hash, d consent.Detail) func(*store.Tx) error {
	return func(tx *store.Tx) error { return tx.PutDetail(a.use.Transfer, commitment, d) }
}

func (a *arrival) awaitCollect(ctx context.Context) error {
	p, err := a.pursue(ctx, a.use.Transfer, a.at, a.in.Collect)
	switch {
	case p == proven:
		return a.put(ctx, DestinationCollected)
	case err != nil:
		return err
	case !a.canCollect():
		return a.void(ctx, "the transfer ended before it began") // collect can never be taken any more
	case p == never:
		return a.put(ctx, DestinationOffered)
	}
	return errWait
}

func (a *arrival) awaitRelease(ctx context.Context) error {
	t := a.at.state()
	if !a.mine() {
		return a.void(ctx, "the transfer went on without this use")
	}
	switch t.State(a.at.Tip.Time, a.at.Tip.Live) {
	case consent.TransferReleased:
		a.in.Released = a.at.Tip.Time
		return a.put(ctx, DestinationReleased)
	case consent.TransferCollected:
		return errWait
	}
	return a.void(ctx, "the source released nothing")
}

// maxUses bounds how often a void use is tried again by itself.
const maxUses = 5

// void ends a use that came to nothing. If the patient still agrees, another
// one begins.
func (a *arrival) void(ctx context.Context, why string) error {
	a.in.Text, a.in.Identity = why, ""
	again := false
	err := a.put(ctx, DestinationVoid, func(tx *store.Tx) error {
		if err := a.audit(tx, brokenTransfer, a.use.Transfer, why); err != nil {
			return err
		}
		if a.at.Head == nil || a.in.Returned {
			return nil
		}
		t := a.at.state()
		if t.CanCollect(a.at.Tip.Time, a.at.Tip.Live) && t.Use < maxUses {
			again = true
			return a.startUse(tx, a.use.Transfer, t.Use+1)
		}
		return nil
	}, a.dropBundle)
	if err == nil && again {
		a.config.AfterStep(DestinationLinked)
	}
	return err
}

// dropBundle deletes the ciphertext; an orphan would go at the next start.
func (a *arrival) dropBundle(*store.Tx) error { return a.store.RemoveBundle(a.use.UseID) }

// refuse ends a use that the source will not serve, or that is not what it
// should be. Nothing stands on the ledger then, so the patient is told in the
// chart, in answer to the request.
func (a *arrival) refuse(ctx context.Context, why string) error {
	a.in.Text, a.in.Identity = why, ""
	err := a.put(ctx, DestinationRefused, func(tx *store.Tx) error {
		if err := a.audit(tx, refusedTransfer, a.use.Transfer, why); err != nil {
			return err
		}
		return a.tellPatient(tx, "Nothing was received: "+why+".")
	}, a.dropBundle)
	nudge(a.flushNow)
	return err
}

func (a *arrival) tellPatient(tx *store.Tx, text string) error {
	request, err := tx.Committed(a.link.Signed.Chart, a.link.Request)
	if store.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = a.queueSay(tx, a.link.Signed.Chart, &request, 0, &consent.Answer{Text: text})
	return err
}

// fetchLimit is how long after a release the destination keeps trying, beyond
// the time for which the source serves.
const fetchLimit = time.Hour
