package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/records"
	"carekey/gateway/store"
)

// maxBundleBytes limits one transfer's ciphertext.
const maxBundleBytes = 512 << 20

// maxAltered is how often something else may arrive than was offered before
// the destination gives up.
const maxAltered = 3

var errAltered = errors.New("what arrived is not what was offered")

// fetch gets the ciphertext and stores it, if it is what was offered.
func (a *arrival) fetch(ctx context.Context) error {
	if !a.mine() || a.at.state().Stored != consent.TransferReleased {
		return a.void(ctx, "the release was taken back by both sides")
	}
	conn, err := a.dial(ctx, a.terms.Source)
	if err == nil {
		defer conn.Close()
		err = a.download(ctx, conn)
	}
	var no *client.Declined
	switch {
	case err == nil:
		return a.put(ctx, DestinationFetched)
	case errors.Is(err, errAltered):
		return a.altered(ctx)
	case errors.As(err, &no) && (no.Code == client.DeclineNotLive || no.Code == client.DeclineUnknownOffer):
		return a.undelivered(ctx, conn)
	case a.now() > a.in.Released.Add(a.config.Serve+fetchLimit):
		return a.judge(ctx, consent.VerdictUnreadable, "the source could not be reached while it kept the records")
	}
	return err
}

func (a *arrival) download(ctx context.Context, conn *client.Conn) error {
	if err := a.share(ctx, conn, a.use.Transfer); err != nil {
		a.log.Warn("a transfer's private parts could not be exchanged yet", "transfer", short(a.use.Transfer), "error", err)
	}
	proof, sig, err := a.session(conn)
	if err != nil {
		return err
	}
	request := client.UseRequest{Transfer: a.use.Transfer, Use: a.use.UseID.Use, Session: proof, Signature: sig}
	return a.store.WriteBundle(a.use.UseID, func(w io.Writer) error {
		sum := sha256.New()
		if err := conn.TransferData(ctx, request, a.in.Offer.Size, io.MultiWriter(w, sum)); err != nil {
			return err
		}
		if consent.Hash(sum.Sum(nil)) != a.in.Offer.Ciphertext {
			return errAltered
		}
		return nil
	})
}

// altered counts what arrived altered and gives up after some times.
func (a *arrival) altered(ctx context.Context) error {
	a.in.Altered++
	err := a.store.Update(ctx, func(tx *store.Tx) error {
		a.use.State = consent.Encode(a.in)
		return errors.Join(tx.PutUse(*a.use), a.audit(tx, brokenTransfer, a.use.Transfer, errAltered.Error()))
	})
	if err != nil {
		return err
	}
	if a.in.Altered < maxAltered {
		return errAltered
	}
	return a.judge(ctx, consent.VerdictAltered, "what arrived was not what the source had offered; nothing was filed")
}

// undelivered asks the source to agree that nothing arrived. If it does not,
// because it had begun to send, the history says that the destination may have
// the data, and received says that nothing usable came.
func (a *arrival) undelivered(ctx context.Context, conn *client.Conn) error {
	sig, err := conn.Undelivered(ctx, client.UndeliveredRequest{Transfer: a.use.Transfer, Step: a.step()})
	var no *client.Declined
	if errors.As(err, &no) {
		return a.judge(ctx, consent.VerdictUnreadable, "the source stopped sending; nothing usable arrived")
	}
	if err != nil {
		return err
	}
	if consent.UndeliveredStatement(a.genesis.Chain, a.use.Transfer, a.step()).Verify(a.at.state().Source, sig) != nil {
		return a.judge(ctx, consent.VerdictUnreadable, "the source stopped sending; nothing usable arrived")
	}
	kept, detail, err := a.signStep(a.at.Tip, a.link, store.Destination, consent.ClassUndelivered,
		consent.UndeliveredFields{Step: a.step(), Other: sig},
		&consent.Step{Verdict: consent.VerdictRefused, Text: "the source sent nothing"})
	if err != nil {
		return err
	}
	a.in.Last, a.in.Returned = kept, true
	a.in.Text = "both sides say that nothing arrived"
	return a.put(ctx, DestinationReceiving, a.keepDetail(kept.Commitment, detail))
}

// judge settles how the use ended and keeps the verdict.
func (a *arrival) judge(ctx context.Context, v consent.Verdict, text string) error {
	a.in.Verdict, a.in.Text = v, text
	return a.put(ctx, DestinationFiled, func(tx *store.Tx) error {
		if text == "" {
			return nil
		}
		return a.audit(tx, brokenTransfer, a.use.Transfer, text)
	})
}

// file opens what arrived, compares the patient again, and files it.
func (a *arrival) file(ctx context.Context) error {
	bundle, manifest, err := a.open()
	if errors.Is(err, errUnreadable) {
		return a.judge(ctx, consent.VerdictUnreadable, errUnreadable.Error())
	}
	if err != nil {
		return err
	}
	patient, err := a.patient(ctx)
	if errors.Is(err, records.ErrNoRecord) || errors.Is(err, records.ErrSeveral) {
		return a.judge(ctx, consent.VerdictWrongPatient, "there is not one patient here any more to whom it could belong; nothing was filed")
	}
	if err != nil {
		return err
	}
	found := bundle.Patients()
	if len(found) != 1 || !fhir.Match(fhir.DemographicsOf(found[0]), fhir.DemographicsOf(patient)).Certain() {
		return a.judge(ctx, consent.VerdictWrongPatient, "what arrived is not certainly about this patient; nothing was filed")
	}
	err = a.fileBundle(ctx, bundle, patient)
	var rejected *records.Rejected
	switch {
	case errors.As(err, &rejected):
		return a.judge(ctx, consent.VerdictRefused, "the destination's record system did not take the records")
	case errors.Is(err, fhir.ErrOtherPatient):
		return a.judge(ctx, consent.VerdictWrongPatient, "not all that arrived is about this patient; nothing was filed")
	case err != nil:
		return err
	}
	return a.judge(ctx, consent.VerdictOK, a.counted(manifest))
}

// counted compares what was filed with the source's list of contents. If they
// differ, the patient is shown what was filed, and the reason is returned.
func (a *arrival) counted(filed fhir.Manifest) string {
	listed, err := decodeManifest(a.in.Manifest)
	if err == nil && slices.Equal(listed.Kept, filed.Kept) && listed.Supporting == filed.Supporting {
		return ""
	}
	filed.Omitted = fhir.MergeOmissions(listed.Omitted, filed.Omitted)
	a.in.Manifest = consent.Encode(filed)
	return "what arrived is not what the source's list of contents says; of it only what the patient agreed to was filed"
}

var errUnreadable = errors.New("what arrived cannot be read")

// open decrypts and reads the stored ciphertext, and drops what the terms do
// not cover, whatever the source sent; the manifest tells what is left. Its
// error is errUnreadable if trying again cannot help.
func (a *arrival) open() (fhir.Outline, fhir.Manifest, error) {
	whole, omitted, err := fhir.ReadOutline(a.decrypt, fhir.Limits{Bytes: maxBundleBytes})
	var disk *fs.PathError
	if err != nil && !errors.As(err, &disk) {
		err = fmt.Errorf("%w: %w", errUnreadable, err)
	}
	if err != nil {
		return fhir.Outline{}, fhir.Manifest{}, err
	}
	narrowed, manifest := whole.Narrow(a.terms.Scope)
	manifest.Add(omitted)
	return narrowed, manifest, nil
}

// decrypt opens the stored ciphertext and decrypts it while it is read.
func (a *arrival) decrypt() (io.ReadCloser, error) {
	identity, err := age.ParseHybridIdentity(a.in.Identity)
	if err != nil {
		return nil, errors.New("the one-time secret is gone")
	}
	f, _, err := a.store.OpenBundle(a.use.UseID)
	if err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(f, identity)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return records.Ahead(struct {
		io.Reader
		io.Closer
	}{plain, f}), nil
}

func (a *arrival) fileBundle(ctx context.Context, bundle fhir.Outline, patient fhir.Resource) error {
	chart, err := a.chart(ctx, a.link.Signed.Chart)
	if err != nil {
		return err
	}
	registry, err := a.ledger.Registry(ctx)
	if err != nil {
		return err
	}
	transaction, err := bundle.Refile(fhir.RefileKey{
		Transfer: a.use.Transfer.String(), Use: uint64(a.use.UseID.Use), Patient: patient.ID,
		Source: party(registry, a.terms.Source), Destination: party(registry, a.terms.Destination),
		At: a.in.Released.Time(), // the same at every attempt
	})
	if err != nil {
		return err
	}
	return a.config.Records.File(ctx, chart.Record, transaction)
}

func party(r *consent.Registry, id consent.InstitutionID) fhir.Party {
	i, _ := r.Institution(id)
	return fhir.Party{ID: id.String(), Name: i.Name}
}

// receive signs that the use has ended, and how.
func (a *arrival) receive(ctx context.Context) error {
	if !a.mine() || a.at.state().Stored != consent.TransferReleased {
		return a.void(ctx, "the transfer went on without this use")
	}
	kept, detail, err := a.signStep(a.at.Tip, a.link, store.Destination, consent.ClassReceived, a.step(),
		&consent.Step{Verdict: a.in.Verdict, Manifest: a.in.Manifest, Text: a.in.Text})
	if err != nil {
		return err
	}
	a.in.Last = kept
	return a.put(ctx, DestinationReceiving, a.keepDetail(kept.Commitment, detail))
}

func (a *arrival) awaitReceived(ctx context.Context) error {
	p, err := a.pursue(ctx, a.use.Transfer, a.at, a.in.Last)
	switch {
	case p == proven && a.in.Returned:
		return a.void(ctx, a.in.Text)
	case p == proven:
		return a.received(ctx)
	case err != nil:
		return err
	case !a.mine() || a.at.state().Stored != consent.TransferReleased:
		return a.void(ctx, "the transfer went on without this use")
	case p == never && a.in.Returned:
		a.in.Returned = false
		return a.put(ctx, DestinationReleased)
	case p == never:
		return a.put(ctx, DestinationFiled)
	}
	return errWait
}

// received destroys the one-time secret and queues the access, in one step.
func (a *arrival) received(ctx context.Context) error {
	a.in.Identity = ""
	access := &consent.Accessed{
		Basis: consent.BasisTransfer, By: a.terms.By, Purpose: a.terms.Purpose, Types: keptTypes(a.in.Manifest),
		Event: a.Gateway.now(), Automatic: true,
		Transfer: &consent.TransferUse{Transfer: a.use.Transfer, Use: a.use.UseID.Use, Other: a.terms.Source},
	}
	return a.put(ctx, DestinationReceived, a.queueTransferAccess(a.link.Signed.Chart, access), a.dropBundle,
		func(tx *store.Tx) error { return a.audit(tx, movedIn, a.use.Transfer, keptBack(a.in.Manifest)) })
}

// queueTransferAccess adds the access of a transfer to a chart; it waits for
// company, so that the ledger does not show which charts belong together.
func (g *Gateway) queueTransferAccess(chart consent.LogID, access *consent.Accessed) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		_, _, err := g.queue(tx, chart, consent.ClassAccess, consent.AccessFields{}, access, g.now().Add(g.config.Company), true)
		return err
	}
}

// finish gives the source the private parts of what was written, so that the
// patient finds them at either side. It is tried for as long as a source
// serves.
func (a *arrival) finish(ctx context.Context) error {
	conn, err := a.dial(ctx, a.terms.Source)
	if err == nil {
		defer conn.Close()
		err = a.share(ctx, conn, a.use.Transfer)
	}
	if err != nil && a.now() < a.in.Released.Add(a.config.Serve) {
		return err
	}
	return a.put(ctx, DestinationDone)
}

func decodeManifest(b []byte) (fhir.Manifest, error) {
	var m fhir.Manifest
	if err := consent.Decode(b, fhir.MaxManifest, &m); err != nil {
		return m, fmt.Errorf("the source's list of contents: %w", err)
	}
	return m, m.Check()
}

// keptBack says what the source's record system did not give, for the log.
func keptBack(manifest []byte) string {
	m, err := decodeManifest(manifest)
	if types := m.WithheldTypes(); err == nil && len(types) > 0 {
		return "the source's record system kept back: " + strings.Join(types, ", ")
	}
	return ""
}

// keptTypes are the record types that a manifest counts.
func keptTypes(manifest []byte) []consent.RecordType {
	m, err := decodeManifest(manifest)
	if err != nil {
		return nil
	}
	var types []consent.RecordType
	for _, c := range m.Kept {
		types = append(types, c.Type)
	}
	return types
}
