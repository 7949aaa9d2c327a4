package words

import (
	"fmt"
	"strings"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Words of plain mode.
const (
	PlainPrompt    = "carekey> "
	PlainUnknown   = "That is not one of the commands. Type help to see them."
	PlainNoNumber  = "Please name one by its number in the list that was shown last, for example: show 1"
	PlainBye       = "Goodbye."
	PlainCheckFail = "The check did not finish. What is known is shown; it may be old."
	PlainNotSaid   = "Nothing was done."
	PlainNoName    = "Please name one institution that you refuse everything from, for example: lift Heart Clinic"
	PlainAlarm     = "(see: problems)"
	PlainAll       = "all"
	PlainWhichAll  = "Type all, or the numbers of what they may have with spaces between, or nothing for: not now."
	PlainWhich     = "They may have: "
	PlainKeep      = "keep"
	PlainLimits    = "Keep, or which one? "
	PlainLimitsHow = "Type keep to go on with these, the number of one to narrow it, or nothing for: not now."
	PlainLimitNone = "There is no such limit."
	PlainDone      = "Sent. It counts when it is proven; see: home"
	PlainSign      = "Do you sign this?"
	PlainQuery     = "What do you want to ask? An empty line means not now: "
)

// PlainChooseWrong is said to what is no choice.
const PlainChooseWrong = "That is not one of these, or goes further than they asked. An empty line means not now."

// PlainChoose says how to narrow one limit, where days with a day.
func PlainChoose(days bool) string {
	if days {
		return "Type a number, or a day like 2026-01-31, or nothing for: not now."
	}
	return "Type a number, or nothing for: not now."
}

// PlainHelp is the help of plain mode, one line a command.
func PlainHelp() []string {
	return []string{
		"home              what waits and what happened",
		"requests          who asks for what",
		"show N            all about number N of the last list",
		"approve N         choose what they may have, read it, and say yes",
		"deny N [WHY]      say no, with or without a reason",
		"later N           put off until tomorrow",
		"refuse N          refuse everything from that institution",
		"lift NAME         let an institution ask again",
		"history [WORDS]   the history, newest first, or what has these words",
		"more              the next lines of the history",
		"ask N             ask about an entry that you don't recognise",
		"permissions       what is allowed now",
		"revoke N          take a permission back",
		"problems          what is wrong, and what you can do",
		"seen N            say that you have seen problem N, a failed proof",
		"proof             what is proven",
		"check             ask your institutions now, and verify",
		"quit              leave",
	}
}

// Numbered puts a number before a line of a list.
func Numbered(n int, text string) string { return fmt.Sprintf("%d. %s", n, text) }

// Plain joins a proof line with its mark.
func Plain(p wallet.Proof, now time.Time) string {
	return ProofMark(ProofNow(p, now)) + " " + Proof(p, now)
}

// RequestFacts are a request's facts for plain mode and commands.
func RequestFacts(r wallet.Request, now time.Time) []Fact {
	why := r.Purpose.String()
	if r.Why != "" {
		why += ": “" + r.Why + "”"
	}
	facts := []Fact{
		{FactWho, At(r.By, r.Institution)},
		{"Licence", Licence(r.Licence)},
		{FactWhy, why},
		{FactWhat, List(r.Scope.Types)},
		{FactDates, Dates(r.Scope.From, r.Scope.To)},
		{FactFrom, r.From},
		{FactOften, HowOften(r.Uses)},
		{FactLong, HowLong(r.Until, now)},
		{FactKept, Kept(r.Kind, r.KeptUntil)},
		{FactAsked, Moment(r.Asked, now) + ", " + RequestNote(r, now)},
	}
	if len(r.Scope.Sensitive) > 0 {
		facts = append(facts, Fact{"Sensitive", AsksSensitive(r.Scope)})
	}
	if w := WaitsFor(r); w != "" {
		facts = append(facts, Fact{"Note", w})
	}
	return facts
}

// PermissionFacts are a permission's facts.
func PermissionFacts(p wallet.Permission, now time.Time) []Fact {
	facts := []Fact{{FactGiven, Moment(p.Given, now)}, {FactLong, HowLong(p.Until, now)}, {FactOften, PermissionEnds(p, now)}}
	for _, s := range p.Sentences {
		facts = append(facts, Fact{"Signed", s})
	}
	return facts
}

// TransferSteps is a transfer's way on one line.
func TransferSteps(t wallet.Transfer) string {
	var parts []string
	for _, name := range Steps() {
		if t.Reached(name) {
			parts = append(parts, string(name)+" (done)")
		} else {
			parts = append(parts, string(name))
		}
	}
	return strings.Join(parts, ", ")
}

// Ticks lists what may be ticked, numbered; sensitive classes come last.
func Ticks(s consent.Scope) []string {
	var list []string
	for _, t := range s.Types {
		list = append(list, Label(t))
	}
	for _, c := range s.Sensitive {
		list = append(list, SensitiveLabel(c)+" (sensitive)")
	}
	return list
}

// SinceLine is what happened since you last looked, in one line.
func SinceLine(s wallet.Since, now time.Time) string {
	line := SinceTitle(s)
	if w := SinceWhen(s, now); w != "" {
		line += " (" + w + ")"
	}
	return line + ": " + SinceSum(s)
}

// RowLine is a row with its day and time.
func RowLine(r wallet.Row, names Names, now time.Time) string {
	line := Date(r.Time, now) + " " + Clock(r.Time, now) + "  " + Row(r, names)
	for _, a := range AfterRow(r) {
		line += " " + a
	}
	return line
}

// MoreRows says that there is more to read.
func MoreRows(shown, total int) string {
	if shown >= total {
		return fmt.Sprintf("That is all: %s.", Count(total, "entry", "entries"))
	}
	return fmt.Sprintf("%s of %s shown. Type more for the next.", Number(shown), Count(total, "entry", "entries"))
}
