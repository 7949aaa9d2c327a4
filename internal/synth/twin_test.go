package synth

import "carekey/fhir"

// clara is Rosa's twin: the same family, day of birth, telephone and address.
func clara() person {
	p := rosa()
	p.given = []string{"Clara", "Maria"}
	p.health, p.member, p.email = "610417-2299", "AM-5530-119", "clara.lindqvist@post.example"
	return p
}

// TwinAt returns her twin sister's, who must never be taken for her.
func TwinAt(institution, recordNumber string) fhir.Resource {
	return clara().at(institution, recordNumber)
}
