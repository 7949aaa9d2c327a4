package world

import (
	"crypto/rand"
	"time"

	"carekey/consent"
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
	return m.steps(t.Add(6 * time.Hour))
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
	var offer consent.Hash
	if _, err := rand.Read(offer[:]); err != nil {
		return err
	}
	step := consent.StepFields{Use: 1, Offer: offer}
	ok := &consent.Step{Verdict: consent.VerdictOK}
	_, err := m.write(t,
		m.step(consent.SignerPatient, m.patient.Signer, consent.ClassTransferOpen, m.fields, &m.terms),
		m.step(consent.SignerDestination, m.destination, consent.ClassCollect, step, ok),
		m.step(consent.SignerSource, m.source, consent.ClassRelease, step, ok),
		m.step(consent.SignerDestination, m.destination, consent.ClassReceived, step, ok),
		m.access(Hospital, t, true), m.access(Clinic, t, false))
	return err
}

func (m *pastMove) step(by consent.SignerKind, signer consent.Signer, class consent.Class, fields any, content consent.Content) said {
	return said{by: by, signer: signer, log: m.log, class: class, fields: fields, content: content, keep: []Role{Hospital, Clinic}}
}

// access is the row that each end adds to its own chart.
func (m *pastMove) access(at Role, t time.Time, gave bool) said {
	other := m.members[Clinic].id
	if !gave {
		other = m.members[Hospital].id
	}
	return m.byInstitution(at, consent.ClassAccess, consent.AccessFields{}, &consent.Accessed{
		Basis: consent.BasisTransfer, By: m.people["dr-lee"], Purpose: consent.PurposeTreatment,
		Types: m.terms.Scope.Types, Event: consent.At(t),
		Transfer: &consent.TransferUse{Transfer: m.log, Use: 1, Other: other, Gave: gave},
	})
}
