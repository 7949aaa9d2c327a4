package words

import (
	"fmt"
	"slices"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Request is a waiting request as one sentence.
func Request(r wallet.Request) string {
	who := At(r.By, r.Institution)
	if r.Kind == consent.Move {
		return fmt.Sprintf("%s asks for a copy of your %s from %s, %s.", who, List(r.Scope.Types), r.From, r.Purpose)
	}
	return fmt.Sprintf("%s asks to use your %s, %s.", who, List(r.Scope.Types), r.Purpose)
}

// RequestEnds says when a request itself ends.
func RequestEnds(r wallet.Request, now time.Time) string {
	switch {
	case r.Due.IsZero():
		return "you may answer when you like"
	case !r.Due.After(now):
		return "the time to answer is over"
	}
	return "answer within " + short(r.Due.Sub(now))
}

// PutOffUntil says that the person said "later"; empty if not.
func PutOffUntil(r wallet.Request, now time.Time) string {
	if !r.PutOff.After(now) {
		return ""
	}
	return "put off until " + Moment(r.PutOff, now)
}

// RequestNote is when it ends, and whether it was put off.
func RequestNote(r wallet.Request, now time.Time) string {
	if p := PutOffUntil(r, now); p != "" {
		return p + ", " + RequestEnds(r, now)
	}
	return RequestEnds(r, now)
}

// WaitsFor says who must be reached before a yes is possible; empty if nobody.
func WaitsFor(r wallet.Request) string {
	if r.WaitsFor == "" {
		return ""
	}
	return fmt.Sprintf("You can say no now. To say yes, %s must be reached first.", r.WaitsFor)
}

// Licence is the line about a clinician's licence.
func Licence(l wallet.Licence) string {
	switch {
	case l.Status == 0:
		return "names no licence that could be checked"
	case l.Good:
		return fmt.Sprintf("licensed on %s, %s", l.Checked.Format(time.DateOnly), l.Board)
	case l.Status == consent.LicenceSuspended:
		return fmt.Sprintf("licence suspended by %s", l.Board)
	case l.Status == consent.LicenceRevoked:
		return fmt.Sprintf("licence revoked by %s", l.Board)
	}
	return fmt.Sprintf("not licensed on %s, %s", l.Checked.Format(time.DateOnly), l.Board)
}

// Dates is a scope's range of days.
func Dates(from, to consent.Date) string {
	switch {
	case from == "" && to == "":
		return "of any date"
	case from == "":
		return fmt.Sprintf("up to %s", to)
	case to == "":
		return fmt.Sprintf("from %s on", from)
	}
	return fmt.Sprintf("from %s to %s", from, to)
}

// HowOften is the number of uses.
func HowOften(uses uint32) string {
	switch uses {
	case 0:
		return "as often as needed"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times at most", uses)
}

// HowLong is the end of a permission.
func HowLong(until, now time.Time) string {
	return fmt.Sprintf("until %s, %s", until.In(now.Location()).Format("2 Jan 2006"), In(until.Sub(now)))
}

// Kept is what the asker says about its copy.
func Kept(kind consent.RequestKind, until consent.Date) string {
	switch {
	case kind != consent.Move:
		return "they hold these records already"
	case until == "":
		return "for good, as part of their own record"
	}
	return fmt.Sprintf("until %s, then they promise to delete their copy", until)
}

// Withheld is what a choice leaves out.
type Withheld struct {
	What string
	Why  string // why leaving it out may matter; may be empty
}

// NotSeen lists what the asker will not see with this scope, what was asked for
// first.
func NotSeen(asked, given consent.Scope) []Withheld {
	var list []Withheld
	for _, t := range leftOut(asked.Types, given.Types) {
		list = append(list, Withheld{What: t.String(), Why: whyItMatters[t]})
	}
	for _, c := range consent.SensitiveClasses() {
		if !slices.Contains(given.Sensitive, c) {
			list = append(list, Withheld{What: "anything about " + c.String()})
		}
	}
	return list
}

// leftOut are the types not given, those that were asked for first.
func leftOut(asked, given []consent.RecordType) []consent.RecordType {
	var first, then []consent.RecordType
	for _, t := range consent.RecordTypes() {
		switch {
		case slices.Contains(given, t):
		case slices.Contains(asked, t):
			first = append(first, t)
		default:
			then = append(then, t)
		}
	}
	return append(first, then...)
}

// NotSeenShort is the same in two lines.
func NotSeenShort(asked, given consent.Scope) string {
	missing := slices.DeleteFunc(slices.Clone(asked.Types), func(t consent.RecordType) bool {
		return slices.Contains(given.Types, t)
	})
	rest := "whatever they did not ask for; sensitive records."
	if len(given.Sensitive) > 0 {
		rest = fmt.Sprintf("whatever they did not ask for; sensitive records but those about %s.", consent.Enumerate(given.Sensitive))
	}
	if len(missing) == 0 {
		return "They will not see: " + rest
	}
	return fmt.Sprintf("They will not see: your %s; %s", consent.Enumerate(missing), rest)
}

var whyItMatters = map[consent.RecordType]string{
	consent.Medicines:   "they could prescribe something that does not go with what you take",
	consent.Allergies:   "they could give you something that you react to",
	consent.Conditions:  "they could miss an illness that changes the treatment",
	consent.TestResults: "they may have to take the same tests again",
	consent.Procedures:  "they may not know of an operation or an implant",
	consent.Imaging:     "they may have to take the same pictures again",
	consent.Devices:     "they may not know of a pacemaker or another device",
}

// Label is a record type at the start of a line.
func Label(t consent.RecordType) string { return capital(t.String()) }

// SensitiveLabel is a sensitive class at the start of a line.
func SensitiveLabel(c consent.Sensitive) string { return capital(c.String()) }

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
