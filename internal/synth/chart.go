package synth

import (
	"strconv"

	"carekey/fhir"
)

// The code systems of the record.
const (
	snomed   = "http://snomed.info/sct"
	icd10    = "http://hl7.org/fhir/sid/icd-10"
	loinc    = "http://loinc.org"
	rxnorm   = "http://www.nlm.nih.gov/research/umls/rxnorm"
	cvx      = "http://hl7.org/fhir/sid/cvx"
	dicom    = "http://dicom.nema.org/resources/ontology/DCM"
	ucum     = "http://unitsofmeasure.org"
	hl7      = "http://terminology.hl7.org/CodeSystem/"
	actCode  = hl7 + "v3-ActCode"
	secrecy  = hl7 + "v3-Confidentiality"
	category = hl7 + "observation-category"
)

// chart is a record in the making. Everything that would happen after until is
// left out.
type chart struct {
	dice
	until   moment
	base    string
	salt    string // makes the ids of one record unlike those of another
	subject fhir.Reference
	entries []fhir.Resource
	numbers map[string]int
	illness map[string]fhir.Reference // the conditions so far, by the name the story gives them
	people  map[string]fhir.Reference // staff, organizations and places by that name
}

func newChart(seed uint64, salt string, until moment) *chart {
	return &chart{
		dice:    newDice(seed),
		until:   until,
		base:    base(Hospital),
		salt:    salt,
		numbers: map[string]int{},
		illness: map[string]fhir.Reference{},
		people:  map[string]fhir.Reference{},
	}
}

// id names the next resource of a type.
func (c *chart) id(resourceType string) string {
	c.numbers[resourceType]++
	return uuid(c.salt, resourceType, strconv.Itoa(c.numbers[resourceType]))
}

// add puts a resource into the record and returns a reference to it.
func (c *chart) add(resource any, display string) fhir.Reference {
	r := made(resource, c.base)
	c.entries = append(c.entries, r)
	return fhir.Reference{Reference: r.Ref(), Display: display}
}

// past tells whether a time is inside the record.
func (c *chart) past(m moment) bool { return !m.After(c.until.Time) }

// labelled marks a resource with security labels; nil for none.
func labelled(codes ...string) *fhir.Meta {
	if len(codes) == 0 {
		return nil
	}
	meta := &fhir.Meta{}
	for _, code := range codes {
		system := actCode
		if code == "R" {
			system = secrecy
		}
		meta.Security = append(meta.Security, fhir.Coding{System: system, Code: code})
	}
	return meta
}

// some is a reference that may be missing.
func some(r fhir.Reference) *fhir.Reference {
	if r.Reference == "" {
		return nil
	}
	return &r
}

// listed is a list of one reference, or none.
func listed(r fhir.Reference) []fhir.Reference {
	if r.Reference == "" {
		return nil
	}
	return []fhir.Reference{r}
}

// staff is the people, organizations and places of the record.
func (c *chart) staff() {
	c.organization("hospital", Hospital, "prov", "Healthcare Provider")
	c.organization("laboratory", "Northside Laboratory", "prov", "Healthcare Provider")
	c.organization("insurer", "Alder Mutual", "pay", "Payer")
	c.practitioner("okafor", "Ines", "Okafor", "100214", "Internal medicine")
	c.practitioner("lee", "Tomas", "Lee", "100377", "Cardiology")
	c.practitioner("adler", "Miriam", "Adler", "100102", "Gynaecology")
	c.practitioner("brandt", "Paul", "Brandt", "100455", "Psychiatry")
	c.practitioner("tanaka", "Aiko", "Tanaka", "100083", "Surgery")
	c.practitioner("halvorsen", "Sven", "Halvorsen", "100291", "Radiology")
	c.practitioner("whitlock", "Joan", "Whitlock", "200518", "Nursing")
	c.place("clinic", "Outpatient clinic, 2nd floor")
	c.place("ward", "Ward 4B")
	c.place("emergency", "Emergency department")
}

func (c *chart) organization(key, name, code, display string) {
	c.people[key] = c.add(organization{
		ResourceType: "Organization",
		ID:           c.id("Organization"),
		Active:       true,
		Type:         []fhir.Concept{coded(hl7+"organization-type", code, display)},
		Name:         name,
	}, name)
}

func (c *chart) practitioner(key, given, family, number, field string) {
	c.people[key] = c.add(practitioner{
		ResourceType:  "Practitioner",
		ID:            c.id("Practitioner"),
		Identifier:    []fhir.Identifier{{System: licence, Value: number}},
		Active:        true,
		Name:          []fhir.HumanName{{Use: "official", Family: family, Given: []string{given}, Prefix: []string{"Dr."}}},
		Qualification: []qualification{{Code: fhir.Concept{Text: field}}},
	}, given+" "+family)
}

func (c *chart) place(key, name string) {
	c.people[key] = c.add(location{
		ResourceType:         "Location",
		ID:                   c.id("Location"),
		Status:               "active",
		Name:                 name,
		ManagingOrganization: c.people["hospital"],
	}, name)
}

// visit is one meeting of patient and staff.
type visit struct {
	at      moment
	days    int    // a stay over so many nights; 0 for a visit
	class   string // AMB, IMP or EMER
	code    string // SNOMED CT
	display string
	reason  fhir.Concept
	doctor  string
	place   string
	labels  []string
}

var classNames = map[string]string{"AMB": "ambulatory", "IMP": "inpatient encounter", "EMER": "emergency"}

// visit adds a visit; the reference is empty when it lies ahead.
func (c *chart) visit(v visit) fhir.Reference {
	if !c.past(v.at.plus(v.days, 30)) {
		return fhir.Reference{}
	}
	var reasons []fhir.Concept
	if v.reason.Text != "" {
		reasons = []fhir.Concept{v.reason}
	}
	return c.add(encounter{
		ResourceType:    "Encounter",
		ID:              c.id("Encounter"),
		Meta:            labelled(v.labels...),
		Status:          "finished",
		Class:           fhir.Coding{System: actCode, Code: v.class, Display: classNames[v.class]},
		Type:            []fhir.Concept{coded(snomed, v.code, v.display)},
		Subject:         c.subject,
		Participant:     []participant{{Individual: c.people[v.doctor]}},
		Period:          fhir.Period{Start: v.at.instant(), End: v.at.plus(v.days, 30).instant()},
		ReasonCode:      reasons,
		Location:        []encounterAt{{Location: c.people[v.place]}},
		ServiceProvider: c.people["hospital"],
	}, "")
}

// illness is something the patient has or had.
type illness struct {
	key     string // what the story calls it
	onset   moment
	end     moment // zero: still there
	code    string // SNOMED CT
	icd     string
	display string
	doctor  string
	labels  []string
	visit   fhir.Reference
}

func (c *chart) ill(i illness) {
	if !c.past(i.onset) {
		return
	}
	status, abatement := "active", ""
	if !i.end.IsZero() && c.past(i.end) {
		status, abatement = "resolved", i.end.day()
	}
	code := coded(snomed, i.code, i.display)
	if i.icd != "" {
		code.Coding = append(code.Coding, fhir.Coding{System: icd10, Code: i.icd})
	}
	c.illness[i.key] = c.add(condition{
		ResourceType:       "Condition",
		ID:                 c.id("Condition"),
		Meta:               labelled(i.labels...),
		ClinicalStatus:     coded(hl7+"condition-clinical", status, ""),
		VerificationStatus: coded(hl7+"condition-ver-status", "confirmed", ""),
		Category:           []fhir.Concept{coded(hl7+"condition-category", "problem-list-item", "Problem List Item")},
		Code:               code,
		Subject:            c.subject,
		Encounter:          some(i.visit),
		Onset:              i.onset.day(),
		Abatement:          abatement,
		Recorded:           i.onset.day(),
		Recorder:           c.people[i.doctor],
	}, i.display)
}

// course is a medicine over some time, prescribed anew every so many months.
type course struct {
	from    moment
	until   moment // zero: still taken
	months  int    // between prescriptions; 0 for a single one
	code    string // RxNorm
	display string
	dose    string
	reason  string // an illness by its key
	doctor  string
}

func (c *chart) take(m course) {
	for at := m.from; c.past(at) && (m.until.IsZero() || at.Before(m.until.Time)); at = (moment{at.AddDate(0, m.months, 0)}) {
		next := moment{at.AddDate(0, max(m.months, 1), 0)}
		status := "completed"
		if m.until.IsZero() && !c.past(next) {
			status = "active"
		}
		c.add(medicationRequest{
			ResourceType:    "MedicationRequest",
			ID:              c.id("MedicationRequest"),
			Status:          status,
			Intent:          "order",
			Medication:      coded(rxnorm, m.code, m.display),
			Subject:         c.subject,
			AuthoredOn:      at.day(),
			Requester:       c.people[m.doctor],
			ReasonReference: listed(c.illness[m.reason]),
			Dosage:          []dosage{{Text: m.dose}},
		}, m.display)
		if m.months == 0 {
			return
		}
	}
}

// letter adds a letter or a note as plain text.
func (c *chart) letter(at moment, code, display, title, author, text string, labels ...string) {
	if !c.past(at) {
		return
	}
	c.add(documentReference{
		ResourceType: "DocumentReference",
		ID:           c.id("DocumentReference"),
		Meta:         labelled(labels...),
		Status:       "current",
		Type:         coded(loinc, code, display),
		Subject:      c.subject,
		Date:         at.instant(),
		Author:       listed(c.people[author]),
		Description:  title,
		Content: []content{{Attachment: attachment{
			ContentType: "text/plain; charset=utf-8", Language: "en", Data: []byte(text), Title: title, Creation: at.instant(),
		}}},
	}, title)
}
