package fhir_test

import (
	"fmt"
	"slices"
	"testing"

	"carekey/consent"
	"carekey/fhir"
)

const (
	actCode         = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
	snomed          = "http://snomed.info/sct"
	icd10           = "http://hl7.org/fhir/sid/icd-10"
	loinc           = "http://loinc.org"
)

func label(system, code string) string {
	return fmt.Sprintf(`{"resourceType":"Condition","id":"c","meta":{"security":[{"system":%q,"code":%q}]}}`, system, code)
}

func TestSecurityLabels(t *testing.T) {
	tests := []struct {
		system, code string
		want         consent.Sensitive // 0: none
		restricted   bool
	}{
		{actCode, "PSY", consent.MentalHealth, false},
		{actCode, "BH", consent.MentalHealth, false},
		{actCode, "ETH", consent.SubstanceUse, false},
		{actCode, "SUD", consent.SubstanceUse, false},
		{actCode, "OPIOIDUD", consent.SubstanceUse, false},
		{actCode, "HIV", consent.HIV, false},
		{actCode, "STD", consent.SexualHealth, false},
		{actCode, "SEX", consent.SexualHealth, false},
		{actCode, "REPRO", consent.SexualHealth, false},
		{actCode, "GDIS", consent.Genetics, false},
		{actCode, "VIO", consent.Violence, false},
		{actCode, "SDV", consent.Violence, false},
		{"http://hl7.org/fhir/v3/ActCode", "PSY", consent.MentalHealth, false},
		{"urn:oid:2.16.840.1.113883.5.4", "HIV", consent.HIV, false},
		{actCode, "NODSCLCD", 0, false}, // not without consent: there is one
		{actCode, "PSYTHPN", 0, true},   // psychotherapy notes never travel
		{actCode, "TBOO", 0, true},
		{actCode, "NEWCODE", 0, true},
		{actCode, "psy", 0, true},
		{confidentiality, "N", 0, false},
		{confidentiality, "L", 0, false},
		{confidentiality, "R", 0, true},
		{confidentiality, "V", 0, true},
		{confidentiality, "X", 0, true},
		{"http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST", 0, false},
		{"http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED", 0, false},
		{"https://ward.example/labels", "SECRET", 0, true},
		{"", "PSY", 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.system+" "+tt.code, func(t *testing.T) {
			r := resource(t, label(tt.system, tt.code))
			check(t, r, tt.want, tt.restricted)
		})
	}
}

func check(t *testing.T, r fhir.Resource, want consent.Sensitive, restricted bool) {
	t.Helper()
	var classes []consent.Sensitive
	if want != 0 {
		classes = []consent.Sensitive{want}
	}
	if got := r.Sensitive(); !slices.Equal(got, classes) || r.Restricted() != restricted {
		t.Errorf("%s: got %v, restricted %v", r.Raw, got, r.Restricted())
	}
}

// Labels count wherever they stand and however they are written.
func TestLabelsAnywhere(t *testing.T) {
	psy := `{"system":"` + actCode + `","code":"PSY"}`
	tests := []struct {
		name, text string
		want       consent.Sensitive
		restricted bool
	}{
		{"restricted, and a class says why", `{"resourceType":"Condition","id":"c","meta":{"security":[{"system":"` + confidentiality + `","code":"R"},` + psy + `]}}`, consent.MentalHealth, false},
		{"restricted, and the code says why", `{"resourceType":"Condition","id":"c","meta":{"security":[{"system":"` + confidentiality + `","code":"V"}]},"code":{"coding":[{"system":"` + snomed + `","code":"86406008"}]}}`, consent.HIV, false},
		{"escaped slashes", `{"resourceType":"Condition","id":"c","meta":{"security":[{"system":"http:\/\/terminology.hl7.org\/CodeSystem\/v3-ActCode","code":"P\u0053Y"}]}}`, consent.MentalHealth, false},
		{"meta behind all", `{"id":"c","code":{"text":"x"},"resourceType":"Condition","meta":{"tag":[{"code":"x"}],"security":[` + psy + `]}}`, consent.MentalHealth, false},
		{"contained", `{"resourceType":"Observation","id":"o","contained":[{"resourceType":"Condition","id":"c","meta":{"security":[` + psy + `]}}]}`, consent.MentalHealth, false},
		{"contained code", `{"resourceType":"MedicationRequest","id":"m","contained":[{"resourceType":"Medication","id":"x","code":{"text":"Sertraline 50 mg"}}]}`, consent.MentalHealth, false},
		{"inline", `{"resourceType":"Observation","id":"o","note":[{"extension":[{"url":"http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label","valueCoding":` + psy + `}]}]}`, consent.MentalHealth, false},
		{"inline, name last", `{"resourceType":"Observation","id":"o","note":[{"extension":[{"valueCoding":` + psy + `,"url":"http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"}]}]}`, 0, true},
		{"without a code", `{"resourceType":"Condition","id":"c","meta":{"security":[{"display":"secret"}]}}`, 0, true},
		{"a tag is no label", `{"resourceType":"Condition","id":"c","meta":{"tag":[{"system":"` + actCode + `","code":"PSY"}]}}`, 0, false},
		{"a class of visit is no label", `{"resourceType":"Encounter","id":"e","class":{"system":"` + actCode + `","code":"AMB"}}`, 0, false},
		{"second meta", `{"resourceType":"Condition","id":"c","meta":{"security":[` + psy + `]},"meta":{}}`, consent.MentalHealth, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { check(t, resource(t, tt.text), tt.want, tt.restricted) })
	}
}

func TestCodes(t *testing.T) {
	tests := []struct {
		system, code, display string
		want                  consent.Sensitive
	}{
		{icd10, "F32.1", "", consent.MentalHealth},
		{icd10, "F321", "", consent.MentalHealth},
		{icd10, "f32.1", "", consent.MentalHealth},
		{icd10 + "-cm", "F11.20", "", consent.SubstanceUse},
		{icd10, "F17.2", "", 0}, // tobacco
		{icd10, "K70.3", "", consent.SubstanceUse},
		{icd10, "B20", "", consent.HIV},
		{icd10, "Z21", "", consent.HIV},
		{icd10, "O98.7", "", consent.HIV},
		{icd10, "O80", "", consent.SexualHealth},
		{icd10, "A56.0", "", consent.SexualHealth},
		{icd10, "G10", "", consent.Genetics},
		{icd10, "T74.1", "", consent.Violence},
		{icd10, "I10", "", 0},
		{icd10, "E11.9", "", 0},
		{"https://other.example/icd", "F32.1", "", 0},
		{snomed, "370143000", "", consent.MentalHealth},
		{snomed, "7200002", "", consent.SubstanceUse},
		{snomed, "86406008", "", consent.HIV},
		{snomed, "72892002", "", consent.SexualHealth},
		{snomed, "409709004", "", consent.Genetics},
		{snomed, "706893006", "", consent.Violence},
		{snomed, "38341003", "", 0}, // hypertension
		{loinc, "44261-6", "", consent.MentalHealth},
		{loinc, "75626-2", "", consent.SubstanceUse},
		{loinc, "56888-1", "", consent.HIV},
		{loinc, "2106-3", "", consent.SexualHealth},
		{loinc, "21636-6", "", consent.Genetics},
		{loinc, "76501-6", "", consent.Violence},
		{loinc, "4548-4", "", 0},
		{"http://www.whocc.no/atc", "N06AB06", "", consent.MentalHealth},
		{"http://www.whocc.no/atc", "N07BC02", "", consent.SubstanceUse},
		{"http://www.whocc.no/atc", "J05AR13", "", consent.HIV},
		{"http://www.whocc.no/atc", "J05AF10", "", 0}, // against hepatitis B
		{"http://www.whocc.no/atc", "G03AA07", "", consent.SexualHealth},
		{"http://www.whocc.no/atc", "C09AA03", "", 0},
		{"http://www.nlm.nih.gov/research/umls/rxnorm", "36437", "", consent.MentalHealth},
		{"http://www.nlm.nih.gov/research/umls/rxnorm", "999999", "Sertraline 50 MG Oral Tablet [Zoloft]", consent.MentalHealth},
		{"http://www.nlm.nih.gov/research/umls/rxnorm", "999998", "METHADONE hydrochloride 5 MG", consent.SubstanceUse},
		{"http://www.nlm.nih.gov/research/umls/rxnorm", "999997", "Lisinopril 10 MG Oral Tablet", 0},
		{"", "", "dolutegravir/lamivudine", consent.HIV},
	}
	for _, tt := range tests {
		t.Run(tt.system+" "+tt.code+" "+tt.display, func(t *testing.T) {
			text := fmt.Sprintf(`{"resourceType":"Condition","id":"c","code":{"coding":[{"system":%q,"code":%q,"display":%q}]}}`, tt.system, tt.code, tt.display)
			check(t, resource(t, text), tt.want, false)
		})
	}
}

// Who refers to something sensitive tells of it.
func TestSensitiveByReference(t *testing.T) {
	b, omitted := read(t, bundled("collection", pat,
		`{"resourceType":"Condition","id":"mind","meta":{"security":[{"system":"`+actCode+`","code":"PSY"}]},"encounter":{"reference":"Encounter/checkup"}}`,
		`{"resourceType":"MedicationRequest","id":"for-it","reasonReference":[{"reference":"Condition/mind"}]}`,
		`{"resourceType":"MedicationDispense","id":"handed","authorizingPrescription":[{"reference":"MedicationRequest/for-it"}]}`,
		`{"resourceType":"Medication","id":"drug","code":{"text":"naltrexone 50 mg"}}`,
		`{"resourceType":"MedicationRequest","id":"by-drug","medicationReference":{"reference":"Medication/drug"}}`,
		`{"resourceType":"MedicationRequest","id":"by-name","medicationReference":{"display":"Naltrexone 50 mg"}}`,
		`{"resourceType":"Encounter","id":"checkup","diagnosis":[{"condition":{"reference":"Condition/mind"}}]}`,
		`{"resourceType":"Observation","id":"pressure","encounter":{"reference":"Encounter/checkup"}}`,
		`{"resourceType":"Observation","id":"said","encounter":{"display":"Talk about depression","reference":"Encounter/checkup"}}`,
		`{"resourceType":"Observation","id":"of-her","subject":{"reference":"Patient/p1","display":"Anna Lee"}}`,
		`{"resourceType":"Encounter","id":"ward","meta":{"security":[{"system":"`+actCode+`","code":"PSY"}]},"partOf":{"reference":"Encounter/checkup"}}`,
		`{"resourceType":"Observation","id":"on-ward","encounter":{"reference":"Encounter/ward"}}`,
		`{"resourceType":"Observation","id":"a","derivedFrom":[{"reference":"Observation/b"}]}`,
		`{"resourceType":"Observation","id":"b","derivedFrom":[{"reference":"Observation/a"},{"reference":"Observation/on-ward"}]}`,
		`{"resourceType":"Observation","id":"unclear-by-reference","focus":[{"reference":"Condition/unclear"}]}`,
		`{"resourceType":"Condition","id":"unclear","meta":{"security":[{"code":"?"}]}}`,
		`{"resourceType":"Observation","id":"free","subject":{"reference":"Patient/p1"}}`,
	))
	if len(omitted) > 0 {
		t.Fatal(omitted)
	}
	want := map[string]consent.Sensitive{
		"Condition/mind": consent.MentalHealth, "MedicationRequest/for-it": consent.MentalHealth,
		"MedicationDispense/handed": consent.MentalHealth, "Medication/drug": consent.SubstanceUse,
		"MedicationRequest/by-drug": consent.SubstanceUse, "MedicationRequest/by-name": consent.SubstanceUse,
		"Encounter/checkup": consent.MentalHealth, "Encounter/ward": consent.MentalHealth,
		"Observation/on-ward": consent.MentalHealth, "Observation/a": consent.MentalHealth, "Observation/b": consent.MentalHealth,
		"Observation/said": consent.MentalHealth,
		// Observation/pressure: of a visit where it was spoken of, not about it.
	}
	for i, classes := range b.Sensitive() {
		ref := b.Entries[i].Ref()
		if c := want[ref]; c == 0 && len(classes) > 0 || c != 0 && !slices.Equal(classes, []consent.Sensitive{c}) {
			t.Errorf("%s: %v", ref, classes)
		}
	}
	kept, _ := fhir.Narrow(b, everything())
	if _, found := kept.Find("Observation/unclear-by-reference"); found {
		t.Error("what refers to a record with an unknown label was kept")
	}
}

// What a record contains tells as much as what it refers to.
func TestSensitiveContained(t *testing.T) {
	tests := map[string]consent.Sensitive{
		`{"resourceType":"Condition","id":"in","code":{"coding":[{"system":"` + icd10 + `","code":"F32.1"}]}}`:                                         consent.MentalHealth,
		`{"resourceType":"Observation","id":"in","meta":{"security":[{"system":"` + actCode + `","code":"HIV"}]}}`:                                     consent.HIV,
		`{"resourceType":"Medication","id":"in","code":{"text":"naltrexone 50 mg"}}`:                                                                   consent.SubstanceUse,
		`{"resourceType":"MolecularSequence","id":"in","coordinateSystem":0}`:                                                                          consent.Genetics,
		`{"resourceType":"Practitioner","id":"in","name":[{"family":"Lee"}]}`:                                                                          0,
		`{"resourceType":"Medication","id":"in","ingredient":[{"itemCodeableConcept":{"text":"Sertraline"}}]}`:                                         consent.MentalHealth,
		`{"resourceType":"Condition","id":"in","contained":[],"extension":[{"url":"x","valueCoding":{"system":"` + snomed + `","code":"370143000"}}]}`: consent.MentalHealth,
	}
	for contained, want := range tests {
		check(t, resource(t, `{"resourceType":"MedicationRequest","id":"out","contained":[`+contained+`],"medicationReference":{"reference":"#in"}}`), want, false)
	}
}

// That the patient carries a label says nothing of each of her records.
func TestALabelledPatient(t *testing.T) {
	b, _ := read(t, bundled("collection",
		`{"resourceType":"Patient","id":"p1","meta":{"security":[{"system":"`+actCode+`","code":"HIV"}]}}`, obs))
	if classes := b.Sensitive(); len(classes[0]) != 1 || len(classes[1]) != 0 {
		t.Error(classes)
	}
}

func TestRecordTypes(t *testing.T) {
	category := func(code string) string { return `"category":[{"coding":[{"code":"` + code + `"}]}]` }
	code := func(code string) string {
		return `"code":{"coding":[{"system":"` + loinc + `","code":"` + code + `"}]}`
	}
	tests := []struct {
		resourceType, more string
		want               consent.RecordType
	}{
		{"Observation", category("vital-signs"), consent.VitalSigns},
		{"Observation", category("laboratory"), consent.TestResults},
		{"Observation", category("imaging"), consent.Imaging},
		{"Observation", category("social-history"), consent.TestResults},
		{"Observation", code("8867-4"), consent.VitalSigns},
		{"Observation", code("8867-4") + "," + category("laboratory"), consent.TestResults},
		{"Observation", code("4548-4"), consent.TestResults},
		{"DiagnosticReport", category("LAB"), consent.TestResults},
		{"DiagnosticReport", category("RAD"), consent.Imaging},
		{"DiagnosticReport", category("LP29684-5"), consent.Imaging},
		{"DiagnosticReport", category("34117-2"), consent.Letters},
		{"DiagnosticReport", `"status":"final"`, consent.TestResults},
		{"DocumentReference", category("clinical-note"), consent.Letters},
		{"DocumentReference", `"type":{"coding":[{"system":"` + loinc + `","code":"18748-4"}]}`, consent.Imaging},
		{"ServiceRequest", category("363679005"), consent.Imaging},
		{"ServiceRequest", category("108252007"), consent.TestResults},
		{"ServiceRequest", `"status":"active"`, consent.Procedures},
		{"MedicationRequest", `"status":"active"`, consent.Medicines},
		{"AllergyIntolerance", `"criticality":"low"`, consent.Allergies},
		{"Coverage", `"status":"active"`, consent.Insurance},
	}
	for _, tt := range tests {
		t.Run(tt.resourceType+" "+tt.more, func(t *testing.T) {
			got, ok := resource(t, `{"resourceType":"`+tt.resourceType+`","id":"x",`+tt.more+`}`).RecordType()
			if !ok || got != tt.want {
				t.Errorf("got %v, %v", got, ok)
			}
		})
	}
	recordTypeOf := func(resourceType string) (consent.RecordType, bool) {
		return resource(t, `{"resourceType":"`+resourceType+`","id":"x"}`).RecordType()
	}
	for _, none := range []string{"Patient", "Practitioner", "Provenance", "AuditEvent", "List", "RelatedPerson"} {
		if rt, ok := recordTypeOf(none); ok {
			t.Errorf("%s is %s", none, rt)
		}
	}
	seen := map[consent.RecordType]bool{}
	for _, resourceType := range []string{"MedicationRequest", "AllergyIntolerance", "Condition", "Observation", "Immunization", "Encounter", "Procedure", "DocumentReference", "ImagingStudy", "CarePlan", "Device", "FamilyMemberHistory", "ExplanationOfBenefit"} {
		rt, ok := recordTypeOf(resourceType)
		if !ok {
			t.Errorf("%s is no record", resourceType)
		}
		seen[rt] = true
	}
	if len(seen) != len(consent.RecordTypes())-1 { // vital signs are seen by category only
		t.Errorf("%d record types", len(seen))
	}
}
