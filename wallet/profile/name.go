package profile

import (
	"fmt"
	"slices"
)

// Name is the validated name of a profile. It is a folder's name and a keyring
// account, and holds nothing that means something to either.
type Name string

// DefaultName is the profile of a person who has only one.
const DefaultName Name = "me"

// devices cannot be folders on Windows; a profile may move there.
var devices = []string{"con", "prn", "aux", "nul"}

// ParseName checks a name that a person chose.
func ParseName(s string) (Name, error) {
	if !wellFormed(s) || slices.Contains(devices, s) || numberedDevice(s) {
		return "", fmt.Errorf("%q cannot be a profile's name: take up to 32 small letters and digits, with single hyphens between", s)
	}
	return Name(s), nil
}

// wellFormed says whether a name is up to 32 small letters and digits with
// single hyphens between.
func wellFormed(s string) bool {
	count, mayEnd := 0, false
	for _, c := range []byte(s) {
		switch {
		case letterOrDigit(c):
			count, mayEnd = count+1, true
		case c == '-' && mayEnd:
			mayEnd = false
		default:
			return false
		}
	}
	return mayEnd && count <= 32
}

func letterOrDigit(c byte) bool { return 'a' <= c && c <= 'z' || digit(c) }

func digit(c byte) bool { return '0' <= c && c <= '9' }

// numberedDevice says whether Windows knows a port by this name.
func numberedDevice(s string) bool {
	return len(s) == 4 && (s[:3] == "com" || s[:3] == "lpt") && digit(s[3])
}
