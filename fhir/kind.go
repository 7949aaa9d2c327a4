package fhir

import "carekey/consent"

// role is what a resource type is to a transfer.
type role uint8

const (
	unknown role = iota
	record       // tells about the patient's health: kept if the scope says so
	support      // people, places and things that records name: kept if a kept record needs it
	patient      // the patient
	other        // FHIR, but no record of the patient's: never kept
)

// kind is what is known about a resource type.
type kind struct {
	role   role
	record consent.RecordType
	dates  []string // where the record's own date stands, best first
	whole  bool     // a period counts with its end too, not only its start
}

// event is a record about something that happened: all its days count.
func event(t consent.RecordType, dates ...string) kind {
	return kind{role: record, record: t, dates: dates, whole: true}
}

// lasting is a record about something that began and may go on: it is dated by
// its beginning.
func lasting(t consent.RecordType, dates ...string) kind {
	return kind{role: record, record: t, dates: dates}
}

// kinds is the R4 resource types (http://hl7.org/fhir/R4/resourcelist.html) that
// are records or support them.
var kinds = map[string]kind{
	"MedicationRequest":        lasting(consent.Medicines, "authoredOn"),
	"MedicationStatement":      lasting(consent.Medicines, "effectiveDateTime", "effectivePeriod", "dateAsserted"),
	"MedicationAdministration": event(consent.Medicines, "effectiveDateTime", "effectivePeriod"),
	"MedicationDispense":       event(consent.Medicines, "whenHandedOver", "whenPrepared"),

	"AllergyIntolerance": lasting(consent.Allergies, "onsetDateTime", "onsetPeriod", "recordedDate", "lastOccurrence"),

	"Condition":          lasting(consent.Conditions, "onsetDateTime", "onsetPeriod", "recordedDate"),
	"AdverseEvent":       event(consent.Conditions, "date", "detected", "recordedDate"),
	"BodyStructure":      lasting(consent.Conditions),
	"ClinicalImpression": event(consent.Conditions, "effectiveDateTime", "effectivePeriod", "date"),
	"DetectedIssue":      event(consent.Conditions, "identifiedDateTime", "identifiedPeriod"),
	"Flag":               lasting(consent.Conditions, "period"),
	"RiskAssessment":     event(consent.Conditions, "occurrenceDateTime", "occurrencePeriod"),

	"Observation":       event(consent.TestResults, "effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued"),
	"DiagnosticReport":  event(consent.TestResults, "effectiveDateTime", "effectivePeriod", "issued"),
	"Specimen":          event(consent.TestResults, "receivedTime"),
	"MolecularSequence": event(consent.TestResults),

	"Immunization":               event(consent.Vaccinations, "occurrenceDateTime", "recorded"),
	"ImmunizationEvaluation":     event(consent.Vaccinations, "date"),
	"ImmunizationRecommendation": event(consent.Vaccinations, "date"),

	"Encounter":     event(consent.Visits, "period"),
	"EpisodeOfCare": lasting(consent.Visits, "period"),
	"Appointment":   event(consent.Visits, "start", "created"),

	"Procedure":      event(consent.Procedures, "performedDateTime", "performedPeriod"),
	"ServiceRequest": lasting(consent.Procedures, "authoredOn", "occurrenceDateTime", "occurrencePeriod"),

	"Composition":           event(consent.Letters, "date"),
	"DocumentReference":     event(consent.Letters, "date"),
	"DocumentManifest":      event(consent.Letters, "created"),
	"Communication":         event(consent.Letters, "sent", "received"),
	"QuestionnaireResponse": event(consent.Letters, "authored"),

	"ImagingStudy": event(consent.Imaging, "started"),
	"Media":        event(consent.Imaging, "createdDateTime", "createdPeriod", "issued"),

	"CarePlan":       lasting(consent.CarePlans, "period", "created"),
	"CareTeam":       lasting(consent.CarePlans, "period"),
	"Goal":           lasting(consent.CarePlans, "startDate", "statusDate"),
	"NutritionOrder": lasting(consent.CarePlans, "dateTime"),
	"RequestGroup":   lasting(consent.CarePlans, "authoredOn"),

	"Device":             lasting(consent.Devices, "manufactureDate"),
	"DeviceRequest":      lasting(consent.Devices, "authoredOn"),
	"DeviceUseStatement": lasting(consent.Devices, "timingDateTime", "timingPeriod", "recordedOn"),
	"SupplyDelivery":     event(consent.Devices, "occurrenceDateTime", "occurrencePeriod"),
	"SupplyRequest":      lasting(consent.Devices, "authoredOn"),
	"VisionPrescription": event(consent.Devices, "dateWritten", "created"),

	"FamilyMemberHistory": lasting(consent.FamilyHistory, "date"),

	"Account":                     lasting(consent.Insurance, "servicePeriod"),
	"ChargeItem":                  event(consent.Insurance, "occurrenceDateTime", "occurrencePeriod", "enteredDate"),
	"Claim":                       event(consent.Insurance, "billablePeriod", "created"),
	"ClaimResponse":               event(consent.Insurance, "created"),
	"Coverage":                    lasting(consent.Insurance, "period"),
	"CoverageEligibilityRequest":  event(consent.Insurance, "servicedDate", "servicedPeriod", "created"),
	"CoverageEligibilityResponse": event(consent.Insurance, "servicedDate", "servicedPeriod", "created"),
	"ExplanationOfBenefit":        event(consent.Insurance, "billablePeriod", "created"),
	"Invoice":                     event(consent.Insurance, "date"),

	"Binary":              {role: support},
	"Endpoint":            {role: support},
	"HealthcareService":   {role: support},
	"Location":            {role: support},
	"Medication":          {role: support},
	"MedicationKnowledge": {role: support},
	"Organization":        {role: support},
	"Practitioner":        {role: support},
	"PractitionerRole":    {role: support},
	"Substance":           {role: support},

	"Patient": {role: patient},
}

// others is the rest of R4's resource types: definitions, work lists, consents
// and traces, and records about other people than the patient.
var others = setOf(
	"ActivityDefinition", "AppointmentResponse", "AuditEvent", "Basic", "BiologicallyDerivedProduct", "Bundle",
	"CapabilityStatement", "CatalogEntry", "ChargeItemDefinition", "CodeSystem", "CommunicationRequest",
	"CompartmentDefinition", "ConceptMap", "Consent", "Contract", "DeviceDefinition", "DeviceMetric",
	"EffectEvidenceSynthesis", "EnrollmentRequest", "EnrollmentResponse", "EventDefinition", "Evidence",
	"EvidenceVariable", "ExampleScenario", "GraphDefinition", "Group", "GuidanceResponse", "ImplementationGuide",
	"InsurancePlan", "Library", "Linkage", "List", "Measure", "MeasureReport", "MedicinalProduct",
	"MedicinalProductAuthorization", "MedicinalProductContraindication", "MedicinalProductIndication",
	"MedicinalProductIngredient", "MedicinalProductInteraction", "MedicinalProductManufactured",
	"MedicinalProductPackaged", "MedicinalProductPharmaceutical", "MedicinalProductUndesirableEffect",
	"MessageDefinition", "MessageHeader", "NamingSystem", "ObservationDefinition", "OperationDefinition",
	"OperationOutcome", "OrganizationAffiliation", "Parameters", "PaymentNotice", "PaymentReconciliation", "Person",
	"PlanDefinition", "Provenance", "Questionnaire", "RelatedPerson", "ResearchDefinition",
	"ResearchElementDefinition", "ResearchStudy", "ResearchSubject", "RiskEvidenceSynthesis", "Schedule",
	"SearchParameter", "Slot", "SpecimenDefinition", "StructureDefinition", "StructureMap", "Subscription",
	"SubstanceNucleicAcid", "SubstancePolymer", "SubstanceProtein", "SubstanceReferenceInformation",
	"SubstanceSourceMaterial", "SubstanceSpecification", "Task", "TerminologyCapabilities", "TestReport",
	"TestScript", "ValueSet", "VerificationResult",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// kindOf looks a resource type up; its role is unknown when R4 has no such type.
func kindOf(resourceType string) kind {
	if k, ok := kinds[resourceType]; ok {
		return k
	}
	if others[resourceType] {
		return kind{role: other}
	}
	return kind{}
}

// dateNames is every member that may hold a record's own date, under its own
// name.
var dateNames = func() map[string]string {
	names := map[string]string{}
	for _, k := range kinds {
		for _, d := range k.dates {
			names[d] = d
		}
	}
	return names
}()

// typeNames is the one copy of each known type's name, so that a million
// resources do not hold a million copies.
var typeNames = func() map[string]string {
	names := make(map[string]string, len(kinds)+len(others))
	for t := range kinds {
		names[t] = t
	}
	for t := range others {
		names[t] = t
	}
	return names
}()

// topic is what the categories and codes of a resource say it is about.
type topic uint8

const (
	aboutVitals topic = 1 << iota
	aboutLab
	aboutImaging
	aboutNote
	topicEnd
)

// refine returns a resource's record type by its topic. A report that is both
// imaging and a note is imaging; a result that claims to be both laboratory and
// vital signs is a test result, the more telling of the two.
func refine(resourceType string, t consent.RecordType, about topic) consent.RecordType {
	has := func(a topic) bool { return about&a != 0 }
	switch resourceType {
	case "Observation":
		switch {
		case has(aboutImaging):
			return consent.Imaging
		case has(aboutVitals) && !has(aboutLab):
			return consent.VitalSigns
		}
	case "DiagnosticReport", "DocumentReference", "ServiceRequest":
		switch {
		case has(aboutImaging):
			return consent.Imaging
		case has(aboutLab):
			return consent.TestResults
		case has(aboutNote) && resourceType == "DiagnosticReport":
			return consent.Letters
		}
	}
	return t
}

// categories maps category codes of several systems (HL7 observation-category,
// v2-0074 diagnostic service sections, LOINC, SNOMED CT) to topics.
var categories = map[string]topic{
	"vital-signs": aboutVitals,
	"laboratory":  aboutLab, "LAB": aboutLab, "CH": aboutLab, "HM": aboutLab, "MB": aboutLab, "IMM": aboutLab,
	"BLB": aboutLab, "SP": aboutLab, "PAT": aboutLab, "108252007": aboutLab, "26436-6": aboutLab,
	"imaging": aboutImaging, "RAD": aboutImaging, "CT": aboutImaging, "NMR": aboutImaging, "US": aboutImaging,
	"CUS": aboutImaging, "RUS": aboutImaging, "VUS": aboutImaging, "OUS": aboutImaging, "NMS": aboutImaging,
	"RX": aboutImaging, "XRC": aboutImaging, "CTH": aboutImaging, "LP29684-5": aboutImaging,
	"363679005": aboutImaging, "18726-0": aboutImaging, "18748-4": aboutImaging,
	"34117-2": aboutNote, "51847-2": aboutNote, "11488-4": aboutNote, "11506-3": aboutNote, "18842-5": aboutNote,
	"28570-0": aboutNote, "34111-5": aboutNote, "34133-9": aboutNote, "57133-1": aboutNote, "LP173421-1": aboutNote,
	"clinical-note": aboutNote,
}

// vitalSigns is the LOINC codes of R4's vital signs profiles and what they are
// made of, for servers that give no category.
var vitalSigns = setOf(
	"85353-1", "9279-1", "8867-4", "2708-6", "59408-5", "8310-5", "8331-1", "8302-2", "8306-3", "8287-5", "29463-7",
	"3141-9", "39156-5", "85354-9", "55284-4", "8480-6", "8462-4", "8478-0", "9843-4", "3140-1", "59576-9", "77606-2",
)
