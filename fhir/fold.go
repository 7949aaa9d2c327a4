package fhir

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// fold returns a name in a form in which two spellings of one name agree: in
// compatibility form, small letters, without the marks on Latin and Greek
// letters. In other scripts a mark is a letter of its own (が is not か), so there
// marks stay.
func fold(name string) string {
	name = cases.Fold().String(norm.NFKC.String(clean(name)))
	var b strings.Builder
	marked := false // the letter before may lose its marks
	for _, r := range norm.NFD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r):
			if marked {
				continue
			}
			b.WriteRune(r)
		default:
			marked = unicode.In(r, unicode.Latin, unicode.Greek)
			b.WriteString(plainLetter(r))
		}
	}
	return norm.NFC.String(b.String())
}

// plainLetter writes letters that have no decomposition the way people write
// them when they lack the key.
func plainLetter(r rune) string {
	switch r {
	case 'ø':
		return "o"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'đ', 'ð':
		return "d"
	case 'ł':
		return "l"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	case 'ħ':
		return "h"
	}
	return string(r)
}

// expanded writes ä, ö, ü, ø and å with two letters, as German and Nordic
// documents do without those keys.
var expanded = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ø", "oe", "å", "aa", "Ä", "ae", "Ö", "oe", "Ü", "ue", "Ø", "oe", "Å", "aa")

// spellings returns the forms under which a name may agree with another.
func spellings(name string) []string {
	name = norm.NFC.String(name)
	forms := []string{fold(name), fold(expanded.Replace(name))}
	return slices.Compact(forms)
}

// sameName tells whether two names are one in some spelling.
func sameName(a, b string) bool {
	forms := spellings(b)
	return slices.ContainsFunc(spellings(a), func(f string) bool { return slices.Contains(forms, f) })
}

// nameParts splits a name at blanks and hyphens; apostrophes and full stops are
// no part of it.
func nameParts(name string) []string {
	return strings.FieldsFunc(dropApostrophes(name), func(r rune) bool {
		return unicode.IsSpace(r) || r == '-' || unicode.Is(unicode.Pd, r)
	})
}

func dropApostrophes(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("'’‘`´ʼ.,", r) {
			return -1
		}
		return r
	}, name)
}
