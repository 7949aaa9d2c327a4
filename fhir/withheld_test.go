package fhir_test

import (
	"slices"
	"testing"

	"carekey/consent"
	"carekey/fhir"
)

// TestWithheldConcernsTheScope: what a record system keeps back is told as far
// as it was asked for.
func TestWithheldConcernsTheScope(t *testing.T) {
	all := []fhir.Omission{
		{Reason: fhir.BadJSON, Count: 2}, fhir.KeptBack("Claim"), fhir.KeptBack("Observation"), fhir.KeptBack("MedicationRequest"),
	}
	for want, types := range map[string][]consent.RecordType{
		"MedicationRequest": {consent.Medicines},
		"Observation":       {consent.VitalSigns}, // some are; which, nobody knows
		"Claim":             {consent.Insurance},
	} {
		var m fhir.Manifest
		m.Add(fhir.Concerning(consent.Scope{Types: types}, all))
		if got := m.WithheldTypes(); !slices.Equal(got, []string{want}) {
			t.Errorf("%v: %v", types, got)
		}
		if !slices.Contains(m.Withheld(), types[0]) || m.Omitted[0].Reason != fhir.BadJSON {
			t.Errorf("%v: %v of %v", types, m.Withheld(), m.Omitted)
		}
		if m.Disclosed().WithheldTypes() == nil || m.Check() != nil {
			t.Errorf("%v: the destination is not told: %v", types, m.Check())
		}
	}
	if got := (fhir.Manifest{}).Withheld(); got != nil {
		t.Errorf("nothing was kept back, and %v is told", got)
	}
	if got := fhir.KeptBack("Claim").String(); got != "kept back by the record system: Claim" {
		t.Errorf("got %q", got)
	}
}
