package client

import (
	"slices"

	"carekey/consent"
)

// chartEntry judges an entry of a chart.
func (a *audit) chartEntry(j judged) (verdict, error) {
	if j.item.Class == consent.ClassOpen {
		return a.openChart(j)
	}
	if a.chart == nil {
		return verdict{}, broken(j, "The chart does not begin with its opening.")
	}
	signer := a.chart.Keys.Sign // a rotation is signed by the old key
	if j.header.Kind == consent.SignerInstitution {
		signer = a.institutionKey(j)
	}
	v := verdict{signer: signer}
	var err error
	switch j.item.Class {
	case consent.ClassAccess:
		err = a.access(j)
	case consent.ClassSay:
		err = a.say(j)
	case consent.ClassGrant:
		err = a.grant(j)
	case consent.ClassRevoke:
		err = a.revoke(j)
	case consent.ClassRotate:
		v.checks, err = a.rotate(j)
	case consent.ClassFreeze:
		err = a.freeze(j)
	case consent.ClassClose:
		err = a.closeChart(j)
	default:
		err = broken(j, "A %s does not belong in a chart.", j.item.Class)
	}
	return v, err
}

func (a *audit) openChart(j judged) (verdict, error) {
	if a.chart != nil || j.entry.Number != 0 {
		return verdict{}, broken(j, "The chart was opened twice.")
	}
	if err := a.party(j, consent.SignerPatient); err != nil {
		return verdict{}, err
	}
	f, err := fieldsOf[consent.OpenFields](j)
	if err != nil {
		return verdict{}, err
	}
	if f.Keys.Check() != nil || a.log != consent.NewLogID(consent.ChartLog, a.network, f.Keys.Institution, f.Keys.Sign) {
		return verdict{}, broken(j, "The chart's keys are not those that name it.")
	}
	if !within(j, f.Until, consent.MaxEnrolment) {
		return verdict{}, broken(j, "The institution's word for it had ended.")
	}
	statement := consent.OpenStatement(a.chain, a.log, f.Keys, f.Until)
	if err := a.countersigned(j, f.Keys.Institution, statement, f.Sponsor); err != nil {
		return verdict{}, err
	}
	a.chart = &consent.Chart{Keys: f.Keys}
	a.keys = append(a.keys, f.Keys)
	return verdict{signer: f.Keys.Sign}, a.ration(j)
}

// access is by far the most frequent entry.
func (a *audit) access(j judged) error {
	if err := a.party(j, consent.SignerInstitution); err != nil {
		return err
	}
	if len(j.item.Fields) == 2 && j.item.Fields[0] == 0x81 && j.item.Fields[1] == 0xf6 {
		return nil // CBOR [null]: under no grant
	}
	f, err := fieldsOf[consent.AccessFields](j)
	if err != nil || f.Grant == nil {
		return err
	}
	g, live := a.grants[*f.Grant]
	if !live || j.entry.Time >= g.Expiry || a.chart != nil && a.chart.Closed {
		return broken(j, "Permission %d was taken back, used up or over by then.", *f.Grant)
	}
	if g.Limited {
		g.Left--
		a.grants[*f.Grant] = g
		if g.Left == 0 {
			delete(a.grants, *f.Grant)
		}
	}
	return nil
}

func (a *audit) say(j judged) error {
	f, err := fieldsOf[consent.SayFields](j)
	if err != nil {
		return err
	}
	if err := a.party(j, consent.SignerPatient, consent.SignerInstitution); err != nil {
		return err
	}
	side := consent.SideInstitution
	if j.header.Kind == consent.SignerPatient {
		side = consent.SidePatient
	}
	switch {
	case f.Side != side:
		return broken(j, "It speaks for the other side.")
	case f.Answers != nil && *f.Answers >= j.entry.Number:
		return broken(j, "It answers an entry that was not there.")
	case f.Due != 0 && !within(j, f.Due, consent.MaxDue):
		return broken(j, "Its due time is out of its limits.")
	}
	return a.ration(j)
}

func (a *audit) grant(j judged) error {
	f, err := fieldsOf[consent.GrantFields](j)
	if err != nil {
		return err
	}
	if err := a.calm(j); err != nil {
		return err
	}
	if !within(j, f.Expiry, consent.MaxExpiry) {
		return broken(j, "Its end is out of its limits.")
	}
	a.grants[j.entry.Number] = consent.Grant{Expiry: f.Expiry, Limited: f.Uses > 0, Left: f.Uses}
	return a.ration(j)
}

// revoke needs no live grant here: a grant that ended is forgotten, and taking
// back what is no more harms nobody.
func (a *audit) revoke(j judged) error {
	f, err := fieldsOf[consent.RevokeFields](j)
	if err != nil {
		return err
	}
	if err := a.party(j, consent.SignerPatient); err != nil {
		return err
	}
	delete(a.grants, f.Grant)
	return a.ration(j)
}

func (a *audit) rotate(j judged) ([]check, error) {
	f, err := fieldsOf[consent.RotateFields](j)
	if err != nil {
		return nil, err
	}
	if err := a.calm(j); err != nil {
		return nil, err
	}
	if f.Keys.Check() != nil || f.Keys.Institution != a.chart.Keys.Institution || a.used(f.Keys) {
		return nil, broken(j, "Its new keys are weak, were used before or belong elsewhere.")
	}
	a.chart.Keys = f.Keys
	a.keys = append(a.keys, f.Keys)
	statement := consent.RotateStatement(a.chain, a.log, f.Keys)
	return []check{{j.entry.Number, f.Keys.Sign, statement, f.Proof}}, a.ration(j)
}

func (a *audit) freeze(j judged) error {
	f, err := fieldsOf[consent.FreezeFields](j)
	if err != nil {
		return err
	}
	if err := a.party(j, consent.SignerPatient); err != nil {
		return err
	}
	if !within(j, f.Until, consent.MaxFreeze) || f.Until <= a.chart.FrozenUntil {
		return broken(j, "It does not lengthen the freeze, or by too much.")
	}
	a.chart.FrozenUntil = f.Until
	return a.ration(j)
}

func (a *audit) closeChart(j judged) error {
	if _, err := fieldsOf[consent.CloseFields](j); err != nil {
		return err
	}
	if err := a.calm(j); err != nil {
		return err
	}
	a.chart.Closed = true
	return a.ration(j)
}

// calm refuses what only the patient may write, and not in a frozen or closed
// chart.
func (a *audit) calm(j judged) error {
	if err := a.party(j, consent.SignerPatient); err != nil {
		return err
	}
	switch {
	case a.chart.Frozen(j.entry.Time):
		return broken(j, "The chart was frozen.")
	case a.chart.Closed:
		return broken(j, "The chart was closed.")
	}
	return nil
}

// institutionKey is the key with which the chart's institution may have signed
// the entry's transaction; zero if there is none. One look-up serves all its
// entries, which are of one block.
func (a *audit) institutionKey(j judged) consent.PublicKey {
	if a.signed.batch != j.entry.Batch {
		key, _ := a.registered.KeyAt(a.chart.Keys.Institution, j.header.Key, j.entry.Height, j.entry.Time)
		a.signed = signedBy{j.entry.Batch, key}
	}
	return a.signed.key
}

// used tells whether one of the keys was in this chart before.
func (a *audit) used(k consent.ChartKeys) bool {
	return slices.ContainsFunc(a.keys, func(old consent.ChartKeys) bool {
		return old.Sign == k.Sign || old.TLS == k.TLS || old.Sign == k.TLS || old.TLS == k.Sign
	})
}
