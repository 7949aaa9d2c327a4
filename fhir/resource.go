package fhir

import (
	"bytes"
	"encoding/json"

	"carekey/consent"
)

// Resource is one FHIR R4 resource: the bytes it came as, and what tells it
// apart. Make one with [Parse] or [ReadBundle]; its fields are not to be changed
// afterwards.
type Resource struct {
	Type    string          // such as "Observation"
	ID      string          // as in the resource, or the UUID of FullURL when it has none
	FullURL string          // the bundle's name for it; may be empty
	Raw     json.RawMessage // exactly as read; nil inside an [Outline]

	facts *facts
}

// Parse reads one resource under the default limits. It keeps raw.
func Parse(raw []byte) (Resource, error) { return parse(raw, DefaultLimits().Depth) }

func parse(raw []byte, depth int) (Resource, error) {
	found, err := readResource(raw, depth, nil)
	if err != nil {
		return Resource{}, err
	}
	if len(bytes.TrimSpace(raw[found.size:])) > 0 {
		return Resource{}, errSyntax
	}
	return found.resource(raw, "", new(memory))
}

// resource is the resource that was read from raw. It may be known by its
// fullUrl alone.
func (found reading) resource(raw []byte, fullURL string, m *memory) (Resource, error) {
	id := string(found.id)
	if found.id == nil {
		id, _ = cutUUID(fullURL)
	}
	if !validID(id) {
		return Resource{}, errNoID
	}
	return Resource{Type: found.resourceType, ID: id, FullURL: fullURL, Raw: raw, facts: m.keep(found.facts)}, nil
}

// validID tells whether id is a FHIR id (R4 §2.24.0.1).
func validID(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if !isDigit(c) && c != '-' && c != '.' && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// known returns r's facts, reading them if r was made by hand. What cannot be
// read has no record type and is unclear, so nothing keeps it.
func (r Resource) known() *facts {
	if r.facts != nil {
		return r.facts
	}
	found, err := readResource(r.Raw, DefaultLimits().Depth, nil)
	if err != nil {
		return &facts{subject: -1, classes: unclear}
	}
	return &found.facts
}

// RecordType returns what r is in people's words; false when r is no record of
// the patient's health but, say, the patient or a practitioner.
func (r Resource) RecordType() (consent.RecordType, bool) {
	f := r.known()
	return f.record, f.role == record
}

// Date returns the day r is dated: the first one that it may mean when its date
// is partial or a period, empty when it has none.
func (r Resource) Date() consent.Date { return r.known().first.date() }

// Days returns the first and the last day that r may tell about: the whole of
// 2019-05 for a date that says no more, all days of a hospital stay. Both are
// empty when r is undated.
func (r Resource) Days() (first, last consent.Date) {
	f := r.known()
	return f.first.date(), f.last.date()
}

// Sensitive returns the sensitive classes that r touches by its own security
// labels and codes, sorted. What it touches by its references, [Bundle.Sensitive]
// tells.
func (r Resource) Sensitive() []consent.Sensitive { return r.known().classes.list() }

// Restricted tells whether r carries a security label that names no class which
// a patient could tick. Such a record is never moved.
func (r Resource) Restricted() bool { return r.known().classes&unclear != 0 }

// Ref returns r's relative reference, such as "Observation/17".
func (r Resource) Ref() string { return r.Type + "/" + r.ID }

// References returns what r names outside itself, as it is written there:
// references, and addresses of attachments that a record system may hold.
func (r Resource) References() []string {
	known := r.known()
	list := make([]string, len(known.refs))
	for i := range known.refs {
		list[i] = r.named(i)
	}
	return list
}

// written returns r's reference number i as it is written.
func (r Resource) written(i int) []byte {
	known := r.known()
	if known.left != nil {
		return known.left.refs[i]
	}
	return known.refs[i].of(r.Raw)
}

// named returns what r's reference number i means as a JSON string.
func (r Resource) named(i int) string {
	raw := r.written(i)
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	quoted := append(append([]byte{'"'}, raw...), '"')
	return string(content(quoted, span{1, uint32(len(raw) + 1)}, true))
}

// size is how many bytes r's text has.
func (r Resource) size() int {
	if l := r.known().left; l != nil {
		return l.size
	}
	return len(r.Raw)
}

// identifiers are the identifiers of r, which is no record.
func (r Resource) identifiers() []Identifier {
	if l := r.known().left; l != nil {
		return l.ids
	}
	return identifiersOf(r)
}
