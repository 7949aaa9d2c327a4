package fhir

import (
	"slices"

	"carekey/consent"
)

// KeptBack says that a record system gave none, or not all, of a patient's
// resources of one type.
func KeptBack(resourceType string) Omission {
	return Omission{Reason: Withheld, Count: 1, Examples: []string{short(resourceType, maxExample)}}
}

// Concerning drops from omissions the kinds that a record system kept back and
// of which the scope wants none: that says something about a server, and
// nothing about what was asked for.
func Concerning(scope consent.Scope, omitted []Omission) []Omission {
	return slices.DeleteFunc(slices.Clone(omitted), func(o Omission) bool {
		return o.Reason == Withheld && len(o.Examples) == 1 && !slices.ContainsFunc(recordTypesOf(o.Examples[0]), func(t consent.RecordType) bool {
			return slices.Contains(scope.Types, t)
		})
	})
}

// recordTypesOf are the record types that resources of an R4 type can have.
func recordTypesOf(resourceType string) []consent.RecordType {
	k := kindOf(resourceType)
	if k.role != record {
		return nil
	}
	var types []consent.RecordType
	for about := topic(0); about < topicEnd; about++ {
		if t := refine(resourceType, k.record, about); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

// WithheldTypes are the types of resources that the manifest names as kept back
// by a record system; it names at most five.
func (m Manifest) WithheldTypes() []string {
	for _, o := range m.Omitted {
		if o.Reason == Withheld {
			return o.Examples
		}
	}
	return nil
}

// Withheld are the record types of which a record system kept some back, as far
// as the manifest names them.
func (m Manifest) Withheld() []consent.RecordType {
	var types []consent.RecordType
	for _, name := range m.WithheldTypes() {
		types = append(types, recordTypesOf(name)...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}
