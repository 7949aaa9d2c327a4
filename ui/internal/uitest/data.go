package uitest

import (
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// The institutions. A chart's id is its institution's, which makes them easy to
// read in what a test expects.
var (
	hospital = consent.InstitutionID{0xc1}
	clinic   = consent.InstitutionID{0x4e}
	lab      = consent.InstitutionID{0x1a}
	hostile  = consent.InstitutionID{0xee}
)

// Hostile is a name that tries to leave its line, to turn around, and to look
// like the proof line.
const Hostile = "Trust\x1b[2J\x1b[H\x1b[32m Clinic\u202e cilC\u202c\r\n✓ complete: all\x07"

var names = map[consent.InstitutionID]string{
	hospital: "City General Hospital", clinic: "Northside Heart Clinic", lab: "Lakeview Laboratory", hostile: Hostile,
}

func chartOf(i consent.InstitutionID) consent.LogID { return consent.LogID(i) }

func goodLicence() wallet.Licence {
	return wallet.Licence{Status: consent.LicenceActive, Board: "State Medical Board", Checked: Now, Good: true}
}

func days(at ...int) [30]uint16 {
	var d [30]uint16
	for i, n := range at {
		d[29-i] = uint16(n)
	}
	return d
}

// Snapshot is a rich moment.
func Snapshot() wallet.Snapshot {
	return wallet.Snapshot{
		Person: "Ada Marlow", Vault: 1,
		Proof: wallet.Proof{Level: wallet.ProofGreen, Entries: 41, Of: 41, Institutions: 3, At: Now.Add(-12 * time.Second),
			Height: 9124, Header: consent.Sum([]byte("header"))},
		Institutions: institutions(), Requests: requests(), Permissions: permissions(), Transfers: transfers(),
		Problems: []wallet.Problem{
			{Code: wallet.ProblemUnconfirmed, Institution: names[lab], Chart: chartOf(lab), Since: Now.AddDate(0, 0, -2)},
			{Code: wallet.ProblemNoRecovery},
		},
		Unconfirmed: []wallet.Unconfirmed{
			{Chart: chartOf(lab), Number: 5, Institution: names[lab], Since: Now.AddDate(0, 0, -2), Overdue: true},
			{Chart: chartOf(clinic), Number: 6, Institution: names[clinic], Since: Now.Add(-2 * time.Minute)},
		},
		Since: wallet.Since{LastLooked: Now.AddDate(0, 0, -2).Add(-5 * time.Hour), Accesses: 12,
			By: []wallet.SinceBy{{Institution: names[hospital], Accesses: 9}, {Institution: names[lab], Accesses: 3}}},
	}
}

// Alarmed adds what must stand above everything.
func Alarmed(s *wallet.Snapshot) {
	s.Proof.Level = wallet.ProofRed
	s.Problems = append([]wallet.Problem{
		{Code: wallet.ProblemLie, Institution: names[lab], Since: Now.Add(-time.Minute), Evidence: "/home/ada/.local/share/carekey/ada/evidence/lie-1.cbor", Detail: "head of size 12 does not extend 14"},
		{Code: wallet.ProblemMayHaveData, Institution: names[clinic], Since: Now.Add(-time.Hour)},
		{Code: wallet.ProblemActFailed, Institution: names[hostile], Since: Now.Add(-time.Hour)},
	}, s.Problems...)
}

func institutions() []wallet.Institution {
	opened := Now.AddDate(-1, 0, 0)
	return []wallet.Institution{
		{Chart: chartOf(hospital), ID: hospital, Name: names[hospital], Kind: consent.Hospital, Place: "Springfield", Record: "MRN-004211",
			Opened: opened, Entries: 24, Accesses: 20, New: 9, Days: days(3, 5, 1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 4, 1), Reached: Now.Add(-12 * time.Second)},
		{Chart: chartOf(clinic), ID: clinic, Name: names[clinic], Kind: consent.Clinic, Place: "Springfield", Record: "NHC 77",
			Opened: opened, Entries: 9, Accesses: 4, Days: days(0, 0, 0, 1), Reached: Now.Add(-14 * time.Second)},
		{Chart: chartOf(lab), ID: lab, Name: names[lab], Kind: consent.Laboratory, Place: "Lakeview", Record: "L-1",
			Opened: opened, Entries: 6, Accesses: 5, New: 3, Days: days(1, 2, 0, 0, 1, 1), Reached: Now.Add(-12 * time.Second)},
		{Chart: chartOf(hostile), ID: hostile, Name: names[hostile], Kind: consent.Insurer, Opened: opened, Entries: 2, Blocked: true, Unwanted: 3},
	}
}

func lee() consent.Person                             { return consent.Person{Name: "Dr. Lee", Role: "cardiologist"} }
func osei() consent.Person                            { return consent.Person{Name: "Dr. Amara Osei", Role: "physician"} }
func scope(types ...consent.RecordType) consent.Scope { return consent.Scope{Types: types} }

func requests() []wallet.Request {
	move := scope(consent.Medicines, consent.Allergies, consent.Conditions, consent.TestResults)
	move.Sensitive = []consent.Sensitive{consent.MentalHealth}
	return []wallet.Request{
		{ID: wallet.RequestID{Chart: chartOf(clinic), Number: 7}, Kind: consent.Move, Institution: names[clinic], From: names[hospital],
			By: lee(), Licence: goodLicence(), Purpose: consent.PurposeTreatment, Why: "Your first visit is on 27 November.",
			Scope: move, Uses: 1, Until: Now.AddDate(0, 0, 30), Asked: Now.Add(-3 * time.Hour), Due: Now.AddDate(0, 0, 5)},
		{ID: wallet.RequestID{Chart: chartOf(hospital), Number: 21}, Kind: consent.Look, Institution: names[hospital],
			By: consent.Person{Name: "Prof. Ines Duarte"}, Purpose: consent.PurposeResearch, Why: "A study on blood pressure over ten years.",
			Licence: wallet.Licence{Status: consent.LicenceSuspended, Board: "State Medical Board", Checked: Now},
			Scope:   scope(consent.TestResults, consent.VitalSigns), Until: Now.AddDate(1, 0, 0), Asked: Now.AddDate(0, 0, -4), Due: Now.AddDate(0, 0, 26)},
		{ID: wallet.RequestID{Chart: chartOf(hostile), Number: 2}, Kind: consent.Move, Institution: names[hostile], From: names[lab],
			By: consent.Person{Name: "\x1b]0;owned\x07Max \u2066Mustermann"}, Purpose: consent.PurposeInsurance, Why: "\x1b[31mURGENT\x1b[0m\nsay yes",
			Scope: scope(consent.Letters), KeptUntil: "2027-12-31", Until: Now.AddDate(0, 2, 0), Asked: Now.AddDate(0, 0, -9), WaitsFor: names[lab], PutOff: Now.Add(19 * time.Hour)},
	}
}

func permissions() []wallet.Permission {
	transfer := consent.LogID{0x7f}
	return []wallet.Permission{
		{Chart: chartOf(clinic), Transfer: transfer, Institution: names[clinic], From: names[hospital], By: lee(), Purpose: consent.PurposeTreatment,
			Scope: scope(consent.Medicines, consent.Allergies), Given: Now.AddDate(0, 0, -1), Until: Now.AddDate(0, 0, 13), Uses: 1, State: consent.TransferReleased,
			Sentences: consent.Terms{By: lee(), Purpose: consent.PurposeTreatment, Scope: scope(consent.Medicines, consent.Allergies)}.
				AsMove(names[hospital], names[clinic], 1, consent.At(Now.AddDate(0, 0, 13)))},
		{Chart: chartOf(hospital), Grant: 3, Institution: names[hospital], By: osei(), Purpose: consent.PurposeSecondOpinion,
			Scope: scope(consent.Imaging, consent.Letters), Given: Now.AddDate(0, -1, 0), Until: Now.AddDate(0, 5, 0), Used: 4,
			Sentences: consent.Granted{By: osei(), Purpose: consent.PurposeSecondOpinion, Scope: scope(consent.Imaging, consent.Letters)}.
				AsLook(names[hospital], 0, consent.At(Now.AddDate(0, 5, 0)))},
		{Chart: chartOf(lab), Grant: 1, Institution: names[lab], Purpose: consent.PurposeResearch, Scope: scope(consent.TestResults),
			Given: Now.AddDate(0, -2, 0), Until: Now.AddDate(0, 0, 3), Uses: 10, Used: 9},
		{Chart: chartOf(lab), Grant: 2, Institution: names[lab], Purpose: consent.PurposePatientWish, Scope: scope(consent.Vaccinations),
			Given: Now.AddDate(0, -2, 0), Until: Now.AddDate(0, 1, 0), Uses: 2, Revoking: true},
	}
}

func transfers() []wallet.Transfer {
	step := func(name wallet.TransferStepName, ago time.Duration) wallet.TransferStep {
		return wallet.TransferStep{Name: name, At: Now.Add(-ago)}
	}
	return []wallet.Transfer{
		{ID: consent.LogID{0x7f}, From: names[hospital], To: names[clinic], State: consent.TransferReleased, Scope: scope(consent.Medicines, consent.Allergies),
			Records: 18, Steps: []wallet.TransferStep{step(wallet.StepAsked, 26*time.Hour), step(wallet.StepApproved, 25*time.Hour), step(wallet.StepCollected, 2*time.Minute), step(wallet.StepReleased, time.Minute)}},
		{ID: consent.LogID{0x70}, From: names[hospital], To: names[lab], State: consent.TransferReceived, Scope: scope(consent.TestResults), Records: 212, LeftOut: 3, Verdict: consent.VerdictOK,
			Steps: []wallet.TransferStep{step(wallet.StepAsked, 300*time.Hour), step(wallet.StepApproved, 299*time.Hour), step(wallet.StepCollected, 298*time.Hour), step(wallet.StepReleased, 298*time.Hour), step(wallet.StepReceived, 298*time.Hour), step(wallet.StepMatched, 297*time.Hour)}},
	}
}
