package fhir

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"carekey/consent"
)

// Bundle is resources that belong together, in their order.
type Bundle struct {
	Entries []Resource

	byName map[name]int32   // Type and id → entry
	byURL  map[string]int32 // fullUrl → entry, unless it ends in Type and id
	byCode map[string]int32 // "Type?system|value" → entry; only when a reference asks like that
}

// name is a resource's own name.
type name struct{ resourceType, id string }

// NewBundle makes a bundle of entries. Of two with one name the first stands;
// how many were left out for that is returned.
func NewBundle(entries []Resource) (Bundle, int) {
	b := newBundle(len(entries))
	twice := 0
	for _, r := range entries {
		if !b.add(r) {
			twice++
		}
	}
	b.indexCodes()
	return b, twice
}

// Merge makes one bundle of several. Of two resources with one name the first
// stands; how many were left out for that is returned.
func Merge(bundles ...Bundle) (Bundle, int) {
	var entries []Resource
	for _, b := range bundles {
		entries = append(entries, b.Entries...)
	}
	return NewBundle(entries)
}

func newBundle(size int) Bundle {
	return Bundle{
		Entries: make([]Resource, 0, size),
		byName:  make(map[name]int32, size),
		byURL:   map[string]int32{},
	}
}

// add appends r unless its name is taken.
func (b *Bundle) add(r Resource) bool {
	key := name{r.Type, r.ID}
	if _, taken := b.byName[key]; taken {
		return false
	}
	if r.FullURL != "" && !endsInRef(r.FullURL, r.Type, r.ID) {
		if _, taken := b.byURL[r.FullURL]; taken {
			return false
		}
		b.byURL[r.FullURL] = int32(len(b.Entries))
	}
	b.byName[key] = int32(len(b.Entries))
	b.Entries = append(b.Entries, r)
	return true
}

// indexCodes makes the index for conditional references
// (Practitioner?identifier=system|value), if any resource has one.
func (b *Bundle) indexCodes() {
	if !slices.ContainsFunc(b.Entries, asksByCode) {
		return
	}
	b.byCode = make(map[string]int32)
	for i, r := range b.Entries {
		if role := r.known().role; role != support && role != patient {
			continue
		}
		for _, id := range r.identifiers() {
			b.byCode[r.Type+"?"+id.System+"|"+id.Value] = int32(i)
		}
	}
}

func asksByCode(r Resource) bool { return r.known().asks }

// Find returns the resource that a reference names: "Type/id", with or without
// a version, "urn:uuid:…", an absolute address that is some entry's fullUrl, or
// "Type?identifier=system|value".
func (b Bundle) Find(reference string) (Resource, bool) {
	i := b.find([]byte(reference))
	if i < 0 {
		return Resource{}, false
	}
	return b.Entries[i], true
}

// find returns the index of the entry that a reference names, -1 for none.
func (b Bundle) find(reference []byte) int32 {
	if i := b.byRef(reference); i >= 0 {
		return i
	}
	if i, ok := b.byURL[string(reference)]; ok {
		return i
	}
	if head, _, parted := bytes.Cut(reference, []byte("#")); parted {
		return b.find(head)
	}
	if head, _, versioned := bytes.Cut(reference, []byte("/_history/")); versioned {
		return b.find(head)
	}
	if t, query, asks := bytes.Cut(reference, []byte("?")); asks {
		return b.byIdentifier(string(t), string(query))
	}
	return -1
}

// byRef finds "Type/id", or an address that ends like that and is the fullUrl of
// the entry which has that name.
func (b Bundle) byRef(reference []byte) int32 {
	slash := bytes.LastIndexByte(reference, '/')
	if slash < 0 {
		return -1
	}
	start := bytes.LastIndexByte(reference[:slash], '/') + 1
	i, ok := b.byName[name{string(reference[start:slash]), string(reference[slash+1:])}]
	if !ok || start > 0 && b.Entries[i].FullURL != string(reference) {
		return -1
	}
	return i
}

// endsInRef tells whether a fullUrl ends in "/Type/id", as on any server.
func endsInRef(u, resourceType, id string) bool {
	head, ok := strings.CutSuffix(u, id)
	if !ok {
		return false
	}
	if head, ok = strings.CutSuffix(head, "/"); !ok {
		return false
	}
	head, ok = strings.CutSuffix(head, resourceType)
	return ok && strings.HasSuffix(head, "/")
}

func (b Bundle) byIdentifier(resourceType, query string) int32 {
	values, err := url.ParseQuery(query)
	if err != nil || len(values) != 1 {
		return -1
	}
	if i, ok := b.byCode[resourceType+"?"+values.Get("identifier")]; ok {
		return i
	}
	return -1
}

// cutUUID returns the UUID of a urn:uuid name.
func cutUUID(u string) (string, bool) {
	id, ok := strings.CutPrefix(u, "urn:uuid:")
	return id, ok && id != ""
}

// Patients returns the patients in b.
func (b Bundle) Patients() []Resource {
	var found []Resource
	for _, r := range b.Entries {
		if r.Type == "Patient" {
			found = append(found, r)
		}
	}
	return found
}

// Sensitive returns, for each entry of b, the sensitive classes it touches: its
// own, and those of the records it refers to.
func (b Bundle) Sensitive() [][]consent.Sensitive {
	sets := b.classes(b.links())
	lists := make([][]consent.Sensitive, len(sets))
	for i, s := range sets {
		lists[i] = s.list()
	}
	return lists
}
