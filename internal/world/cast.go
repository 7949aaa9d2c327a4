package world

import (
	"carekey/consent"
)

// Role names an institution of the cast, as commands and tests call it.
type Role string

// The institutions.
const (
	Hospital Role = "city-hospital" // holds the records
	Clinic   Role = "heart-clinic"  // asks for them
	Lab      Role = "laboratory"
	Board    Role = "board" // issues licences; runs no gateway
)

// Gateways are the roles that run a gateway, in the order of the registry.
func Gateways() []Role { return []Role{Hospital, Clinic, Lab} }

// profile is how an institution of the cast stands in the registry.
type profile struct {
	kind  consent.InstitutionKind
	name  string
	place string
}

func (r Role) profile() profile {
	switch r {
	case Hospital:
		return profile{consent.Hospital, "City Hospital", "12 Harbour Road"}
	case Clinic:
		return profile{consent.Clinic, "Northside Heart Clinic", "4 Linden Square"}
	case Lab:
		return profile{consent.Laboratory, "Bellmoor Laboratory", "89 Mill Lane"}
	}
	return profile{consent.Board, "State Medical Board", "1 Assembly Street"}
}

// Clinician is somebody of the cast who works for an institution.
type Clinician struct {
	Call string // as commands call them
	At   Role
	Name string
	Role string
}

// Clinicians are the people with a licence.
func Clinicians() []Clinician {
	return []Clinician{
		{"dr-weber", Hospital, "Dr. Jonas Weber", "internal medicine"},
		{"dr-okafor", Hospital, "Dr. Ngozi Okafor", "emergency medicine"},
		{"nurse-silva", Hospital, "Marta Silva", "ward nurse"},
		{"dr-lee", Clinic, "Dr. Amina Lee", "cardiology"},
		{"nurse-brandt", Clinic, "Tom Brandt", "cardiac nurse"},
		{"dr-nair", Lab, "Dr. Priya Nair", "laboratory medicine"},
	}
}
