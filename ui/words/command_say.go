package words

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Complaint is an error as a sentence.
func Complaint(err error) string {
	s := capital(err.Error())
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// ToBegin is what one can do where there is no wallet.
const ToBegin = "To try everything with made-up records: carekey demo\nTo make your own wallet: carekey init"

// AddressTaken is what an operator can do when an address is in use.
const AddressTaken = "Another program has this address. End it, or choose another one with --listen or --metrics."

// AfterError is what one can do, by exit code; empty if the sentence says it.
func AfterError(code int) string {
	switch code {
	case 2:
		return "Try --help."
	case 5:
		return "Nothing was changed. If the keyring is locked, unlock it and try again."
	case 6:
		return "Nothing is lost. Try again when the network is there."
	case 9:
		return "Close the other one, or wait until it is done."
	}
	return ""
}

// SeverityMark is the sign of a severity.
func SeverityMark(s Severity) string {
	switch s {
	case Alarm:
		return AlarmMark
	case Warning:
		return WarnMark
	}
	return NoteMark
}

// NothingWaits says that there is no request, as far as that is proven now.
func NothingWaits(p wallet.Proof) string {
	if p.Level == wallet.ProofGreen {
		return "Nobody asks you for anything."
	}
	return "When this computer last checked, nobody asked you for anything."
}

// NoRequests is NothingWaits where requests will stand.
func NoRequests(p wallet.Proof) string {
	return NothingWaits(p) + " When an institution does, it appears here, and nothing moves before you answer."
}

// WaitingCount says how many requests wait.
func WaitingCount(n int, p wallet.Proof) string {
	if n == 0 {
		return NothingWaits(p)
	}
	return Count(n, "request waits", "requests wait") + " for you: carekey requests"
}

// InstitutionLine is a chart on one line.
func InstitutionLine(i wallet.Institution, now time.Time) string {
	line := fmt.Sprintf("%s: %s, %s", i.Name, Count(i.Entries, "entry", "entries"), NewLooks(i.New))
	if s := InstitutionState(i, now); s != "" {
		line += ", " + s
	}
	return line
}

// RowsShown says which part of the history was shown.
func RowsShown(offset, n, total int) string {
	if n == 0 {
		return fmt.Sprintf("None of %s shown.", Count(total, "entry", "entries"))
	}
	return fmt.Sprintf("%s to %s of %s.", Number(offset+1), Number(offset+n), Count(total, "entry", "entries"))
}

// Version is the version line.
func Version(number, commit string) string {
	if number == "" {
		number = "built from sources"
	}
	if len(commit) > 12 {
		commit = commit[:12]
	}
	if commit != "" {
		commit = " (" + commit + ")"
	}
	return "carekey " + number + commit
}

// The mistakes that a command line can have.
var (
	ErrNegative = errors.New("a limit or an offset cannot be negative")
	// ErrOneInstitution: a proof file is of one chart.
	ErrOneInstitution = errors.New("a proof file is of one institution: name it with --institution")
	// ErrNoScreen: a proof file is for another program, not for a screen.
	ErrNoScreen = errors.New("a proof file cannot be read on a screen: send it into a file with > NAME")
	// ErrCrossed: a range of days has nothing in it.
	ErrCrossed = errors.New("the records would end before they begin")
	// ErrRecoveryOrNone: a recovery file is wanted, or it is not.
	ErrRecoveryOrNone = errors.New("--recovery-file and --no-recovery say the opposite of each other: take one of them")
	// ErrOver: a permission cannot end in the past.
	ErrOver     = errors.New("the permission would have ended already")
	ErrAskTypes = errors.New("name the kinds of records with --types")
	// ErrLookPermission: a look names the permission that it uses, or uses none.
	ErrLookPermission = errors.New("--basis permission and --permission N go together: name the permission that is used")
)

// NotAnID says what an id looks like.
func NotAnID(text string) error {
	return fmt.Errorf("%q is no id; an id looks like 4e2a91c0-7 and stands before each line of a list", Clean(text))
}

// NotACopy says what the id of a copy looks like.
func NotACopy(text string) error {
	return fmt.Errorf("%q is no id of a copy; one looks like 4e2a91c0 and stands in carekey gateway status", Clean(text))
}

// Ambiguous says that more than one item fits.
func Ambiguous(text string) error {
	return fmt.Errorf("%q fits more than one; write more of it", Clean(text))
}

// UnknownCommand names what may have been meant.
func UnknownCommand(text string, near []string) error {
	if len(near) == 0 {
		return fmt.Errorf("there is no command %q", Clean(text))
	}
	return fmt.Errorf("there is no command %q; did you mean %s?", Clean(text), strings.Join(near, ", "))
}

// CalledLike shows how a command is called.
func CalledLike(use string) error { return fmt.Errorf("this command is called like this: %s", use) }

// NotADate says what a day looks like where only a day will do.
func NotADate(text string) error {
	return fmt.Errorf("%q is no day; write it like 2026-01-31", Clean(text))
}

// AskedAlready says that a question about an entry waits for its answer.
func AskedAlready(who string) error {
	return fmt.Errorf("you have asked %s about this already; its answer will stand beside the entry", who)
}

// NotADay says what a day looks like.
func NotADay(text string) error {
	return fmt.Errorf("%q is no day; write 2026-01-31, or a number of days like 30d", Clean(text))
}

// IsOver says that something cannot end on a day that is over.
func IsOver(text string) error {
	return fmt.Errorf("%s is over already; name a day that is still to come", Clean(text))
}

// UnknownChoice names what can be chosen.
func UnknownChoice(text string, known []string) error {
	return fmt.Errorf("%q is not one of: %s", Clean(text), strings.Join(known, ", "))
}

// NoTypes says that a yes needs to be told how far it goes.
func NoTypes(s consent.Scope) error {
	return fmt.Errorf("say what they may have with --types, or --all for everything asked for: %s", flagList(s.Types))
}

// Wider says that more was named than was asked for.
func Wider(s consent.Scope) error {
	what := flagList(s.Types)
	if len(s.Sensitive) > 0 {
		what += "; sensitive: " + flagList(s.Sensitive)
	}
	return fmt.Errorf("this is more than they asked for, which is: %s; records %s", what, Dates(s.From, s.To))
}

// WiderUses says how often they asked to use it.
func WiderUses(asked uint32) error {
	return fmt.Errorf("this is more often than they asked for, which is: %s", HowOften(asked))
}

// WiderUntil says for how long they asked.
func WiderUntil(asked time.Time) error {
	return fmt.Errorf("this is longer than they asked for, which is: until %s", asked.Format("2 Jan 2006 15:04"))
}

// WiderKept says how long they said that they keep their copy.
func WiderKept(asked consent.Date) error {
	return fmt.Errorf("they asked to keep their copy for less: until %s", asked)
}

func flagList[T fmt.Stringer](list []T) string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = FlagValue(v.String())
	}
	return strings.Join(names, ", ")
}

// FlagValue is a word as it is written in a flag: "test-results".
func FlagValue(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), " ", "-")
}

// choice is a value of a flag.
type choice[T any] struct {
	name  string
	value T
}

var basisChoices = []choice[consent.Basis]{
	{"care", consent.BasisCare}, {"permission", consent.BasisGrant}, {"transfer", consent.BasisTransfer}, {"emergency", consent.BasisEmergency},
	{"law", consent.BasisLaw}, {"payment", consent.BasisPayment}, {"operations", consent.BasisOperations},
}

var purposeChoices = []choice[consent.Purpose]{
	{"treatment", consent.PurposeTreatment}, {"second-opinion", consent.PurposeSecondOpinion}, {"insurance", consent.PurposeInsurance},
	{"research", consent.PurposeResearch}, {"public-health", consent.PurposePublicHealth}, {"patient-wish", consent.PurposePatientWish},
	{"operations", consent.PurposeOperations},
}

var kindChoices = []choice[int]{{"looks", 1}, {"requests", 2}, {"permissions", 3}, {"copies", 4}, {"charts", 5}}

func parseChoice[T any](text string, choices []choice[T]) (T, error) {
	var none T
	for _, c := range choices {
		if c.name == FlagValue(text) {
			return c.value, nil
		}
	}
	return none, UnknownChoice(text, choiceNames(choices))
}

func choiceNames[T any](choices []choice[T]) []string {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.name
	}
	return names
}

// ParseBasis reads a basis; empty is any.
func ParseBasis(text string) (consent.Basis, error) {
	if text == "" {
		return 0, nil
	}
	return parseChoice(text, basisChoices)
}

// ParsePurpose reads a purpose.
func ParsePurpose(text string) (consent.Purpose, error) { return parseChoice(text, purposeChoices) }

// ParseKind reads a kind of entries; empty is all.
func ParseKind(text string) ([]consent.Class, error) {
	if text == "" {
		return nil, nil
	}
	i, err := parseChoice(text, kindChoices)
	return Kinds()[i].Classes, err
}

// BasisFlag is the word for a basis in flags and JSON.
func BasisFlag(b consent.Basis) string { return choiceOf(b, basisChoices) }

// PurposeFlag is the word for a purpose in flags and JSON.
func PurposeFlag(p consent.Purpose) string { return choiceOf(p, purposeChoices) }

func choiceOf[T comparable](v T, choices []choice[T]) string {
	for _, c := range choices {
		if c.value == v {
			return c.name
		}
	}
	return "unknown"
}

// BasisFlags are the bases.
func BasisFlags() []string { return choiceNames(basisChoices) }

// PurposeFlags are the purposes.
func PurposeFlags() []string { return choiceNames(purposeChoices) }

// KindFlags are the kinds of entries.
func KindFlags() []string { return choiceNames(kindChoices) }
