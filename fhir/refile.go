package fhir

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"carekey/consent"
)

// ErrOtherPatient means that records to be filed are not all about one patient.
var ErrOtherPatient = errors.New("the records are not all about one patient")

// RefileKey says under what a transfer's records are filed. The ids at the
// destination come from the transfer, the use and the ids at the source alone,
// so that filing twice is filing once.
type RefileKey struct {
	Transfer    string // the transfer's log id
	Use         uint64 // which use of the transfer, from 1
	Patient     string // id of the Patient resource at the destination
	Source      Party
	Destination Party
	At          time.Time // when the records were received
}

// Party is an institution as it is named in resources.
type Party struct {
	ID   string // in the registry
	Name string
}

// Refile returns the transaction that files b at the destination: every resource
// under an id of its own there, references rewritten, all about the
// destination's own Patient; with Provenance that names them and an AuditEvent
// of the import. The source's Patient is not filed. The error is
// [ErrOtherPatient], or that key.Patient is no id.
//
// A reference to what is not in b must not hit what happens to have that id at
// the destination: it becomes a logical one (R4 §2.3.0.2), an identifier derived
// like the ids.
func Refile(b Bundle, key RefileKey) (Transaction, error) { return b.Outline().Refile(key) }

// Refile is [Refile].
func (o Outline) Refile(key RefileKey) (Transaction, error) {
	b := o.bundle
	if !validID(key.Patient) {
		return Transaction{}, fmt.Errorf("%q is no id of a Patient resource", clean(key.Patient))
	}
	f := &filing{outline: o, bundle: b, key: key, links: b.links(), ids: make([]string, len(b.Entries))}
	if err := f.checkPatient(); err != nil {
		return Transaction{}, err
	}
	records := 0
	for i, r := range b.Entries {
		f.ids[i] = f.id(r.Type, r.ID)
		if r.Type != "Patient" {
			records++
		}
	}
	provenances := (records + maxTargets - 1) / maxTargets
	return Transaction{Name: f.id("AuditEvent", "import"), Len: records + provenances + 1, All: f.all}, nil
}

// filing is the work of one call of Refile.
type filing struct {
	outline Outline
	bundle  Bundle // of the outline
	key     RefileKey
	links   links
	patient int32    // entry of the source's Patient, -1 for none
	named   []byte   // without one: how the records name whom they are about
	ids     []string // of the entries, at the destination
}

// all makes the resources of the transaction: the records, then what says where
// they came from, and that they came.
func (f *filing) all(yield func(Update, error) bool) {
	switch err := f.records(yield); {
	case errors.Is(err, errEnough):
	case err != nil:
		yield(Update{}, err)
	default:
		f.origins(yield)
	}
}

// errEnough means that nobody asks for more.
var errEnough = errors.New("enough")

// records makes the records as they are at the destination.
func (f *filing) records(yield func(Update, error) bool) error {
	var re rewriter
	return f.outline.each(func(i int32, r Resource) error {
		if r.Type == "Patient" {
			return nil
		}
		if !yield(Update{Type: r.Type, ID: f.ids[i], Raw: re.rewritten(f, i, r)}, nil) {
			return errEnough
		}
		return nil
	})
}

// origins makes what says where the records came from, and that they came.
func (f *filing) origins(yield func(Update, error) bool) {
	var targets []Reference
	for i, r := range f.bundle.Entries {
		if r.Type != "Patient" {
			targets = append(targets, Reference{Reference: r.Type + "/" + f.ids[i]})
		}
	}
	n := 0
	for part := range slices.Chunk(targets, maxTargets) {
		id := f.id("Provenance", strconv.Itoa(n))
		if !yield(Update{Type: "Provenance", ID: id, Raw: encode(f.provenance(id, part))}, nil) {
			return
		}
		n++
	}
	id := f.id("AuditEvent", "import")
	yield(Update{Type: "AuditEvent", ID: id, Raw: encode(f.importEvent(id))}, nil)
}

// checkPatient finds the one patient that all records must be about.
func (f *filing) checkPatient() error {
	f.patient = -1
	for i, r := range f.bundle.Entries {
		if r.Type != "Patient" {
			continue
		}
		if f.patient >= 0 {
			return ErrOtherPatient
		}
		f.patient = int32(i)
	}
	for i, r := range f.bundle.Entries {
		if !f.aboutPatient(int32(i), r) {
			return ErrOtherPatient
		}
	}
	return nil
}

func (f *filing) aboutPatient(i int32, r Resource) bool {
	if f.patient >= 0 {
		return f.bundle.about(i, f.links, f.patient)
	}
	at := r.known().subject
	if at < 0 {
		return true
	}
	text := r.written(int(at))
	if f.named == nil {
		f.named = text
	}
	return bytes.Equal(f.named, text)
}

// id is a resource's id at the destination: a UUID (RFC 9562, version 8) made of
// a digest, as some servers take nothing else.
func (f *filing) id(resourceType, id string) string {
	sum := consent.Sum(consent.Encode([]any{"carekey/filed/1", f.key.Transfer, f.key.Use, resourceType, id}))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// edit puts text in the place of a part of a resource's bytes.
type edit struct {
	span
	text []byte
}

// rewriter is the memory in which one resource after the other is rewritten.
type rewriter struct {
	edits []edit
	out   []byte
}

// rewritten returns a resource with the id and the references it has at the
// destination. It stays until the next one is.
func (re *rewriter) rewritten(f *filing, i int32, r Resource) []byte {
	edits := append(re.edits[:0], editID(r, f.ids[i]))
	for at := range r.known().refs {
		edits = append(edits, f.editRef(r, at, f.links.of(i)[at]))
	}
	slices.SortFunc(edits, func(a, b edit) int { return int(a.start) - int(b.start) })
	out, done := re.out[:0], uint32(0)
	for _, e := range edits {
		out = append(append(out, r.Raw[done:e.start]...), e.text...)
		done = e.end
	}
	re.edits, re.out = edits, append(out, r.Raw[done:]...)
	return re.out
}

// editID changes the id, or puts one in behind the opening brace.
func editID(r Resource, id string) edit {
	if at := r.known().id; at.end > 0 {
		return edit{at, []byte(id)}
	}
	open := uint32(bytes.IndexByte(r.Raw, '{') + 1)
	return edit{span{open, open}, []byte(`"id":"` + id + `",`)}
}

// editRef changes reference number i to where it leads at the destination.
func (f *filing) editRef(r Resource, i int, target int32) edit {
	at, text := r.known().refs[i], r.named(i)
	switch {
	case target >= 0 && target == f.patient, target < 0 && f.patient < 0 && f.named != nil && text == string(f.named):
		return edit{at.span, []byte("Patient/" + f.key.Patient)}
	case target >= 0:
		return edit{at.span, []byte(f.bundle.Entries[target].Type + "/" + f.ids[target])}
	case isAbsolute(text):
		return edit{at.span, at.of(r.Raw)}
	case at.link == byURL:
		return edit{at.span, []byte("urn:uuid:" + f.id("", text))}
	case at.link == byKnownName:
		return edit{text: nil, span: memberAt(r.Raw, at.span)}
	}
	return edit{span{nameStart(r.Raw, at.start), at.end + 1}, f.logical(text)}
}

// isAbsolute tells whether a reference leads to one fixed place wherever it
// stands.
func isAbsolute(reference string) bool {
	u, err := url.Parse(reference)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https")
}

// logical is a member that names what is not there: by its own number when the
// reference asked for one, else by the id it would have.
func (f *filing) logical(reference string) []byte {
	id := Identifier{System: systemURI, Value: "urn:uuid:" + f.id("", reference)}
	if system, value, ok := askedNumber(reference); ok {
		id = Identifier{System: system, Value: value}
	}
	return append([]byte(`"identifier":`), encode(id)...)
}

// askedNumber reads the number in "Type?identifier=system|value".
func askedNumber(reference string) (system, value string, ok bool) {
	_, query, ok := strings.Cut(reference, "?")
	if !ok {
		return "", "", false
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", "", false
	}
	system, value, ok = strings.Cut(values.Get("identifier"), "|")
	return system, value, ok && system != "" && value != ""
}

// nameStart returns where the member begins whose string value begins at start.
// Names have no escapes, so the quotes before it are the name's.
func nameStart(raw []byte, start uint32) uint32 {
	end := bytes.LastIndexByte(raw[:start-1], '"')
	return uint32(bytes.LastIndexByte(raw[:end], '"'))
}

// memberAt is the member whose string value is at, with one of the commas beside
// it: it is never the only member.
func memberAt(raw []byte, at span) span {
	s := scanner{b: raw, i: int(at.end) + 1}
	whole := span{nameStart(raw, at.start), at.end + 1}
	if s.peek() == ',' {
		whole.end = uint32(s.i + 1)
		return whole
	}
	whole.start = uint32(bytes.LastIndexByte(raw[:whole.start], ','))
	return whole
}
