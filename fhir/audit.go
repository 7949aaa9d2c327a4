package fhir

import "carekey/consent"

// auditEvent is an R4 AuditEvent.
type auditEvent struct {
	ResourceType   string        `json:"resourceType"`
	ID             string        `json:"id"`
	Type           Coding        `json:"type"`
	Subtype        []Coding      `json:"subtype,omitempty"`
	Action         string        `json:"action"`
	Recorded       string        `json:"recorded"`
	Outcome        string        `json:"outcome"`
	PurposeOfEvent []Concept     `json:"purposeOfEvent,omitempty"`
	Agent          []auditAgent  `json:"agent"`
	Source         auditSource   `json:"source"`
	Entity         []auditEntity `json:"entity"`
}

type auditAgent struct {
	Role      []Concept `json:"role,omitempty"`
	Who       Reference `json:"who"`
	Requestor bool      `json:"requestor"`
}

type auditSource struct {
	Observer Reference `json:"observer"`
}

type auditEntity struct {
	What Reference `json:"what"`
	Type *Coding   `json:"type,omitempty"`
	Role *Coding   `json:"role,omitempty"`
	Name string    `json:"name,omitempty"`
}

const (
	systemEntityType = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
	systemObjectRole = "http://terminology.hl7.org/CodeSystem/object-role"
	succeeded        = "0" // http://hl7.org/fhir/audit-event-outcome
)

// importEvent says that the destination took records in.
func (f *filing) importEvent(id string) auditEvent {
	return auditEvent{
		ResourceType: "AuditEvent",
		ID:           id,
		Type:         Coding{System: systemDICOM, Code: "110107", Display: "Import"},
		Action:       "C",
		Recorded:     instant(f.key.At),
		Outcome:      succeeded,
		Agent: []auditAgent{
			{Who: f.key.Destination.reference(), Requestor: true},
			{Who: f.key.Source.reference()},
		},
		Source: auditSource{Observer: f.key.Destination.reference()},
		Entity: []auditEntity{patientEntity(f.key.Patient), {
			What: f.key.transfer(),
			Type: &Coding{System: systemEntityType, Code: "2", Display: "System Object"},
			Role: &Coding{System: systemObjectRole, Code: "20", Display: "Job"},
		}},
	}
}

func patientEntity(id string) auditEntity {
	return auditEntity{
		What: Reference{Reference: "Patient/" + id},
		Type: &Coding{System: systemEntityType, Code: "1", Display: "Person"},
		Role: &Coding{System: systemObjectRole, Code: "1", Display: "Patient"},
	}
}

// purposeConcept is a purpose in HL7 v3 ActReason.
func purposeConcept(p consent.Purpose) Concept {
	code, display := "PATRQT", "patient requested"
	switch p {
	case consent.PurposeTreatment, consent.PurposeSecondOpinion:
		code, display = "TREAT", "treatment"
	case consent.PurposeInsurance:
		code, display = "HPAYMT", "healthcare payment"
	case consent.PurposeResearch:
		code, display = "HRESCH", "healthcare research"
	case consent.PurposePublicHealth:
		code, display = "PUBHLTH", "public health"
	case consent.PurposeOperations:
		code, display = "HOPERAT", "healthcare operations"
	}
	c := concept(systemActReason, code, display)
	c.Text = p.String()
	return c
}
