package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"carekey/fhir"
)

// The demo patient and where her record is.
const (
	Hospital     = "City Hospital"
	RecordNumber = "CH-204817" // Rosa Lindqvist's at City Hospital
)

// The authorities whose numbers appear; the example domain belongs to nobody.
const (
	healthNumber = "https://health-number.example/person"
	memberNumber = "https://alder-mutual.example/member"
	licence      = "https://medical-board.example/licence"
)

// person is who a record is about.
type person struct {
	family    string
	given     []string
	maiden    string
	sex       string
	birthDate string
	health    string // number in the country's health system
	member    string // number at the insurer
	phone     string
	email     string
	line      string
}

func rosa() person {
	return person{
		family: "Lindqvist", given: []string{"Rosa", "Maria"}, maiden: "Ferrante", sex: "female", birthDate: "1961-04-17",
		health: "610417-2281", member: "AM-5530-118", phone: "+46 8 5550 0142", email: "rosa.lindqvist@post.example",
		line: "Linnégatan 14",
	}
}

// PatientAt returns Rosa Lindqvist's Patient resource as another institution
// has it, under its own record number.
func PatientAt(institution, recordNumber string) fhir.Resource {
	return rosa().at(institution, recordNumber)
}

var (
	families = []string{"Berg", "Nakamura", "O'Neill", "Papadopoulos", "Kovács", "Santos", "Weiss", "Adeyemi", "Sørensen", "Petrova", "Haddad", "Müller"}
	women    = []string{"Ida", "Yuki", "Niamh", "Eleni", "Zsófia", "Beatriz", "Hanna", "Folake", "Mette", "Irina", "Leila", "Jana"}
	men      = []string{"Anton", "Kenji", "Ronan", "Nikos", "Gábor", "Tiago", "Jonas", "Tunde", "Lars", "Oleg", "Samir", "Felix"}
)

// StrangerAt returns some other person's Patient resource; the same number is
// the same person.
func StrangerAt(number uint64, institution, recordNumber string) fhir.Resource {
	d := newDice(number)
	p := person{family: families[d.IntN(len(families))], sex: "female", given: []string{women[d.IntN(len(women))]}}
	if d.IntN(2) == 0 {
		p.sex, p.given = "male", []string{men[d.IntN(len(men))]}
	}
	born := date(1930+d.IntN(80), 1+d.IntN(12), 1+d.IntN(28))
	p.birthDate = born.day()
	p.health = born.Format("060102") + "-" + d.digits(4)
	p.member = "AM-" + d.digits(4) + "-" + d.digits(3)
	p.phone = "+46 8 5550 " + d.digits(4)
	p.email = "p" + d.digits(6) + "@post.example"
	p.line = "Hamngatan " + d.digits(2)
	return p.at(institution, recordNumber)
}

// at is the person's Patient resource at an institution.
func (p person) at(institution, recordNumber string) fhir.Resource {
	return made(p.patient(institution, recordNumber), "")
}

func (p person) patient(institution, recordNumber string) patient {
	names := []fhir.HumanName{{Use: "official", Family: p.family, Given: p.given}}
	if p.maiden != "" {
		names = append(names, fhir.HumanName{Use: "maiden", Family: p.maiden, Given: p.given})
	}
	return patient{
		ResourceType: "Patient",
		ID:           uuid("Patient", institution, recordNumber),
		Identifier: []fhir.Identifier{
			numbered("MR", "Medical record number", base(institution)+"record", recordNumber),
			numbered("NI", "National unique individual identifier", healthNumber, p.health),
			numbered("MB", "Member Number", memberNumber, p.member),
		},
		Active:    true,
		Name:      names,
		Telecom:   []fhir.ContactPoint{{System: "phone", Value: p.phone, Use: "mobile"}, {System: "email", Value: p.email}},
		Gender:    p.sex,
		BirthDate: p.birthDate,
		Address:   []address{{Line: []string{p.line}, City: "Ekhamn", PostalCode: "104 62", Country: "SE"}},
		Communication: []communication{
			{Language: coded("urn:ietf:bcp:47", "sv", "Swedish")},
		},
	}
}

func numbered(code, display, system, value string) fhir.Identifier {
	kind := coded("http://terminology.hl7.org/CodeSystem/v2-0203", code, display)
	return fhir.Identifier{Type: &kind, System: system, Value: value}
}

// base is the address of an institution's FHIR server: a made-up name under the
// domain that is reserved for examples (RFC 2606).
func base(institution string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(institution))
	return "https://" + slug + ".example/fhir/"
}

// uuid is a UUID (RFC 9562, version 8) made of a digest of parts.
func uuid(parts ...string) string {
	sum := sha256.Sum256([]byte("carekey/synth/1\x00" + strings.Join(parts, "\x00")))
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// made turns a resource of this package into one of fhir's. Both are written
// here, so a failure is a mistake of the program.
func made(resource any, base string) fhir.Resource {
	raw, err := json.Marshal(resource)
	if err != nil {
		panic("synth: " + err.Error())
	}
	r, err := fhir.Parse(raw)
	if err != nil {
		panic("synth: " + string(raw) + ": " + err.Error())
	}
	if base != "" {
		r.FullURL = base + r.Ref()
	}
	return r
}

// coded is a concept of one code.
func coded(system, code, display string) fhir.Concept {
	return fhir.Concept{Coding: []fhir.Coding{{System: system, Code: code, Display: display}}, Text: display}
}
