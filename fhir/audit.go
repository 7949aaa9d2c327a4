package fhir

import (
	"fmt"
	"time"

	"carekey/consent"
)

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

// Look is one access to a patient's records, to be written as an AuditEvent at
// the institution where it happened.
type Look struct {
	ID          string // of the AuditEvent
	Patient     string // id of the Patient resource here
	Log         string // id of the chart that has the entry
	Entry       uint64 // number of the entry in it
	Institution Party
	Person      string // who looked; empty when only the role is known
	Role        string // in words, such as "nurse on ward 3"
	Licence     string // number of the licence, if there is one
	Basis       consent.Basis
	Purpose     consent.Purpose
	Types       []consent.RecordType
	At          time.Time
}

// AuditEventOf returns the AuditEvent of an access.
func AuditEventOf(l Look) (Resource, error) {
	if !validID(l.ID) || !validID(l.Patient) {
		return Resource{}, fmt.Errorf("the access has no usable id or patient: %w", errNoID)
	}
	event := auditEvent{
		ResourceType:   "AuditEvent",
		ID:             l.ID,
		Type:           Coding{System: systemDICOM, Code: "110110", Display: "Patient Record"},
		Subtype:        []Coding{{System: systemBasis, Code: basisCode(l.Basis)}},
		Action:         "R",
		Recorded:       instant(l.At),
		Outcome:        succeeded,
		PurposeOfEvent: []Concept{purposeConcept(l.Purpose)},
		Agent:          []auditAgent{l.agent(), {Who: l.Institution.reference()}},
		Source:         auditSource{Observer: l.Institution.reference()},
		Entity:         append([]auditEntity{patientEntity(l.Patient), l.entry()}, l.records()...),
	}
	return Parse(encode(event))
}

// agent is who looked.
func (l Look) agent() auditAgent {
	who := Reference{Type: "Practitioner", Display: clean(l.Person)}
	if who.Display == "" {
		who.Display = clean(l.Role)
	}
	if who.Display == "" {
		who.Display = clean(l.Institution.Name)
	}
	if l.Licence != "" {
		who.Identifier = &Identifier{System: "urn:carekey:licence", Value: clean(l.Licence)}
	}
	agent := auditAgent{Who: who, Requestor: true}
	if role := clean(l.Role); role != "" {
		agent.Role = []Concept{{Text: role}}
	}
	return agent
}

// entry is the chart's entry that tells the patient of this look.
func (l Look) entry() auditEntity {
	return auditEntity{
		What: Reference{Identifier: &Identifier{System: systemLog, Value: fmt.Sprintf("%s/%d", l.Log, l.Entry)}},
		Type: &Coding{System: systemEntityType, Code: "4", Display: "Other"},
	}
}

// records is what was looked at.
func (l Look) records() []auditEntity {
	entities := make([]auditEntity, 0, len(l.Types))
	for _, t := range l.Types {
		entities = append(entities, auditEntity{
			What: Reference{Identifier: &Identifier{System: systemRecordType, Value: recordTypeCode(t)}, Display: t.String()},
			Type: &Coding{System: systemEntityType, Code: "2", Display: "System Object"},
			Role: &Coding{System: systemObjectRole, Code: "3", Display: "Report"},
			Name: t.String(),
		})
	}
	return entities
}

func basisCode(b consent.Basis) string {
	switch b {
	case consent.BasisCare:
		return "care"
	case consent.BasisGrant:
		return "grant"
	case consent.BasisTransfer:
		return "transfer"
	case consent.BasisEmergency:
		return "emergency"
	case consent.BasisLaw:
		return "law"
	case consent.BasisPayment:
		return "payment"
	case consent.BasisOperations:
		return "operations"
	}
	return "unknown"
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
