package fhir

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Reason tells why something was left out.
type Reason uint8

// The reasons. Those up to Restricted come from the scope, the others from the
// records themselves. The numbers are stored: never renumber.
const (
	OutsideTypes    Reason = iota + 1 // its record type was not asked for or not allowed
	OutsideDates                      // it is, or may be, dated outside the wanted days
	Undated                           // it has no date, and only certain days are wanted
	SensitiveRecord                   // it touches a sensitive class that was not ticked
	RestrictedMark                    // it carries a security label that names no known class
	NoRecord                          // it is no record of the patient's health
	NotReferred                       // nothing that was kept needs it
	OtherPatient                      // it is about another patient
	BadJSON                           // it is not well-formed JSON
	TooDeep                           // it is nested too deeply
	UnknownType                       // its type is not one of FHIR R4's
	NoID                              // it has no usable id
	BadDate                           // its date is not a date
	Repeated                          // another record has its name
	NoResource                        // the entry holds no resource
	TooManyRefs                       // it refers to too many others
	Withheld                          // the record system gives none, or not all, of its type; counts types
	reasonEnd
)

var reasonText = [reasonEnd]string{
	OutsideTypes:    "not among the chosen kinds of records",
	OutsideDates:    "outside the chosen dates, or perhaps outside",
	Undated:         "without a date, while only some dates were chosen",
	SensitiveRecord: "sensitive, and its class was not ticked",
	RestrictedMark:  "marked as restricted without a known class",
	NoRecord:        "not a health record",
	NotReferred:     "not needed by what was kept",
	OtherPatient:    "about another patient",
	BadJSON:         "not well-formed",
	TooDeep:         "nested too deeply",
	UnknownType:     "of a type that FHIR R4 does not have",
	NoID:            "without a usable id",
	BadDate:         "with a date that is none",
	Repeated:        "there twice",
	NoResource:      "an entry without a record",
	TooManyRefs:     "with too many references",
	Withheld:        "kept back by the record system",
}

// String says it in words that fit after "left out: ".
func (r Reason) String() string {
	if r == 0 || r >= reasonEnd {
		return "for an unknown reason"
	}
	return reasonText[r]
}

// Scoped tells whether the reason lies in the scope or the patient rather than
// in the quality of the record. The destination is not told of these: that
// something sensitive exists is itself sensitive.
func (r Reason) Scoped() bool { return r <= OtherPatient }

// The limits of what is said about omissions.
const (
	maxExamples = 5   // for each reason
	maxExample  = 100 // bytes
)

// Omission is what was left out for one reason.
type Omission struct {
	_        struct{} `cbor:",toarray"`
	Reason   Reason
	Count    uint32
	Examples []string // references or places such as "entry 12", at most 5
}

// String says what was left out and why; types that were kept back are named.
func (o Omission) String() string {
	if o.Reason == Withheld {
		return o.Reason.String() + ": " + strings.Join(o.Examples, ", ")
	}
	return fmt.Sprintf("%d left out: %s", o.Count, o.Reason)
}

// omit adds one to the omissions for a reason, which stay sorted by reason.
func omit(list []Omission, reason Reason, example string) []Omission {
	return addOmission(list, Omission{Reason: reason, Count: 1, Examples: []string{example}})
}

func addOmission(list []Omission, more Omission) []Omission {
	i, found := slices.BinarySearchFunc(list, more.Reason, func(o Omission, r Reason) int {
		return int(o.Reason) - int(r)
	})
	if !found {
		list = slices.Insert(list, i, Omission{Reason: more.Reason})
	}
	o := &list[i]
	o.Count = sum(o.Count, more.Count)
	for _, e := range more.Examples {
		if len(o.Examples) < maxExamples {
			o.Examples = append(o.Examples, short(e, maxExample))
		}
	}
	return list
}

// sum adds counts; what is too many stays at the most there is.
func sum(a, b uint32) uint32 {
	if a > math.MaxUint32-b {
		return math.MaxUint32
	}
	return a + b
}

// MergeOmissions adds up omissions, sorted by reason.
func MergeOmissions(lists ...[]Omission) []Omission {
	var all []Omission
	for _, list := range lists {
		for _, o := range list {
			all = addOmission(all, o)
		}
	}
	return all
}

// reasonOf is the reason behind a refusal to read a resource.
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, errDeep):
		return TooDeep
	case errors.Is(err, errType):
		return UnknownType
	case errors.Is(err, errNoID):
		return NoID
	case errors.Is(err, errDate):
		return BadDate
	case errors.Is(err, errTooMany):
		return TooManyRefs
	case errors.Is(err, errEmpty):
		return NoResource
	}
	return BadJSON
}

// short returns s without what could disturb a screen, cut to at most n bytes.
func short(s string, n int) string {
	s = clean(s)
	if len(s) <= n {
		return s
	}
	cut := strings.ToValidUTF8(s[:n-len("…")], "")
	return cut + "…"
}
