package fhir

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxTitle = 120 // bytes

// titled is the members from which titles are made. FHIR gives one member name
// several types in several resources, so those stay raw until they are needed.
type titled struct {
	Code                      json.RawMessage `json:"code"`
	VaccineCode               json.RawMessage `json:"vaccineCode"`
	MedicationCodeableConcept json.RawMessage `json:"medicationCodeableConcept"`
	MedicationReference       json.RawMessage `json:"medicationReference"`
	Type                      json.RawMessage `json:"type"`
	ReasonCode                json.RawMessage `json:"reasonCode"`
	Category                  json.RawMessage `json:"category"`
	Relationship              json.RawMessage `json:"relationship"`
	Title                     json.RawMessage `json:"title"`
	Description               json.RawMessage `json:"description"`
	Name                      json.RawMessage `json:"name"`
	DeviceName                json.RawMessage `json:"deviceName"`
	ValueQuantity             json.RawMessage `json:"valueQuantity"`
	ValueConcept              json.RawMessage `json:"valueCodeableConcept"`
}

// Title returns a short label for people, safe to show on a terminal: what the
// record is called, with the value of a simple measurement. Without any name in
// the record it is its type.
func Title(r Resource) string {
	var t titled
	if json.Unmarshal(r.Raw, &t) != nil {
		return short(r.Type, maxTitle)
	}
	label := t.label(r.Type)
	if label == "" {
		label = r.Type
	}
	return short(label+t.value(), maxTitle)
}

// label is the best name the record gives itself.
func (t titled) label(resourceType string) string {
	order := []json.RawMessage{
		t.Code, t.VaccineCode, t.MedicationCodeableConcept, t.MedicationReference, t.Title, t.Description,
		t.DeviceName, t.Name, t.Type, t.ReasonCode, t.Category,
	}
	switch resourceType {
	case "FamilyMemberHistory":
		order = []json.RawMessage{t.Relationship, t.Name}
	case "DocumentReference":
		order = []json.RawMessage{t.Description, t.Type, t.Category}
	case "Encounter":
		order = []json.RawMessage{t.Type, t.ReasonCode}
	}
	for _, raw := range order {
		if s := strings.TrimSpace(clean(words(raw))); s != "" {
			return s
		}
	}
	return ""
}

// named is what a string, a Reference, a CodeableConcept, a Coding, a HumanName
// or a device's name has to say.
type named struct {
	Text    string   `json:"text"`
	Display string   `json:"display"`
	Name    string   `json:"name"`
	Family  string   `json:"family"`
	Given   []string `json:"given"`
	Coding  []Coding `json:"coding"`
}

// words returns the words in an element, or in the first element of a list.
func words(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(raw, &list) != nil || len(list) == 0 {
			return ""
		}
		return words(list[0])
	}
	var n named
	if json.Unmarshal(raw, &n) != nil {
		return ""
	}
	return n.words()
}

func (n named) words() string {
	for _, s := range []string{n.Text, n.Display, n.Name} {
		if s != "" {
			return s
		}
	}
	for _, c := range n.Coding {
		if c.Display != "" {
			return c.Display
		}
	}
	return strings.TrimSpace(strings.Join(n.Given, " ") + " " + n.Family)
}

// value is ": 6.4 %" for a measurement.
func (t titled) value() string {
	var q Quantity
	if len(t.ValueQuantity) > 0 && json.Unmarshal(t.ValueQuantity, &q) == nil && q.Value != "" {
		return strings.TrimRight(": "+string(q.Value)+" "+q.Unit, " ")
	}
	if s := words(t.ValueConcept); s != "" {
		return ": " + s
	}
	return ""
}

// clean returns s without what could disturb a screen or deceive its reader:
// control and format characters (escape sequences, direction overrides, zero
// widths) go, any white space is one blank.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	blank := true // leading blanks go too
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
		case r == utf8.RuneError || !unicode.IsPrint(r):
		default:
			b.WriteRune(r)
			blank = false
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.Contains(s, "  ") && strings.TrimSpace(s) == s
}
