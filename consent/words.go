package consent

import (
	"fmt"
	"strings"
)

var recordTypeNames = [...]string{
	Medicines: "medicines", Allergies: "allergies", Conditions: "conditions",
	TestResults: "test results", Vaccinations: "vaccinations", Visits: "visits",
	Procedures: "procedures", VitalSigns: "vital signs", Letters: "letters and notes",
	Imaging: "imaging", CarePlans: "care plans", Devices: "devices",
	FamilyHistory: "family history", Insurance: "insurance and bills",
}

// String is the record type in people's words, as it stands in signed
// sentences.
func (t RecordType) String() string {
	if !t.Known() {
		return fmt.Sprintf("records of type %d", uint8(t))
	}
	return recordTypeNames[t]
}

// MarshalText gives JSON the words.
func (t RecordType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the words.
func (t *RecordType) UnmarshalText(b []byte) error {
	for _, known := range RecordTypes() {
		if known.String() == string(b) {
			*t = known
			return nil
		}
	}
	return fmt.Errorf("%q is no kind of record", b)
}

var sensitiveNames = [...]string{
	MentalHealth: "mental health", SubstanceUse: "alcohol and drugs", HIV: "HIV",
	SexualHealth: "sexual and reproductive health", Genetics: "genetics", Violence: "violence and abuse",
}

// String is the sensitive class in people's words.
func (c Sensitive) String() string {
	if !c.Known() {
		return fmt.Sprintf("sensitive class %d", uint8(c))
	}
	return sensitiveNames[c]
}

// MarshalText gives JSON the words.
func (c Sensitive) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the words.
func (c *Sensitive) UnmarshalText(b []byte) error {
	for _, known := range SensitiveClasses() {
		if known.String() == string(b) {
			*c = known
			return nil
		}
	}
	return fmt.Errorf("%q is no sensitive class", b)
}

var purposeNames = [...]string{
	PurposeTreatment: "to treat you", PurposeSecondOpinion: "for a second opinion",
	PurposeInsurance: "to settle an insurance matter", PurposeResearch: "for research",
	PurposePublicHealth: "for public health", PurposePatientWish: "because you asked for it",
	PurposeOperations: "to run the institution",
}

// String is the purpose as it ends a sentence.
func (p Purpose) String() string {
	if p < PurposeTreatment || p >= purposeEnd {
		return "for a purpose that is not known here"
	}
	return purposeNames[p]
}

// MarshalText gives JSON the words.
func (p Purpose) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

var basisNames = [...]string{
	BasisCare: "care", BasisGrant: "your permission", BasisTransfer: "a transfer you approved",
	BasisEmergency: "an emergency", BasisLaw: "the law", BasisPayment: "payment",
	BasisOperations: "running the institution",
}

// String is the basis in people's words.
func (b Basis) String() string {
	if b < BasisCare || b >= basisEnd {
		return "a reason that is not known here"
	}
	return basisNames[b]
}

// MarshalText gives JSON the words.
func (b Basis) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// Enumerate joins words as a sentence does: "a, b, and c".
func Enumerate[T fmt.Stringer](items []T) string {
	words := make([]string, len(items))
	for i, item := range items {
		words[i] = item.String()
	}
	switch n := len(words); n {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	case 2:
		return words[0] + " and " + words[1]
	default: // the last comma keeps apart words that have an "and" themselves
		return strings.Join(words[:n-1], ", ") + ", and " + words[n-1]
	}
}

// Known as: "Heart Clinic (Dr. Lee, cardiologist)".
func (p Person) at(institution string) string {
	switch {
	case p.Name == "" && p.Role == "":
		return institution
	case p.Role == "":
		return institution + " (" + p.Name + ")"
	case p.Name == "":
		return institution + " (" + p.Role + ")"
	}
	return institution + " (" + p.Name + ", " + p.Role + ")"
}
