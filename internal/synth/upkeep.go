package synth

import "carekey/fhir"

// medicines is what was and is taken.
func (c *chart) medicines() {
	for _, m := range []course{
		{from: date(2002, 4, 26), until: date(2003, 4, 1), months: 3, code: "310325", display: "ferrous sulfate 325 MG Oral Tablet", dose: "1 tablet in the morning", reason: "anaemia", doctor: "okafor"},
		{from: date(2004, 3, 8), until: date(2015, 3, 1), months: 12, code: "314076", display: "lisinopril 10 MG Oral Tablet", dose: "1 tablet in the morning", reason: "hypertension", doctor: "okafor"},
		{from: date(2015, 3, 3), months: 12, code: "314077", display: "lisinopril 20 MG Oral Tablet", dose: "1 tablet in the morning", reason: "hypertension", doctor: "okafor"},
		{from: date(2007, 3, 11), months: 12, code: "617312", display: "atorvastatin 20 MG Oral Tablet", dose: "1 tablet at night", reason: "cholesterol", doctor: "okafor"},
		{from: date(2009, 5, 13), months: 12, code: "966222", display: "levothyroxine sodium 0.05 MG Oral Tablet", dose: "1 tablet before breakfast", reason: "thyroid", doctor: "okafor"},
		{from: date(2012, 2, 9), until: date(2013, 1, 1), months: 3, code: "312940", display: "sertraline 50 MG Oral Tablet", dose: "1 tablet in the morning", reason: "depression", doctor: "brandt"},
		{from: date(2014, 4, 18), months: 12, code: "861007", display: "metformin hydrochloride 500 MG Oral Tablet", dose: "1 tablet twice a day with meals", reason: "diabetes", doctor: "okafor"},
		{from: date(2016, 9, 8), code: "313782", display: "acetaminophen 325 MG Oral Tablet", dose: "2 tablets when needed, at most 8 a day", reason: "knee", doctor: "tanaka"},
		{from: date(2019, 1, 24), code: "308460", display: "azithromycin 250 MG Oral Tablet", dose: "2 tablets the first day, then 1 a day for 4 days", reason: "bronchitis", doctor: "okafor"},
		{from: date(2022, 4, 28), months: 12, code: "1364445", display: "apixaban 5 MG Oral Tablet", dose: "1 tablet twice a day", reason: "fibrillation", doctor: "lee"},
		{from: date(2022, 4, 28), months: 12, code: "866436", display: "24 HR metoprolol succinate 50 MG Extended Release Oral Tablet", dose: "1 tablet in the morning", reason: "fibrillation", doctor: "lee"},
	} {
		c.take(m)
	}
}

// vaccines is what she was vaccinated against.
func (c *chart) vaccines() {
	for year := 2006; c.past(date(year, 10, 12)); year++ {
		c.vaccinate("140", "Influenza, seasonal, injectable, preservative free", date(year, 10, 12))
	}
	for _, year := range []int{1998, 2008, 2018} {
		c.vaccinate("113", "Td (adult) preservative free", date(year, 9, 1))
	}
	for _, at := range []moment{date(2021, 4, 20), date(2021, 6, 1), date(2021, 12, 7), date(2022, 11, 3), date(2024, 10, 12)} {
		c.vaccinate("208", "COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose", at)
	}
	c.vaccinate("187", "Zoster recombinant", date(2023, 2, 14))
	c.vaccinate("187", "Zoster recombinant", date(2023, 5, 16))
	c.vaccinate("133", "Pneumococcal conjugate PCV 13", date(2026, 4, 21))
}

func (c *chart) vaccinate(code, display string, at moment) {
	if !c.past(at) {
		return
	}
	c.add(immunization{
		ResourceType:  "Immunization",
		ID:            c.id("Immunization"),
		Status:        "completed",
		VaccineCode:   coded(cvx, code, display),
		Patient:       c.subject,
		Occurrence:    at.day(),
		PrimarySource: true,
		LotNumber:     "L" + c.digits(5),
		Performer:     []performer{{Actor: c.people["whitlock"]}},
	}, display)
}

// imaging is the screening pictures; others belong to their stories.
func (c *chart) imaging() {
	for year := 2011; c.past(date(year, 11, 9)); year += 2 {
		c.picture(date(year, 11, 9), "MG", "Mammography", "24606-2", "MG Breast Screening", "No sign of malignancy.", fhir.Reference{})
	}
	c.picture(date(2016, 9, 15), "MR", "Magnetic Resonance", "24802-7", "MR Knee", "Degenerative change of the medial meniscus.", fhir.Reference{})
	c.picture(date(2019, 1, 24), "DX", "Digital Radiography", "36643-5", "XR Chest 2 Views", "Clear lungs, heart of normal size.", fhir.Reference{})
}

// picture adds an imaging study and its report.
func (c *chart) picture(at moment, modality, modalityName, code, display, conclusion string, v fhir.Reference) {
	if !c.past(at.plus(1, 0)) {
		return
	}
	kind := fhir.Coding{System: dicom, Code: modality, Display: modalityName}
	study := c.add(imagingStudy{
		ResourceType: "ImagingStudy",
		ID:           c.id("ImagingStudy"),
		Status:       "available",
		Modality:     []fhir.Coding{kind},
		Subject:      c.subject,
		Started:      at.instant(),
		Description:  display,
		Series:       []series{{UID: "1.2.826.0.1." + at.Format("20060102") + "." + c.digits(6), Modality: kind, NumberOfInstances: 2 + c.IntN(40)}},
	}, display)
	c.add(diagnosticReport{
		ResourceType: "DiagnosticReport",
		ID:           c.id("DiagnosticReport"),
		Status:       "final",
		Category:     []fhir.Concept{coded(hl7+"v2-0074", "RAD", "Radiology")},
		Code:         coded(loinc, code, display),
		Subject:      c.subject,
		Encounter:    some(v),
		Effective:    at.instant(),
		Issued:       at.plus(1, 0).instant(),
		Performer:    listed(c.people["halvorsen"]),
		ImagingStudy: listed(study),
		Conclusion:   conclusion,
	}, display)
}

// plans is what was agreed to do.
func (c *chart) plans() {
	c.plan(date(2014, 4, 25), "Living with diabetes", "diabetes", "okafor", "Hemoglobin A1c below 7 %",
		"Half an hour of walking on five days a week", "Dietary advice every six months", "Eye examination once a year", "Foot examination once a year")
	c.plan(date(2022, 4, 28), "Heart rhythm", "fibrillation", "lee", "No stroke and no bleeding",
		"Apixaban every day, no dose missed", "Reading of the loop recorder every three months", "Kidney values twice a year")
}

func (c *chart) plan(at moment, title, reason, author, aim string, steps ...string) {
	if !c.past(at) {
		return
	}
	target := c.add(goal{
		ResourceType:    "Goal",
		ID:              c.id("Goal"),
		LifecycleStatus: "active",
		Description:     fhir.Concept{Text: aim},
		Subject:         c.subject,
		StartDate:       at.day(),
	}, aim)
	p := carePlan{
		ResourceType: "CarePlan",
		ID:           c.id("CarePlan"),
		Status:       "active",
		Intent:       "plan",
		Title:        title,
		Subject:      c.subject,
		Period:       fhir.Period{Start: at.day()},
		Author:       c.people[author],
		Addresses:    listed(c.illness[reason]),
		Goal:         listed(target),
	}
	for _, s := range steps {
		p.Activity = append(p.Activity, activity{Detail: activityDetail{Status: "in-progress", Description: s}})
	}
	c.add(p, title)
}

// insurance is who pays, and three bills.
func (c *chart) insurance() {
	cover := c.add(coverage{
		ResourceType: "Coverage",
		ID:           c.id("Coverage"),
		Status:       "active",
		Type:         coded(actCode, "EHCPOL", "extended healthcare"),
		SubscriberID: rosa().member,
		Beneficiary:  c.subject,
		Period:       fhir.Period{Start: date(begin, 1, 1).day()},
		Payor:        listed(c.people["insurer"]),
	}, "Alder Mutual")
	c.bill(date(1998, 8, 6), 2140, cover)
	c.bill(date(2017, 2, 21), 1875.50, cover)
	c.bill(date(2022, 5, 11), 3260, cover)
}

func (c *chart) bill(at moment, sum float64, cover fhir.Reference) {
	if !c.past(at) {
		return
	}
	c.add(claim{
		ResourceType:   "Claim",
		ID:             c.id("Claim"),
		Status:         "active",
		Type:           coded(hl7+"claim-type", "institutional", "Institutional"),
		Use:            "claim",
		Patient:        c.subject,
		BillablePeriod: fhir.Period{Start: at.day(), End: at.day()},
		Created:        at.day(),
		Provider:       c.people["hospital"],
		Priority:       coded(hl7+"processpriority", "normal", "Normal"),
		Insurance:      []insurance{{Sequence: 1, Focal: true, Coverage: cover}},
		Total:          money{Value: sum, Currency: "EUR"},
	}, "")
}
