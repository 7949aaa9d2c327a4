package fhir

import (
	"encoding/json"
	"time"
)

// maxTargets is how many resources one Provenance names.
const maxTargets = 500

// The code systems of what is written here.
const (
	systemActReason   = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
	systemActCode     = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	systemAgentType   = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
	systemDataAction  = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
	systemDICOM       = "http://dicom.nema.org/resources/ontology/DCM"
	systemURI         = "urn:ietf:rfc:3986"
	systemInstitution = "urn:carekey:institution"
	systemTransfer    = "urn:carekey:transfer"
	systemRecordType  = "urn:carekey:record-type"
)

// provenance is an R4 Provenance.
type provenance struct {
	ResourceType string            `json:"resourceType"`
	ID           string            `json:"id"`
	Target       []Reference       `json:"target"`
	Recorded     string            `json:"recorded"`
	Activity     Concept           `json:"activity"`
	Agent        []provenanceAgent `json:"agent"`
	Entity       []provenanceFrom  `json:"entity"`
}

type provenanceAgent struct {
	Type Concept   `json:"type"`
	Who  Reference `json:"who"`
}

type provenanceFrom struct {
	Role string    `json:"role"`
	What Reference `json:"what"`
}

// provenance says that resources came by the transfer: held by the source, put
// together here by the destination.
func (f *filing) provenance(id string, targets []Reference) provenance {
	return provenance{
		ResourceType: "Provenance",
		ID:           id,
		Target:       targets,
		Recorded:     instant(f.key.At),
		Activity:     concept(systemDataAction, "CREATE", "create"),
		Agent: []provenanceAgent{
			{Type: concept(systemAgentType, "custodian", "Custodian"), Who: f.key.Source.reference()},
			{Type: concept(systemAgentType, "assembler", "Assembler"), Who: f.key.Destination.reference()},
		},
		Entity: []provenanceFrom{{Role: "source", What: f.key.transfer()}},
	}
}

// reference names an institution without a resource for it.
func (p Party) reference() Reference {
	return Reference{Type: "Organization", Identifier: &Identifier{System: systemInstitution, Value: p.ID}, Display: clean(p.Name)}
}

func (k RefileKey) transfer() Reference {
	return Reference{Identifier: &Identifier{System: systemTransfer, Value: k.Transfer}, Display: "transfer of records"}
}

// instant is a time as FHIR writes it, in UTC.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// encode returns the JSON of what is written here, which always has one.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("fhir: encode: " + err.Error())
	}
	return b
}
