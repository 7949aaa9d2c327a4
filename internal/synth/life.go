package synth

import (
	"time"

	"carekey/fhir"
)

// begin is the year in which the record at City Hospital starts.
const begin = 1996

// Record returns Rosa Lindqvist's record at City Hospital up to a day: some five
// hundred resources over thirty years. The seed changes the measured values, not
// the story.
func Record(seed uint64, until time.Time) fhir.Bundle {
	return record(seed, "rosa", moment{until.UTC()})
}

func record(seed uint64, salt string, until moment) fhir.Bundle {
	c := newChart(seed, salt, until)
	c.patient()
	c.staff()
	c.background()
	c.youngYears()
	c.illnesses()
	c.depression()
	c.privateMatters()
	c.heart()
	c.checkups()
	c.medicines()
	c.vaccines()
	c.imaging()
	c.plans()
	c.insurance()
	b, _ := fhir.NewBundle(c.entries) // ids are numbered, so none is there twice
	return b
}

func (c *chart) patient() {
	p := rosa().patient(Hospital, RecordNumber)
	married := coded(hl7+"v3-MaritalStatus", "M", "Married")
	p.MaritalStatus = &married
	c.subject = c.add(p, "Rosa Lindqvist")
}

// checkups is the yearly visit with vital signs and blood tests: every third
// year at first, every year once there is pressure to watch.
func (c *chart) checkups() {
	for year := begin; ; year++ {
		at := date(year, 3+year%3, 4+year%20).plus(0, 15*(year%9))
		v := c.visit(visit{at: at, class: "AMB", code: "185349003", display: "Encounter for check up (procedure)", doctor: "okafor", place: "clinic"})
		if v.Reference == "" {
			return
		}
		c.vitals(at, v)
		if year >= 2004 || year%3 == 1 {
			c.labs(at.plus(0, 20), v, year%2 == 0)
		}
		if year%6 == 0 {
			c.finding("social-history", "Social History", coded(loinc, "72166-2", "Tobacco smoking status"),
				coded(snomed, "266919005", "Never smoked tobacco"), at, "okafor")
		}
	}
}

// background is what was so before the record began.
func (c *chart) background() {
	c.allergy("764146007", "Penicillin", "medication", "high", "271807003", "Eruption of skin", "moderate", date(1996, 3, 22))
	c.allergy("256277009", "Grass pollen", "environment", "low", "70076002", "Rhinitis", "mild", date(1996, 3, 22))
	c.allergy("387207008", "Ibuprofen", "medication", "low", "162076009", "Excessive upper gastrointestinal gas", "mild", date(2016, 9, 8))
	c.relative("MTH", "mother", "230690007", "Cerebrovascular accident", "age 71", date(2004, 4, 21))
	c.relative("FTH", "father", "22298006", "Myocardial infarction", "age 58", date(1996, 3, 22))
	c.relative("SIS", "sister", "254837009", "Malignant tumor of breast", "age 49", date(2010, 5, 14))
}

func (c *chart) allergy(code, display, kind, criticality, sign, signName, severity string, at moment) {
	if !c.past(at) {
		return
	}
	c.add(allergyIntolerance{
		ResourceType:       "AllergyIntolerance",
		ID:                 c.id("AllergyIntolerance"),
		ClinicalStatus:     coded(hl7+"allergyintolerance-clinical", "active", "Active"),
		VerificationStatus: coded(hl7+"allergyintolerance-verification", "confirmed", "Confirmed"),
		Type:               "allergy",
		Category:           []string{kind},
		Criticality:        criticality,
		Code:               coded(snomed, code, display),
		Patient:            c.subject,
		RecordedDate:       at.day(),
		Reaction:           []reaction{{Manifestation: []fhir.Concept{coded(snomed, sign, signName)}, Severity: severity}},
	}, display)
}

func (c *chart) relative(code, who, illness, illnessName, onset string, at moment) {
	if !c.past(at) {
		return
	}
	c.add(familyMemberHistory{
		ResourceType: "FamilyMemberHistory",
		ID:           c.id("FamilyMemberHistory"),
		Status:       "completed",
		Patient:      c.subject,
		Date:         at.day(),
		Relationship: coded(hl7+"v3-RoleCode", code, who),
		Condition:    []familyCondition{{Code: coded(snomed, illness, illnessName), Onset: onset}},
	}, who)
}

// youngYears is the appendix and the ankle.
func (c *chart) youngYears() {
	stay := date(1998, 8, 2)
	pain := coded(snomed, "74400008", "Appendicitis")
	c.visit(visit{at: stay.plus(0, -90), class: "EMER", code: "50849002", display: "Emergency room admission (procedure)", reason: pain, doctor: "tanaka", place: "emergency"})
	v := c.visit(visit{at: stay, days: 4, class: "IMP", code: "183452005", display: "Emergency hospital admission (procedure)", reason: pain, doctor: "tanaka", place: "ward"})
	c.ill(illness{key: "appendicitis", onset: stay, end: stay.plus(18, 0), code: "74400008", icd: "K35.8", display: "Appendicitis", doctor: "tanaka", visit: v})
	c.operate(stay.plus(0, 300), 55, "80146002", "Appendectomy", "tanaka", "appendicitis", v)
	c.letter(stay.plus(4, 60), "18842-5", "Discharge summary", "Discharge letter, appendectomy", "tanaka", dischargeLetter)

	fall := date(2001, 1, 13)
	broken := coded(snomed, "16114001", "Fracture of ankle")
	v = c.visit(visit{at: fall, class: "EMER", code: "50849002", display: "Emergency room admission (procedure)", reason: broken, doctor: "tanaka", place: "emergency"})
	c.ill(illness{key: "ankle", onset: fall, end: fall.plus(75, 0), code: "16114001", icd: "S82.8", display: "Fracture of ankle", doctor: "tanaka", visit: v})
	c.picture(fall.plus(0, 40), "CR", "Computed Radiography", "24541-1", "XR Ankle Views", "Undisplaced fracture of the lateral malleolus.", v)
	c.operate(fall.plus(0, 80), 30, "274474001", "Bone immobilization", "tanaka", "ankle", v)
	for _, days := range []int{14, 42, 75} {
		c.visit(visit{at: fall.plus(days, 60), class: "AMB", code: "390906007", display: "Follow-up encounter", reason: broken, doctor: "tanaka", place: "clinic"})
	}
}

func (c *chart) operate(at moment, minutes int, code, display, doctor, reason string, v fhir.Reference, labels ...string) {
	if !c.past(at) {
		return
	}
	c.add(procedure{
		ResourceType:    "Procedure",
		ID:              c.id("Procedure"),
		Meta:            labelled(labels...),
		Status:          "completed",
		Code:            coded(snomed, code, display),
		Subject:         c.subject,
		Encounter:       some(v),
		Performed:       fhir.Period{Start: at.instant(), End: at.plus(0, minutes).instant()},
		Performer:       []performer{{Actor: c.people[doctor]}},
		ReasonReference: listed(c.illness[reason]),
	}, display)
}

// illnesses is what came with the years.
func (c *chart) illnesses() {
	for _, i := range []illness{
		{key: "anaemia", onset: date(2002, 4, 26), end: date(2003, 5, 2), code: "87522002", icd: "D50.9", display: "Iron deficiency anemia", doctor: "okafor"},
		{key: "hypertension", onset: date(2004, 3, 8), code: "59621000", icd: "I10", display: "Essential hypertension", doctor: "okafor"},
		{key: "cholesterol", onset: date(2007, 3, 11), code: "55822004", icd: "E78.5", display: "Hyperlipidemia", doctor: "okafor"},
		{key: "thyroid", onset: date(2009, 5, 13), code: "40930008", icd: "E03.9", display: "Hypothyroidism", doctor: "okafor"},
		{key: "prediabetes", onset: date(2010, 3, 14), end: date(2014, 4, 18), code: "714628002", icd: "R73.0", display: "Prediabetes", doctor: "okafor"},
		{key: "diabetes", onset: date(2014, 4, 18), code: "44054006", icd: "E11.9", display: "Diabetes mellitus type 2", doctor: "okafor"},
		{key: "knee", onset: date(2016, 9, 8), code: "239873007", icd: "M17.1", display: "Osteoarthritis of knee", doctor: "tanaka"},
		{key: "bronchitis", onset: date(2019, 1, 24), end: date(2019, 2, 9), code: "10509002", icd: "J20.9", display: "Acute bronchitis", doctor: "okafor"},
	} {
		c.ill(i)
	}
	c.visit(visit{at: date(2016, 9, 8), class: "AMB", code: "185347001", display: "Encounter for problem", reason: coded(snomed, "239873007", "Osteoarthritis of knee"), doctor: "tanaka", place: "clinic"})
	c.operate(date(2017, 2, 21), 45, "309431005", "Arthroscopy of knee", "tanaka", "knee", fhir.Reference{})
	c.visit(visit{at: date(2019, 1, 24), class: "AMB", code: "185347001", display: "Encounter for problem", reason: coded(snomed, "10509002", "Acute bronchitis"), doctor: "okafor", place: "clinic"})
	for _, year := range []int{2011, 2021} {
		c.operate(date(year, 10, 6), 35, "73761001", "Colonoscopy", "tanaka", "", fhir.Reference{})
	}
	c.letter(date(2014, 4, 25), "34117-2", "History and physical note", "Newly found diabetes", "okafor", diabetesNote)
	c.letter(date(2017, 3, 2), "11504-8", "Surgical operation note", "Operation note, right knee", "tanaka", kneeNote)
}

// depression is an episode of mental illness; its labels keep it apart.
func (c *chart) depression() {
	first := date(2012, 2, 9)
	low := coded(snomed, "310496002", "Moderate depression")
	for i, day := range []int{0, 28, 70, 140, 230} {
		v := c.visit(visit{at: first.plus(day, 60), class: "AMB", code: "371883000", display: "Outpatient procedure (procedure)", reason: low, doctor: "brandt", place: "clinic", labels: []string{"PSY", "R"}})
		if i == 0 {
			c.ill(illness{key: "depression", onset: first, end: date(2013, 1, 18), code: "310496002", icd: "F32.1", display: "Moderate depression", doctor: "brandt", labels: []string{"PSY", "R"}, visit: v})
		}
		c.score("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]", []int{16, 14, 11, 7, 4}[i], first.plus(day, 70), "brandt")
	}
	c.score("75626-2", "Total score [AUDIT-C]", 2, first.plus(0, 75), "brandt")
	c.letter(date(2013, 1, 18), "34788-0", "Psychiatry Consult note", "End of treatment", "brandt", psychiatryLetter, "PSY", "R")
}

// privateMatters is what a person may want to keep to herself.
func (c *chart) privateMatters() {
	at := date(1999, 6, 10)
	v := c.visit(visit{at: at, class: "AMB", code: "185347001", display: "Encounter for problem", doctor: "adler", place: "clinic", labels: []string{"STD", "R"}})
	c.ill(illness{key: "infection", onset: at, end: at.plus(21, 0), code: "105629000", icd: "A56.0", display: "Chlamydial infection", doctor: "adler", labels: []string{"STD", "R"}, visit: v})
	c.finding("laboratory", "Laboratory", coded(loinc, "21613-5", "Chlamydia trachomatis DNA [Presence] in Specimen"),
		coded(snomed, "10828004", "Positive"), at.plus(0, 30), "laboratory", "STD")
	c.finding("laboratory", "Laboratory", coded(loinc, "56888-1", "HIV 1+2 Ab+HIV1 p24 Ag [Presence] in Serum or Plasma by Immunoassay"),
		coded(snomed, "260385009", "Negative"), at.plus(0, 30), "laboratory")
	c.take(course{from: at, code: "1649988", display: "doxycycline hyclate 100 MG Oral Tablet", dose: "1 tablet twice a day for 7 days", reason: "infection", doctor: "adler"})
	c.operate(date(2000, 5, 3), 15, "65200003", "Insertion of intrauterine contraceptive device", "adler", "", fhir.Reference{}, "SEX")
	c.operate(date(2011, 6, 15), 15, "46706006", "Replacement of intrauterine contraceptive device", "adler", "", fhir.Reference{}, "SEX")
	c.finding("laboratory", "Laboratory", coded(loinc, "21636-6", "BRCA1 gene mutations found [Identifier] in Blood or Tissue by Molecular genetics method Nominal"),
		coded(snomed, "260385009", "Negative"), date(2010, 9, 2), "laboratory", "GDIS")
}

// heart is why a heart clinic will ask for this record.
func (c *chart) heart() {
	at := date(2022, 4, 7)
	flutter := coded(snomed, "80313002", "Palpitations")
	v := c.visit(visit{at: at, class: "EMER", code: "50849002", display: "Emergency room admission (procedure)", reason: flutter, doctor: "lee", place: "emergency"})
	c.ill(illness{key: "fibrillation", onset: at, code: "282825002", icd: "I48.0", display: "Paroxysmal atrial fibrillation", doctor: "lee", visit: v})
	c.operate(at.plus(0, 25), 10, "29303009", "Electrocardiographic procedure", "lee", "fibrillation", v)
	c.picture(at.plus(5, 0), "US", "Ultrasound", "34552-0", "US Heart Transthoracic", "Left atrium mildly enlarged. Ejection fraction 58 %.", fhir.Reference{})
	c.operate(at.plus(34, 60), 40, "447039005", "Insertion of subcutaneous cardiac event recorder", "lee", "fibrillation", fhir.Reference{})
	c.recorder(at.plus(34, 60))
	for _, days := range []int{21, 120, 300, 660, 1020, 1390} {
		c.visit(visit{at: at.plus(days, 30), class: "AMB", code: "390906007", display: "Follow-up encounter", reason: coded(snomed, "282825002", "Paroxysmal atrial fibrillation"), doctor: "lee", place: "clinic"})
	}
	c.letter(at.plus(22, 0), "34099-2", "Cardiology Consult note", "Cardiology letter", "lee", cardiologyLetter)
	c.letter(at.plus(1390, 120), "34099-2", "Cardiology Consult note", "Cardiology follow-up", "lee", followUpLetter)
}

func (c *chart) recorder(at moment) {
	if !c.past(at) {
		return
	}
	c.add(device{
		ResourceType:    "Device",
		ID:              c.id("Device"),
		Status:          "active",
		Manufacturer:    "Kestrel Cardiac",
		ManufactureDate: at.plus(-90, 0).day(),
		SerialNumber:    "KC-" + c.digits(7),
		DeviceName:      []deviceName{{Name: "Kestrel LR-2 loop recorder", Type: "user-friendly-name"}},
		Type:            coded(snomed, "706683003", "Cardiac event recorder"),
		Patient:         c.subject,
	}, "loop recorder")
}
