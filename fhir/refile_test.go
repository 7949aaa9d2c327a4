package fhir_test

import (
	"time"

	"carekey/fhir"
)

func refileKey() fhir.RefileKey {
	return fhir.RefileKey{
		Transfer:    "7f3a",
		Use:         1,
		Patient:     "p-77",
		Source:      fhir.Party{ID: "aa01", Name: "City Hospital"},
		Destination: fhir.Party{ID: "bb02", Name: "Heart Clinic"},
		At:          time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC),
	}
}
