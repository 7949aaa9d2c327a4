package client

import (
	"time"

	"carekey/consent"
)

// transferEntry judges an entry of a transfer.
func (a *audit) transferEntry(j judged) (verdict, error) {
	if j.item.Class == consent.ClassTransferOpen {
		return a.openTransfer(j)
	}
	if a.transfer == nil {
		return verdict{}, broken(j, "The transfer does not begin with its opening.")
	}
	v := verdict{signer: a.partyKey(j.header.Kind)}
	var err error
	switch j.item.Class {
	case consent.ClassCollect:
		err = a.collect(j)
	case consent.ClassRelease:
		err = a.release(j)
	case consent.ClassReceived:
		err = a.received(j)
	case consent.ClassVoid:
		err = a.void(j)
	case consent.ClassUndelivered:
		v.checks, err = a.undelivered(j)
	case consent.ClassStop:
		err = a.stop(j)
	default:
		err = broken(j, "A %s does not belong in a transfer.", j.item.Class)
	}
	if err == nil {
		err = a.ration(j)
	}
	return v, err
}

func (a *audit) partyKey(kind consent.SignerKind) consent.PublicKey {
	switch kind {
	case consent.SignerPatient:
		return a.transfer.Patient
	case consent.SignerSource:
		return a.transfer.Source
	case consent.SignerDestination:
		return a.transfer.Destination
	}
	return consent.PublicKey{}
}

func (a *audit) openTransfer(j judged) (verdict, error) {
	if a.transfer != nil || j.entry.Number != 0 {
		return verdict{}, broken(j, "The transfer was opened twice.")
	}
	if err := a.party(j, consent.SignerPatient); err != nil {
		return verdict{}, err
	}
	f, err := fieldsOf[consent.TransferFields](j)
	if err != nil {
		return verdict{}, err
	}
	if err := a.checkTransfer(j, f); err != nil {
		return verdict{}, err
	}
	if err := a.countersigned(j, f.Ticket.Sponsor, f.Ticket.Statement(a.chain), f.TicketProof); err != nil {
		return verdict{}, err
	}
	a.transfer = &consent.Transfer{
		Sponsor: f.Ticket.Sponsor, Patient: f.Patient, TLS: f.TLS, Source: f.Source,
		Destination: f.Ticket.Destination, Expiry: f.Expiry, Uses: f.Uses, Stored: consent.TransferOpen,
	}
	return verdict{signer: f.Patient}, a.ration(j)
}

func (a *audit) checkTransfer(j judged, f consent.TransferFields) error {
	keys := map[consent.PublicKey]bool{f.Patient: true, f.TLS: true, f.Source: true, f.Ticket.Destination: true}
	for key := range keys {
		if key.Check() != nil {
			return broken(j, "One of its keys is weak.")
		}
	}
	switch {
	case len(keys) != 4 || a.log != consent.NewLogID(consent.TransferLog, a.network, consent.InstitutionID{}, f.Patient):
		return broken(j, "The transfer's keys are not those that name it.")
	case f.Uses == 0 || f.Uses > consent.MaxUses || !within(j, f.Expiry, consent.MaxExpiry):
		return broken(j, "Its uses or its end are out of their limits.")
	case j.entry.Time >= f.Ticket.Expiry:
		return broken(j, "The request that it answers had expired.")
	}
	return nil
}

// within tells whether a time lies ahead of the entry, by at most limit.
func within(j judged, when consent.Time, limit time.Duration) bool {
	return when > j.entry.Time && when <= j.entry.Time.Add(limit)
}

// collect: a use that was collected before and neither released nor let go of
// became void by live time, which never runs faster than block time.
func (a *audit) collect(j judged) error {
	f, err := fieldsOf[consent.StepFields](j)
	if err != nil {
		return err
	}
	if err := a.party(j, consent.SignerDestination); err != nil {
		return err
	}
	t := a.transfer
	free := t.Stored == consent.TransferOpen || t.Stored == consent.TransferCollected && j.entry.Time-a.since >= a.within
	if !free || t.Stopped || j.entry.Time >= t.Expiry || t.Done >= t.Uses {
		return broken(j, "The transfer had no use left to begin.")
	}
	if f.Use != t.Use+1 || f.Offer == (consent.Hash{}) {
		return broken(j, "It is not the transfer's next use.")
	}
	if !a.sponsored(j) {
		return broken(j, "The institution that asked had left the registry.")
	}
	t.Use, t.Offer, t.Stored, a.since = f.Use, f.Offer, consent.TransferCollected, j.entry.Time
	return nil
}

// step checks who signs, and that it is about the use in flight.
func (a *audit) step(j judged, offer bool, state consent.TransferState, kinds ...consent.SignerKind) error {
	f, err := fieldsOf[consent.StepFields](j)
	if err != nil {
		return err
	}
	if err := a.party(j, kinds...); err != nil {
		return err
	}
	t := a.transfer
	switch {
	case f.Use != t.Use || offer && f.Offer != t.Offer:
		return broken(j, "It is not about the transfer's present use.")
	case t.Stored != state:
		return broken(j, "The transfer was %s.", t.Stored)
	}
	return nil
}

func (a *audit) release(j judged) error {
	if err := a.step(j, true, consent.TransferCollected, consent.SignerSource); err != nil {
		return err
	}
	if t := a.transfer; t.Stopped || j.entry.Time >= t.Expiry {
		return broken(j, "The transfer was stopped or over.")
	}
	if !a.sponsored(j) {
		return broken(j, "The institution that asked had left the registry.")
	}
	a.transfer.Stored = consent.TransferReleased
	a.transfer.Done++
	return nil
}

// sponsored tells whether the transfer's destination was in the registry.
func (a *audit) sponsored(j judged) bool {
	i, ok := a.registered.Institution(a.transfer.Sponsor)
	return ok && i.ActiveAt(j.entry.Time)
}

func (a *audit) received(j judged) error {
	if err := a.step(j, true, consent.TransferReleased, consent.SignerDestination); err != nil {
		return err
	}
	t := a.transfer
	t.Stored = consent.TransferReceived
	if t.Done < t.Uses && !t.Stopped {
		t.Stored = consent.TransferOpen
	}
	return nil
}

func (a *audit) void(j judged) error {
	if err := a.step(j, false, consent.TransferCollected, consent.SignerSource, consent.SignerDestination); err != nil {
		return err
	}
	a.transfer.Stored = consent.TransferOpen
	return nil
}

func (a *audit) undelivered(j judged) ([]check, error) {
	f, err := fieldsOf[consent.UndeliveredFields](j)
	if err != nil {
		return nil, err
	}
	if err := a.party(j, consent.SignerSource, consent.SignerDestination); err != nil {
		return nil, err
	}
	t := a.transfer
	if t.Stored != consent.TransferReleased || f.Step.Use != t.Use || f.Step.Offer != t.Offer {
		return nil, broken(j, "It is not about a released use of the transfer.")
	}
	other := t.Source
	if j.header.Kind == consent.SignerSource {
		other = t.Destination
	}
	t.Done--
	t.Stored = consent.TransferOpen
	return []check{{j.entry.Number, other, consent.UndeliveredStatement(a.chain, a.log, f.Step), f.Other}}, nil
}

func (a *audit) stop(j judged) error {
	if _, err := fieldsOf[consent.StopFields](j); err != nil {
		return err
	}
	if err := a.party(j, consent.SignerPatient); err != nil {
		return err
	}
	t := a.transfer
	if t.Stopped || t.Stored == consent.TransferReceived {
		return broken(j, "The transfer was over already.")
	}
	t.Stopped, t.StoppedAt = true, j.entry.Time
	return nil
}
