package consent

import (
	"fmt"
	"time"
)

// Limits that the rules name.
const (
	MaxDue    = 400 * 24 * time.Hour      // of an answer
	MaxExpiry = 10 * 365 * 24 * time.Hour // of a grant or transfer
	MaxFreeze = 30 * 24 * time.Hour
	MaxUses   = 1000
	// MaxEnrolment is how far ahead of block time a countersignature of a
	// chart's opening may end: an invitation's life, and a day for clocks.
	MaxEnrolment = InvitationLife + 24*time.Hour
)

// turn is one item being judged: everything a rule may look at.
type turn struct {
	*Execution
	header Header
	item   Item
	head   *openHead // of the item's log; nil if there is none yet
}

// rule judges an item. It returns the head to append to, and changes nothing
// before it has decided to accept.
type rule func(*turn) (*openHead, error)

// ruleOf is the table of what this ledger accepts; a class without a rule is
// refused.
func ruleOf(c Class) (rule, bool) {
	switch c {
	case ClassOpen:
		return openChart, true
	case ClassSay:
		return say, true
	case ClassGrant:
		return grant, true
	case ClassRevoke:
		return revoke, true
	case ClassAccess:
		return access, true
	case ClassRotate:
		return rotate, true
	case ClassFreeze:
		return freeze, true
	case ClassClose:
		return closeChart, true
	case ClassTransferOpen:
		return openTransfer, true
	case ClassCollect:
		return collect, true
	case ClassRelease:
		return release, true
	case ClassReceived:
		return received, true
	case ClassVoid:
		return void, true
	case ClassUndelivered:
		return undelivered, true
	case ClassStop:
		return stop, true
	}
	return nil, false
}

// item judges one item of an admitted transaction and appends it if accepted.
func (x *Execution) item(h Header, batch Hash, index uint32, raw []byte) (uint64, error) {
	item, err := DecodeItem(raw)
	if err != nil {
		return 0, &Refusal{Code: CodeMalformed, Text: err.Error()}
	}
	judge, ok := ruleOf(item.Class)
	if !ok {
		return 0, refuse(CodeClass, "this ledger does not accept %s", item.Class)
	}
	if h.Kind != SignerInstitution && item.Log != LogID(h.Signer) {
		return 0, refuse(CodeParty, "the transaction is signed for another log")
	}
	head, err := x.head(item.Log)
	if err != nil {
		return 0, err
	}
	head, err = judge(&turn{Execution: x, header: h, item: item, head: head})
	if err != nil {
		return 0, err
	}
	return x.append(head, item.Log, batch, index, raw), nil
}

// fields decodes the turn's public fields.
func fields[T any](t *turn) (T, error) {
	f, err := DecodeFields[T](t.item)
	if err != nil {
		return f, &Refusal{Code: CodeMalformed, Text: err.Error()}
	}
	return f, nil
}

// chart returns the turn's chart if the signer is a party to it: its patient,
// or its institution.
func (t *turn) chart(kinds ...SignerKind) (*Chart, error) {
	if t.head == nil {
		return nil, refuse(CodeUnknown, "there is no such chart")
	}
	c := t.head.Chart
	if c == nil {
		return nil, refuse(CodeParty, "%s does not belong in this log", t.item.Class)
	}
	for _, kind := range kinds {
		switch {
		case t.header.Kind != kind:
		case kind == SignerPatient:
			return c, nil
		case kind == SignerInstitution && Hash(c.Keys.Institution) == t.header.Signer:
			return c, nil
		}
	}
	return nil, refuse(CodeParty, "the signer may not write %s in this chart", t.item.Class)
}

// opens refuses to open a log again, or for anybody but its patient: an
// institution's transaction may name any log.
func (t *turn) opens(what string) error {
	switch {
	case t.header.Kind != SignerPatient:
		return refuse(CodeParty, "only the patient opens %s", what)
	case t.head != nil:
		return refuse(CodeExists, "%s is open already", what)
	}
	return nil
}

// calm refuses what a frozen or closed chart does not take.
func (t *turn) calm(c *Chart) error {
	switch {
	case c.Frozen(t.block.Time):
		return refuse(CodeFrozen, "the chart is frozen until %s", c.FrozenUntil.Time().Format(time.RFC3339))
	case c.Closed:
		return refuse(CodeClosed, "the chart is closed")
	}
	return nil
}

// ration counts a patient's entry against the hour's limit; call it last,
// since it changes the head.
func (t *turn) ration(head *openHead) error {
	if t.header.Kind == SignerInstitution {
		return nil
	}
	rate, ok := head.Rate.count(t.block.Time, t.item.Class.Stops())
	if !ok {
		return refuse(CodeRate, "more than %d entries in one hour", RatePerHour)
	}
	head.Rate = rate
	return nil
}

// within refuses a time that is past or further ahead than limit.
func (t *turn) within(when Time, limit time.Duration, what string) error {
	if when <= t.block.Time || when > t.block.Time.Add(limit) {
		return refuse(CodeNotLive, "%s is past or too far ahead", what)
	}
	return nil
}

// fresh refuses a key that is weak or already in the state.
func (t *turn) fresh(key PublicKey) error {
	if err := key.Check(); err != nil {
		return refuse(CodeMalformed, "%s", err)
	}
	raw, err := t.get(KeyUseKey(key))
	if err != nil {
		return err
	}
	if raw != nil {
		return refuse(CodeExists, "the key is in use already")
	}
	return nil
}

func (t *turn) use(key PublicKey, current bool) {
	t.put(KeyUseKey(key), Encode(KeyUse{Log: t.item.Log, Current: current}))
}

// quota counts a new log against its sponsor's day.
func (t *turn) quota(sponsor InstitutionID) error {
	type count struct {
		_    struct{} `cbor:",toarray"`
		Day  int64
		Logs uint32
	}
	raw, err := t.get(quotaKey(sponsor))
	if err != nil {
		return err
	}
	var c count
	if raw != nil {
		if err := Decode(raw, 32, &c); err != nil {
			return fmt.Errorf("quota in the state: %w", err)
		}
	}
	if day := t.block.Time.Day(); c.Day != day {
		c = count{Day: day}
	}
	if c.Logs >= t.rules.Genesis.Params.LogsPerDay {
		return refuse(CodeQuota, "the institution has opened its %d logs of the day", c.Logs)
	}
	c.Logs++
	t.put(quotaKey(sponsor), Encode(c))
	return nil
}

// newHead starts a log in this block; its opening is the patient's first entry
// of the hour.
func (t *turn) newHead(h Head) *openHead {
	h.Version = 1
	h.Rate, _ = h.Rate.count(t.block.Time, false)
	head := &openHead{Head: h}
	t.heads[t.item.Log] = head
	return head
}
