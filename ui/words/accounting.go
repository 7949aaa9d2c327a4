package words

import (
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Columns of the exports. Those of the accounting are the four of 45 CFR
// 164.528(b)(2) and what EHDS Art. 9 adds: who, when, which data.
var (
	ExportColumns     = []string{"id", "time", "institution", "sentence", "class", "who", "role", "basis", "purpose", "records", "automatic", "answer"}
	AccountingColumns = []string{"date", "recipient", "address", "description", "purpose", "person", "event", "records", "counted by HIPAA", "why"}
)

// Accounting is a look or a disclosure as a line of an accounting; false for
// other entries. The address is that of the institution, if it is known.
func Accounting(r wallet.Row, names Names, address string) ([]string, bool) {
	c, ok := r.Content.(*consent.Accessed)
	if !ok {
		return nil, false
	}
	counted, why := counted(*c)
	recipient, place := r.Institution, address
	if c.Transfer != nil && c.Transfer.Gave {
		recipient, place = names.of(c.Transfer.Other), ""
	}
	yes := "no"
	if counted {
		yes = "yes"
	}
	return []string{
		r.Time.UTC().Format(time.DateOnly), recipient, place, Row(r, names), c.Purpose.String(), At(c.By, r.Institution),
		c.Event.Time().Format(time.RFC3339), List(c.Types), yes, why,
	}, true
}

// counted tells whether 45 CFR 164.528(a)(1) wants a disclosure in an
// accounting, and by which clause.
func counted(c consent.Accessed) (bool, string) {
	switch c.Basis {
	case consent.BasisCare, consent.BasisPayment, consent.BasisOperations:
		return false, "treatment, payment and operations are left out: 164.528(a)(1)(i)"
	case consent.BasisGrant, consent.BasisTransfer:
		return false, "what you authorised is left out: 164.528(a)(1)(iv)"
	case consent.BasisEmergency:
		return false, "treatment in an emergency is left out: 164.528(a)(1)(i)"
	case consent.BasisLaw:
		return true, "a disclosure by law is counted: 164.528(a)(1)"
	}
	return true, "the reason is not known here, so it is counted: 164.528(a)(1)"
}
