package fhir

import (
	"encoding/json"
	"slices"
	"strings"

	"carekey/consent"
)

// Narrow cuts b down to what s allows: records by type, by date and by
// sensitive class, and of the people, places and medicines only those that a
// kept record names. A record that is referred to but outside the scope is not
// pulled in; the reference stays and the manifest lists it as dangling. The
// patient is reduced to what identifies: numbers, names, sex, birth date,
// telephone and e-mail.
//
// b must be about one patient. With several in it nothing is kept; see
// [Bundle.Of]. Records of another patient are always left out.
func Narrow(b Bundle, s consent.Scope) (Bundle, Manifest) {
	n := &narrowing{bundle: b, links: b.links(), keep: make([]bool, len(b.Entries))}
	n.filter = newFilter(s)
	n.classes = b.classes(n.links)
	n.patients()
	n.records()
	n.supporting()
	return n.result()
}

// Of returns the part of b that is about one patient of b, and what was left
// out for being about another. Resources that say nothing of a patient stay.
func (b Bundle) Of(patient Resource) (Bundle, []Omission) {
	l := b.links()
	wanted := b.find([]byte(patient.Ref()))
	var kept []Resource
	var omitted []Omission
	for i, r := range b.Entries {
		if b.about(int32(i), l, wanted) {
			kept = append(kept, r)
			continue
		}
		omitted = omit(omitted, OtherPatient, r.Ref())
	}
	part, _ := NewBundle(kept)
	return part, omitted
}

// about tells whether entry i is the wanted patient, about that patient alone,
// or about no patient at all.
func (b Bundle) about(i int32, l links, wanted int32) bool {
	r := b.Entries[i]
	if r.Type == "Patient" {
		return i == wanted
	}
	f := r.known()
	if f.subject < 0 {
		return !b.namesOther(i, l, wanted)
	}
	targets := l.of(i)[f.subject : f.subject+1+f.others]
	for _, t := range targets[1:] {
		if t >= 0 && t != wanted && b.Entries[t].Type == "Patient" {
			return false
		}
	}
	first := targets[0]
	if first >= 0 && b.Entries[first].Type != "Patient" {
		return true // a group or a device
	}
	return first == wanted && first >= 0
}

// namesOther tells whether entry i, which says nowhere whom it is about, names
// another patient than the wanted one: an appointment does so among those who
// take part.
func (b Bundle) namesOther(i int32, l links, wanted int32) bool {
	r := b.Entries[i]
	for at, t := range l.of(i) {
		if t >= 0 {
			if b.Entries[t].Type == "Patient" && t != wanted {
				return true
			}
			continue
		}
		if text := "/" + r.named(at); strings.Contains(text, "/Patient/") {
			return true
		}
	}
	return false
}

// narrowing is the work of one call of Narrow.
type narrowing struct {
	bundle   Bundle
	links    links
	filter   filter
	classes  []classSet
	patient  int32  // entry of the one patient, -1 for none
	several  bool   // there are more
	named    string // without a patient: how the first record names whom it is about
	keep     []bool
	manifest Manifest
}

// filter is a scope made ready for many questions.
type filter struct {
	types    [256]bool
	from, to day
	ticked   classSet
	broken   bool // the scope is not well formed: nothing passes
}

func newFilter(s consent.Scope) filter {
	f := filter{ticked: setOfClasses(s.Sensitive)}
	for _, t := range s.Types {
		f.types[t] = true
	}
	var okFrom, okTo bool
	f.from, okFrom = dayOf(s.From)
	f.to, okTo = dayOf(s.To)
	f.broken = s.Check() != nil || !okFrom || !okTo
	return f
}

// refuses returns why a record is outside the scope, 0 if it is not.
func (f *filter) refuses(r *facts, classes classSet) Reason {
	switch {
	case r.role != record:
		return NoRecord
	case classes&unclear != 0:
		return RestrictedMark
	case classes&^f.ticked != 0:
		return SensitiveRecord
	case f.broken || !f.types[r.record]:
		return OutsideTypes
	case f.from == 0 && f.to == 0:
		return 0
	case r.first == 0:
		return Undated
	case f.from != 0 && r.first < f.from, f.to != 0 && r.last > f.to:
		return OutsideDates
	}
	return 0
}

// records decides about every resource but the supporting ones.
func (n *narrowing) records() {
	for i, r := range n.bundle.Entries {
		f := r.known()
		if f.role == support {
			continue
		}
		reason := n.judge(int32(i), f)
		if reason != 0 {
			n.leave(r, reason)
			continue
		}
		n.keep[i] = true
		if f.role == record {
			n.manifest.count(f.record)
		}
	}
}

func (n *narrowing) judge(i int32, f *facts) Reason {
	switch {
	case n.several || !n.rightPatient(i, f):
		return OtherPatient
	case f.role == patient:
		return 0
	}
	return n.filter.refuses(f, n.classes[i])
}

// patients finds the one patient.
func (n *narrowing) patients() {
	n.patient = -1
	for i, r := range n.bundle.Entries {
		if r.Type == "Patient" {
			n.several = n.patient >= 0
			n.patient = int32(i)
		}
		if n.several {
			return
		}
	}
}

// rightPatient tells whether entry i is about the one patient. Where the patient
// is not in the bundle, all records must name the same one.
func (n *narrowing) rightPatient(i int32, f *facts) bool {
	if n.patient >= 0 {
		return n.bundle.about(i, n.links, n.patient)
	}
	if f.subject < 0 {
		return true
	}
	text := n.bundle.Entries[i].named(int(f.subject))
	if n.named == "" {
		n.named = text
	}
	return text == n.named
}

// supporting keeps what kept resources name, what that names, and so on.
func (n *narrowing) supporting() {
	var work []int32
	for i, kept := range n.keep {
		if kept && n.bundle.Entries[i].known().role == record {
			work = append(work, int32(i))
		}
	}
	for len(work) > 0 {
		i := work[len(work)-1]
		work = work[:len(work)-1]
		for _, t := range n.links.of(i) {
			if t >= 0 && !n.keep[t] && n.supports(t) {
				n.keep[t] = true
				n.manifest.Supporting++
				work = append(work, t)
			}
		}
	}
	for i, r := range n.bundle.Entries {
		if !n.keep[i] && r.known().role == support {
			n.leave(r, NotReferred)
		}
	}
}

// supports tells whether entry t is kept for those who name it. It touches no
// class that they do not touch themselves: see [Bundle.classes].
func (n *narrowing) supports(t int32) bool { return n.bundle.Entries[t].known().role == support }

func (n *narrowing) leave(r Resource, reason Reason) {
	n.manifest.Omitted = omit(n.manifest.Omitted, reason, r.Ref())
}

// result makes the bundle of what was kept and finishes the manifest.
func (n *narrowing) result() (Bundle, Manifest) {
	out := newBundle(n.size())
	for i, r := range n.bundle.Entries {
		if !n.keep[i] {
			continue
		}
		if r.Type == "Patient" {
			r = identifying(r)
		}
		out.add(r)
		n.manifest.Bytes += uint64(r.size())
		n.dangling(int32(i), r)
	}
	out.indexCodes()
	slices.SortFunc(n.manifest.Kept, func(a, b Count) int { return int(a.Type) - int(b.Type) })
	return out, n.manifest
}

func (n *narrowing) size() (kept int) {
	for _, k := range n.keep {
		if k {
			kept++
		}
	}
	return kept
}

// dangling lists the references of a kept resource that lead to nothing kept.
func (n *narrowing) dangling(i int32, r Resource) {
	targets := n.links.of(i)
	for at := range r.known().refs {
		var t int32
		if r.Type == "Patient" { // reduced: its references are no longer those of links
			t = n.bundle.target(r, at)
		} else {
			t = targets[at]
		}
		if t < 0 || !n.keep[t] {
			n.manifest.dangles(r, r.named(at))
		}
	}
}

// identifying returns a Patient reduced to what tells the person from others.
func identifying(r Resource) Resource {
	var p struct {
		ResourceType string          `json:"resourceType"`
		ID           string          `json:"id"`
		Identifier   json.RawMessage `json:"identifier,omitempty"`
		Name         json.RawMessage `json:"name,omitempty"`
		Telecom      json.RawMessage `json:"telecom,omitempty"`
		Gender       json.RawMessage `json:"gender,omitempty"`
		BirthDate    json.RawMessage `json:"birthDate,omitempty"`
	}
	if json.Unmarshal(r.Raw, &p) != nil {
		p.Identifier, p.Name = nil, nil
	}
	p.ResourceType, p.ID = "Patient", r.ID
	raw, err := json.Marshal(p)
	if err != nil {
		raw = []byte(`{"resourceType":"Patient","id":"` + r.ID + `"}`)
	}
	reduced, err := Parse(raw)
	if err != nil {
		reduced = Resource{Type: r.Type, ID: r.ID, Raw: raw, facts: &facts{role: patient, subject: -1}}
	}
	reduced.FullURL = r.FullURL
	return reduced
}
