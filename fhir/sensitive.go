package fhir

import (
	"bytes"
	"math/bits"

	"carekey/consent"
)

// classSet is a set of sensitive classes as bits; bit 0 is the class that
// nobody can name.
type classSet uint8

// unclear marks a record that is labelled as restricted without a class that a
// patient could tick. It is always left out.
const unclear classSet = 1

func setOfClass(c consent.Sensitive) classSet { return 1 << c }

func setOfClasses(classes []consent.Sensitive) (set classSet) {
	for _, c := range classes {
		set |= setOfClass(c)
	}
	return set
}

// list returns the classes that have a name, sorted.
func (s classSet) list() []consent.Sensitive {
	if s&^unclear == 0 {
		return nil
	}
	list := make([]consent.Sensitive, 0, bits.OnesCount8(uint8(s)))
	for _, c := range consent.SensitiveClasses() {
		if s&setOfClass(c) != 0 {
			list = append(list, c)
		}
	}
	return list
}

// The bits of the six classes, for the tables.
const (
	mental    classSet = 1 << consent.MentalHealth
	substance classSet = 1 << consent.SubstanceUse
	hiv       classSet = 1 << consent.HIV
	sexual    classSet = 1 << consent.SexualHealth
	genetic   classSet = 1 << consent.Genetics
	violence  classSet = 1 << consent.Violence
)

// code judges one coding or one piece of text that names a thing.
func (w *walk) code(c coding, in place) {
	f := &w.facts
	if in&inLabel != 0 {
		w.label(c)
		return
	}
	if in&inCategory != 0 {
		w.about |= categories[string(c.code)]
	}
	if len(c.code) > 0 {
		f.classes |= codeClass(c.system, c.code)
		if in&inCode != 0 && vitalSigns[string(c.code)] {
			w.about |= aboutVitals
		}
	}
	if in&inCode != 0 || isMedicineSystem(c.system) {
		f.classes |= nameClass(c.display) | nameClass(c.text)
	}
}

// typeClass is the class that a resource has by its type alone.
func typeClass(resourceType string) classSet {
	if resourceType == "MolecularSequence" {
		return genetic
	}
	return 0
}

// label judges one security label (R4 Resource.meta.security).
func (w *walk) label(c coding) {
	if c.code == nil {
		w.facts.classes |= unclear
		return
	}
	switch system := c.system; {
	case isSystem(system, "v3-Confidentiality", "2.16.840.1.113883.5.25"):
		w.confidentiality(c.code)
	case isSystem(system, "v3-ActCode", "2.16.840.1.113883.5.4"):
		class, known := labels[string(c.code)]
		if !known {
			class = unclear
		}
		w.facts.classes |= class
	case isSystem(system, "v3-ActReason", "2.16.840.1.113883.5.8"), isSystem(system, "v3-ObservationValue", "2.16.840.1.113883.5.1063"):
		// Purposes of use and marks of integrity restrict no class of records.
	default:
		w.facts.classes |= unclear
	}
}

// confidentiality judges a level: normal and below say nothing; restricted and
// very restricted need a class to explain them; anything else is unknown.
func (w *walk) confidentiality(level []byte) {
	switch string(level) {
	case "U", "L", "M", "N":
	case "R", "V":
		w.restricted = true
	default:
		w.facts.classes |= unclear
	}
}

// isSystem tells whether a system is the HL7 v3 code system of that name, under
// its present address, the one before (…/v3/ActCode) or its object identifier.
func isSystem(system []byte, name, oid string) bool {
	switch string(system) {
	case "http://terminology.hl7.org/CodeSystem/" + name,
		"https://terminology.hl7.org/CodeSystem/" + name,
		"http://hl7.org/fhir/v3/" + name[len("v3-"):],
		"http://hl7.org/fhir/" + name,
		"urn:oid:" + oid, oid:
		return true
	}
	return false
}

// codeClass looks a code up in the lists of its system.
func codeClass(system, code []byte) classSet {
	switch string(system) {
	case "http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96":
		return snomed[string(code)]
	case "http://loinc.org", "urn:oid:2.16.840.1.113883.6.1":
		return loinc[string(code)]
	case "http://www.whocc.no/atc", "urn:oid:2.16.840.1.113883.6.73":
		return prefixClass(atc, code)
	case "http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88":
		return rxnorm[string(code)]
	}
	if isICD10(system) {
		return icdClass(code)
	}
	return 0
}

// isICD10 knows the national editions too (…/icd-10-cm, …/icd-10-gm, …).
func isICD10(system []byte) bool {
	return bytes.HasPrefix(system, []byte("http://hl7.org/fhir/sid/icd-10")) ||
		bytes.HasPrefix(system, []byte("http://fhir.de/CodeSystem/bfarm/icd-10")) ||
		bytes.HasPrefix(system, []byte("http://fhir.de/CodeSystem/dimdi/icd-10")) ||
		bytes.HasPrefix(system, []byte("urn:oid:2.16.840.1.113883.6.3")) ||
		bytes.HasPrefix(system, []byte("urn:oid:2.16.840.1.113883.6.90"))
}

// icdClass judges an ICD-10 code with or without its dot.
func icdClass(code []byte) classSet {
	if len(code) < 3 {
		return 0
	}
	var plain [8]byte
	n := 0
	for _, c := range code {
		if c != '.' && n < len(plain) {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			plain[n] = c
			n++
		}
	}
	if n >= 3 && plain[0] == 'F' {
		return chapterF(plain[1], plain[2])
	}
	return prefixClass(icd10, plain[:n])
}

// chapterF is mental and behavioural disorders: F10–F19 are by substances,
// except F17, tobacco, which people do not hide.
func chapterF(tens, ones byte) classSet {
	if tens != '1' {
		return mental
	}
	if ones == '7' {
		return 0
	}
	return substance
}

// prefixClass returns the class of the longest listed prefix of a code.
func prefixClass(list map[string]classSet, code []byte) classSet {
	for n := min(len(code), 7); n >= 2; n-- {
		if class, listed := list[string(code[:n])]; listed {
			return class
		}
	}
	return 0
}

// isMedicineSystem tells systems whose display is the medicine's name.
func isMedicineSystem(system []byte) bool {
	switch string(system) {
	case "http://www.nlm.nih.gov/research/umls/rxnorm", "http://hl7.org/fhir/sid/ndc", "http://www.whocc.no/atc", "http://dmd.nhs.uk":
		return true
	}
	return false
}

// nameClass looks for the names of sensitive medicines among the words of a
// text. Product codes are many and change; the names in them do not.
func nameClass(text []byte) (class classSet) {
	var word [24]byte
	n := 0
	for _, c := range text {
		switch {
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case c < 'a' || c > 'z':
			class |= wordClass(word[:n])
			n = 0
			continue
		}
		if n < len(word) {
			word[n] = c
			n++
		}
	}
	return class | wordClass(word[:n])
}

func wordClass(word []byte) classSet {
	if len(word) < 4 {
		return 0
	}
	return medicines[string(word)]
}
