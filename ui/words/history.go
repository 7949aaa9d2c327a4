package words

import (
	"fmt"
	"strings"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Kind is a sort of entry for the history's filter.
type Kind struct {
	Name    string
	Classes []consent.Class // none: all
}

// Kinds are the sorts to choose from; the first is everything.
func Kinds() []Kind {
	return []Kind{
		{Name: "everything"},
		{"looks at your records", []consent.Class{consent.ClassAccess, consent.ClassBreakglass}},
		{"requests, answers and questions", []consent.Class{consent.ClassSay}},
		{"permissions given and taken back", []consent.Class{consent.ClassGrant, consent.ClassRevoke}},
		{"copies sent", []consent.Class{consent.ClassTransferOpen, consent.ClassCollect, consent.ClassRelease,
			consent.ClassReceived, consent.ClassVoid, consent.ClassUndelivered, consent.ClassStop}},
		{"charts and keys", []consent.Class{consent.ClassOpen, consent.ClassRotate, consent.ClassFreeze, consent.ClassClose}},
	}
}

// Since is a span of days that ends now.
type Since struct {
	Name string
	Days int // 0: all time
}

// Sinces are the spans to choose from.
func Sinces() []Since {
	return []Since{{"at any time", 0}, {"in the last 7 days", 7}, {"in the last 30 days", 30}, {"in the last 90 days", 90}, {"in the last year", 365}}
}

// BasisName is a basis for the filter; 0 is any.
func BasisName(b consent.Basis) string {
	if b == 0 {
		return "any reason"
	}
	return b.String()
}

// AllEntries heads the unfiltered history.
func AllEntries(n int) string { return Count(n, "entry", "entries") + ", newest first" }

// Filtered says what a filter lets through.
func Filtered(f wallet.Filter, names Names, n, of int) string {
	var parts []string
	if f.Institution != (consent.InstitutionID{}) {
		parts = append(parts, names.of(f.Institution))
	}
	for _, k := range Kinds() {
		if len(f.Classes) > 0 && len(k.Classes) > 0 && k.Classes[0] == f.Classes[0] {
			parts = append(parts, k.Name)
		}
	}
	if f.Basis != 0 {
		parts = append(parts, f.Basis.String())
	}
	if !f.From.IsZero() {
		parts = append(parts, "since "+f.From.Format("2 Jan 2006"))
	}
	if f.Text != "" {
		parts = append(parts, "“"+f.Text+"”")
	}
	return fmt.Sprintf("%s of %s: %s", Number(n), Number(of), strings.Join(parts, ", "))
}

// HistoryTrouble says that the vault could not be read.
func HistoryTrouble(err error) string {
	return "The history could not be read from this computer: " + err.Error() + ". Nothing is lost: it can be fetched and proven again."
}

// Fact is a label with its text.
type Fact struct{ Label, Text string }

// Line is a fact on one line; a label that asks needs no colon.
func (f Fact) Line() string {
	switch {
	case f.Label == "":
		return f.Text
	case strings.HasSuffix(f.Label, "?"):
		return f.Label + " " + f.Text
	}
	return f.Label + ": " + f.Text
}

// EntryFacts are what there is to know about an entry, for anyone.
func EntryFacts(d wallet.EntryDetail, names Names, now time.Time) []Fact {
	facts := []Fact{{"Written", Moment(d.Time, now)}, {"By", d.SignedBy}}
	switch c := d.Content.(type) {
	case *consent.Accessed:
		return append(facts, accessFacts(*c, d, names, now)...)
	case *consent.Request:
		return append(facts,
			Fact{"Who", At(c.By, d.Institution)}, Fact{"", licenceOf(c.By, d.Licence)},
			Fact{"What for", c.Purpose.String()}, Fact{"In its words", c.Why},
			Fact{"Records", List(c.Scope.Types)}, Fact{"Dates", Dates(c.Scope.From, c.Scope.To)})
	case *consent.Granted:
		return append(facts, Fact{"Records", List(c.Scope.Types)}, Fact{"Dates", Dates(c.Scope.From, c.Scope.To)},
			Fact{"You signed", strings.Join(c.Sentences, " ")})
	case *consent.Terms:
		return append(facts, Fact{"From", names.of(c.Source)}, Fact{"To", names.of(c.Destination)},
			Fact{"Records", List(c.Scope.Types)}, Fact{"You signed", strings.Join(c.Sentences, " ")})
	case *consent.Step:
		return append(facts, Fact{"In its words", c.Text})
	case *consent.Opened:
		return append(facts, Fact{"Its record", c.Record}, Fact{"Identified by", c.Identified})
	}
	return facts
}

func accessFacts(c consent.Accessed, d wallet.EntryDetail, names Names, now time.Time) []Fact {
	who := At(c.By, d.Institution)
	if c.Automatic {
		who = "a computer of " + d.Institution + ", by itself"
	}
	facts := []Fact{
		{"Happened", Moment(c.Event.Time(), now)}, {"Who", who}, {"", licenceOf(c.By, d.Licence)},
		{"Reason", c.Basis.String()}, {"What for", c.Purpose.String()}, {"Records", List(c.Types)},
	}
	if c.Late != "" {
		facts = append(facts, Fact{"Written late", c.Late})
	}
	if c.Transfer != nil {
		facts = append(facts, Fact{"The other side", names.of(c.Transfer.Other)})
	}
	return facts
}

func licenceOf(p consent.Person, l wallet.Licence) string {
	if p.Licence == nil {
		return ""
	}
	return Licence(l)
}

// LegalBasis is what the law calls the reason of a look; empty for other
// entries. Regulation (EU) 2016/679 (GDPR) and 45 CFR 164 (HIPAA).
func LegalBasis(r wallet.Row) string {
	c, ok := r.Content.(*consent.Accessed)
	if !ok {
		return ""
	}
	return legal[c.Basis]
}

var legal = map[consent.Basis]string{
	consent.BasisCare:       "Treatment by someone who cares for you: GDPR Art. 9(2)(h); 45 CFR 164.506(c).",
	consent.BasisGrant:      "Your permission: GDPR Art. 9(2)(a); 45 CFR 164.508. You can take it back at any time.",
	consent.BasisTransfer:   "Your permission for this copy: GDPR Art. 9(2)(a); 45 CFR 164.508.",
	consent.BasisEmergency:  "To protect your life when you cannot say yes: GDPR Art. 9(2)(c); 45 CFR 164.510(a)(3).",
	consent.BasisLaw:        "A duty by law: GDPR Art. 9(2)(g) and (i); 45 CFR 164.512.",
	consent.BasisPayment:    "Payment for care: GDPR Art. 9(2)(h); 45 CFR 164.506(c).",
	consent.BasisOperations: "Running the institution: GDPR Art. 9(2)(h); 45 CFR 164.506(c).",
}
