package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"unicode/utf8"

	"carekey/consent"
)

// Why one resource is left out; see [Reason].
var (
	errText    = errors.New("the text is not UTF-8")
	errTwice   = errors.New("a member stands twice")
	errType    = errors.New("the resource type is not one of R4's")
	errNoID    = errors.New("the resource has no usable id")
	errDate    = errors.New("the date is not a date")
	errEmpty   = errors.New("the entry holds no resource")
	errTooMany = errors.New("the resource has too many references")
)

const maxRefs = 1 << 20 // references in one resource

// facts is what decides about a resource, read in one pass over its bytes.
type facts struct {
	role    role
	record  consent.RecordType
	classes classSet
	id      span // of the id's text; zero when there is none
	first   day  // first and last day that the record may tell about; 0 when undated
	last    day
	subject int32 // index in refs of whom the record is about; -1 when it does not say
	asks    bool  // some reference is a search, not a name
	refs    []ref
}

// ref is a reference, by the place of its text.
type ref struct {
	span
	link refLink
}

// refLink tells how a reference stands in its resource.
type refLink uint8

const (
	byReference refLink = iota // Reference.reference
	byKnownName                // the same, and Reference.identifier stands beside it
	byURL                      // Attachment.url
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

// dated is a date of the resource under the name of its member.
type dated struct {
	name       string
	start, end []byte
}

// reading is what one pass over a resource finds.
type reading struct {
	facts        facts
	resourceType string
	id           []byte // nil when there is none
	size         int    // bytes that the resource takes
}

// readResource reads the resource at the beginning of b strictly; depth is how
// many objects and arrays may be open at once. References are collected in
// scratch, which may be nil.
func readResource(b []byte, depth int, scratch []ref) (reading, error) {
	w := walk{scanner: scanner{b: b, max: depth}}
	w.facts.refs = scratch[:0]
	w.facts.subject = -1
	w.resource()
	switch {
	case w.err != nil:
		return reading{}, w.err
	case !utf8.Valid(b[:w.i]):
		return reading{}, errText
	}
	if w.kind = kindOf(w.resourceType); w.kind.role == unknown {
		return reading{}, errType
	}
	if !w.date() {
		return reading{}, errDate
	}
	w.conclude()
	w.facts.refs = slices.Clone(w.facts.refs)
	return reading{facts: w.facts, resourceType: w.resourceType, id: w.idText, size: w.i}, nil
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

// coding is what an object tells that may be a Coding or a CodeableConcept.
type coding struct{ system, code, display []byte }

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
			c.system = w.textOr(in)
		case "code":
			c.code = w.textOr(in | inCode)
		case "display", "text":
			c.display = w.textOr(in)
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
	if c.code != nil || c.display != nil {
		w.code(c, in)
	}
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
	w.facts.refs = append(w.facts.refs, ref{at, link})
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

// subject notes whom the record is about: the first reference in the member.
func (w *walk) subject() {
	before := len(w.facts.refs)
	w.value(0)
	if len(w.facts.refs) == before {
		return
	}
	w.once(w.facts.subject < 0)
	w.facts.subject = int32(before)
}

// dated notes a date or a period.
func (w *walk) dated(name string) {
	for _, d := range w.dates[:w.dateCount] {
		w.once(d.name != name)
	}
	d := dated{name: name}
	switch w.peek() {
	case '"':
		d.start = w.string()
		d.end = d.start
	case '{':
		d.start, d.end = w.period()
	default:
		w.value(0)
		return
	}
	if w.dateCount == len(w.dates) {
		w.fail(errTwice)
		return
	}
	w.dates[w.dateCount] = d
	w.dateCount++
}

// period reads a Period; one without an end goes on, one without a start is
// dated by its end.
func (w *walk) period() (start, end []byte) {
	w.open('{')
	for first := true; ; first = false {
		name, more := w.member(first)
		if !more {
			break
		}
		switch string(name) {
		case "start":
			w.once(start == nil)
			start = w.textOr(0)
		case "end":
			w.once(end == nil)
			end = w.textOr(0)
		default:
			w.value(0)
		}
	}
	return start, end
}

// date chooses the record's own date among those that stand in it. It returns
// false when that one is no date.
func (w *walk) date() bool {
	for _, name := range w.kind.dates {
		for _, d := range w.dates[:w.dateCount] {
			if d.name == name && (d.start != nil || d.end != nil) {
				return w.setDays(d)
			}
		}
	}
	return true
}

func (w *walk) setDays(d dated) bool {
	if d.start == nil {
		d.start = d.end
	}
	first, last, ok := parseDays(d.start)
	if !ok {
		return false
	}
	if d.end != nil {
		begin, end, ok := parseDays(d.end)
		if !ok || end < first {
			return false
		}
		if w.kind.whole && begin != 0 {
			last = max(last, end)
		}
	}
	w.facts.first, w.facts.last = first, last
	return true
}

// conclude draws the last conclusions, when the type is known.
func (w *walk) conclude() {
	f := &w.facts
	if w.resourceType == "MolecularSequence" {
		f.classes |= genetic
	}
	if w.restricted && f.classes == 0 {
		f.classes = unclear
	}
	f.role = w.kind.role
	if f.role == record {
		f.record = refine(w.resourceType, w.kind.record, w.about)
	}
}
