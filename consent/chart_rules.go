package consent

// openChart: the patient signs, the institution has countersigned the keys,
// nobody used them before, and the sponsor has room in its day.
func openChart(t *turn) (*openHead, error) {
	if err := t.opens("the chart"); err != nil {
		return nil, err
	}
	f, err := fields[OpenFields](t)
	if err != nil {
		return nil, err
	}
	if err := t.checkChartKeys(f.Keys); err != nil {
		return nil, err
	}
	g := t.rules.Genesis
	if t.item.Log != NewLogID(ChartLog, g.Network, f.Keys.Institution, f.Keys.Sign) {
		return nil, refuse(CodeMalformed, "the chart's id does not follow from its keys")
	}
	if err := t.within(f.Until, MaxEnrolment, "the end of the institution's countersignature"); err != nil {
		return nil, err
	}
	if err := t.countersigned(f.Keys.Institution, OpenStatement(g.Chain, t.item.Log, f.Keys, f.Until), f.Sponsor); err != nil {
		return nil, err
	}
	if err := t.quota(f.Keys.Institution); err != nil {
		return nil, err
	}
	t.use(f.Keys.Sign, true)
	t.use(f.Keys.TLS, true)
	return t.newHead(Head{Kind: ChartLog, Chart: &Chart{Keys: f.Keys}}), nil
}

// OpenStatement is what an institution countersigns when a chart opens.
func OpenStatement(chain string, log LogID, keys ChartKeys, until Time) Statement {
	return Statement{Context: ContextOpen, Chain: chain, Log: log, Body: Encode(Countersigned{Keys: keys, Until: until})}
}

// RotateStatement is what the new key signs when a chart's keys change.
func RotateStatement(chain string, log LogID, keys ChartKeys) Statement {
	return Statement{Context: ContextRotate, Chain: chain, Log: log, Body: Encode(keys)}
}

func (t *turn) checkChartKeys(k ChartKeys) error {
	if err := k.Check(); err != nil {
		return refuse(CodeMalformed, "%s", err)
	}
	if err := t.fresh(k.Sign); err != nil {
		return err
	}
	return t.fresh(k.TLS)
}

// countersigned checks a statement that an active institution signed with one
// of its present ledger keys.
func (t *turn) countersigned(id InstitutionID, s Statement, sig Signature) error {
	inst, err := t.activeInstitution(id)
	if err != nil {
		return err
	}
	for _, k := range inst.Ledger {
		if k.validAt(t.block.Height, t.block.Time) && t.rules.Verify(k.Key, s, sig) == nil {
			return nil
		}
	}
	return refuse(CodeSignature, "%s has not signed this", inst.Name)
}

// say: either side speaks; what it says is private. The ledger judges the
// side, the entry it answers and the due time; [Fold] judges the kinds.
func say(t *turn) (*openHead, error) {
	f, err := fields[SayFields](t)
	if err != nil {
		return nil, err
	}
	if _, err := t.chart(SignerPatient, SignerInstitution); err != nil {
		return nil, err
	}
	if (f.Side == SidePatient) != (t.header.Kind == SignerPatient) || f.Side > SideInstitution || f.Side == 0 {
		return nil, refuse(CodeParty, "the entry speaks for the other side")
	}
	if f.Answers != nil && *f.Answers >= t.head.size() {
		return nil, refuse(CodeUnknown, "there is no entry %d to answer", *f.Answers)
	}
	if f.Due != 0 {
		if err := t.within(f.Due, MaxDue, "the due time"); err != nil {
			return nil, err
		}
	}
	return t.head, t.ration(t.head)
}

// grant: the patient permits; not in a frozen or closed chart.
func grant(t *turn) (*openHead, error) {
	f, err := fields[GrantFields](t)
	if err != nil {
		return nil, err
	}
	c, err := t.chart(SignerPatient)
	if err != nil {
		return nil, err
	}
	if err := t.calm(c); err != nil {
		return nil, err
	}
	if err := t.within(f.Expiry, MaxExpiry, "the permission's end"); err != nil {
		return nil, err
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	g := Grant{Expiry: f.Expiry, Limited: f.Uses > 0, Left: f.Uses}
	t.put(GrantKey(t.item.Log, t.head.size()), Encode(g))
	return t.head, nil
}

// revoke: the patient takes a permission back; frozen or closed, always.
func revoke(t *turn) (*openHead, error) {
	f, err := fields[RevokeFields](t)
	if err != nil {
		return nil, err
	}
	if _, err := t.chart(SignerPatient); err != nil {
		return nil, err
	}
	raw, err := t.get(GrantKey(t.item.Log, f.Grant))
	if err != nil {
		return nil, err
	}
	if raw == nil {
		return nil, refuse(CodeNotLive, "permission %d does not exist any more", f.Grant)
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	t.put(GrantKey(t.item.Log, f.Grant), nil)
	return t.head, nil
}

// access: the institution looked or used. Under a grant the grant must be
// live; on any other basis the entry always stands, whatever the chart's state.
func access(t *turn) (*openHead, error) {
	f, err := fields[AccessFields](t)
	if err != nil {
		return nil, err
	}
	c, err := t.chart(SignerInstitution)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Grant == nil:
		return t.head, nil
	case c.Closed:
		return nil, refuse(CodeClosed, "the chart is closed, and its permissions with it")
	}
	return t.head, t.useGrant(*f.Grant)
}

func (t *turn) useGrant(number uint64) error {
	key := GrantKey(t.item.Log, number)
	raw, err := t.get(key)
	if err != nil {
		return err
	}
	if raw == nil {
		return refuse(CodeNotLive, "permission %d does not exist, was taken back or is used up", number)
	}
	g, err := DecodeGrant(raw)
	if err != nil {
		return err
	}
	if t.block.Time >= g.Expiry {
		return refuse(CodeNotLive, "permission %d has ended", number)
	}
	if !g.Limited {
		return nil
	}
	if g.Left--; g.Left == 0 {
		t.put(key, nil)
		return nil
	}
	t.put(key, Encode(g))
	return nil
}

// rotate: old and new key sign; not while frozen, so that a thief who has the
// device cannot run from a recovery.
func rotate(t *turn) (*openHead, error) {
	f, err := fields[RotateFields](t)
	if err != nil {
		return nil, err
	}
	c, err := t.chart(SignerPatient)
	if err != nil {
		return nil, err
	}
	if err := t.calm(c); err != nil {
		return nil, err
	}
	if f.Keys.Institution != c.Keys.Institution {
		return nil, refuse(CodeMalformed, "a chart cannot move to another institution")
	}
	if err := t.checkChartKeys(f.Keys); err != nil {
		return nil, err
	}
	if err := t.rules.Verify(f.Keys.Sign, RotateStatement(t.rules.Genesis.Chain, t.item.Log, f.Keys), f.Proof); err != nil {
		return nil, refuse(CodeSignature, "the new key has not signed")
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	t.use(c.Keys.Sign, false)
	t.use(c.Keys.TLS, false)
	t.use(f.Keys.Sign, true)
	t.use(f.Keys.TLS, true)
	c.Keys = f.Keys
	return t.head, nil
}

// freeze: of the stop class. It can lengthen a freeze but never shorten one.
func freeze(t *turn) (*openHead, error) {
	f, err := fields[FreezeFields](t)
	if err != nil {
		return nil, err
	}
	c, err := t.chart(SignerPatient)
	if err != nil {
		return nil, err
	}
	if err := t.within(f.Until, MaxFreeze, "the freeze's end"); err != nil {
		return nil, err
	}
	if f.Until <= c.FrozenUntil {
		return nil, refuse(CodeFrozen, "the chart is frozen for longer already")
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	c.FrozenUntil = f.Until
	return t.head, nil
}

// closeChart: the patient ends the relationship; accesses still appear.
func closeChart(t *turn) (*openHead, error) {
	if _, err := fields[CloseFields](t); err != nil {
		return nil, err
	}
	c, err := t.chart(SignerPatient)
	if err != nil {
		return nil, err
	}
	if err := t.calm(c); err != nil {
		return nil, err
	}
	if err := t.ration(t.head); err != nil {
		return nil, err
	}
	c.Closed = true
	return t.head, nil
}
