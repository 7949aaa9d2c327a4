package consent

// openTransfer: the patient signs with a key used for nothing else; the
// sponsor's ticket names the destination key; none of the keys is known.
func openTransfer(t *turn) (*openHead, error) {
	if err := t.opens("the transfer"); err != nil {
		return nil, err
	}
	f, err := fields[TransferFields](t)
	if err != nil {
		return nil, err
	}
	g := t.rules.Genesis
	if t.item.Log != NewLogID(TransferLog, g.Network, InstitutionID{}, f.Patient) {
		return nil, refuse(CodeMalformed, "the transfer's id does not follow from its key")
	}
	if err := t.checkTransfer(f); err != nil {
		return nil, err
	}
	if err := t.countersigned(f.Ticket.Sponsor, f.Ticket.Statement(g.Chain), f.TicketProof); err != nil {
		return nil, err
	}
	if err := t.quota(f.Ticket.Sponsor); err != nil {
		return nil, err
	}
	for _, key := range f.keys() {
		t.use(key, true)
	}
	return t.newHead(Head{Kind: TransferLog, Transfer: &Transfer{
		Sponsor: f.Ticket.Sponsor, Patient: f.Patient, TLS: f.TLS, Source: f.Source,
		Destination: f.Ticket.Destination, Expiry: f.Expiry, Uses: f.Uses, Stored: TransferOpen,
	}}), nil
}

// Statement is what the sponsor signs.
func (s SponsorTicket) Statement(chain string) Statement {
	return Statement{Context: ContextSponsor, Chain: chain, Body: Encode(s)}
}

func (f TransferFields) keys() []PublicKey {
	return []PublicKey{f.Patient, f.TLS, f.Source, f.Ticket.Destination}
}

func (t *turn) checkTransfer(f TransferFields) error {
	for i, key := range f.keys() {
		if err := t.fresh(key); err != nil {
			return err
		}
		for _, other := range f.keys()[:i] {
			if other == key {
				return refuse(CodeMalformed, "one key has two parts in the transfer")
			}
		}
	}
	if f.Uses == 0 || f.Uses > MaxUses {
		return refuse(CodeMalformed, "a transfer has 1 to %d uses", MaxUses)
	}
	if t.block.Time >= f.Ticket.Expiry {
		return refuse(CodeNotLive, "the request has expired")
	}
	return t.within(f.Expiry, MaxExpiry, "the transfer's end")
}

// step checks that the signer has this part in the transfer and names its
// present use and offer.
func (t *turn) step(offer bool, kinds ...SignerKind) (*Transfer, error) {
	f, err := fields[StepFields](t)
	if err != nil {
		return nil, err
	}
	tr, err := t.transfer(kinds...)
	if err != nil {
		return nil, err
	}
	if f.Use != tr.Use || offer && f.Offer != tr.Offer {
		return nil, refuse(CodeSequence, "this is not about the transfer's present use")
	}
	return tr, nil
}

func (t *turn) transfer(kinds ...SignerKind) (*Transfer, error) {
	if t.head == nil {
		return nil, refuse(CodeUnknown, "there is no such transfer")
	}
	if t.head.Transfer == nil {
		return nil, refuse(CodeParty, "%s does not belong in this log", t.item.Class)
	}
	for _, kind := range kinds {
		if t.header.Kind == kind {
			return t.head.Transfer, nil
		}
	}
	return nil, refuse(CodeParty, "the signer may not write %s in this transfer", t.item.Class)
}

func (t *turn) state(tr *Transfer) TransferState { return tr.State(t.block.Time, t.clock.Live) }

// collect: R has stored its secrets and the offer and asks for a use.
func collect(t *turn) (*openHead, error) {
	f, err := fields[StepFields](t)
	if err != nil {
		return nil, err
	}
	tr, err := t.transfer(SignerDestination)
	if err != nil {
		return nil, err
	}
	if !tr.CanCollect(t.block.Time, t.clock.Live) {
		return nil, refuse(CodeNotLive, "the transfer is %s", t.state(tr))
	}
	if f.Use != tr.Use+1 || f.Offer == (Hash{}) {
		return nil, refuse(CodeSequence, "the next use is %d", tr.Use+1)
	}
	if _, err := t.activeInstitution(tr.Sponsor); err != nil {
		return nil, err
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	tr.Use, tr.Offer, tr.Stored = f.Use, f.Offer, TransferCollected
	tr.Deadline = t.clock.Live + Live(t.rules.Genesis.Params.CollectWithin)
	return t.head, nil
}

// release: S commits before it sends; never after a stop, the deadline or the
// transfer's end, nor to an institution that has left.
func release(t *turn) (*openHead, error) {
	tr, err := t.step(true, SignerSource)
	if err != nil {
		return nil, err
	}
	if state := t.state(tr); state != TransferCollected || t.block.Time >= tr.Expiry {
		return nil, refuse(CodeNotLive, "the transfer is %s and nothing may be released", state)
	}
	if _, err := t.activeInstitution(tr.Sponsor); err != nil {
		return nil, err
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	tr.Stored = TransferReleased
	tr.Done++
	return t.head, nil
}

// received: R has filed, or could not; legal after a stop too, since it only
// says what happened.
func received(t *turn) (*openHead, error) {
	tr, err := t.step(true, SignerDestination)
	if err != nil {
		return nil, err
	}
	if tr.Stored != TransferReleased {
		return nil, refuse(CodeSequence, "the transfer is %s, not released", t.state(tr))
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	tr.settle()
	return t.head, nil
}

// settle ends a released use: the transfer is open again while uses remain.
func (t *Transfer) settle() {
	t.Stored = TransferReceived
	if t.Done < t.Uses && !t.Stopped {
		t.Stored = TransferOpen
	}
}

// void: before the release either side may let go of the use.
func void(t *turn) (*openHead, error) {
	tr, err := t.step(false, SignerSource, SignerDestination)
	if err != nil {
		return nil, err
	}
	if tr.Stored != TransferCollected {
		return nil, refuse(CodeSequence, "the transfer is %s; there is nothing to void", t.state(tr))
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	tr.Stored = TransferOpen
	return t.head, nil
}

// undelivered: after the release only both signatures can say that nothing
// arrived; the use is given back.
func undelivered(t *turn) (*openHead, error) {
	f, err := fields[UndeliveredFields](t)
	if err != nil {
		return nil, err
	}
	tr, err := t.transfer(SignerSource, SignerDestination)
	if err != nil {
		return nil, err
	}
	if tr.Stored != TransferReleased || f.Step.Use != tr.Use || f.Step.Offer != tr.Offer {
		return nil, refuse(CodeSequence, "this is not about a released use of the transfer")
	}
	other := tr.Source
	if t.header.Kind == SignerSource {
		other = tr.Destination
	}
	if err := t.rules.Verify(other, UndeliveredStatement(t.rules.Genesis.Chain, t.item.Log, f.Step), f.Other); err != nil {
		return nil, refuse(CodeSignature, "the other side has not signed")
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	tr.Done--
	tr.Stored = TransferOpen
	return t.head, nil
}

// UndeliveredStatement is what the other side signs.
func UndeliveredStatement(chain string, transfer LogID, step StepFields) Statement {
	return Statement{Context: ContextUndelivered, Chain: chain, Log: transfer, Body: Encode(step)}
}

// stop: the patient ends the transfer, all uses; of the stop class. A use that
// is released stays so, and the screen says that R may have the data.
func stop(t *turn) (*openHead, error) {
	if _, err := fields[StopFields](t); err != nil {
		return nil, err
	}
	tr, err := t.transfer(SignerPatient)
	if err != nil {
		return nil, err
	}
	if tr.Stopped || tr.Stored == TransferReceived {
		return nil, refuse(CodeNotLive, "the transfer is %s already", t.state(tr))
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	tr.Stopped, tr.StoppedAt = true, t.block.Time
	return t.head, nil
}
