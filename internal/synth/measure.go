package synth

import (
	"encoding/json"

	"carekey/fhir"
)

// point is a value in a year; between points a trend is straight.
type point struct{ year, value float64 }

// trend is how a measured value goes over the years.
type trend []point

// at is the trend's value at a time.
func (t trend) at(m moment) float64 {
	year := float64(m.Year()) + float64(m.YearDay())/366
	for i, p := range t {
		if year >= p.year {
			continue
		}
		if i == 0 {
			return p.value
		}
		before := t[i-1]
		return before.value + (p.value-before.value)*(year-before.year)/(p.year-before.year)
	}
	return t[len(t)-1].value
}

// measure is a thing that is measured again and again.
type measure struct {
	code, display string // LOINC
	unit, ucum    string
	digits        int     // behind the point
	scatter       float64 // standard deviation of one measurement
	low, high     float64 // reference range; 0 for none
	trend         trend
}

// The vital signs of every check-up. Treatment begins in 2004 (pressure) and
// 2014 (sugar), and shows.
var (
	systolic = measure{"8480-6", "Systolic blood pressure", "mm[Hg]", "mm[Hg]", 0, 5, 0, 0,
		trend{{1996, 124}, {2003, 149}, {2005, 134}, {2012, 137}, {2020, 131}, {2026, 128}}}
	diastolic = measure{"8462-4", "Diastolic blood pressure", "mm[Hg]", "mm[Hg]", 0, 3, 0, 0,
		trend{{1996, 78}, {2003, 94}, {2005, 84}, {2012, 85}, {2020, 79}, {2026, 76}}}
	pulse = measure{"8867-4", "Heart rate", "beats/minute", "/min", 0, 4, 0, 0,
		trend{{1996, 72}, {2021, 74}, {2022.3, 96}, {2023, 68}, {2026, 66}}}
	weight = measure{"29463-7", "Body weight", "kg", "kg", 1, 0.8, 0, 0,
		trend{{1996, 63}, {2004, 69}, {2014, 79.5}, {2017, 74}, {2021, 76}, {2026, 72.5}}}
)

const height = 1.66 // metres

// yearlyLabs are measured at every blood test, moreLabs at every second.
var (
	yearlyLabs = []measure{
		{"1558-6", "Fasting glucose [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL", 0, 5, 70, 99,
			trend{{1996, 86}, {2008, 97}, {2010, 109}, {2014, 148}, {2015, 124}, {2021, 131}, {2026, 119}}},
		{"4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", "%", 1, 0.1, 4, 5.6,
			trend{{1996, 5.1}, {2008, 5.6}, {2010, 6.0}, {2014, 7.5}, {2015, 6.6}, {2021, 6.9}, {2026, 6.4}}},
		{"2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL", 2, 0.04, 0.5, 1.1,
			trend{{1996, 0.71}, {2012, 0.8}, {2022, 0.97}, {2026, 1.02}}},
		{"2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", "mmol/L", 1, 0.2, 3.5, 5.1,
			trend{{1996, 4.1}, {2005, 4.4}, {2026, 4.5}}},
		{"2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL", 0, 7, 0, 200,
			trend{{1996, 192}, {2007, 248}, {2008, 186}, {2016, 179}, {2026, 164}}},
		{"13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation", "mg/dL", "mg/dL", 0, 6, 0, 130,
			trend{{1996, 118}, {2007, 166}, {2008, 103}, {2016, 96}, {2022, 88}, {2026, 71}}},
	}
	moreLabs = []measure{
		{"2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL", 0, 3, 40, 0,
			trend{{1996, 58}, {2014, 47}, {2026, 52}}},
		{"2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL", 0, 14, 0, 150,
			trend{{1996, 92}, {2014, 182}, {2026, 128}}},
		{"718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", "g/dL", 1, 0.3, 12, 15.5,
			trend{{1996, 13.4}, {2002, 10.6}, {2003, 13.2}, {2026, 13.0}}},
		{"3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "m[IU]/L", "m[IU]/L", 2, 0.25, 0.4, 4.2,
			trend{{1996, 2.1}, {2008, 3.9}, {2009, 6.8}, {2010, 2.2}, {2026, 2.0}}},
	}
)

// quantity is one measurement.
func (c *chart) quantity(m measure, at moment) fhir.Quantity {
	return fhir.Quantity{Value: json.Number(rounded(c.near(m.trend.at(at), m.scatter), m.digits)), Unit: m.unit, System: ucum, Code: m.ucum}
}

// vitals adds what is measured at a check-up.
func (c *chart) vitals(at moment, visit fhir.Reference) {
	pressure := c.observation("vital-signs", "Vital Signs", coded(loinc, "85354-9", "Blood pressure panel with all children optional"), at, visit, "whitlock")
	for _, m := range []measure{systolic, diastolic} {
		pressure.Component = append(pressure.Component, component{Code: coded(loinc, m.code, m.display), Value: c.quantity(m, at)})
	}
	c.add(pressure, "")
	c.measured("vital-signs", "Vital Signs", pulse, at, visit, "whitlock")
	c.measured("vital-signs", "Vital Signs", weight, at, visit, "whitlock")
	if at.Year()%5 == 1 {
		c.bodyMass(at, visit)
	}
}

func (c *chart) bodyMass(at moment, visit fhir.Reference) {
	bmi := c.observation("vital-signs", "Vital Signs", coded(loinc, "39156-5", "Body mass index (BMI) [Ratio]"), at, visit, "whitlock")
	bmi.ValueQuantity = &fhir.Quantity{
		Value: json.Number(rounded(weight.trend.at(at)/height/height, 1)), Unit: "kg/m2", System: ucum, Code: "kg/m2",
	}
	c.add(bmi, "")
}

// labs adds a blood test with its report.
func (c *chart) labs(at moment, visit fhir.Reference, more bool) {
	tests := yearlyLabs
	if more {
		tests = append(tests[:len(tests):len(tests)], moreLabs...)
	}
	results := make([]fhir.Reference, 0, len(tests))
	for _, m := range tests {
		results = append(results, c.measured("laboratory", "Laboratory", m, at, visit, "laboratory"))
	}
	c.add(diagnosticReport{
		ResourceType: "DiagnosticReport",
		ID:           c.id("DiagnosticReport"),
		Status:       "final",
		Category:     []fhir.Concept{coded(hl7+"v2-0074", "LAB", "Laboratory")},
		Code:         coded(loinc, "11502-2", "Laboratory report"),
		Subject:      c.subject,
		Encounter:    some(visit),
		Effective:    at.instant(),
		Issued:       at.plus(1, 0).instant(),
		Performer:    listed(c.people["laboratory"]),
		Result:       results,
	}, "")
}

// measured adds one measurement with its range and whether it is inside.
func (c *chart) measured(kind, kindName string, m measure, at moment, visit fhir.Reference, by string) fhir.Reference {
	o := c.observation(kind, kindName, coded(loinc, m.code, m.display), at, visit, by)
	q := c.quantity(m, at)
	o.ValueQuantity = &q
	if m.low != 0 || m.high != 0 {
		o.ReferenceRange = []referenceRange{m.reference()}
		o.Interpretation = []fhir.Concept{m.interpret(q)}
	}
	return c.add(o, m.display)
}

func (m measure) reference() (r referenceRange) {
	if m.low != 0 {
		r.Low = m.bound(m.low)
	}
	if m.high != 0 {
		r.High = m.bound(m.high)
	}
	return r
}

func (m measure) bound(v float64) *fhir.Quantity {
	return &fhir.Quantity{Value: json.Number(rounded(v, m.digits)), Unit: m.unit, System: ucum, Code: m.ucum}
}

func (m measure) interpret(q fhir.Quantity) fhir.Concept {
	v, _ := q.Value.Float64() // written by rounded
	code, display := "N", "Normal"
	switch {
	case m.low != 0 && v < m.low:
		code, display = "L", "Low"
	case m.high != 0 && v > m.high:
		code, display = "H", "High"
	}
	return coded(hl7+"v3-ObservationInterpretation", code, display)
}

func (c *chart) observation(kind, kindName string, code fhir.Concept, at moment, visit fhir.Reference, by string) observation {
	return observation{
		ResourceType: "Observation",
		ID:           c.id("Observation"),
		Status:       "final",
		Category:     []fhir.Concept{coded(category, kind, kindName)},
		Code:         code,
		Subject:      c.subject,
		Encounter:    some(visit),
		Effective:    at.instant(),
		Performer:    listed(c.people[by]),
	}
}

// finding adds an observation whose value is a concept.
func (c *chart) finding(kind, kindName string, code, value fhir.Concept, at moment, by string, labels ...string) {
	if !c.past(at) {
		return
	}
	o := c.observation(kind, kindName, code, at, fhir.Reference{}, by)
	o.Meta = labelled(labels...)
	o.ValueConcept = &value
	c.add(o, "")
}

// score adds the sum of a questionnaire.
func (c *chart) score(code, display string, value int, at moment, by string) {
	if !c.past(at) {
		return
	}
	o := c.observation("survey", "Survey", coded(loinc, code, display), at, fhir.Reference{}, by)
	o.ValueQuantity = &fhir.Quantity{Value: json.Number(rounded(float64(value), 0)), Unit: "{score}", System: ucum, Code: "{score}"}
	c.add(o, "")
}
