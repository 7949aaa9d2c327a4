package profile

import (
	"fmt"
	"regexp"
	"slices"
)

// Name is the validated name of a profile. It is a folder's name and a keyring
// account, and holds nothing that means something to either.
type Name string

// DefaultName is the profile of a person who has only one.
const DefaultName Name = "me"

var nameForm = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9]){0,31}$`)

// devices cannot be folders on Windows; a profile may move there.
var devices = []string{"con", "prn", "aux", "nul"}

var numberedDevice = regexp.MustCompile(`^(com|lpt)[0-9]$`)

// ParseName checks a name that a person chose.
func ParseName(s string) (Name, error) {
	if !nameForm.MatchString(s) || slices.Contains(devices, s) || numberedDevice.MatchString(s) {
		return "", fmt.Errorf("%q cannot be a profile's name: take up to 32 small letters and digits, with single hyphens between", s)
	}
	return Name(s), nil
}
