package words

import (
	"fmt"
	"strings"
	"time"
)

// Words of init, join, verify, the demo and the gateway's commands.
const (
	UsePassphrase       = "Keep the key in a file under a passphrase?"
	RecoveryOffer       = "Make a recovery file now? Without one, a lost computer is a lost key."
	RecoveryHow         = "The recovery file has a passphrase of its own. Write it down and keep it away from the file."
	RecoveryProve       = "Now open the file once, so that you know it works."
	PassphraseRecovery  = "Passphrase of the recovery file: "
	InvitationPrompt    = "Paste the invitation: "
	FingerprintQuestion = "Does the institution say exactly these words?"
	EvidenceBad         = "This file proves nothing."
	Answered            = "The answer is on its way; the patient sees it beside the entry."
)

// QuerySent says where the answer will be.
const QuerySent = "Your question is on its way. It counts when it is proven, and the answer will stand beside the entry: carekey history"

// InitDone says what was made.
func InitDone(profile, folder string) string {
	return fmt.Sprintf("Your wallet %q is made. Its files are in %s, sealed.", profile, folder)
}

// KeyAgain says that no new key was made.
const KeyAgain = "A key of this name was kept already: it is used again. Join with an invitation from each of your institutions, and the charts you have there are found. They make one with: carekey gateway invite --again"

// WalletExists says what one can do instead of making a wallet again.
func WalletExists(profile string, kind error) error {
	return fmt.Errorf("%w: you have a wallet called %q on this computer. For a recovery file of it: carekey init --recovery-file FILE. For another wallet: carekey init --profile NAME", kind, profile)
}

// FileExists says that no other file gives way to a recovery file.
func FileExists(file string, kind error) error {
	return fmt.Errorf("%w: %s. Nothing was written; choose another name: carekey init --recovery-file FILE", kind, file)
}

// KeyKept says where the key is.
func KeyKept(keyring bool, file string) string {
	if keyring {
		return "Your key is in this computer's keyring and nowhere else."
	}
	return fmt.Sprintf("Your key is in %s, under your passphrase, and nowhere else.", file)
}

// NoKeyring explains what is missing and what one can do.
func NoKeyring(err error) []string {
	return []string{
		Complaint(err),
		"You choose the passphrase. Whoever has the file and the passphrase has your key.",
	}
}

// InitNext says what comes next; back tells that the key came from a recovery
// file.
func InitNext(recovery string, back bool) []string {
	lines := []string{"Next: ask your hospital or doctor for an invitation, then: carekey join"}
	if back {
		lines = []string{"Next: carekey status. It looks for your charts where the recovery file says that they are; to a chart of which it does not know, an invitation leads: carekey join"}
	}
	if recovery != "" {
		lines = append([]string{fmt.Sprintf("The recovery file %s works: it was opened just now.", recovery)}, lines...)
	}
	return lines
}

// RecoveryName proposes a name.
func RecoveryName(profile string) string { return "carekey-recovery-" + profile + ".age" }

// RecoveryWhere asks for the file's name.
func RecoveryWhere(name string) string { return fmt.Sprintf("Which file? [%s] ", name) }

// RecoveryUnproven says that the file does not count.
func RecoveryUnproven(file string) string {
	return fmt.Sprintf("The recovery file %s does not count, because it was not opened. Make another: carekey init --recovery-file FILE", file)
}

// InvitationFrom introduces an invitation before anything is proven.
func InvitationFrom(name string) []string {
	return []string{
		fmt.Sprintf("This invitation says that it comes from: %s", name),
		"That is not proven yet. Compare these words with the institution, on its paper or by telephone:",
	}
}

// FingerprintLines sets the words to be compared.
func FingerprintLines(list []string) []string {
	half := (len(list) + 1) / 2
	return []string{"", "    " + strings.Join(list[:half], "  "), "    " + strings.Join(list[half:], "  "), ""}
}

// NotAnInvitation says what one can do with a text that is none, or not whole.
func NotAnInvitation(why error) error {
	return fmt.Errorf("this is not a whole invitation, and nothing was done. Copy all of it once more, from carekey-invitation: to its end (%w)", why)
}

// InvitationOver says when it ended.
func InvitationOver(end time.Time) string {
	return "this invitation ended on " + end.Format("2 Jan 2006 15:04") + "; ask for a new one"
}

// Joined says that the chart is open.
func Joined(institution, record string) string {
	return fmt.Sprintf("Your chart at %s is open, for its record %s. From now on, who looks there stands in your history.", institution, record)
}

// EvidenceGood says what a file proves.
func EvidenceGood(against, kind string) string {
	switch {
	case kind == CompleteLog:
		return "This file holds a complete history: nothing is missing, altered, or added."
	case against == "":
		return fmt.Sprintf("This file proves that something untrue was shown: %s.", kind)
	}
	return fmt.Sprintf("This file proves that %s lied: %s.", against, kind)
}

// EvidenceAsOf says up to when a file speaks.
func EvidenceAsOf(newest string) string { return "It speaks of the time up to " + newest + "." }

// EvidenceAnchor says against which network it was checked.
func EvidenceAnchor(anchor string, own bool) string {
	if own {
		return "It was checked against the network that the file itself names: " + anchor + ". To be sure that it is yours, pass --anchor."
	}
	return "It was checked against the network that you named."
}

// Removed says what the demo's end removed.
func Removed(list []string) []string {
	if len(list) == 0 {
		return []string{"There was nothing to remove."}
	}
	lines := make([]string, len(list))
	for i, l := range list {
		lines[i] = "removed " + l
	}
	return lines
}

// DemoAbout says where a demo keeps what, how to act as others in it, and how to
// remove it; program is how carekey is called, chosen is the folder that was
// asked for, "" for the ordinary place.
func DemoAbout(program, folder, chosen string, keyring bool, passphrase string, actors []string) []string {
	lines := []string{"The demo keeps its files in " + folder}
	if keyring {
		lines = append(lines, "Its key is in this computer's keyring, in an entry of its own.")
	} else {
		lines = append(lines, "There is no keyring here, so its key is in a file there, under this passphrase: "+passphrase)
	}
	if len(actors) > 0 {
		lines = append(lines, "From another terminal you can act as the others:")
		for _, a := range actors {
			lines = append(lines, "  "+a)
		}
	}
	here := ""
	if chosen != "" {
		here = fmt.Sprintf(" --folder %q", chosen)
	}
	return append(lines, "To read this in another terminal while the demo runs: "+program+" demo"+here,
		"To remove all of it: "+program+" demo --clean"+here)
}

// InviteHow says what to do with an invitation.
func InviteHow(expires time.Time) []string {
	return []string{
		"Hand this invitation to the person of the record and to nobody else. It works once, until " + expires.Format("2 Jan 2006 15:04") + ".",
		"When the person opens it, say these words to each other:",
	}
}

// Asked names a request that was sent.
func Asked(id string) string { return "Asked: " + id + ". The patient sees it in the wallet." }

// Looked says what was found.
func Looked(n int, proven bool) string {
	line := Count(n, "record", "records") + "."
	if proven {
		return line + " The patient's entry is proven."
	}
	return line + " The patient's entry is signed and goes out with the next batch."
}

// GatewayLine is a gateway on one line.
func GatewayLine(name, address string, height int64, age time.Duration) string {
	return fmt.Sprintf("%s at %s: height %d, %s", name, address, height, Ago(age))
}

// GatewayDark is a gateway that proves nothing now; a name it may not know.
func GatewayDark(name, address, problem string) string {
	if name == "" {
		name = "the gateway"
	}
	return fmt.Sprintf("%s at %s: nothing is proven now: %s", name, address, problem)
}

// GatewayCounts are a gateway's figures.
func GatewayCounts(charts, outbox, transfers int) string {
	return fmt.Sprintf("%s, %s in the outbox, %s running", Count(charts, "chart", "charts"), Count(outbox, "entry", "entries"), Count(transfers, "transfer", "transfers"))
}

// GatewayQuery is a patient's question that waits.
func GatewayQuery(record string, about uint64, text string, due, now time.Time) string {
	asked := "“" + text + "”"
	if text == "" {
		asked = "the words have not arrived"
	}
	return fmt.Sprintf("%s asks about entry %d: %s (answer by %s)", record, about, asked, Date(due, now))
}

// GatewayCopy names a copy of a patient's records by where it comes from.
func GatewayCopy(record, from string) string {
	if record == "" {
		return "a copy from " + from
	}
	return fmt.Sprintf("%s: a copy from %s", record, from)
}

// GatewayCopyNow says how far a copy is: on its way, or to be received again.
func GatewayCopyNow(running bool, used, uses uint32, until, now time.Time, ended string) string {
	often := fmt.Sprintf("used %d of %d, until %s", used, uses, Date(until, now))
	if running {
		return "is on its way (" + often + ")"
	}
	if ended != "" {
		ended = "; the last time it ended so: " + ended
	}
	return "may be received again (" + often + ")" + ended
}

// Collecting says that another use has begun.
func Collecting(left uint32) string {
	return fmt.Sprintf("The copy is on its way. The patient sees it, and allows it %s, with this one. carekey gateway status tells how far it is.", Count(left, "more time", "more times"))
}

// CompleteLog is the kind of a file that holds no lie but a whole history.
const CompleteLog = "complete history"
