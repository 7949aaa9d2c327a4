package words

import (
	"fmt"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Headings and short sentences of the screens.
const (
	WindowTitle    = "carekey"
	Checking       = "checking…"
	CheckingNow    = "Checking with your institutions."
	CheckCancelled = "Stopped checking."
	OneMoment      = "One moment…"
	NoProblems     = "Nothing is wrong."

	HomeWelcome = "Welcome"
	JoinHint    = "You have no chart yet. An institution that takes part gives you an invitation, on paper or as text. Then, outside of the wallet, type: carekey join"
	HomeWaiting = "Waiting for you"
	HomeSending = "On its way"
	HomeSince   = "Since you last looked"
	HomeDoors   = "Open doors"
	HomeMoving  = "Records on the move"
	HomeTrouble = "Needs attention"

	NothingTicked = "Nothing is shared yet. If you choose to share, you tick what they may have; you can also say no."
	NotYet        = "A yes is not possible yet"

	FactWho   = "Who"
	FactWhy   = "What for"
	FactWhat  = "Records"
	FactDates = "Dates"
	FactFrom  = "From"
	FactOften = "How often"
	FactLong  = "How long"
	FactKept  = "They keep it"
	FactAsked = "Asked"
	FactGiven = "Given"

	ChooseTypes     = "Records they may have"
	ChooseSensitive = "Sensitive, only if you tick them"
	ChooseLimits    = "Limits"
	ChooseFrom      = "Records from"
	ChooseTo        = "Records up to"
	ChooseUses      = "How often"
	ChooseUntil     = "How long"
	ChooseKept      = "They keep it"
	NotSeenTitle    = "They will not see"

	SignTitle   = "This is what you would sign"
	SignedTitle = "What you signed"

	DenyEffect   = "They get nothing by this request. They see that you said no."
	DenyWhyTitle = "Why not?"
	EmptyMeansNo = "An empty line means: not now."
	QueryDefault = "I don't recognise this. Who was it, and why?"

	FilterTitle    = "Show only"
	FilterWho      = "Institution"
	FilterKind     = "Kind"
	FilterBasis    = "Reason"
	FilterSince    = "When"
	AnyInstitution = "all institutions"
	NothingFound   = "Nothing like this is in your history."
	NoEntries      = "Your history is empty. It begins when you open a chart at an institution: carekey join"
	GroupHint      = "These are computers of the institution that work by themselves, for example for bills or lists. Press Enter to see each of them."
	LegalTitle     = "Legal basis"
	ProofTitle     = "Proof"

	ProofTrouble   = "The last check"
	EvidenceTitle  = "Evidence kept"
	NotProvenTitle = "What no check can prove"

	HelpTitle      = "Help"
	HelpHere       = "Here"
	HelpEverywhere = "Everywhere"
	HelpFoot       = "Every screen can also be used by command, for example: carekey requests, carekey history --json. See carekey --help."
)

// What is said when an act did not work.
const (
	FailedYes    = "Your yes did not go out"
	FailedNo     = "Your no did not go out"
	FailedLater  = "It could not be put off"
	FailedBlock  = "Your refusal did not go out"
	FailedRevoke = "It was not taken back"
	FailedQuery  = "Your question did not go out"
	FailedSeen   = "This could not be written down"
)

// What is sure all the same when an act did not work.
const (
	NothingShared = "Nothing was shared by this."
	MayStillHold  = "The permission may still hold. Look at your permissions."
	PerhapsNotAll = "Nothing was shared by this, but perhaps not everything was refused. Look at your requests and permissions."
	NotSure       = "Nothing was shared by this. If you took something back, it may still hold."
)

// NotDone explains an act that failed; safe says what is sure all the same.
func NotDone(err error, safe string) []string {
	return []string{
		safe,
		"What happened: " + err.Error() + ".",
		"You can try again. If it happens again, look at what is wrong with !",
	}
}

// MoreRequests says that more requests wait, or were put off.
func MoreRequests(n, shown int) string {
	if shown == 0 {
		return Count(n, "request is", "requests are") + " put off."
	}
	return "and " + Number(n) + " more, or put off"
}

// Answering says that the answer to a request is on its way; empty if none is.
func Answering(list []wallet.Sending, id wallet.RequestID) string {
	for _, s := range list {
		if s.Target != id {
			continue
		}
		switch s.Kind {
		case wallet.ActApprove:
			return "your yes is on its way"
		case wallet.ActDeny:
			return "your no is on its way"
		}
	}
	return ""
}

// TooSmall is shown instead of a screen that would not fit.
func TooSmall(w, h, minW, minH int) string {
	return fmt.Sprintf("This window is too small (%d × %d). Please make it at least %d × %d.", w, h, minW, minH)
}

// NewRequest tells of a request that has just come.
func NewRequest(r wallet.Request) string { return "New request: " + At(r.By, r.Institution) }

// SendingYes is said while a yes is under way. None of these says more than
// that it was sent: the proof comes later.
func SendingYes(who string) string { return fmt.Sprintf("Your yes is on its way to %s.", who) }

// SendingNo is said while a no is under way.
func SendingNo(who string) string { return fmt.Sprintf("Your no is on its way to %s.", who) }

// SendingRevoke is said while something is taken back.
func SendingRevoke(who string) string { return fmt.Sprintf("Taking it back from %s.", who) }

// SendingQuery is said while a question is under way.
func SendingQuery(who string) string { return fmt.Sprintf("Your question is on its way to %s.", who) }

// SendingBlock is the same for refusing everything, or lifting that.
func SendingBlock(who string, on bool) string {
	if on {
		return fmt.Sprintf("Refusing everything from %s.", who)
	}
	return fmt.Sprintf("Letting %s ask again.", who)
}

// PutOffDone says until when a request rests.
func PutOffDone(until time.Time) string {
	return "Put off until " + until.Format("2 Jan 15:04") + ". It can still be answered at any time."
}

// SinceTitle heads what happened.
func SinceTitle(s wallet.Since) string {
	if s.LastLooked.IsZero() {
		return "So far"
	}
	return HomeSince
}

// SinceWhen is when the person last looked.
func SinceWhen(s wallet.Since, now time.Time) string {
	if s.LastLooked.IsZero() {
		return ""
	}
	return Moment(s.LastLooked, now)
}

// SinceSum sums up what happened.
func SinceSum(s wallet.Since) string {
	if s.Accesses == 0 {
		return "Nobody has looked at your records."
	}
	return fmt.Sprintf("Your records were looked at %s.", Count(s.Accesses, "time", "times"))
}

// NewLooks is the number of new looks in a narrow column.
func NewLooks(n int) string {
	if n == 0 {
		return "none new"
	}
	return Number(n) + " new"
}

// InstitutionState says what is special about a chart; empty if nothing.
func InstitutionState(i wallet.Institution, now time.Time) string {
	switch {
	case i.Closed:
		return "closed"
	case i.Blocked:
		return "everything refused"
	case i.FrozenUntil.After(now):
		return "no new permissions until " + Date(i.FrozenUntil, now)
	}
	return ""
}

// NextEnds tells which permission ends next.
func NextEnds(p wallet.Permission, now time.Time) string {
	return fmt.Sprintf("The next to end is that of %s, %s.", p.Institution, In(p.Until.Sub(now)))
}

// AsksSensitive warns of sensitive classes in a request.
func AsksSensitive(s consent.Scope) string {
	return fmt.Sprintf("It also asks for sensitive records: %s. They stay out unless you tick them.", consent.Enumerate(s.Sensitive))
}

// ChooseTitle heads the form.
func ChooseTitle(institution string) string {
	return fmt.Sprintf("What may %s have?", institution)
}

// WithoutIt says what leaving something out may mean.
func WithoutIt(w Withheld) string { return fmt.Sprintf("Without your %s, %s.", w.What, w.Why) }

// FromDate and ToDate are the ends of a range of days.
func FromDate(d consent.Date) string {
	if d == "" {
		return "any date"
	}
	return string(d)
}

// ToDate is the last day.
func ToDate(d consent.Date) string {
	if d == "" {
		return "any date, also to come"
	}
	return string(d)
}

// DenyTitle asks before a no.
func DenyTitle(who string) string { return fmt.Sprintf("Say no to %s?", who) }

// DenyWhyHint says who reads the reason.
func DenyWhyHint(who string) string { return fmt.Sprintf("%s will read this, and nobody else.", who) }

// YouSay quotes what was typed.
func YouSay(text string) string { return "You say: “" + text + "”" }

// BlockTitle asks before refusing everything.
func BlockTitle(who string) string { return fmt.Sprintf("Refuse everything from %s?", who) }

// BlockEffect says what that does.
func BlockEffect(who string) []string {
	return []string{
		"All its open requests are refused, its permissions are taken back, and copies that have not arrived are stopped.",
		fmt.Sprintf("%s can ask for nothing more until you let it. What it does in caring for you still appears in your history.", who),
	}
}

// UnblockTitle asks before lifting that.
func UnblockTitle(who string) string { return fmt.Sprintf("Let %s ask you again?", who) }

// UnblockEffect says what that does.
func UnblockEffect(who string) []string {
	return []string{fmt.Sprintf("%s gets nothing by this. It may ask, and you may say no.", who)}
}

// Blocked is an institution that was refused everything, as a sentence.
func Blocked(i wallet.Institution) string {
	s := fmt.Sprintf("You refuse everything from %s.", i.Name)
	if i.Unwanted > 0 {
		s += fmt.Sprintf(" It has asked %s since.", Count(i.Unwanted, "time", "times"))
	}
	return s
}

// QueryTitle heads "I don't recognise this".
func QueryTitle(who string) string { return fmt.Sprintf("Ask %s what this was", who) }

// QueryEffect says what asking does.
func QueryEffect(who string) string {
	return fmt.Sprintf("%s must answer in time. Its answer will stand beside the entry.", who)
}

// Overdue is what an institution has not acknowledged.
func Overdue(p wallet.Problem, now time.Time) string {
	return fmt.Sprintf("%s has not confirmed what you took back: overdue since %s.", p.Institution, Moment(p.Since, now))
}

// NotConfirmedYet is what an institution has still time to acknowledge.
func NotConfirmedYet(u wallet.Unconfirmed, now time.Time) string {
	return fmt.Sprintf("%s has not confirmed yet what you took back, %s. For the network it has ended.", u.Institution, Moment(u.Since, now))
}

// ProblemOf counts problems.
func ProblemOf(at, of int, since string) string {
	s := fmt.Sprintf("%d of %d", at, of)
	if since != "" {
		s += ", " + since
	}
	return s
}
