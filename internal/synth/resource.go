package synth

import "carekey/fhir"

// The R4 resources of a record, with the members that are used.
type (
	organization struct {
		ResourceType string         `json:"resourceType"`
		ID           string         `json:"id"`
		Active       bool           `json:"active"`
		Type         []fhir.Concept `json:"type"`
		Name         string         `json:"name"`
	}
	practitioner struct {
		ResourceType  string            `json:"resourceType"`
		ID            string            `json:"id"`
		Identifier    []fhir.Identifier `json:"identifier"`
		Active        bool              `json:"active"`
		Name          []fhir.HumanName  `json:"name"`
		Qualification []qualification   `json:"qualification"`
	}
	qualification struct {
		Code fhir.Concept `json:"code"`
	}
	location struct {
		ResourceType         string         `json:"resourceType"`
		ID                   string         `json:"id"`
		Status               string         `json:"status"`
		Name                 string         `json:"name"`
		ManagingOrganization fhir.Reference `json:"managingOrganization"`
	}
	patient struct {
		ResourceType         string              `json:"resourceType"`
		ID                   string              `json:"id"`
		Identifier           []fhir.Identifier   `json:"identifier"`
		Active               bool                `json:"active"`
		Name                 []fhir.HumanName    `json:"name"`
		Telecom              []fhir.ContactPoint `json:"telecom"`
		Gender               string              `json:"gender"`
		BirthDate            string              `json:"birthDate"`
		Address              []address           `json:"address"`
		MaritalStatus        *fhir.Concept       `json:"maritalStatus,omitempty"`
		Communication        []communication     `json:"communication,omitempty"`
		ManagingOrganization *fhir.Reference     `json:"managingOrganization,omitempty"`
	}
	address struct {
		Line       []string `json:"line"`
		City       string   `json:"city"`
		PostalCode string   `json:"postalCode"`
		Country    string   `json:"country"`
	}
	communication struct {
		Language fhir.Concept `json:"language"`
	}
	encounter struct {
		ResourceType    string         `json:"resourceType"`
		ID              string         `json:"id"`
		Meta            *fhir.Meta     `json:"meta,omitempty"`
		Status          string         `json:"status"`
		Class           fhir.Coding    `json:"class"`
		Type            []fhir.Concept `json:"type"`
		Subject         fhir.Reference `json:"subject"`
		Participant     []participant  `json:"participant"`
		Period          fhir.Period    `json:"period"`
		ReasonCode      []fhir.Concept `json:"reasonCode,omitempty"`
		Location        []encounterAt  `json:"location,omitempty"`
		ServiceProvider fhir.Reference `json:"serviceProvider"`
	}
	participant struct {
		Individual fhir.Reference `json:"individual"`
	}
	encounterAt struct {
		Location fhir.Reference `json:"location"`
	}
	condition struct {
		ResourceType       string          `json:"resourceType"`
		ID                 string          `json:"id"`
		Meta               *fhir.Meta      `json:"meta,omitempty"`
		ClinicalStatus     fhir.Concept    `json:"clinicalStatus"`
		VerificationStatus fhir.Concept    `json:"verificationStatus"`
		Category           []fhir.Concept  `json:"category"`
		Code               fhir.Concept    `json:"code"`
		Subject            fhir.Reference  `json:"subject"`
		Encounter          *fhir.Reference `json:"encounter,omitempty"`
		Onset              string          `json:"onsetDateTime"`
		Abatement          string          `json:"abatementDateTime,omitempty"`
		Recorded           string          `json:"recordedDate"`
		Recorder           fhir.Reference  `json:"recorder"`
	}
	medicationRequest struct {
		ResourceType    string           `json:"resourceType"`
		ID              string           `json:"id"`
		Meta            *fhir.Meta       `json:"meta,omitempty"`
		Status          string           `json:"status"`
		Intent          string           `json:"intent"`
		Medication      fhir.Concept     `json:"medicationCodeableConcept"`
		Subject         fhir.Reference   `json:"subject"`
		Encounter       *fhir.Reference  `json:"encounter,omitempty"`
		AuthoredOn      string           `json:"authoredOn"`
		Requester       fhir.Reference   `json:"requester"`
		ReasonReference []fhir.Reference `json:"reasonReference,omitempty"`
		Dosage          []dosage         `json:"dosageInstruction"`
	}
	dosage struct {
		Text string `json:"text"`
	}
	allergyIntolerance struct {
		ResourceType       string         `json:"resourceType"`
		ID                 string         `json:"id"`
		ClinicalStatus     fhir.Concept   `json:"clinicalStatus"`
		VerificationStatus fhir.Concept   `json:"verificationStatus"`
		Type               string         `json:"type"`
		Category           []string       `json:"category"`
		Criticality        string         `json:"criticality"`
		Code               fhir.Concept   `json:"code"`
		Patient            fhir.Reference `json:"patient"`
		RecordedDate       string         `json:"recordedDate"`
		Reaction           []reaction     `json:"reaction"`
	}
	reaction struct {
		Manifestation []fhir.Concept `json:"manifestation"`
		Severity      string         `json:"severity"`
	}
	observation struct {
		ResourceType   string           `json:"resourceType"`
		ID             string           `json:"id"`
		Meta           *fhir.Meta       `json:"meta,omitempty"`
		Status         string           `json:"status"`
		Category       []fhir.Concept   `json:"category"`
		Code           fhir.Concept     `json:"code"`
		Subject        fhir.Reference   `json:"subject"`
		Encounter      *fhir.Reference  `json:"encounter,omitempty"`
		Effective      string           `json:"effectiveDateTime"`
		Performer      []fhir.Reference `json:"performer"`
		ValueQuantity  *fhir.Quantity   `json:"valueQuantity,omitempty"`
		ValueConcept   *fhir.Concept    `json:"valueCodeableConcept,omitempty"`
		Interpretation []fhir.Concept   `json:"interpretation,omitempty"`
		ReferenceRange []referenceRange `json:"referenceRange,omitempty"`
		Component      []component      `json:"component,omitempty"`
	}
	referenceRange struct {
		Low  *fhir.Quantity `json:"low,omitempty"`
		High *fhir.Quantity `json:"high,omitempty"`
	}
	component struct {
		Code  fhir.Concept  `json:"code"`
		Value fhir.Quantity `json:"valueQuantity"`
	}
	immunization struct {
		ResourceType  string         `json:"resourceType"`
		ID            string         `json:"id"`
		Status        string         `json:"status"`
		VaccineCode   fhir.Concept   `json:"vaccineCode"`
		Patient       fhir.Reference `json:"patient"`
		Occurrence    string         `json:"occurrenceDateTime"`
		PrimarySource bool           `json:"primarySource"`
		LotNumber     string         `json:"lotNumber"`
		Performer     []performer    `json:"performer"`
	}
	performer struct {
		Actor fhir.Reference `json:"actor"`
	}
	procedure struct {
		ResourceType    string           `json:"resourceType"`
		ID              string           `json:"id"`
		Meta            *fhir.Meta       `json:"meta,omitempty"`
		Status          string           `json:"status"`
		Code            fhir.Concept     `json:"code"`
		Subject         fhir.Reference   `json:"subject"`
		Encounter       *fhir.Reference  `json:"encounter,omitempty"`
		Performed       fhir.Period      `json:"performedPeriod"`
		Performer       []performer      `json:"performer"`
		ReasonReference []fhir.Reference `json:"reasonReference,omitempty"`
	}
	diagnosticReport struct {
		ResourceType string           `json:"resourceType"`
		ID           string           `json:"id"`
		Meta         *fhir.Meta       `json:"meta,omitempty"`
		Status       string           `json:"status"`
		Category     []fhir.Concept   `json:"category"`
		Code         fhir.Concept     `json:"code"`
		Subject      fhir.Reference   `json:"subject"`
		Encounter    *fhir.Reference  `json:"encounter,omitempty"`
		Effective    string           `json:"effectiveDateTime"`
		Issued       string           `json:"issued"`
		Performer    []fhir.Reference `json:"performer"`
		Result       []fhir.Reference `json:"result,omitempty"`
		ImagingStudy []fhir.Reference `json:"imagingStudy,omitempty"`
		Conclusion   string           `json:"conclusion,omitempty"`
	}
	imagingStudy struct {
		ResourceType string         `json:"resourceType"`
		ID           string         `json:"id"`
		Status       string         `json:"status"`
		Modality     []fhir.Coding  `json:"modality"`
		Subject      fhir.Reference `json:"subject"`
		Started      string         `json:"started"`
		Description  string         `json:"description"`
		Series       []series       `json:"series"`
	}
	series struct {
		UID               string      `json:"uid"`
		Modality          fhir.Coding `json:"modality"`
		NumberOfInstances int         `json:"numberOfInstances"`
	}
	documentReference struct {
		ResourceType string           `json:"resourceType"`
		ID           string           `json:"id"`
		Meta         *fhir.Meta       `json:"meta,omitempty"`
		Status       string           `json:"status"`
		Type         fhir.Concept     `json:"type"`
		Subject      fhir.Reference   `json:"subject"`
		Date         string           `json:"date"`
		Author       []fhir.Reference `json:"author"`
		Description  string           `json:"description"`
		Content      []content        `json:"content"`
	}
	content struct {
		Attachment attachment `json:"attachment"`
	}
	attachment struct {
		ContentType string `json:"contentType"`
		Language    string `json:"language"`
		Data        []byte `json:"data"`
		Title       string `json:"title"`
		Creation    string `json:"creation"`
	}
	carePlan struct {
		ResourceType string           `json:"resourceType"`
		ID           string           `json:"id"`
		Status       string           `json:"status"`
		Intent       string           `json:"intent"`
		Title        string           `json:"title"`
		Subject      fhir.Reference   `json:"subject"`
		Period       fhir.Period      `json:"period"`
		Author       fhir.Reference   `json:"author"`
		Addresses    []fhir.Reference `json:"addresses"`
		Goal         []fhir.Reference `json:"goal"`
		Activity     []activity       `json:"activity"`
	}
	activity struct {
		Detail activityDetail `json:"detail"`
	}
	activityDetail struct {
		Status      string `json:"status"`
		Description string `json:"description"`
	}
	goal struct {
		ResourceType    string         `json:"resourceType"`
		ID              string         `json:"id"`
		LifecycleStatus string         `json:"lifecycleStatus"`
		Description     fhir.Concept   `json:"description"`
		Subject         fhir.Reference `json:"subject"`
		StartDate       string         `json:"startDate"`
	}
	device struct {
		ResourceType    string         `json:"resourceType"`
		ID              string         `json:"id"`
		Status          string         `json:"status"`
		Manufacturer    string         `json:"manufacturer"`
		ManufactureDate string         `json:"manufactureDate"`
		SerialNumber    string         `json:"serialNumber"`
		DeviceName      []deviceName   `json:"deviceName"`
		Type            fhir.Concept   `json:"type"`
		Patient         fhir.Reference `json:"patient"`
	}
	deviceName struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
	familyMemberHistory struct {
		ResourceType string            `json:"resourceType"`
		ID           string            `json:"id"`
		Status       string            `json:"status"`
		Patient      fhir.Reference    `json:"patient"`
		Date         string            `json:"date"`
		Relationship fhir.Concept      `json:"relationship"`
		Condition    []familyCondition `json:"condition"`
	}
	familyCondition struct {
		Code  fhir.Concept `json:"code"`
		Onset string       `json:"onsetString"`
	}
	coverage struct {
		ResourceType string           `json:"resourceType"`
		ID           string           `json:"id"`
		Status       string           `json:"status"`
		Type         fhir.Concept     `json:"type"`
		SubscriberID string           `json:"subscriberId"`
		Beneficiary  fhir.Reference   `json:"beneficiary"`
		Period       fhir.Period      `json:"period"`
		Payor        []fhir.Reference `json:"payor"`
	}
	claim struct {
		ResourceType   string         `json:"resourceType"`
		ID             string         `json:"id"`
		Status         string         `json:"status"`
		Type           fhir.Concept   `json:"type"`
		Use            string         `json:"use"`
		Patient        fhir.Reference `json:"patient"`
		BillablePeriod fhir.Period    `json:"billablePeriod"`
		Created        string         `json:"created"`
		Provider       fhir.Reference `json:"provider"`
		Priority       fhir.Concept   `json:"priority"`
		Insurance      []insurance    `json:"insurance"`
		Total          money          `json:"total"`
	}
	insurance struct {
		Sequence int            `json:"sequence"`
		Focal    bool           `json:"focal"`
		Coverage fhir.Reference `json:"coverage"`
	}
	money struct {
		Value    float64 `json:"value"`
		Currency string  `json:"currency"`
	}
)
