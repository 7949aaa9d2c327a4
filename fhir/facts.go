package fhir

import (
	"errors"
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
	others  int32 // how many more references stand in the same member
	asks    bool  // some reference is a search, not a name
	refs    []ref
	left    *left // set when the text is not in memory
}

// ref is a reference, by the place of its text.
type ref struct {
	span
	link  refLink
	words bool // Reference.display stands beside it
}

// refLink tells how a reference stands in its resource.
type refLink uint8

const (
	byReference refLink = iota // Reference.reference
	byKnownName                // the same, and Reference.identifier stands beside it
	byURL                      // Attachment.url
)

// reading is what one pass over a resource finds.
type reading struct {
	facts        facts
	resourceType string
	id           []byte // nil when there is none
	size         int    // bytes that the resource takes
}

// readResource reads the resource at the beginning of b strictly; depth is how
// many objects and arrays may be open at once. References are collected in
// scratch, which may be nil, and stay there until they are kept elsewhere.
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
	return reading{facts: w.facts, resourceType: w.resourceType, id: w.idText, size: w.i}, nil
}

// conclude draws the last conclusions, when the type is known.
func (w *walk) conclude() {
	f := &w.facts
	f.classes |= typeClass(w.resourceType)
	if w.restricted && f.classes == 0 {
		f.classes = unclear
	}
	f.role = w.kind.role
	if f.role == record {
		f.record = refine(w.resourceType, w.kind.record, w.about)
	}
}
