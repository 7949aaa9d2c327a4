package card

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Most columns of a terminal that a card's own words may take: what is longer ends
// with three points.
const (
	maxOf  = 60
	maxFor = 160
	maxDo  = 400
)

const (
	maxMarks    = 3  // on one letter: more paint over the lines around it
	bytesColumn = 16 // that are looked at for each column
	more        = "…"
	moreColumns = 1
)

// clean makes what somebody typed fit for a card: one line of at most so many
// columns, in composed letters, and nothing that moves, turns or hides what stands
// around it. Whoever finds the card cannot ask whether it looked like this on the
// patient's screen.
func clean(s string, most int) string {
	whole := len(s) <= bytesColumn*most
	if !whole {
		s = beginning(s, bytesColumn*most)
	}
	var kept strings.Builder
	marks, space := 0, false
	for _, r := range norm.NFC.String(strings.ToValidUTF8(s, "\uFFFD")) {
		switch {
		case unicode.IsSpace(r):
			space = kept.Len() > 0
			continue
		case isHidden(r):
			continue
		case isCombining(r):
			if marks++; marks > maxMarks || kept.Len() == 0 || space {
				continue
			}
		default:
			marks = 0
		}
		if space {
			kept.WriteByte(' ')
			space = false
		}
		kept.WriteRune(r)
	}
	return cut(norm.NFC.String(kept.String()), most, whole)
}

// beginning is a text's first bytes, up to the end of a letter.
func beginning(s string, bytes int) string {
	for bytes > 0 && !utf8.RuneStart(s[bytes]) {
		bytes--
	}
	return s[:bytes]
}

// isHidden finds what is not seen and yet does something: controls, whatever turns
// or joins letters, and what no version of Unicode has given a shape.
func isHidden(r rune) bool {
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func isCombining(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) }

// cut shortens a text that takes more columns than it may, or is not whole.
func cut(s string, most int, whole bool) string {
	if whole && columns(s) <= most {
		return s
	}
	taken := 0
	for i, r := range s {
		if taken += columnsOf(r); taken > most-moreColumns {
			s = s[:i]
			break
		}
	}
	return strings.TrimRight(s, " ") + more
}

// columns is how wide a terminal shows a text.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	if isCombining(r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
