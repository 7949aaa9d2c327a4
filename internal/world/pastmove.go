package world

import (
	"bytes"
	"crypto/rand"
	"time"

	"filippo.io/age"

	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/store"
	"carekey/wallet/keys"
)

// pastMove is a transfer that the patient approved last year, from the
// hospital to the heart clinic, with every step on the ledger.
type pastMove struct {
	*year
	log         consent.LogID
	patient     *keys.Transfer
	source      onceKey
	destination onceKey
	terms       consent.Terms
	fields      consent.TransferFields
	manifest    []byte
	offer       consent.Hash
}

// move writes the transfer: asked, approved, collected, released, received,
// and an access in both charts.
func (y *year) move(t time.Time) error {
	m := &pastMove{year: y}
	var err error
	if m.source, err = newOnceKey(); err != nil {
		return err
	}
	if m.destination, err = newOnceKey(); err != nil {
		return err
	}
	if err := m.ask(t); err != nil {
		return err
	}
	if err := m.pack(); err != nil {
		return err
	}
	return m.steps(t.Add(6 * time.Hour))
}

// pack narrows and seals the record as the source does, so that the offer on
// the ledger is one of real bytes.
func (m *pastMove) pack() error {
	narrowed, manifest := fhir.Narrow(m.record, m.terms.Scope)
	m.manifest = consent.Encode(manifest.Disclosed())
	once, err := age.GenerateHybridIdentity()
	if err != nil {
		return err
	}
	var sealed bytes.Buffer
	out, err := age.Encrypt(&sealed, once.Recipient())
	if err != nil {
		return err
	}
	if err := fhir.Write(out, narrowed); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	core := consent.Core{Transfer: m.log, Use: 1, Scope: m.terms.Scope, Recipient: once.Recipient().String()}
	m.offer = consent.Offer{
		Core: core.Hash(), Ciphertext: consent.Sum(sealed.Bytes()), Size: uint64(sealed.Len()), Manifest: consent.Sum(m.manifest),
	}.Hash()
	m.moved = &movedRecord{bundle: narrowed, log: m.log}
	return nil
}

// ask is the clinic's request; it settles the transfer's terms and keys.
func (m *pastMove) ask(t time.Time) error {
	ticket := consent.SponsorTicket{
		Sponsor: m.members[Clinic].id, Destination: m.destination.Public(), Expiry: consent.At(t.AddDate(0, 0, 7)),
	}
	if _, err := rand.Read(ticket.Nonce[:]); err != nil {
		return err
	}
	proof, err := m.members[Clinic].ledger.Sign(ticket.Statement(m.genesis.Chain))
	if err != nil {
		return err
	}
	scope := consent.Scope{
		Types: []consent.RecordType{consent.Medicines, consent.Allergies, consent.Conditions, consent.TestResults, consent.Imaging},
		From:  consent.Date(t.AddDate(-5, 0, 0).Format(time.DateOnly)),
	}
	until := consent.At(t.AddDate(0, 0, 30))
	n, err := m.write(t, m.says(Clinic, nil, 7*24*time.Hour, t, &consent.Request{
		Kind: consent.Move, By: m.people["dr-lee"], Purpose: consent.PurposeTreatment,
		Why:   "Before your first visit we would like to see what the hospital knows about your heart.",
		Scope: scope, From: m.members[Hospital].id, Uses: 1, Until: until, Ticket: &ticket, Proof: &proof,
	}))
	if err != nil {
		return err
	}
	m.patient, err = m.agent.Transfer(keys.TransferName{
		Master: m.agent.Current(), Network: m.genesis.Network, Chart: m.charts[Clinic].log, Request: n[0],
	})
	if err != nil {
		return err
	}
	m.log = consent.NewLogID(consent.TransferLog, m.genesis.Network, consent.InstitutionID{}, m.patient.Signer.Public())
	m.terms = consent.Terms{
		Source: m.members[Hospital].id, Destination: m.members[Clinic].id, By: m.people["dr-lee"],
		Purpose: consent.PurposeTreatment, Scope: scope,
	}
	m.terms.Sentences = m.terms.AsMove(Hospital.profile().name, Clinic.profile().name, 1, until)
	m.fields = consent.TransferFields{
		Patient: m.patient.Signer.Public(), TLS: m.patient.TLS.PublicKey(), Source: m.source.Public(),
		Ticket: ticket, TicketProof: proof, Expiry: until, Uses: 1,
	}
	return nil
}

func (m *pastMove) steps(t time.Time) error {
	terms, err := consent.NewDetail(&m.terms)
	if err != nil {
		return err
	}
	step := consent.StepFields{Use: 1, Offer: m.offer}
	plain := &consent.Step{Verdict: consent.VerdictOK}
	full := &consent.Step{Verdict: consent.VerdictOK, Manifest: m.manifest}
	opening := m.step(consent.SignerPatient, m.patient.Signer, consent.ClassTransferOpen, m.fields, nil)
	opening.detail = &terms
	if _, err = m.write(t, opening,
		m.step(consent.SignerDestination, m.destination, consent.ClassCollect, step, plain),
		m.step(consent.SignerSource, m.source, consent.ClassRelease, step, full),
		m.step(consent.SignerDestination, m.destination, consent.ClassReceived, step, full),
		m.access(Hospital, t, true), m.access(Clinic, t, false)); err != nil {
		return err
	}
	m.moved.at = t
	return m.links(terms)
}

// links are what ties the transfer to the patient's chart at each end.
func (m *pastMove) links(terms consent.Detail) error {
	source := consent.SourceKey{
		Key: m.source.Public(), Source: m.members[Hospital].id, Recipient: m.members[Hospital].seal, ValidUntil: m.fields.Expiry,
	}
	sig, err := m.members[Hospital].ledger.Sign(source.Statement(m.genesis.Chain))
	if err != nil {
		return err
	}
	body := consent.TransferLink{
		Transfer: m.log, Terms: terms.Commitment(m.genesis.Network, m.log, consent.ClassTransferOpen), Expiry: m.fields.Expiry,
		Source: consent.SignedSourceKey{Body: source, Signature: sig},
		Ticket: consent.SignedTicket{Body: m.fields.Ticket, Signature: m.fields.TicketProof},
	}
	m.link = &pastLink{}
	for role, link := range map[Role]*store.Link{Hospital: &m.link.source, Clinic: &m.link.destination} {
		chart := m.charts[role]
		sig, err := chart.keys.Signer.Sign(body.Statement(m.genesis.Chain, chart.log))
		if err != nil {
			return err
		}
		link.Signed = consent.SignedLink{Chart: chart.log, Body: body, Signature: sig}
		link.Terms = terms
	}
	return nil
}

func (m *pastMove) step(by consent.SignerKind, signer consent.Signer, class consent.Class, fields any, content consent.Content) said {
	return said{by: by, signer: signer, log: m.log, class: class, fields: fields, content: content, keep: []Role{Hospital, Clinic}}
}

// access is the row that each end adds to its own chart.
func (m *pastMove) access(at Role, t time.Time, gave bool) said {
	other, by := m.members[Clinic].id, consent.Person{}
	if !gave {
		other, by = m.members[Hospital].id, m.people["dr-lee"]
	}
	return m.byInstitution(at, consent.ClassAccess, consent.AccessFields{}, &consent.Accessed{
		Basis: consent.BasisTransfer, By: by, Purpose: consent.PurposeTreatment,
		Types: m.terms.Scope.Types, Event: consent.At(t),
		Transfer: &consent.TransferUse{Transfer: m.log, Use: 1, Other: other, Gave: gave},
	})
}
