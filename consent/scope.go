package consent

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// RecordType is a kind of record in people's words; fhir maps it to resource
// types.
type RecordType uint8

// The record types, in the order in which people read them.
const (
	Medicines RecordType = iota + 1
	Allergies
	Conditions
	TestResults
	Vaccinations
	Visits
	Procedures
	VitalSigns
	Letters // letters and notes
	Imaging
	CarePlans
	Devices
	FamilyHistory
	Insurance
	recordTypeEnd
)

// RecordTypes returns every record type in reading order.
func RecordTypes() []RecordType {
	types := make([]RecordType, 0, recordTypeEnd-1)
	for t := Medicines; t < recordTypeEnd; t++ {
		types = append(types, t)
	}
	return types
}

// Known tells whether t is one of [RecordTypes].
func (t RecordType) Known() bool { return t >= Medicines && t < recordTypeEnd }

// Sensitive is a class of records that is left out unless the patient ticks it.
type Sensitive uint8

// The sensitive classes.
const (
	MentalHealth Sensitive = iota + 1
	SubstanceUse
	HIV
	SexualHealth // sexual and reproductive health
	Genetics
	Violence
	sensitiveEnd
)

// SensitiveClasses returns every sensitive class.
func SensitiveClasses() []Sensitive {
	classes := make([]Sensitive, 0, sensitiveEnd-1)
	for c := MentalHealth; c < sensitiveEnd; c++ {
		classes = append(classes, c)
	}
	return classes
}

// Known tells whether c is one of [SensitiveClasses].
func (c Sensitive) Known() bool { return c >= MentalHealth && c < sensitiveEnd }

// Date is an ISO 8601 calendar day ("2026-11-20"); empty means no bound.
type Date string

// Valid tells whether d is empty or a real day.
func (d Date) Valid() bool {
	if d == "" {
		return true
	}
	_, err := time.Parse(time.DateOnly, string(d))
	return err == nil
}

// Scope says which records: types, days (both inclusive, by the record's own
// date) and the sensitive classes that were ticked. Slices are sorted and
// without repetition.
type Scope struct {
	_         struct{} `cbor:",toarray"`
	Types     []RecordType
	From      Date
	To        Date
	Sensitive []Sensitive
}

// Check returns an error if s is not well formed. An empty set of types is
// refused: a scope that names nothing is a mistake, not a narrow wish.
func (s Scope) Check() error {
	if len(s.Types) == 0 {
		return errors.New("the scope names no record type")
	}
	if err := checkSet(s.Types, RecordType.Known, "record type"); err != nil {
		return err
	}
	if err := checkSet(s.Sensitive, Sensitive.Known, "sensitive class"); err != nil {
		return err
	}
	if !s.From.Valid() || !s.To.Valid() {
		return errors.New("the scope has an invalid date")
	}
	if s.From != "" && s.To != "" && s.From > s.To {
		return errors.New("the scope ends before it begins")
	}
	return nil
}

func checkSet[T ~uint8](set []T, known func(T) bool, what string) error {
	for i, v := range set {
		if !known(v) {
			return fmt.Errorf("unknown %s %d", what, v)
		}
		if i > 0 && set[i-1] >= v {
			return fmt.Errorf("%ss are not sorted and distinct", what)
		}
	}
	return nil
}

// Within tells whether everything s allows, outer allows too.
func (s Scope) Within(outer Scope) bool {
	return subset(s.Types, outer.Types) && subset(s.Sensitive, outer.Sensitive) &&
		(outer.From == "" || s.From >= outer.From) &&
		(outer.To == "" || s.To != "" && s.To <= outer.To)
}

func subset[T comparable](inner, outer []T) bool {
	return !slices.ContainsFunc(inner, func(v T) bool { return !slices.Contains(outer, v) })
}
