package fhir

import "encoding/json"

// The elements of FHIR R4 (http://hl7.org/fhir/R4/datatypes.html) that are
// written here, with the members that are used. What is read is not read
// through them: they would lose what they do not know.
type (
	// Coding is one code of a code system.
	Coding struct {
		System  string `json:"system,omitempty"`
		Code    string `json:"code,omitempty"`
		Display string `json:"display,omitempty"`
	}
	// Concept is a CodeableConcept: codes that mean one thing, and its words.
	Concept struct {
		Coding []Coding `json:"coding,omitempty"`
		Text   string   `json:"text,omitempty"`
	}
	// Identifier is a name that someone gave to a thing.
	Identifier struct {
		Use    string   `json:"use,omitempty"`
		Type   *Concept `json:"type,omitempty"`
		System string   `json:"system,omitempty"`
		Value  string   `json:"value,omitempty"`
	}
	// Reference points to another resource.
	Reference struct {
		Reference  string      `json:"reference,omitempty"`
		Type       string      `json:"type,omitempty"`
		Identifier *Identifier `json:"identifier,omitempty"`
		Display    string      `json:"display,omitempty"`
	}
	// Period is a time from a dateTime to another.
	Period struct {
		Start string `json:"start,omitempty"`
		End   string `json:"end,omitempty"`
	}
	// Quantity is a measured amount.
	Quantity struct {
		Value  json.Number `json:"value,omitempty"`
		Unit   string      `json:"unit,omitempty"`
		System string      `json:"system,omitempty"`
		Code   string      `json:"code,omitempty"`
	}
	// HumanName is a person's name.
	HumanName struct {
		Use    string   `json:"use,omitempty"`
		Text   string   `json:"text,omitempty"`
		Family string   `json:"family,omitempty"`
		Given  []string `json:"given,omitempty"`
		Prefix []string `json:"prefix,omitempty"`
		Suffix []string `json:"suffix,omitempty"`
		Period *Period  `json:"period,omitempty"`
	}
	// ContactPoint is a telephone number, an e-mail address and the like.
	ContactPoint struct {
		System string `json:"system,omitempty"`
		Value  string `json:"value,omitempty"`
		Use    string `json:"use,omitempty"`
	}
	// Meta is what is said about a resource as a whole.
	Meta struct {
		Security []Coding `json:"security,omitempty"`
	}
)

// concept returns a concept of one code.
func concept(system, code, display string) Concept {
	return Concept{Coding: []Coding{{System: system, Code: code, Display: display}}}
}
