package fhir

import (
	"encoding/json"
	"strconv"
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
	Component                 json.RawMessage `json:"component"`
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
		if s := plainName(clean(words(raw))); s != "" {
			return s
		}
	}
	return ""
}

// terms are what terminologies put behind a name for their own sake: SNOMED
// CT's kinds, and from the first bracket on, LOINC's properties.
var terms = []string{
	" (procedure)", " (disorder)", " (finding)", " (situation)", " (regime/therapy)", " (record artifact)", " (substance)",
	" (medicinal product)", " (event)", " (observable entity)", " (qualifier value)", " (physical object)",
}

var properties = []string{" [Mass/", " [Moles/", " [Units/", " [#/", " [Enzymatic ", " [Presence]", " [Ratio]", " [Identifier]", " [Volume Fraction]", " [Entitic ", " [Reported]"}

// plainName returns a term as people say it.
func plainName(s string) string {
	for _, t := range terms {
		s = strings.TrimSuffix(s, t)
	}
	for _, p := range properties {
		if i := strings.Index(s, p); i > 0 {
			s = s[:i]
		}
	}
	return strings.TrimSpace(s)
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

// value is ": 6.4 %" for a measurement, ": 128/76 mm[Hg]" for one of two parts.
func (t titled) value() string {
	if q := quantityIn(t.ValueQuantity); q.Value != "" {
		return ": " + strings.TrimRight(shortNumber(q.Value)+" "+clean(q.Unit), " ")
	}
	if s := plainName(clean(words(t.ValueConcept))); s != "" {
		return ": " + s
	}
	return t.pair()
}

// pair is the value of an observation of two parts in one unit.
func (t titled) pair() string {
	var parts []struct {
		ValueQuantity json.RawMessage `json:"valueQuantity"`
	}
	if len(t.Component) == 0 || json.Unmarshal(t.Component, &parts) != nil || len(parts) != 2 {
		return ""
	}
	a, b := quantityIn(parts[0].ValueQuantity), quantityIn(parts[1].ValueQuantity)
	if a.Value == "" || b.Value == "" || a.Unit != b.Unit {
		return ""
	}
	x, errX := a.Value.Float64()
	y, errY := b.Value.Float64()
	if errX != nil || errY != nil {
		return ""
	}
	high, low := a.Value, b.Value // by custom the higher one first
	if x < y {
		high, low = low, high
	}
	return ": " + strings.TrimRight(shortNumber(high)+"/"+shortNumber(low)+" "+clean(a.Unit), " ")
}

func quantityIn(raw json.RawMessage) (q Quantity) {
	if len(raw) == 0 || json.Unmarshal(raw, &q) != nil {
		return Quantity{}
	}
	return q
}

const maxDecimals = 2 // that a title shows

// shortNumber cuts decimals that no instrument measured.
func shortNumber(n json.Number) string {
	v, err := n.Float64()
	if i := strings.IndexByte(string(n), '.'); err == nil && i >= 0 && len(n)-i-1 > maxDecimals {
		return strconv.FormatFloat(v, 'f', maxDecimals, 64)
	}
	return short(string(n), 24)
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
