package words

import (
	"fmt"
	"strings"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Names finds the name of an institution the wallet knows.
type Names map[consent.InstitutionID]string

// NamesOf collects the names in a snapshot.
func NamesOf(s wallet.Snapshot) Names {
	names := make(Names, len(s.Institutions))
	for _, i := range s.Institutions {
		names[i.ID] = i.Name
	}
	return names
}

func (n Names) of(id consent.InstitutionID) string {
	if name := n[id]; name != "" {
		return name
	}
	return "another institution"
}

// Row is one line of the history as a sentence that a child could read aloud.
func Row(r wallet.Row, names Names) string {
	if r.Content == nil {
		return silent(r)
	}
	switch c := r.Content.(type) {
	case *consent.Accessed:
		return accessed(*c, r.Institution, allowedOn(r), names)
	case *consent.Request:
		return asked(*c, r.Institution, names)
	case *consent.Granted:
		return fmt.Sprintf("You allowed %s to use your %s, %s.", At(c.By, r.Institution), List(c.Scope.Types), c.Purpose)
	case *consent.Revoked:
		return because(fmt.Sprintf("You took back a permission of %s", r.Institution), c.Reason)
	case *consent.Terms:
		return fmt.Sprintf("You allowed %s to send a copy of your %s to %s, %s.",
			names.of(c.Source), List(c.Scope.Types), At(c.By, names.of(c.Destination)), c.Purpose)
	case *consent.Opened:
		return opened(*c, r.Institution)
	case *consent.Step:
		return step(r, *c)
	case *consent.Reason:
		return reason(r, *c)
	}
	return said(r)
}

func said(r wallet.Row) string {
	switch c := r.Content.(type) {
	case *consent.Denial:
		return because(fmt.Sprintf("You refused a request of %s", r.Institution), c.Reason)
	case *consent.Query:
		return because(fmt.Sprintf("You told %s that you do not recognise an entry", r.Institution), c.Text)
	case *consent.Answer:
		return because(fmt.Sprintf("%s answered your question", At(c.By, r.Institution)), c.Text)
	case *consent.Acknowledgement:
		return because(fmt.Sprintf("%s confirmed that it did what you said", r.Institution), c.Text)
	case *consent.Blocking:
		if c.Off {
			return fmt.Sprintf("You let %s ask you for permissions again.", r.Institution)
		}
		return fmt.Sprintf("You refused everything from %s.", r.Institution)
	}
	return fmt.Sprintf("%s wrote something that this version does not know.", r.Institution)
}

// silent is a row whose private part the institution has not shown.
func silent(r wallet.Row) string {
	switch {
	case silentWords[r.Class] != "":
		return fmt.Sprintf(silentWords[r.Class], r.Institution)
	case r.Side == consent.SidePatient:
		return fmt.Sprintf("You told %s something. Its words are not on this computer.", r.Institution)
	}
	return fmt.Sprintf("%s wrote something and has not said what.", r.Institution)
}

// silentWords are what a class alone tells.
var silentWords = map[consent.Class]string{
	consent.ClassAccess:       "%s looked at your records and has not said at what, or why.",
	consent.ClassOpen:         "Your chart at %s was opened.",
	consent.ClassClose:        "Your chart at %s was closed.",
	consent.ClassFreeze:       "New permissions at %s were stopped for a while.",
	consent.ClassRotate:       "Your key for %s was renewed.",
	consent.ClassGrant:        "You gave %s a permission. Its words are not on this computer.",
	consent.ClassRevoke:       "You took back a permission of %s.",
	consent.ClassTransferOpen: "You allowed a copy of records. Its words have not come from %s yet.",
	consent.ClassCollect:      "%s is ready to receive the copy.",
	consent.ClassRelease:      "The copy was released to be sent. What was in it has not come from %s yet.",
	consent.ClassReceived:     "%s says that it received the copy, and has not said how it went.",
	consent.ClassVoid:         "This delivery was called off. Nothing was sent. %s has not said why.",
	consent.ClassUndelivered:  "Both institutions say that the copy never arrived. %s has not said why.",
	consent.ClassStop:         "You stopped the copy to %s.",
}

// allowedOn says why somebody could look, with the day where it is known.
func allowedOn(r wallet.Row) string {
	if r.Permitted.IsZero() {
		return "because you allowed it"
	}
	return "because you allowed it on " + Date(r.Permitted, r.Time)
}

func accessed(c consent.Accessed, institution, allowed string, names Names) string {
	who := At(c.By, institution)
	if c.Automatic && c.Basis != consent.BasisTransfer {
		who = "A computer at " + institution
	}
	what := List(c.Types)
	switch c.Basis {
	case consent.BasisCare:
		return fmt.Sprintf("%s opened your %s, %s.", who, what, c.Purpose)
	case consent.BasisGrant:
		return fmt.Sprintf("%s read your %s, %s.", who, what, allowed)
	case consent.BasisTransfer:
		return moved(c, who, what, allowed, names)
	case consent.BasisEmergency:
		return fmt.Sprintf("%s opened your %s in an emergency.", who, what)
	case consent.BasisLaw:
		return fmt.Sprintf("%s used your %s because a law says so, %s.", who, what, c.Purpose)
	case consent.BasisPayment:
		return fmt.Sprintf("%s used your %s to settle a bill.", who, what)
	case consent.BasisOperations:
		return fmt.Sprintf("%s used your %s to run the institution.", who, what)
	}
	return fmt.Sprintf("%s opened your %s and gave a reason that this version does not know.", who, what)
}

func moved(c consent.Accessed, who, what, allowed string, names Names) string {
	other := "another institution"
	if c.Transfer != nil {
		other = names.of(c.Transfer.Other)
	}
	if c.Transfer != nil && c.Transfer.Gave {
		return fmt.Sprintf("%s sent a copy of your %s to %s, %s.", who, what, other, allowed)
	}
	return fmt.Sprintf("%s received a copy of your %s from %s, %s.", who, what, other, allowed)
}

func asked(c consent.Request, institution string, names Names) string {
	if c.Kind == consent.Move {
		return fmt.Sprintf("%s asked for a copy of your %s from %s, %s.",
			At(c.By, institution), List(c.Scope.Types), names.of(c.From), c.Purpose)
	}
	return fmt.Sprintf("%s asked to use your %s, %s.", At(c.By, institution), List(c.Scope.Types), c.Purpose)
}

func opened(c consent.Opened, institution string) string {
	if c.Record == "" {
		return fmt.Sprintf("Your chart at %s was opened.", institution)
	}
	return fmt.Sprintf("Your chart at %s was opened, for its record %s.", institution, c.Record)
}

func step(r wallet.Row, c consent.Step) string {
	who := r.Institution
	switch r.Class {
	case consent.ClassCollect:
		return fmt.Sprintf("%s is ready to receive the copy.", who)
	case consent.ClassRelease:
		return fmt.Sprintf("%s released the copy.", who)
	case consent.ClassReceived:
		return fmt.Sprintf("%s %s", who, verdict(c.Verdict))
	case consent.ClassVoid:
		return because(fmt.Sprintf("%s called this delivery off. Nothing was sent", who), c.Text)
	case consent.ClassUndelivered:
		return because("Both institutions say that the copy never arrived", c.Text)
	}
	return fmt.Sprintf("%s took a step of a copy that this version does not know.", who)
}

func verdict(v consent.Verdict) string {
	switch v {
	case consent.VerdictOK:
		return "received the copy and filed it."
	case consent.VerdictAltered:
		return "received something that was not what was released, and threw it away."
	case consent.VerdictWrongPatient:
		return "received records that it could not match to you, and threw them away."
	case consent.VerdictUnreadable:
		return "received a copy that it could not read, and threw it away."
	case consent.VerdictRefused:
		return "received the copy, but its own system did not accept it."
	}
	return "received the copy."
}

func reason(r wallet.Row, c consent.Reason) string {
	switch r.Class {
	case consent.ClassStop:
		return because("You stopped a copy", c.Text)
	case consent.ClassRotate:
		return because(fmt.Sprintf("Your key for %s was renewed", r.Institution), c.Text)
	case consent.ClassFreeze:
		return because(fmt.Sprintf("New permissions at %s were stopped for a while", r.Institution), c.Text)
	case consent.ClassClose:
		return because(fmt.Sprintf("Your chart at %s was closed", r.Institution), c.Text)
	}
	return because(r.Institution+" gave a reason", c.Text)
}

func because(sentence, text string) string {
	if text == "" {
		return sentence + "."
	}
	return sentence + ": “" + text + "”"
}

// Group is many automatic rows of one institution as one sentence.
func Group(first wallet.Row, count int, from, to, now time.Time) string {
	when := "on " + Date(to, now)
	if !sameDay(from.In(now.Location()), to.In(now.Location())) {
		when = fmt.Sprintf("from %s to %s", Date(from, now), Date(to, now))
	}
	why := ""
	if c, ok := first.Content.(*consent.Accessed); ok {
		why = ", " + basisWhy(c.Basis, c.Purpose)
	}
	return fmt.Sprintf("Computers at %s looked %d times by themselves %s%s.", first.Institution, count, when, why)
}

func basisWhy(b consent.Basis, p consent.Purpose) string {
	switch b {
	case consent.BasisCare:
		return p.String()
	case consent.BasisPayment:
		return "to settle bills"
	case consent.BasisOperations:
		return "to run the institution"
	}
	return "because of " + b.String()
}

// AfterRow is what a row has to say besides: a question and its answer, and
// what is missing.
func AfterRow(r wallet.Row) []string {
	var lines []string
	switch {
	case r.Answer != "":
		lines = append(lines, fmt.Sprintf("You did not recognise this. %s answered: “%s”", r.Institution, r.Answer))
	case r.Queried:
		lines = append(lines, fmt.Sprintf("You did not recognise this. %s has not answered yet.", r.Institution))
	}
	if r.Flags&wallet.RowUnmatched != 0 {
		lines = append(lines, "The other institution has not confirmed this yet.")
	}
	return lines
}

// At names a person at an institution: "Heart Clinic (Dr. Lee, cardiologist)".
func At(p consent.Person, institution string) string {
	var parts []string
	for _, s := range []string{p.Name, p.Role} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return institution
	}
	return institution + " (" + strings.Join(parts, ", ") + ")"
}

// List is record types as a sentence has them; "records" for none.
func List(types []consent.RecordType) string {
	switch {
	case len(types) == 0:
		return "records"
	case len(types) == len(consent.RecordTypes()):
		return "whole record"
	}
	return consent.Enumerate(types)
}
