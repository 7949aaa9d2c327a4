package fhir

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"carekey/consent"
)

// The limits of demographics; what is over them is left out, which can only
// make a match less certain.
const (
	maxNames       = 8   // given names
	maxIdentifiers = 32  // identifiers, and telephone numbers and e-mail addresses
	maxItem        = 256 // bytes of one item
)

// Demographics is what tells one person from another.
type Demographics struct {
	_           struct{} `cbor:",toarray"`
	Family      string
	Given       []string
	BirthDate   consent.Date // a whole day, or empty
	Sex         string       // FHIR administrative gender: male, female, other, unknown; or empty
	Identifiers []PersonID   // sorted, distinct
	Contacts    []string     // telephone numbers and e-mail addresses, as written
}

// PersonID is a number or name that an authority gave to a person.
type PersonID struct {
	_      struct{} `cbor:",toarray"`
	System string   // who gave it, a URI
	Value  string
}

// person is the part of a Patient that says who it is.
type person struct {
	Name       []HumanName    `json:"name"`
	BirthDate  string         `json:"birthDate"`
	Gender     string         `json:"gender"`
	Identifier []Identifier   `json:"identifier"`
	Telecom    []ContactPoint `json:"telecom"`
}

// DemographicsOf reads who a Patient is. What is missing or malformed stays
// empty, and [Match] then refuses.
func DemographicsOf(r Resource) Demographics {
	var p person
	if r.Type != "Patient" || json.Unmarshal(r.Raw, &p) != nil {
		return Demographics{}
	}
	d := Demographics{Sex: item(p.Gender), Identifiers: personIDs(p.Identifier)}
	if n, ok := presentName(p.Name); ok {
		d.Family = item(n.Family)
		for _, g := range n.Given {
			if g = item(g); g != "" && len(d.Given) < maxNames {
				d.Given = append(d.Given, g)
			}
		}
	}
	if day := consent.Date(p.BirthDate); day.Valid() {
		d.BirthDate = day
	}
	for _, c := range p.Telecom {
		if v := item(c.Value); v != "" && c.Use != "old" && len(d.Contacts) < maxIdentifiers {
			d.Contacts = append(d.Contacts, v)
		}
	}
	return d
}

// item returns one item as it may be kept: clean and not too long.
func item(s string) string {
	if len(s) > maxItem || !utf8.ValidString(s) {
		return ""
	}
	return clean(s)
}

// presentName chooses the name that a person has now: the official one, else
// the usual one, else one without a use. Maiden names, nicknames and names that
// ended are never it.
func presentName(names []HumanName) (HumanName, bool) {
	for _, use := range []string{"official", "usual", ""} {
		for _, n := range names {
			if n.Use == use && (n.Period == nil || n.Period.End == "") {
				return n, true
			}
		}
	}
	return HumanName{}, false
}

func personIDs(list []Identifier) []PersonID {
	var ids []PersonID
	for _, i := range list {
		id := PersonID{System: item(i.System), Value: item(i.Value)}
		if id.System != "" && id.Value != "" && i.Use != "old" && len(ids) < maxIdentifiers {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b PersonID) int {
		if c := strings.Compare(a.System, b.System); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
	return slices.Compact(ids)
}

// identifiersOf reads the identifiers of any resource.
func identifiersOf(r Resource) []Identifier {
	var has struct {
		Identifier json.RawMessage `json:"identifier"`
	}
	var list []Identifier
	if json.Unmarshal(r.Raw, &has) != nil || json.Unmarshal(has.Identifier, &list) != nil {
		return nil
	}
	return list
}
