package consent

import (
	"errors"
	"fmt"
	"slices"
)

// View is what a chart says now, folded from its proven entries: the wallet
// shows it, the gateway acts on it. It keeps only what is open, so that its
// size does not grow with the history. The zero value is the empty chart.
type View struct {
	_           struct{} `cbor:",toarray"`
	Log         LogID
	Institution InstitutionID
	Size        uint64
	Opened      Time
	Record      string // the institution's record number, once its detail is known
	Requests    []OpenRequest
	Grants      []LiveGrant
	Queries     []OpenQuery
	Unconfirmed []Unconfirmed // what waits for the institution's acknowledgement
	Blocked     bool
	Unwanted    uint32 // requests that came while blocked
	FrozenUntil Time
	Closed      bool
	Accesses    uint64
	Withheld    []uint64 // entries whose detail the institution has not shown
	Settled     []Settled
	Blocking    uint64 // the entry that last blocked, or lifted a block
}

// Settled notes that an entry whose detail is withheld was answered: the detail
// may come late, and must not open again what is over.
type Settled struct {
	_      struct{} `cbor:",toarray"`
	Number uint64
	By     Settlement
}

// Settlement says what settles: only its own kind of answer closes an entry.
type Settlement uint8

// The settlements.
const (
	SettledByPatient         Settlement = iota + 1 // a request, by denial or permission
	SettledByAnswer                                // a question
	SettledByAcknowledgement                       // what waits for the institution's word
)

// OpenRequest is a request nobody has answered.
type OpenRequest struct {
	_       struct{} `cbor:",toarray"`
	Number  uint64
	Time    Time
	Due     Time
	Request Request
}

// LiveGrant is a permission that was not taken back or used up.
type LiveGrant struct {
	_       struct{} `cbor:",toarray"`
	Number  uint64
	Time    Time
	Expiry  Time
	Uses    uint32 // 0: unlimited
	Used    uint32
	Granted *Granted // in short; nil while the detail is unknown
}

// inShort leaves out the FHIR Consent, which says the same once more at length:
// a view is written down whenever it changes, and the detail is in the history.
func (g *Granted) inShort() *Granted {
	short := *g
	short.Consent = nil
	return &short
}

// OpenQuery is an "I don't recognise this" without an answer yet.
type OpenQuery struct {
	_      struct{} `cbor:",toarray"`
	Number uint64
	About  uint64
	Time   Time
	Due    Time
}

// Unconfirmed is a revocation, denial or block that the institution has not
// acknowledged.
type Unconfirmed struct {
	_      struct{} `cbor:",toarray"`
	Number uint64
	Class  Class
	Grant  uint64 // revoked
	Time   Time
}

// ErrDeadGrant means that the ledger let an institution use a permission that
// had ended: the ledger itself broke its rules.
var ErrDeadGrant = errors.New("a permission was used that had ended")

// maxOpen bounds every list of a [View]; beyond it the oldest give way, since
// an institution could otherwise fill a wallet with requests.
const maxOpen = 64

// MaxWithheld bounds the list of withheld details.
const MaxWithheld = 256

// Fold adds the next proven entry. Entries come in order, each once.
func (v *View) Fold(e Verified) error {
	if e.Entry.Number != v.Size {
		return fmt.Errorf("entry %d where %d belongs", e.Entry.Number, v.Size)
	}
	v.Size++
	if e.Content == nil && e.Item.Commitment != (Hash{}) {
		v.withhold(e.Entry.Number)
	}
	return v.fold(e)
}

func (v *View) withhold(number uint64) {
	v.Withheld = appendBounded(v.Withheld, number, MaxWithheld)
	oldest := v.Withheld[0]
	v.Settled = slices.DeleteFunc(v.Settled, func(s Settled) bool { return s.Number < oldest })
}

// Disclose folds what a late detail adds to an entry that was folded without.
// What came in between stands: a request that was answered is not opened again.
func (v *View) Disclose(e Verified) error {
	i := slices.Index(v.Withheld, e.Entry.Number)
	if i < 0 || e.Content == nil {
		return nil
	}
	v.Withheld = slices.Delete(v.Withheld, i, i+1)
	err := v.disclose(e)
	v.Settled = slices.DeleteFunc(v.Settled, func(s Settled) bool { return s.Number == e.Entry.Number })
	return err
}

func (v *View) disclose(e Verified) error {
	switch c := e.Content.(type) {
	case *Granted:
		for j := range v.Grants {
			if v.Grants[j].Number == e.Entry.Number {
				v.Grants[j].Granted = c.inShort()
			}
		}
		if c.Request != nil {
			v.answered(*c.Request)
		}
		return nil
	case *Opened:
		v.Record = c.Record
		return nil
	}
	if e.Item.Class == ClassSay {
		return v.say(e)
	}
	return nil
}

func (v *View) fold(e Verified) error {
	switch e.Item.Class {
	case ClassOpen:
		return v.open(e)
	case ClassSay:
		return v.say(e)
	case ClassGrant:
		return v.grant(e)
	case ClassRevoke:
		return v.revoke(e)
	case ClassAccess:
		return v.access(e)
	case ClassFreeze:
		f, err := DecodeFields[FreezeFields](e.Item)
		v.FrozenUntil = f.Until
		return err
	case ClassClose:
		v.Closed, v.Grants = true, nil // its permissions end with it
	}
	return nil
}

func (v *View) open(e Verified) error {
	f, err := DecodeFields[OpenFields](e.Item)
	if err != nil {
		return err
	}
	v.Log, v.Institution, v.Opened = e.Entry.Log, f.Keys.Institution, e.Entry.Time
	if c, ok := e.Content.(*Opened); ok {
		v.Record = c.Record
	}
	return nil
}

// say folds what was said, once its detail is known. A kind that the side may
// not say has no effect; the entry stands in the history all the same.
func (v *View) say(e Verified) error {
	f, err := DecodeFields[SayFields](e.Item)
	if err != nil {
		return err
	}
	institution := f.Side == SideInstitution
	switch c := e.Content.(type) {
	case *Request:
		if institution {
			v.request(e, f, *c)
		}
	case *Denial:
		if !institution && f.Answers != nil {
			v.answered(*f.Answers)
			v.unconfirmed(e, 0)
		}
	case *Query:
		if !institution && f.Answers != nil && !v.settled(e, SettledByAnswer) {
			v.Queries = appendBounded(v.Queries, OpenQuery{Number: e.Entry.Number, About: *f.Answers, Time: e.Entry.Time, Due: f.Due}, maxOpen)
		}
	case *Answer:
		if institution && f.Answers != nil {
			v.Queries = slices.DeleteFunc(v.Queries, func(q OpenQuery) bool { return q.Number == *f.Answers })
			v.settle(*f.Answers, SettledByAnswer)
		}
	case *Acknowledgement:
		if institution && f.Answers != nil {
			v.Unconfirmed = slices.DeleteFunc(v.Unconfirmed, func(u Unconfirmed) bool { return u.Number == *f.Answers })
			v.settle(*f.Answers, SettledByAcknowledgement)
		}
	case *Blocking:
		if !institution {
			v.block(e.Entry.Number, !c.Off)
			v.unconfirmed(e, 0)
		}
	}
	return nil
}

// block follows the newest word on it, in whatever order the details come.
func (v *View) block(number uint64, on bool) {
	if number >= v.Blocking {
		v.Blocking, v.Blocked = number, on
	}
}

func (v *View) request(e Verified, f SayFields, r Request) {
	switch {
	case v.settled(e, SettledByPatient):
	case v.Blocked:
		v.Unwanted++
	default:
		v.Requests = appendBounded(v.Requests, OpenRequest{Number: e.Entry.Number, Time: e.Entry.Time, Due: f.Due, Request: r}, maxOpen)
	}
}

// answered takes a request off the list: denied or granted. (Answered by a
// transfer it stays: that the chart does not show.)
func (v *View) answered(number uint64) {
	v.Requests = slices.DeleteFunc(v.Requests, func(r OpenRequest) bool { return r.Number == number })
	v.settle(number, SettledByPatient)
}

func (v *View) unconfirmed(e Verified, grant uint64) {
	if v.settled(e, SettledByAcknowledgement) {
		return
	}
	v.Unconfirmed = appendBounded(v.Unconfirmed, Unconfirmed{Number: e.Entry.Number, Class: e.Item.Class, Grant: grant, Time: e.Entry.Time}, maxOpen)
}

// settle remembers an answer to an entry that is still withheld.
func (v *View) settle(number uint64, by Settlement) {
	s := Settled{Number: number, By: by}
	if slices.Contains(v.Withheld, number) && !slices.Contains(v.Settled, s) {
		v.Settled = append(v.Settled, s)
	}
}

func (v *View) settled(e Verified, by Settlement) bool {
	return slices.Contains(v.Settled, Settled{Number: e.Entry.Number, By: by})
}

func (v *View) grant(e Verified) error {
	f, err := DecodeFields[GrantFields](e.Item)
	if err != nil {
		return err
	}
	g := LiveGrant{Number: e.Entry.Number, Time: e.Entry.Time, Expiry: f.Expiry, Uses: f.Uses}
	if c, ok := e.Content.(*Granted); ok {
		g.Granted = c.inShort()
		if c.Request != nil {
			v.answered(*c.Request)
		}
	}
	v.Grants = append(v.Grants, g) // all that exist: never bounded
	return nil
}

func (v *View) revoke(e Verified) error {
	f, err := DecodeFields[RevokeFields](e.Item)
	if err != nil {
		return err
	}
	v.Grants = slices.DeleteFunc(v.Grants, func(g LiveGrant) bool { return g.Number == f.Grant })
	v.unconfirmed(e, f.Grant)
	return nil
}

func (v *View) access(e Verified) error {
	f, err := DecodeFields[AccessFields](e.Item)
	if err != nil {
		return err
	}
	v.Accesses++
	if f.Grant == nil {
		return nil
	}
	i := slices.IndexFunc(v.Grants, func(g LiveGrant) bool { return g.Number == *f.Grant })
	if i < 0 || e.Entry.Time >= v.Grants[i].Expiry {
		return fmt.Errorf("entry %d: %w", e.Entry.Number, ErrDeadGrant)
	}
	v.Grants[i].Used++
	if g := v.Grants[i]; g.Uses > 0 && g.Used >= g.Uses {
		v.Grants = slices.Delete(v.Grants, i, i+1)
	}
	return nil
}

// Expire drops what has ended by a proven time.
func (v *View) Expire(now Time) {
	v.Requests = slices.DeleteFunc(v.Requests, func(r OpenRequest) bool { return r.Due != 0 && now >= r.Due })
	v.Grants = slices.DeleteFunc(v.Grants, func(g LiveGrant) bool { return now >= g.Expiry })
}

func appendBounded[T any](list []T, v T, limit int) []T {
	if len(list) >= limit {
		list = slices.Delete(list, 0, len(list)-limit+1)
	}
	return append(list, v)
}
