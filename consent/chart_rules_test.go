package consent_test

import (
	"testing"
	"time"

	"carekey/consent"
)

const day = 24 * time.Hour

func TestChartOpens(t *testing.T) {
	n := newNetwork(t)
	c := n.newChart("ann", n.hospital)
	if number := n.As(c).may(c.open()); number != 0 {
		t.Errorf("the opening is entry %d", number)
	}
	head := n.head(c.LogID)
	if head.Kind != consent.ChartLog || head.Chart.Keys != c.keys() || head.Chart.Closed || head.Chart.Frozen(n.now) {
		t.Errorf("head %+v", head)
	}
	for _, k := range []key{c.sign, c.tls} {
		if u := n.keyUse(k); u == nil || *u != (consent.KeyUse{Log: c.LogID, Current: true}) {
			t.Errorf("key use %+v", u)
		}
	}
	n.As(c).mayNot(consent.CodeExists, c.open())
}

// keyUse is what the state says of a key, or nil.
func (n *network) keyUse(k key) *consent.KeyUse {
	n.Helper()
	raw := n.state[string(consent.KeyUseKey(k.Public()))]
	if raw == nil {
		return nil
	}
	u, err := consent.DecodeKeyUse(raw)
	if err != nil {
		n.Fatal(err)
	}
	return &u
}

// An institution that could open a chart alone could claim a relationship the
// patient never agreed to.
func TestChartIsOpenedByItsPatientAlone(t *testing.T) {
	n := newNetwork(t)
	c := n.newChart("ann", n.hospital)
	n.As(n.hospital).mayNot(consent.CodeParty, c.open())
	n.As(n.clinic).mayNot(consent.CodeParty, c.open())
	for _, kind := range []consent.SignerKind{consent.SignerSource, consent.SignerDestination} {
		n.As(end{kind, c.LogID, c.sign}).mayNot(consent.CodeUnknown, c.open())
	}
	thief := c
	thief.sign = newKey("thief")
	n.As(thief).mayNot(consent.CodeSignature, c.open())
	n.As(c).may(c.open())
}

func TestChartNeedsItsInstitutionsSignature(t *testing.T) {
	n := newNetwork(t)
	c := n.newChart("ann", n.hospital)
	with := func(by key, s consent.Statement) consent.Item {
		return c.item(consent.ClassOpen, consent.OpenFields{Keys: c.keys(), Until: c.until, Sponsor: by.sign(s)})
	}
	right := consent.OpenStatement(chainName, c.LogID, c.keys(), c.until)
	otherKeys := c.keys()
	otherKeys.Seal = consent.Hash{1}
	otherContext := right
	otherContext.Context = consent.ContextRotate
	for name, item := range map[string]consent.Item{
		"none":                  c.item(consent.ClassOpen, consent.OpenFields{Keys: c.keys(), Until: c.until}),
		"the patient's own":     with(c.sign, right),
		"another institution's": with(n.clinic.ledger, right),
		"the TLS key's":         with(n.hospital.tls, right),
		"over other keys":       with(n.hospital.ledger, consent.OpenStatement(chainName, c.LogID, otherKeys, c.until)),
		"of another chain":      with(n.hospital.ledger, consent.OpenStatement("x", c.LogID, c.keys(), c.until)),
		"of another log":        with(n.hospital.ledger, consent.OpenStatement(chainName, consent.LogID{}, c.keys(), c.until)),
		"with an earlier end":   with(n.hospital.ledger, consent.OpenStatement(chainName, c.LogID, c.keys(), c.until-1)),
		"of another context":    with(n.hospital.ledger, otherContext),
	} {
		n.run(name, func() { n.As(c).mayNot(consent.CodeSignature, item) })
	}
	unknown := n.newChart("ann", institution{ID: consent.InstitutionID{7}, ledger: newKey("unknown")})
	n.As(unknown).mayNot(consent.CodeUnknown, unknown.open())
	former := n.newChart("ann", n.former)
	n.halt(31 * day)
	former.until = n.now.Add(day)
	n.As(former).mayNot(consent.CodeInactive, former.open())
}

// An institution's word for a chart's keys does not hold for ever: who was
// enrolled and did not come may not open the chart years later.
func TestCountersignatureEnds(t *testing.T) {
	n := newNetwork(t)
	for name, tt := range map[string]struct {
		after time.Duration // of the block that carries it
		code  consent.Code
	}{
		"past":                {-time.Hour, consent.CodeNotLive},
		"at its end":          {0, consent.CodeNotLive},
		"a nanosecond before": {1, consent.CodeOK},
		"eight days ahead":    {8 * day, consent.CodeOK},
		"further ahead":       {8*day + 1, consent.CodeNotLive},
	} {
		n.run(name, func() {
			c := n.newChart(name, n.hospital)
			c.until = n.now.Add(time.Second + tt.after)
			n.tries(n.As(c), tt.code, c.open())
		})
	}
	c := n.newChart("without", n.hospital)
	c.until = 0
	n.As(c).mayNot(consent.CodeNotLive, c.open())
	c.until = 1<<63 - 1
	n.As(c).mayNot(consent.CodeNotLive, c.open())
	late := n.newChart("late", n.hospital)
	opening := late.open() // signed in time
	n.halt(8*day + time.Second)
	n.As(late).mayNot(consent.CodeNotLive, opening)
}

func TestChartKeysAreStrongAndNew(t *testing.T) {
	n := newNetwork(t)
	bob := n.chart("bob", n.clinic)
	tr := n.transfer("move", 1)
	c := n.newChart("ann", n.hospital)
	keys := func(f func(*consent.ChartKeys)) consent.Item {
		k := c.keys()
		f(&k)
		return c.openWith(k)
	}
	for name, tt := range map[string]struct {
		item consent.Item
		code consent.Code
	}{
		"weak TLS key":            {keys(func(k *consent.ChartKeys) { k.TLS = consent.PublicKey{} }), consent.CodeMalformed},
		"one key for both":        {keys(func(k *consent.ChartKeys) { k.TLS = k.Sign }), consent.CodeMalformed},
		"a TLS key of another":    {keys(func(k *consent.ChartKeys) { k.TLS = bob.tls.Public() }), consent.CodeExists},
		"another's signing key":   {keys(func(k *consent.ChartKeys) { k.TLS = bob.sign.Public() }), consent.CodeExists},
		"a transfer's source key": {keys(func(k *consent.ChartKeys) { k.TLS = tr.source.Public() }), consent.CodeExists},
		"another's institution":   {keys(func(k *consent.ChartKeys) { k.Institution = n.clinic.ID }), consent.CodeMalformed},
	} {
		n.run(name, func() { n.As(c).mayNot(tt.code, tt.item) })
	}
	// The signing key of one chart cannot open another one elsewhere.
	again := n.newChart("bob", n.hospital)
	again.tls = newKey("fresh")
	n.As(again).mayNot(consent.CodeExists, again.open())
	n.As(c).may(c.open())
}

func TestChartIDFollowsFromItsKeys(t *testing.T) {
	n := newNetwork(t)
	c := n.newChart("ann", n.hospital)
	c.LogID[0] ^= 1
	n.As(c).mayNot(consent.CodeMalformed, c.open())
	c = n.newChart("ann", n.hospital)
	c.LogID = consent.NewLogID(consent.TransferLog, n.genesis.Network, consent.InstitutionID{}, c.sign.Public())
	n.As(c).mayNot(consent.CodeMalformed, c.open())
}

func TestWhoMayWriteInAChart(t *testing.T) {
	n := newNetwork(t)
	ann := n.chart("ann", n.hospital)
	number := n.As(ann).may(ann.grants(n.now.Add(time.Hour), 0))
	next := ann.successor("next")
	for _, tt := range []struct {
		item                 consent.Item
		patient, institution consent.Code
	}{
		{ann.says(consent.SidePatient), consent.CodeOK, consent.CodeParty},
		{ann.says(consent.SideInstitution), consent.CodeParty, consent.CodeOK},
		{ann.says(0), consent.CodeParty, consent.CodeParty},
		{ann.says(3), consent.CodeParty, consent.CodeParty},
		{ann.grants(n.now.Add(time.Hour), 0), consent.CodeOK, consent.CodeParty},
		{ann.looks(), consent.CodeParty, consent.CodeOK},
		{ann.uses(number), consent.CodeParty, consent.CodeOK},
		{ann.freezes(n.now.Add(time.Millisecond)), consent.CodeNotLive, consent.CodeParty},
		{ann.freezes(n.now.Add(time.Hour)), consent.CodeOK, consent.CodeParty},
		{ann.revokes(number), consent.CodeOK, consent.CodeParty},
		{ann.rotates(next), consent.CodeFrozen, consent.CodeParty},
		{ann.closes(), consent.CodeFrozen, consent.CodeParty},
		{ann.item(consent.ClassCollect, consent.StepFields{Use: 1, Offer: consent.Hash{1}}), consent.CodeParty, consent.CodeParty},
		{ann.item(consent.ClassRelease, consent.StepFields{Use: 1, Offer: consent.Hash{1}}), consent.CodeParty, consent.CodeParty},
		{ann.item(consent.ClassReceived, consent.StepFields{Use: 1, Offer: consent.Hash{1}}), consent.CodeParty, consent.CodeParty},
		{ann.item(consent.ClassVoid, consent.StepFields{}), consent.CodeParty, consent.CodeParty},
		{ann.item(consent.ClassUndelivered, consent.UndeliveredFields{}), consent.CodeParty, consent.CodeParty},
		{ann.item(consent.ClassStop, consent.StopFields{}), consent.CodeParty, consent.CodeParty},
	} {
		n.run(tt.item.Class.String(), func() {
			n.tries(n.As(n.clinic), consent.CodeParty, tt.item) // not this chart's institution
			n.tries(n.As(n.hospital), tt.institution, tt.item)
			n.tries(n.As(ann), tt.patient, tt.item)
		})
	}
}

// tries is may or mayNot, as the code says.
func (n *network) tries(h hand, code consent.Code, item consent.Item) {
	n.Helper()
	if code == consent.CodeOK {
		h.may(item)
	} else {
		h.mayNot(code, item)
	}
}

func TestNobodyWritesInALogThatDoesNotExist(t *testing.T) {
	n := newNetwork(t)
	c := n.newChart("ann", n.hospital)
	n.As(n.hospital).mayNot(consent.CodeUnknown, c.looks())
	n.As(n.hospital).mayNot(consent.CodeUnknown, c.says(consent.SideInstitution))
	n.As(c).mayNot(consent.CodeUnknown, c.says(consent.SidePatient))
	n.As(c).mayNot(consent.CodeUnknown, c.revokes(0))
	n.As(n.hospital).mayNot(consent.CodeParty, consent.NewItem(consent.RegistryLogID(n.genesis.Network), consent.ClassAccess, consent.AccessFields{}, consent.Hash{}))
}

func TestSayAnswersAnEntryThatExists(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	n.As(c).may(c.answers(consent.SidePatient, 0))
	n.As(c).mayNot(consent.CodeUnknown, c.answers(consent.SidePatient, 2)) // itself
	n.As(c).mayNot(consent.CodeUnknown, c.answers(consent.SidePatient, 1<<63))
	n.As(n.hospital).may(c.answers(consent.SideInstitution, 1))
}

func TestDueTimes(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	due := func(after time.Duration) consent.Item { // from the block that carries it
		return c.item(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: n.now.Add(time.Second + after)})
	}
	n.As(n.hospital).mayNot(consent.CodeNotLive, due(0))
	n.As(n.hospital).may(due(1))
	n.As(n.hospital).may(due(consent.MaxDue))
	n.As(n.hospital).mayNot(consent.CodeNotLive, due(consent.MaxDue+1))
	n.As(n.hospital).mayNot(consent.CodeNotLive, c.item(consent.ClassSay, consent.SayFields{Side: consent.SideInstitution, Due: -1}))
}

func TestGrantsHaveAnEnd(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	until := func(after time.Duration) consent.Item { return c.grants(n.now.Add(time.Second+after), 0) }
	n.As(c).mayNot(consent.CodeNotLive, c.grants(0, 0))
	n.As(c).mayNot(consent.CodeNotLive, until(0))
	n.As(c).may(until(1))
	n.As(c).may(until(consent.MaxExpiry))
	n.As(c).mayNot(consent.CodeNotLive, until(consent.MaxExpiry+1))
	n.As(c).mayNot(consent.CodeNotLive, c.grants(1<<63-1, 0))
}

func TestGrantIsUsedWhileItLives(t *testing.T) {
	n := newNetwork(t)
	ann, bob := n.chart("ann", n.hospital), n.chart("bob", n.hospital)
	number := n.As(ann).may(ann.grants(n.now.Add(time.Minute), 0))
	for range 3 {
		n.As(n.hospital).may(ann.uses(number))
	}
	n.As(n.hospital).mayNot(consent.CodeNotLive, ann.uses(number+1))
	n.As(n.hospital).mayNot(consent.CodeNotLive, ann.uses(0))      // an entry, but no grant
	n.As(n.hospital).mayNot(consent.CodeNotLive, bob.uses(number)) // Ann's grant in Bob's chart
	n.As(n.clinic).mayNot(consent.CodeParty, ann.uses(number))
	n.As(n.hospital).may(ann.uses(number))
}

func TestGrantEndsAtItsTime(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Minute), 0))
	expiry := n.now.Add(time.Minute - time.Second)
	n.halt(expiry.Sub(n.now) - 2*time.Second)
	n.As(n.hospital).may(c.uses(number)) // a second before
	n.As(n.hospital).mayNot(consent.CodeNotLive, c.uses(number))
	n.halt(time.Hour)
	n.As(n.hospital).mayNot(consent.CodeNotLive, c.uses(number))
	n.As(n.hospital).may(c.looks()) // other bases always stand
}

func TestGrantIsUsedUp(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 2))
	n.As(n.hospital).may(c.uses(number))
	n.As(n.hospital).may(c.uses(number))
	n.As(n.hospital).mayNot(consent.CodeNotLive, c.uses(number))
	if n.state[string(consent.GrantKey(c.LogID, number))] != nil {
		t.Error("a used-up grant is still in the state")
	}
	n.As(c).mayNot(consent.CodeNotLive, c.revokes(number))
}

func TestRevocationEndsAGrant(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	other := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 5))
	n.As(n.hospital).may(c.uses(number))
	n.As(c).may(c.revokes(number))
	n.As(n.hospital).mayNot(consent.CodeNotLive, c.uses(number))
	n.As(c).mayNot(consent.CodeNotLive, c.revokes(number)) // once
	n.As(n.hospital).may(c.uses(other))
	if n.state[string(consent.GrantKey(c.LogID, number))] != nil {
		t.Error("a revoked grant is still in the state")
	}
}

func TestRevocationWinsInItsOwnBlock(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	revoke, use := n.As(c).signs(c.revokes(number)), n.As(n.hospital).signs(c.uses(number))
	if !consent.StopClass(revoke) || consent.StopClass(use) {
		t.Fatal("a block would not sort the revocation first")
	}
	results := n.block(revoke, use)
	if results[0].Code != consent.CodeOK || results[1].Code != consent.CodeNotLive {
		t.Errorf("%+v", results)
	}
}

func TestGrantOfThisBlockCanBeUsedAndRevokedInIt(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := uint64(len(n.leaves[c.LogID]))
	results := n.block(
		n.As(c).signs(c.grants(n.now.Add(time.Hour), 1)), n.As(n.hospital).signs(c.uses(number)),
		n.As(n.hospital).signs(c.uses(number)), n.As(c).signs(c.grants(n.now.Add(time.Hour), 1)),
		n.As(c).signs(c.revokes(number+2)), n.As(n.hospital).signs(c.uses(number+2)),
	)
	for i, want := range []consent.Code{0, 0, consent.CodeNotLive, 0, 0, consent.CodeNotLive} {
		if results[i].Code != want {
			t.Errorf("transaction %d: code %d, want %d", i, results[i].Code, want)
		}
	}
}

func TestFreezeStopsGrantsRotationAndCloseAlone(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	until := n.now.Add(10 * time.Minute)
	n.As(c).may(c.freezes(until))
	n.As(c).mayNot(consent.CodeFrozen, c.grants(n.now.Add(time.Hour), 0))
	n.As(c).mayNot(consent.CodeFrozen, c.rotates(c.successor("next")))
	n.As(c).mayNot(consent.CodeFrozen, c.closes())

	n.As(n.hospital).may(c.looks())
	n.As(n.hospital).may(c.uses(number))
	request := n.As(n.hospital).may(c.says(consent.SideInstitution))
	n.As(c).may(c.answers(consent.SidePatient, request)) // a denial
	n.As(c).may(c.answers(consent.SidePatient, 2))       // a query
	n.As(c).may(c.revokes(number))

	n.halt(until.Sub(n.now) - 2*time.Second)
	n.As(c).mayNot(consent.CodeFrozen, c.closes())
	n.As(c).may(c.grants(n.now.Add(time.Hour), 0)) // the block at the freeze's end
	next := c.successor("next")
	n.As(c).may(c.rotates(next))
	n.As(next).may(next.closes())
}

func TestFreezeHasAnEndAndIsNeverShortened(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	until := func(after time.Duration) consent.Item { return c.freezes(n.now.Add(time.Second + after)) }
	n.As(c).mayNot(consent.CodeNotLive, until(0))
	n.As(c).mayNot(consent.CodeNotLive, until(consent.MaxFreeze+1))
	first := n.now.Add(time.Hour)
	n.As(c).may(c.freezes(first))
	n.As(c).mayNot(consent.CodeFrozen, c.freezes(first))
	n.As(c).mayNot(consent.CodeFrozen, c.freezes(first-1))
	n.As(c).may(c.freezes(first + 1))
	n.As(c).may(until(consent.MaxFreeze))
}

func TestRotation(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	next := c.successor("next")
	n.As(c).may(c.rotates(next))

	n.As(c).mayNot(consent.CodeSignature, c.says(consent.SidePatient)) // the old key is dead
	n.As(c).mayNot(consent.CodeSignature, c.revokes(number))
	n.As(c).mayNot(consent.CodeSignature, c.rotates(c.successor("third")))
	n.As(next).may(next.says(consent.SidePatient))
	n.As(n.hospital).may(next.uses(number)) // what was permitted stays so
	n.As(next).may(next.revokes(number))

	if head := n.head(c.LogID); head.Chart.Keys != next.keys() {
		t.Errorf("keys after rotation: %+v", head.Chart.Keys)
	}
	for k, current := range map[consent.PublicKey]bool{
		c.sign.Public(): false, c.tls.Public(): false, next.sign.Public(): true, next.tls.Public(): true,
	} {
		u, err := consent.DecodeKeyUse(n.state[string(consent.KeyUseKey(k))])
		if err != nil || u.Log != c.LogID || u.Current != current {
			t.Errorf("key %s: %+v, %v", k, u, err)
		}
	}
	n.As(next).mayNot(consent.CodeExists, next.rotates(c)) // and nobody returns to it
}

func TestRotationInOneBlock(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	next := c.successor("next")
	results := n.block(n.As(c).signs(c.rotates(next)), n.As(c).signs(c.says(consent.SidePatient)), n.As(next).signs(next.says(consent.SidePatient)))
	for i, want := range []consent.Code{consent.CodeOK, consent.CodeSignature, consent.CodeOK} {
		if results[i].Code != want {
			t.Errorf("transaction %d: code %d (%s), want %d", i, results[i].Code, results[i].Text, want)
		}
	}
}

func TestRotationNeedsBothKeysAndStaysAtItsInstitution(t *testing.T) {
	n := newNetwork(t)
	c, bob := n.chart("ann", n.hospital), n.chart("bob", n.hospital)
	next := c.successor("next")
	with := func(keys consent.ChartKeys, by key, s consent.Statement) consent.Item {
		return c.item(consent.ClassRotate, consent.RotateFields{Keys: keys, Proof: by.sign(s)})
	}
	signed := func(f func(*consent.ChartKeys)) consent.Item {
		keys := next.keys()
		f(&keys)
		return with(keys, next.sign, consent.RotateStatement(chainName, c.LogID, keys))
	}
	right := consent.RotateStatement(chainName, c.LogID, next.keys())
	for name, tt := range map[string]struct {
		item consent.Item
		code consent.Code
	}{
		"not signed by the new key":    {c.item(consent.ClassRotate, consent.RotateFields{Keys: next.keys()}), consent.CodeSignature},
		"signed by the old key twice":  {with(next.keys(), c.sign, right), consent.CodeSignature},
		"signed by the new TLS key":    {with(next.keys(), next.tls, right), consent.CodeSignature},
		"signed for another log":       {with(next.keys(), next.sign, consent.RotateStatement(chainName, bob.LogID, next.keys())), consent.CodeSignature},
		"signed for another chain":     {with(next.keys(), next.sign, consent.RotateStatement("x", c.LogID, next.keys())), consent.CodeSignature},
		"to another institution":       {signed(func(k *consent.ChartKeys) { k.Institution = n.clinic.ID }), consent.CodeMalformed},
		"to a weak TLS key":            {signed(func(k *consent.ChartKeys) { k.TLS = consent.PublicKey{1} }), consent.CodeMalformed},
		"to one key for both purposes": {signed(func(k *consent.ChartKeys) { k.TLS = k.Sign }), consent.CodeMalformed},
		"to another chart's TLS key":   {signed(func(k *consent.ChartKeys) { k.TLS = bob.tls.Public() }), consent.CodeExists},
		"to its own old TLS key":       {signed(func(k *consent.ChartKeys) { k.TLS = c.tls.Public() }), consent.CodeExists},
		"to its own key":               {c.rotates(c), consent.CodeExists},
		"to another chart's keys":      {c.rotates(chart{LogID: c.LogID, at: c.at, sign: bob.sign, tls: newKey("x")}), consent.CodeExists},
	} {
		n.run(name, func() { n.As(c).mayNot(tt.code, tt.item) })
	}
	n.As(c).may(c.rotates(next))
}

func TestClosedChart(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	n.As(c).may(c.closes())
	n.As(c).mayNot(consent.CodeClosed, c.closes())
	n.As(c).mayNot(consent.CodeClosed, c.grants(n.now.Add(time.Hour), 0))
	n.As(c).mayNot(consent.CodeClosed, c.rotates(c.successor("next")))
	n.As(n.hospital).may(c.looks()) // the truth can always be written down
	n.As(n.hospital).mayNot(consent.CodeClosed, c.uses(number))
	n.As(c).may(c.answers(consent.SidePatient, 3))
	n.As(c).may(c.revokes(number))
	n.As(c).may(c.freezes(n.now.Add(time.Hour)))
	n.As(c).mayNot(consent.CodeExists, c.open())
}

// An institution that leaves writes no more; its patients keep every right.
func TestInstitutionThatLeft(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.former)
	n.As(n.former).may(c.looks())
	number := n.As(c).may(c.grants(n.now.Add(60*day), 0))
	n.halt(30*day - 10*time.Second)
	n.As(n.former).may(c.uses(number))
	n.halt(10 * time.Second)
	n.As(n.former).mayNot(consent.CodeInactive, c.looks())
	n.As(n.former).mayNot(consent.CodeInactive, c.uses(number))
	n.As(n.former).mayNot(consent.CodeInactive, c.says(consent.SideInstitution))
	n.As(c).may(c.says(consent.SidePatient))
	n.As(c).may(c.revokes(number))
}

func TestInstitutionKeysHaveDates(t *testing.T) {
	old, later, lost := newKey("old"), newKey("later"), newKey("lost")
	var clinic institution
	n := newNetwork(t, func(g *consent.Genesis) {
		start := consent.At(g.Time)
		clinic = institution{consent.NewInstitutionID(g.Network, old.Public()), "Eye Clinic", old, newKey("eye tls")}
		content := clinic.content(consent.Clinic, 0)
		content.From = start.Add(time.Minute)
		content.Ledger = []consent.LedgerKey{
			{Key: old.Public(), Until: start.Add(time.Hour)},
			{Key: later.Public(), From: start.Add(time.Hour)},
			{Key: lost.Public(), Compromised: 5},
		}
		g.Registry = append(g.Registry, consent.Encode(consent.RegistryFields{Institution: content}))
	})
	by := func(k key) hand {
		h := n.As(clinic)
		h.Signer = k
		return h
	}
	c := n.newChart("ann", clinic)
	n.As(c).mayNot(consent.CodeInactive, c.open()) // block 1: before its first day
	n.halt(time.Minute)
	n.As(c).may(c.open())   // 3
	by(lost).may(c.looks()) // 4
	by(old).may(c.looks())  // 5
	by(lost).mayNot(consent.CodeSignature, c.looks())
	by(later).mayNot(consent.CodeSignature, c.looks())
	n.halt(time.Hour)
	by(old).mayNot(consent.CodeSignature, c.looks())
	by(later).may(c.looks())

	// A countersignature counts only while its key does.
	signed := func(name string, k key) (hand, consent.Item) {
		c := n.newChart(name, clinic)
		sponsor := k.sign(consent.OpenStatement(chainName, c.LogID, c.keys(), c.until))
		return n.As(c), c.item(consent.ClassOpen, consent.OpenFields{Keys: c.keys(), Until: c.until, Sponsor: sponsor})
	}
	h, item := signed("bob", old)
	h.mayNot(consent.CodeSignature, item)
	h, item = signed("bob", lost)
	h.mayNot(consent.CodeSignature, item)
	h, item = signed("bob", later)
	h.may(item)
}

func TestRateLimit(t *testing.T) {
	n := newNetwork(t)
	c, bob := n.chart("ann", n.hospital), n.chart("bob", n.hospital)
	first := n.As(c).may(c.grants(n.now.Add(20*day), 0)) // the second, after the opening
	for range consent.RatePerHour - 2 {
		n.As(c).may(c.says(consent.SidePatient))
	}
	next := c.successor("next")
	for _, item := range []consent.Item{
		c.says(consent.SidePatient), c.grants(n.now.Add(time.Hour), 0), c.rotates(next), c.closes(),
	} {
		n.As(c).mayNot(consent.CodeRate, item)
	}
	n.As(bob).may(bob.says(consent.SidePatient)) // each log has its own
	for range consent.RatePerHour + 1 {
		n.As(n.hospital).may(c.looks()) // and institutions have none
	}
	n.As(c).may(c.revokes(first)) // the stop class has a bucket of its own
	end := n.now.Add(day)
	for i := range consent.RatePerHour - 1 {
		n.As(c).may(c.freezes(end + consent.Time(i)))
	}
	n.As(c).mayNot(consent.CodeRate, c.freezes(end.Add(time.Hour)))
	n.halt(consent.At(genesisTime.Add(time.Hour)).Sub(n.now) - time.Second)
	n.As(c).may(c.says(consent.SidePatient)) // the next hour
	n.As(c).may(c.freezes(end.Add(time.Hour)))
}

// Sixty revocations an hour leave room for a word, and the other way round.
func TestRateBucketsAreApart(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	end := n.now.Add(day)
	var grants []uint64
	for range 3 {
		grants = append(grants, n.As(c).may(c.grants(n.now.Add(time.Hour), 0)))
	}
	for i := range consent.RatePerHour - 2 {
		n.As(c).may(c.freezes(end + consent.Time(i)))
	}
	n.As(c).may(c.revokes(grants[0]))
	n.As(c).may(c.revokes(grants[1]))
	n.As(c).mayNot(consent.CodeRate, c.revokes(grants[2]))
	n.As(c).may(c.says(consent.SidePatient))
}

func TestQuota(t *testing.T) {
	n := newNetwork(t, func(g *consent.Genesis) { g.Params.LogsPerDay = 3 })
	n.chart("a", n.clinic)
	n.transfer("t", 1) // sponsored by the clinic
	refused := n.newChart("x", n.clinic)
	refused.LogID[0] ^= 1
	n.As(refused).mayNot(consent.CodeMalformed, refused.open()) // costs nothing
	n.chart("b", n.clinic)
	c, tr := n.newChart("c", n.clinic), n.newTransfer("u", 1)
	n.As(c).mayNot(consent.CodeQuota, c.open())
	n.As(tr).mayNot(consent.CodeQuota, tr.open())
	n.chart("d", n.hospital) // each has its own
	n.halt(consent.At(genesisTime.Add(day)).Sub(n.now) - 2*time.Second)
	n.As(c).mayNot(consent.CodeQuota, c.open())
	n.As(c).may(c.open()) // the next day's first second
}

func TestQuotaCountsWithinABlock(t *testing.T) {
	n := newNetwork(t, func(g *consent.Genesis) { g.Params.LogsPerDay = 2 })
	var txs [][]byte
	for _, name := range []string{"a", "b", "c"} {
		c := n.newChart(name, n.hospital)
		txs = append(txs, n.As(c).signs(c.open()))
	}
	results := n.block(txs...)
	if results[0].Code != 0 || results[1].Code != 0 || results[2].Code != consent.CodeQuota {
		t.Errorf("%+v", results)
	}
}

func TestOneKeyOpensOneChartInABlock(t *testing.T) {
	n := newNetwork(t)
	c, again := n.newChart("ann", n.hospital), n.newChart("ann", n.clinic)
	results := n.block(n.As(c).signs(c.open()), n.As(c).signs(c.open()), n.As(again).signs(again.open()))
	for i, want := range []consent.Code{consent.CodeOK, consent.CodeExists, consent.CodeExists} {
		if results[i].Code != want {
			t.Errorf("transaction %d: code %d, want %d", i, results[i].Code, want)
		}
	}
}
