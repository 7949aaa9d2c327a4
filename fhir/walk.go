package fhir

import (
	"bytes"
	"encoding/json"
)

// place is where in a resource the walk stands, as far as it matters.
type place uint8

const (
	inMeta place = 1 << iota
	inLabel
	inCategory
	inCode
)

// walk reads the facts of one resource.
type walk struct {
	scanner
	facts        facts
	kind         kind
	about        topic
	typed        bool
	resourceType string // empty when R4 has no such type
	idText       []byte
	dates        [8]dated
	dateCount    int
	restricted   bool // a confidentiality label stands without saying why
}

// resource walks over the members of the resource itself.
func (w *walk) resource() {
	w.open('{')
	for first := true; ; first = false {
		name, more := w.member(first)
		if !more {
			return
		}
		w.top(name)
	}
}

func (w *walk) top(name []byte) {
	switch string(name) {
	case "resourceType":
		w.once(!w.typed)
		w.typed = true
		w.resourceType = typeNames[string(w.string())]
	case "id":
		w.once(w.idText == nil)
		w.idText, w.facts.id = w.spanned()
	case "category", "type":
		w.value(inCategory)
	case "code", "vaccineCode", "medicationCodeableConcept", "medicationReference":
		w.value(inCode)
	case "subject", "patient", "beneficiary", "for":
		w.subject()
	default:
		if date, known := dateNames[string(name)]; known {
			w.dated(date)
			return
		}
		w.value(within(0, name))
	}
}

// once refuses a second member where the first one decided.
func (w *walk) once(first bool) {
	if !first {
		w.fail(errTwice)
	}
}

// value walks over any value.
func (w *walk) value(in place) {
	switch w.peek() {
	case '{':
		w.object(in)
	case '[':
		w.open('[')
		for first := true; w.element(first); first = false {
			w.value(in)
		}
	case '"':
		w.text()
	default:
		w.scalar()
	}
}

// coding is what an object tells that may be a Coding, a CodeableConcept or a
// Reference.
type coding struct{ system, code, display, text []byte }

// object walks over an object and notes references, codes and labels.
func (w *walk) object(in place) {
	var c coding
	refAt, named, valued := -1, false, false
	w.open('{')
	for first := true; ; first = false {
		name, more := w.member(first)
		if !more {
			break
		}
		switch string(name) {
		case "system":
			w.once(c.system == nil)
			c.system = w.textOr(in)
		case "code":
			w.once(c.code == nil)
			c.code = w.textOr(in | inCode)
		case "display":
			w.once(c.display == nil)
			c.display = w.textOr(in)
		case "text":
			w.once(c.text == nil)
			c.text = w.textOr(in)
		case "resourceType":
			w.contained()
		case "reference":
			w.once(refAt < 0)
			refAt = w.reference(byReference)
		case "identifier":
			named = true
			w.value(in)
		case "url":
			in |= w.url(valued)
		case "valueCoding", "valueCodeableConcept":
			valued = true
			w.value(in)
		default:
			w.value(within(in, name))
		}
	}
	if refAt >= 0 && named {
		w.facts.refs[refAt].link = byKnownName
	}
	if refAt >= 0 {
		w.facts.refs[refAt].words = c.display != nil
	}
	if c.code != nil || c.display != nil || c.text != nil {
		w.code(c, in)
	}
}

// contained looks at the type of a resource inside the resource.
func (w *walk) contained() {
	if w.peek() != '"' {
		w.value(0)
		return
	}
	w.facts.classes |= typeClass(string(w.string()))
}

// within is the place of a member.
func within(in place, name []byte) place {
	switch string(name) {
	case "meta":
		return inMeta
	case "security":
		if in&inMeta != 0 {
			return inLabel
		}
	case "medicationCodeableConcept", "itemCodeableConcept":
		return in | inCode
	case "identifier", "extension", "modifierExtension":
		return in &^ (inCategory | inCode)
	}
	return in
}

// textOr returns a string, or walks over what else stands there.
func (w *walk) textOr(in place) []byte {
	if w.peek() == '"' {
		return w.string()
	}
	w.value(in)
	return nil
}

// string returns a string's content.
func (w *walk) string() []byte {
	b, _ := w.spanned()
	return b
}

// spanned returns a string's content and where it stands.
func (w *walk) spanned() ([]byte, span) {
	at, escaped := w.text()
	if w.err != nil {
		return nil, span{}
	}
	return content(w.b, at, escaped), at
}

// content returns what a string between quotes means.
func content(b []byte, at span, escaped bool) []byte {
	if !escaped {
		return at.of(b)
	}
	var s string
	if json.Unmarshal(b[at.start-1:at.end+1], &s) != nil {
		return nil
	}
	return []byte(s)
}

// reference notes a reference and returns its index, -1 when it points nowhere
// outside the resource.
func (w *walk) reference(link refLink) int {
	if w.peek() != '"' {
		w.value(0)
		return -1
	}
	text, at := w.spanned()
	if len(text) == 0 || text[0] == '#' {
		return -1
	}
	if len(w.facts.refs) == maxRefs {
		w.fail(errTooMany)
		return -1
	}
	w.facts.refs = append(w.facts.refs, ref{span: at, link: link})
	w.facts.asks = w.facts.asks || bytes.IndexByte(text, '?') >= 0
	return len(w.facts.refs) - 1
}

// inlineLabel is the extension by which a part of a record carries its own
// security label (HL7 Data Segmentation for Privacy).
const inlineLabel = "extension-inline-sec-label"

// url looks at an attachment's or an extension's address. It returns the place
// that an extension makes of its members. A label whose members came before its
// name is not understood any more, so it counts as one that names no class.
func (w *walk) url(valued bool) place {
	if w.peek() != '"' {
		w.value(0)
		return 0
	}
	start := w.i
	text := w.string()
	switch {
	case bytes.HasSuffix(text, []byte(inlineLabel)):
		w.restricted = w.restricted || valued
		return inLabel
	case bytes.HasPrefix(text, []byte("Binary/")), bytes.HasPrefix(text, []byte("urn:uuid:")), bytes.Contains(text, []byte("/Binary/")):
		w.i = start
		w.reference(byURL)
	}
	return 0
}

// subject notes whom the record is about: the first reference in the member. An
// account may be several people's.
func (w *walk) subject() {
	before := len(w.facts.refs)
	w.value(0)
	if len(w.facts.refs) == before {
		return
	}
	w.once(w.facts.subject < 0)
	w.facts.subject = int32(before)
	w.facts.others = int32(len(w.facts.refs) - before - 1)
}
