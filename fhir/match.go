package fhir

import (
	"slices"
	"strings"

	"carekey/consent"
)

// Doubt is a reason why two descriptions may not be of one person.
type Doubt uint8

// The doubts. The numbers are stored: never renumber.
const (
	FamilyDiffers    Doubt = iota + 1 // the family names differ: perhaps a changed surname
	GivenDiffers                      // the given names differ: perhaps twins
	BirthDateDiffers                  // the dates of birth differ
	DayMonthSwapped                   // the dates of birth agree with day and month swapped
	SexDiffers                        // the sexes differ
	NumberDiffers                     // one authority gave two numbers
	NameMissing                       // a name is missing
	BirthDateMissing                  // a whole date of birth is missing
	NothingElse                       // nothing beside name and birth date agrees
)

// Verdict is the answer to whether two descriptions are of one person.
type Verdict struct {
	_      struct{} `cbor:",toarray"`
	Doubts []Doubt  // sorted; none means certain
}

// Certain tells whether there is no doubt. Anything else is a refusal.
func (v Verdict) Certain() bool { return len(v.Doubts) == 0 }

// Match compares two descriptions of a person. It is certain only if family
// name, given names and date of birth agree, nothing speaks against, and one
// more thing that a stranger would not share agrees: a number from the same
// authority, a telephone number or an e-mail address. Spelling, case, accents
// and the order of given names do not matter. Match(a, b) is Match(b, a).
func Match(a, b Demographics) Verdict {
	var v Verdict
	v.doubt(familyDoubt(a.Family, b.Family))
	v.doubt(givenDoubt(a.Given, b.Given))
	v.doubt(birthDoubt(a.BirthDate, b.BirthDate))
	if knownSex(a.Sex) && knownSex(b.Sex) && a.Sex != b.Sex {
		v.doubt(SexDiffers)
	}
	agree, differ := compareNumbers(a.Identifiers, b.Identifiers)
	if differ {
		v.doubt(NumberDiffers)
	}
	if !agree && !shareContact(a.Contacts, b.Contacts) {
		v.doubt(NothingElse)
	}
	slices.Sort(v.Doubts)
	v.Doubts = slices.Compact(v.Doubts)
	return v
}

func (v *Verdict) doubt(d Doubt) {
	if d != 0 {
		v.Doubts = append(v.Doubts, d)
	}
}

func familyDoubt(a, b string) Doubt {
	a, b = strings.Join(nameParts(a), " "), strings.Join(nameParts(b), " ")
	switch {
	case a == "" || b == "":
		return NameMissing
	case !sameName(a, b) && !sameName(strings.ReplaceAll(a, " ", ""), strings.ReplaceAll(b, " ", "")):
		return FamilyDiffers
	}
	return 0
}

// givenDoubt compares given names. In any order they agree if they are the same
// names. If one side has more of them, every name of the other must be among
// them and the name that comes first must be one: "Rosa" may be "Rosa Maria",
// but "Maria" is not, since twins may share a second name.
func givenDoubt(a, b []string) Doubt {
	x, y := givenParts(a), givenParts(b)
	if len(x) == 0 || len(y) == 0 {
		return NameMissing
	}
	switch {
	case len(x) > len(y):
		x, y = y, x
		fallthrough
	case len(x) < len(y):
		if !sameName(x[0], y[0]) || !among(x, y) {
			return GivenDiffers
		}
	case !among(x, y) && !among(y, x):
		return GivenDiffers
	}
	return 0
}

// among tells whether every name of x is a name of y, each one another.
func among(x, y []string) bool {
	rest := slices.Clone(y)
	for _, part := range x {
		i := slices.IndexFunc(rest, func(r string) bool { return sameName(part, r) })
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return true
}

func givenParts(names []string) (parts []string) {
	for _, n := range names {
		parts = append(parts, nameParts(n)...)
	}
	return parts
}

func birthDoubt(a, b consent.Date) Doubt {
	if a == "" || b == "" || !a.Valid() || !b.Valid() {
		return BirthDateMissing
	}
	switch b {
	case a:
		return 0
	case a[:5] + a[8:] + "-" + a[5:7]:
		return DayMonthSwapped
	}
	return BirthDateDiffers
}

func knownSex(s string) bool { return s == "male" || s == "female" || s == "other" }

// compareNumbers tells whether the two share a number, and whether one
// authority gave them different ones only.
func compareNumbers(a, b []PersonID) (agree, differ bool) {
	a, b = plainNumbers(a), plainNumbers(b)
	for _, x := range a {
		met, same := false, false
		for _, y := range b {
			if x.System == y.System {
				met = true
				same = same || slices.Contains(a, y)
			}
		}
		agree = agree || same
		differ = differ || met && !same
	}
	return agree, differ
}

// plainNumbers returns the numbers that have an authority, in plain form.
func plainNumbers(list []PersonID) []PersonID {
	var plain []PersonID
	for _, id := range list {
		if n := plainNumber(id.Value); n != "" && id.System != "" {
			plain = append(plain, PersonID{System: id.System, Value: n})
		}
	}
	return plain
}

// plainNumber drops what people put between the digits and letters of a number.
func plainNumber(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./", r) {
			return -1
		}
		return r
	}, strings.ToUpper(s))
}

func shareContact(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if cx := contact(x); cx != "" && cx == contact(y) {
				return true
			}
		}
	}
	return false
}

const fewestDigits = 7 // a shorter number is an extension, not a telephone

// contact returns an e-mail address or a telephone number in plain form, empty
// if it is neither.
func contact(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if i := strings.IndexByte(s, '@'); i > 0 && strings.Contains(s[i:], ".") {
		return s
	}
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, s)
	if len(digits) < fewestDigits {
		return ""
	}
	return digits
}
