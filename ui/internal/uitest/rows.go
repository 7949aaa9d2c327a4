package uitest

import (
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// newest is the number of the newest row.
const newest = 2_000_000

// Row is the i-th row of a history without end, newest first. Every twelve rows
// the same things happen again, a few days earlier; some of them are runs of
// automatic looks.
func Row(i int) wallet.Row {
	at := Now.Add(-time.Duration(i) * 9 * time.Hour).Add(-25 * time.Minute)
	r := wallet.Row{Position: i, Number: uint64(newest - i), Time: at, Class: consent.ClassAccess, Side: consent.SideInstitution}
	from := func(id consent.InstitutionID, c consent.Content) wallet.Row {
		r.Chart, r.Log, r.Institution, r.Content = chartOf(id), chartOf(id), names[id], c
		return r
	}
	said := func(id consent.InstitutionID, side consent.Side, c consent.Content) wallet.Row {
		r.Class, r.Side = consent.ClassSay, side
		return from(id, c)
	}
	if i < 3 {
		r.Flags |= wallet.RowNew
	}
	switch i % 12 {
	case 0:
		return from(hospital, access(osei(), consent.BasisCare, at, consent.Medicines, consent.Allergies))
	case 1:
		return said(clinic, consent.SideInstitution, &consent.Request{Kind: consent.Move, By: lee(), Purpose: consent.PurposeTreatment, From: hospital,
			Scope: scope(consent.Medicines, consent.Allergies, consent.Conditions, consent.TestResults)})
	case 2, 3, 4, 5, 6:
		r.Flags |= wallet.RowAutomatic
		c := access(consent.Person{}, consent.BasisPayment, at, consent.Insurance, consent.Visits)
		c.Automatic = true
		return from(hospital, c)
	case 7:
		r.Queried = true
		if i > 12 {
			r.Answer = "A colleague checked your dose by telephone."
		}
		return from(lab, access(consent.Person{Name: "T. Brandt", Role: "assistant"}, consent.BasisOperations, at, consent.TestResults))
	case 8:
		r.Flags |= wallet.RowWithheld
		return from(lab, nil)
	case 9:
		r.Class, r.Side = consent.ClassGrant, consent.SidePatient
		return from(lab, &consent.Granted{Purpose: consent.PurposeResearch, Scope: scope(consent.TestResults),
			Sentences: []string{"Lakeview Laboratory may use your test results that it holds, for research."}})
	case 10:
		return said(hostile, consent.SideInstitution, &consent.Request{Kind: consent.Look, By: consent.Person{Name: "\u202eeel .rD"}, Purpose: consent.PurposeInsurance,
			Why: "\x1b[5m\x1b[41mpay\x1b[0m", Scope: scope(consent.Letters)})
	}
	return said(hostile, consent.SidePatient, &consent.Denial{Reason: "I never was a customer there."})
}

func access(by consent.Person, b consent.Basis, at time.Time, types ...consent.RecordType) *consent.Accessed {
	return &consent.Accessed{Basis: b, By: by, Purpose: consent.PurposeTreatment, Types: types, Event: consent.At(at.Add(-2 * time.Minute))}
}
