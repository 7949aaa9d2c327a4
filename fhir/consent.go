package fhir

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"carekey/consent"
)

// ConsentTerms is what a patient agreed to, for a Consent resource.
type ConsentTerms struct {
	ID          string // of the Consent resource
	Transfer    string // the transfer's log id; it stands for the patient
	Source      Party
	Destination Party
	Purpose     consent.Purpose
	Scope       consent.Scope
	At          time.Time
	Until       time.Time // zero: no end
	Sentences   []string  // as the patient saw them
}

// consentResource is an R4 Consent.
type consentResource struct {
	ResourceType string      `json:"resourceType"`
	ID           string      `json:"id"`
	Text         *narrative  `json:"text,omitempty"`
	Status       string      `json:"status"`
	Scope        Concept     `json:"scope"`
	Category     []Concept   `json:"category"`
	Patient      Reference   `json:"patient"`
	DateTime     string      `json:"dateTime"`
	Organization []Reference `json:"organization"`
	PolicyRule   Concept     `json:"policyRule"`
	Provision    provision   `json:"provision"`
}

type narrative struct {
	Status string `json:"status"`
	Div    string `json:"div"`
}

type provision struct {
	Type          string      `json:"type"`
	Period        *Period     `json:"period,omitempty"`
	Actor         []actor     `json:"actor,omitempty"`
	Action        []Concept   `json:"action,omitempty"`
	SecurityLabel []Coding    `json:"securityLabel,omitempty"`
	Purpose       []Coding    `json:"purpose,omitempty"`
	Class         []Coding    `json:"class,omitempty"`
	DataPeriod    *Period     `json:"dataPeriod,omitempty"`
	Provision     []provision `json:"provision,omitempty"`
}

type actor struct {
	Role      Concept   `json:"role"`
	Reference Reference `json:"reference"`
}

// ConsentOf returns an R4 Consent of terms: its patient is the transfer, since
// nothing in it may lead to a chart; it permits what the scope allows and denies
// the sensitive classes that were not ticked.
func ConsentOf(t ConsentTerms) (Resource, error) {
	if err := t.Scope.Check(); err != nil {
		return Resource{}, err
	}
	if t.Transfer == "" {
		return Resource{}, errors.New("a consent needs the transfer it is about")
	}
	if !validID(t.ID) {
		return Resource{}, fmt.Errorf("the consent cannot be named: %w", errNoID)
	}
	return Parse(encode(consentResource{
		ResourceType: "Consent",
		ID:           t.ID,
		Text:         t.narrative(),
		Status:       "active",
		Scope:        concept("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent"),
		Category:     []Concept{concept("http://loinc.org", "59284-0", "Patient Consent")},
		Patient:      Reference{Type: "Patient", Identifier: &Identifier{System: systemTransfer, Value: t.Transfer}},
		DateTime:     instant(t.At),
		Organization: []Reference{t.Source.reference()},
		PolicyRule:   concept(systemActCode, "OPTIN", "opt-in"),
		Provision:    t.provision(),
	}))
}

// provision is what is permitted.
func (t ConsentTerms) provision() provision {
	p := provision{
		Type:   "permit",
		Period: t.period(),
		Actor: []actor{{
			Role:      concept("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "CON", "contact"),
			Reference: t.Destination.reference(),
		}},
		Action:     []Concept{concept("http://terminology.hl7.org/CodeSystem/consentaction", "disclose", "Disclose")},
		Purpose:    purposeConcept(t.Purpose).Coding,
		Class:      recordClasses(t.Scope.Types),
		DataPeriod: dataPeriod(t.Scope),
	}
	for _, c := range consent.SensitiveClasses() {
		if !slices.Contains(t.Scope.Sensitive, c) {
			p.Provision = append(p.Provision, provision{Type: "deny", SecurityLabel: []Coding{classLabel(c)}})
		}
	}
	return p
}

func (t ConsentTerms) period() *Period {
	p := &Period{Start: instant(t.At)}
	if !t.Until.IsZero() {
		p.End = instant(t.Until)
	}
	return p
}

func dataPeriod(s consent.Scope) *Period {
	if s.From == "" && s.To == "" {
		return nil
	}
	return &Period{Start: string(s.From), End: string(s.To)}
}

func recordClasses(types []consent.RecordType) []Coding {
	list := make([]Coding, 0, len(types))
	for _, t := range types {
		list = append(list, Coding{System: systemRecordType, Code: recordTypeCode(t), Display: t.String()})
	}
	return list
}

// recordTypeCode is a record type as a FHIR code: its words joined by hyphens.
func recordTypeCode(t consent.RecordType) string { return strings.ReplaceAll(t.String(), " ", "-") }

// classLabel is the HL7 v3 ActCode label of a sensitive class.
func classLabel(c consent.Sensitive) Coding {
	code, display := "", ""
	switch c {
	case consent.MentalHealth:
		code, display = "PSY", "psychiatry disorder information sensitivity"
	case consent.SubstanceUse:
		code, display = "ETH", "substance abuse information sensitivity"
	case consent.HIV:
		code, display = "HIV", "HIV/AIDS information sensitivity"
	case consent.SexualHealth:
		code, display = "SEX", "sexuality and reproductive health information sensitivity"
	case consent.Genetics:
		code, display = "GDIS", "genetic disease information sensitivity"
	case consent.Violence:
		code, display = "SDV", "sexual assault, abuse, or domestic violence information sensitivity"
	}
	return Coding{System: systemActCode, Code: code, Display: display}
}

// narrative shows the sentences that the patient saw.
func (t ConsentTerms) narrative() *narrative {
	if len(t.Sentences) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(`<div xmlns="http://www.w3.org/1999/xhtml">`)
	for _, s := range t.Sentences {
		b.WriteString("<p>" + markup.Replace(clean(s)) + "</p>")
	}
	b.WriteString("</div>")
	return &narrative{Status: "additional", Div: b.String()}
}

// markup writes text so that it cannot be taken for XHTML.
var markup = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
