package fhir

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// clean returns s without what could disturb a screen or deceive its reader:
// control and format characters (escape sequences, direction overrides, zero
// widths) go, any white space is one blank.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	blank := true // leading blanks go too
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
		case r == utf8.RuneError || !unicode.IsPrint(r):
		default:
			b.WriteRune(r)
			blank = false
		}
	}
	return strings.TrimRight(b.String(), " ")
}

func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.Contains(s, "  ") && strings.TrimSpace(s) == s
}
