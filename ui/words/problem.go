package words

import (
	"strings"
	"time"

	"carekey/wallet"
)

// Severity says where a problem stands.
type Severity uint8

// The severities. Alarms stand above everything until they are dealt with.
const (
	Note Severity = iota + 1
	Warning
	Alarm
)

// Entry of the catalogue of problems. {who} stands for the institution, {file}
// for the file with the evidence.
type entry struct {
	severity Severity
	title    string
	happened string
	safe     string // is my data safe?
	do       string // the one thing to do
}

var catalogue = map[wallet.ProblemCode]entry{
	wallet.ProblemLie: {Alarm,
		"A proof failed at {who}",
		"{who} showed something that does not fit what was proven before. Something may have been changed, hidden or made up.",
		"What was proven before is still on this computer. Do not rely on anything new until this is cleared up.",
		"Keep the evidence file and show it to a data protection officer or a lawyer. Then say that you have seen this, with s or the command carekey seen. Anyone can check the file with: carekey verify {file}"},
	wallet.ProblemSeenLie: {Note,
		"A proof failed at {who}; you have seen it",
		"{who} showed something that does not fit what was proven before. You said that you have seen this, so it is no alarm any more.",
		"The first line says whether what you see is whole now. If a proof fails again, an alarm stands here.",
		"Keep the evidence file. Anyone can check it with: carekey verify {file}"},
	wallet.ProblemUnreachable: {Note,
		"{who} does not answer",
		"{who} could not be reached, so newer entries from there may be missing here.",
		"Yes. Nothing can be done to your records without an entry that you will see later.",
		"Wait. The wallet keeps trying by itself."},
	wallet.ProblemStale: {Warning,
		"The last check is old",
		"No institution has proven anything new to this computer for a while.",
		"Yes. What you see was true at that time; newer entries may be missing.",
		"Look whether this computer is connected and its clock is right, then check again with Ctrl+R or: carekey status"},
	wallet.ProblemClock: {Warning,
		"This computer's clock is wrong",
		"The clock here and the network's time differ by so much that no proof can be called new.",
		"Yes, but the first line cannot be green until the clock is right.",
		"Set this computer's date and time."},
	wallet.ProblemWithheld: {Warning,
		"{who} has not said what an entry was",
		"There is an entry of {who} in your chart, but its words were not handed over.",
		"The entry cannot be removed. What was looked at is not known yet.",
		"Ask {who} with x on the entry in the history."},
	wallet.ProblemUnmatched: {Warning,
		"The two sides of a copy do not agree",
		"One institution wrote down that records moved, and the other has not confirmed it.",
		"Not certain. The history shows which side spoke.",
		"Ask both institutions what became of the copy."},
	wallet.ProblemMayHaveData: {Alarm,
		"{who} may have your data",
		"You stopped a copy after it was released. It may have arrived before the stop.",
		"Nothing more is sent. What was released before cannot be called back by the network.",
		"Ask {who} whether it received the copy, and to delete it."},
	wallet.ProblemUnconfirmed: {Warning,
		"{who} has not confirmed what you took back",
		"Your permission has ended for the network. {who} has not yet said that its own systems follow.",
		"Yes for the network: no new use counts any more. {who} owes you its word.",
		"If it stays so, ask {who}."},
	wallet.ProblemOverdueAnswer: {Warning,
		"{who} owes you an answer",
		"You did not recognise an entry, and {who} has not explained it in time.",
		"Not certain, as long as nobody explains the entry.",
		"Call {who}, or a data protection officer."},
	wallet.ProblemActFailed: {Alarm,
		"Something you decided did not happen",
		"What you sent to {who} was refused, or was not written down in time.",
		"Nothing was shared by this. If you took something back, it may still hold.",
		"Look at your permissions and decide again."},
	wallet.ProblemOldVault: {Alarm,
		"The wallet's files are older than they should be",
		"The keyring remembers newer files than those on this disk. Perhaps a backup was put back.",
		"Nothing was shared. What this computer shows may lack the latest entries until it has checked everything again.",
		"Let the wallet check everything again, and find out who put the old files back."},
	wallet.ProblemVault: {Alarm,
		"The wallet's files cannot be written",
		"The disk is full or damaged, so new entries cannot be kept.",
		"Yes. Everything is kept at the institutions and can be fetched and proven again.",
		"Make room on the disk."},
	wallet.ProblemKeyring: {Warning,
		"The keyring does not answer",
		"This computer's keyring could not keep the mark against old files.",
		"Yes, but the wallet would not notice if someone put back older files.",
		"Unlock the keyring."},
	wallet.ProblemNoRecovery: {Note,
		"There is no second way to your key",
		"If this computer is lost, your key is lost with it, since no recovery file was ever opened.",
		"Yes, as long as this computer works.",
		"Make a recovery file: carekey init --recovery-file FILE"},
}

var unknownProblem = entry{Warning,
	"Something is wrong at {who}",
	"The wallet reports a problem that this version has no words for.",
	"Not known.",
	"Look at the details, and update carekey."}

// Problem is a problem in words.
type Problem struct {
	Severity Severity
	Title    string
	Happened string
	Safe     string
	Do       string
	Since    string
	Details  []string // codes and paths, for who wants them
}

// Explain finds the words for a problem.
func Explain(p wallet.Problem, now time.Time) Problem {
	e, known := catalogue[p.Code]
	if !known {
		e = unknownProblem
	}
	who := p.Institution
	if who == "" {
		who = "an institution"
	}
	file := "FILE"
	if p.Evidence != "" {
		file = p.Evidence
	}
	fill := func(s string) string {
		return capital(strings.NewReplacer("{who}", who, "{file}", file).Replace(s))
	}
	out := Problem{
		Severity: e.severity, Title: fill(e.title), Happened: fill(e.happened),
		Safe: fill(e.safe), Do: fill(e.do), Details: details(p),
	}
	if !p.Since.IsZero() {
		out.Since = "since " + Moment(p.Since, now)
	}
	return out
}

func details(p wallet.Problem) []string {
	lines := []string{"code: " + string(p.Code)}
	if p.Number != 0 {
		lines = append(lines, "entry: "+Number(p.Number))
	}
	if p.Evidence != "" {
		lines = append(lines, "evidence: "+p.Evidence)
	}
	if p.Detail != "" {
		lines = append(lines, "detail: "+p.Detail)
	}
	return lines
}

// The questions that every problem answers.
const (
	ProblemHappened = "What happened"
	ProblemSafe     = "Is my data safe?"
	ProblemDo       = "What can I do?"
	ProblemDetails  = "Details"
)

// SeenTitle asks before an alarm ends.
const SeenTitle = "Have you seen this?"

// SeenEffect says what a yes does to a failed proof.
func SeenEffect(p Problem) []string {
	return []string{p.Title + ". " + p.Happened, "The evidence is kept. The alarm becomes a line on the first page; if it happens again, there is an alarm again."}
}

// Seen says that an alarm has ended.
const Seen = "Seen. The evidence is kept."

// NotToBeSeen is said to who wants to end another problem than a failed proof.
const NotToBeSeen = "Only a failed proof ends by being seen. This goes away by itself once it is mended."

// NoAlarm says that no proof failed that was not seen.
const NoAlarm = "No proof has failed that you have not seen."

// MoreProblems says that more alarms stand behind the first.
func MoreProblems(n int) string { return "and " + Number(n) + " more" }
