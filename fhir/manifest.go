package fhir

import (
	"errors"

	"carekey/consent"
)

// MaxManifest is more bytes than any manifest takes in CBOR.
const MaxManifest = 16 << 10

// Manifest says what a bundle was cut down to: what was kept and what was left
// out, why. It is for the patient and the source; the destination gets
// [Manifest.Disclosed].
type Manifest struct {
	_          struct{}   `cbor:",toarray"`
	Kept       []Count    // by record type, sorted; types without records are not listed
	Supporting uint32     // people, places and medicines that kept records name
	Omitted    []Omission // sorted by reason
	Dangling   Dangling
	Bytes      uint64 // of the kept resources
}

// Count is how many records of a type were kept.
type Count struct {
	_     struct{} `cbor:",toarray"`
	Type  consent.RecordType
	Count uint32
}

// Dangling is the references in kept resources to what was not kept or was
// never there.
type Dangling struct {
	_        struct{} `cbor:",toarray"`
	Count    uint32
	Examples []string // at most 5
}

// Records is how many records were kept.
func (m Manifest) Records() int {
	total := 0
	for _, c := range m.Kept {
		total += int(c.Count)
	}
	return total
}

// Add puts what was left out before narrowing, at reading, into the manifest.
func (m *Manifest) Add(omitted []Omission) { m.Omitted = MergeOmissions(m.Omitted, omitted) }

// Disclosed is what the destination may know: not what lies outside the scope,
// neither how much of it nor its names, for that something sensitive exists is
// itself sensitive. Dangling references it sees in the records anyway.
func (m Manifest) Disclosed() Manifest {
	var open []Omission
	for _, o := range m.Omitted {
		if !o.Reason.Scoped() {
			open = append(open, o)
		}
	}
	m.Omitted = open
	return m
}

// Check returns an error if m is not well formed: a peer made it.
func (m Manifest) Check() error {
	for i, c := range m.Kept {
		if !c.Type.Known() || c.Count == 0 || i > 0 && m.Kept[i-1].Type >= c.Type {
			return errors.New("the manifest counts an unknown or repeated record type")
		}
	}
	for i, o := range m.Omitted {
		if o.Reason == 0 || o.Reason >= reasonEnd || o.Count == 0 || i > 0 && m.Omitted[i-1].Reason >= o.Reason {
			return errors.New("the manifest has an unknown or repeated reason")
		}
		if !goodExamples(o.Examples) {
			return errors.New("the manifest has examples that are too many or too long")
		}
	}
	if !goodExamples(m.Dangling.Examples) {
		return errors.New("the manifest has examples that are too many or too long")
	}
	return nil
}

func goodExamples(list []string) bool {
	for _, e := range list {
		if len(e) > maxExample || clean(e) != e {
			return false
		}
	}
	return len(list) <= maxExamples
}

// count adds one kept record.
func (m *Manifest) count(t consent.RecordType) {
	for i := range m.Kept {
		if m.Kept[i].Type == t {
			m.Kept[i].Count++
			return
		}
	}
	m.Kept = append(m.Kept, Count{Type: t, Count: 1})
}

// dangles adds a reference that leads to nothing kept.
func (m *Manifest) dangles(from Resource, text string) {
	m.Dangling.Count++
	if len(m.Dangling.Examples) < maxExamples {
		m.Dangling.Examples = append(m.Dangling.Examples, short(from.Ref()+" → "+text, maxExample))
	}
}
