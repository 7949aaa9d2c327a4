package card

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/bidi"
)

// absent stands on a sheet for a letter that cannot be printed.
const absent = '□'

// inScript tells whether a letter is of a script that the sheet's fonts have, and
// that needs no more than one shape per letter, beside the other. Arabic letters
// would have to be joined, and those of India ordered; the fonts have none of East
// Asia's.
func inScript(r rune) bool {
	return unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Armenian, unicode.Georgian,
		unicode.Common, unicode.Inherited)
}

// letters knows what the sheet's fonts have.
type letters struct{ fonts []*sfnt.Font }

func newLetters() (letters, error) {
	var l letters
	for _, ttf := range [][]byte{dejavusans.TTF, dejavusansbold.TTF} {
		font, err := sfnt.Parse(ttf)
		if err != nil {
			return l, fmt.Errorf("a font of the sheet cannot be read: %w", err)
		}
		l.fonts = append(l.fonts, font)
	}
	return l, nil
}

// printable replaces what cannot be printed, and tells whether there was such.
// Marks go with the letter that they were on.
func (l letters) printable(s string) (text string, all bool) {
	var b strings.Builder
	all = true
	gone := false
	for _, r := range s {
		switch {
		case l.have(r):
			b.WriteRune(r)
			gone = false
		case isCombining(r) && gone:
		default:
			b.WriteRune(absent)
			gone, all = true, false
		}
	}
	return b.String(), all
}

func (l letters) have(r rune) bool {
	if r > 0xffff || !inScript(r) { // the PDF's fonts are numbered in 16 bits
		return false
	}
	for _, f := range l.fonts {
		if glyph, err := f.GlyphIndex(nil, r); err != nil || glyph == 0 {
			return false
		}
	}
	return true
}

// visual puts a line into the order in which its letters stand from left to right,
// as UAX #9 has it for a line that begins at the left and holds no controls.
func visual(line string) string {
	runes := []rune(line)
	var b strings.Builder
	for i := 0; i < len(runes); {
		end := i + turnedLength(runes[i:])
		if end == i {
			b.WriteRune(runes[i])
			i++
			continue
		}
		b.WriteString(turned(string(runes[i:end])))
		i = end
	}
	return b.String()
}

// turnedLength is how many letters from the first on are read from right to left:
// up to the last such letter, or number, before one that is read from left to
// right. 0 if the first is not.
func turnedLength(runes []rune) int {
	n := 0
	for i, r := range runes {
		switch class(r) {
		case bidi.R, bidi.AL:
			n = i + 1
		case bidi.L:
			return n + closingLength(runes[n:], runes[:n])
		case bidi.EN, bidi.AN, bidi.NSM:
			if n > 0 {
				n = i + 1
			}
		}
		if n == 0 {
			return 0
		}
	}
	return n + closingLength(runes[n:], runes[:n])
}

// closingLength is how many brackets follow that close what was opened.
func closingLength(after, before []rune) int {
	open := 0
	for _, r := range before {
		switch p, _ := bidi.LookupString(string(r)); {
		case p.IsOpeningBracket():
			open++
		case p.IsBracket() && open > 0:
			open--
		}
	}
	n := 0
	for n < min(open, len(after)) {
		if p, _ := bidi.LookupString(string(after[n])); !p.IsBracket() || p.IsOpeningBracket() {
			break
		}
		n++
	}
	return n
}

func class(r rune) bidi.Class {
	p, _ := bidi.LookupString(string(r))
	return p.Class()
}

// turned turns letters around, and brackets. Marks then stand before their letters,
// which is where the fonts' Hebrew points are drawn from. Numbers are read from
// left to right everywhere.
func turned(s string) string {
	numbers := regexp.MustCompile(`[0-9]+(?:[.,:/+-][0-9]+)*`)
	return numbers.ReplaceAllStringFunc(bidi.ReverseString(s), bidi.ReverseString)
}
