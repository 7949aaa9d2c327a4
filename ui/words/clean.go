package words

import (
	"strings"
	"unicode"
)

// maxMarks is how many combining marks one letter may carry. Real languages
// need two or three; more only paints over the neighbouring lines.
const maxMarks = 3

// Clean makes text from strangers safe to show on one line of a terminal: no
// control or escape sequences, nothing that reorders, hides or joins letters,
// no stacks of marks, white space as single spaces. Cleaning twice is cleaning
// once.
func Clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	marks, space := 0, false
	for _, r := range withoutEscapes(s) {
		switch kind := kindOf(r); {
		case kind == white:
			space = true
			continue
		case kind == hidden:
			continue
		case kind == mark:
			marks++
			if marks > maxMarks || b.Len() == 0 || space {
				continue
			}
		default:
			marks = 0
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

// maxString bounds the search for the end of a control string, so that many
// beginnings cost no more than their number.
const maxString = 256

type runeKind uint8

const (
	shown  runeKind = iota
	white           // separates words
	hidden          // never reaches a terminal
	mark            // sits on the letter before it
)

func kindOf(r rune) runeKind {
	switch {
	case unicode.IsSpace(r):
		return white
	case isVariation(r), isPicture(r), !unicode.IsPrint(r):
		return hidden
	case unicode.In(r, unicode.Mn, unicode.Me):
		return mark
	}
	return shown
}

// isVariation finds what changes how wide the symbol before it is drawn, or
// joins with its neighbour into a flag: terminals disagree on all of these.
func isVariation(r rune) bool {
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef ||
		r >= 0x1f1e6 && r <= 0x1f1ff || r >= 0x1f3fb && r <= 0x1f3ff
}

// isPicture finds signs and pictures beyond those of ordinary names: terminals
// disagree on how wide they are, and a stranger's check mark could pass for one
// of this program's own signs.
func isPicture(r rune) bool {
	return r > 0xff && r != '™' && r != unicode.ReplacementChar && unicode.Is(unicode.So, r)
}

// withoutEscapes drops the sequences of ECMA-48 whole, so that their letters
// do not stay behind.
func withoutEscapes(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == 0x1b || r >= 0x80 && r < 0xa0 }) {
		return s
	}
	var b strings.Builder
	rest := []rune(s)
	for len(rest) > 0 {
		if n := escapeLength(rest); n > 0 {
			rest = rest[n:]
			continue
		}
		b.WriteRune(rest[0])
		rest = rest[1:]
	}
	return b.String()
}

// escapeLength is how many runes the sequence at the start of s has; 0 if there
// is none.
func escapeLength(s []rune) int {
	var kind rune
	start := 1
	switch {
	case s[0] == 0x1b && len(s) == 1:
		return 1
	case s[0] == 0x1b:
		kind, start = s[1], 2
	case s[0] >= 0x80 && s[0] < 0xa0:
		kind = s[0] - 0x40 // the same as ESC and this letter
	default:
		return 0
	}
	switch kind {
	case '[':
		return start + csiLength(s[start:])
	case ']', 'P', 'X', '^', '_':
		return start + stringLength(s[start:])
	}
	if kind >= 0x20 && kind < 0x7f {
		return start
	}
	return 1
}

// csiLength counts parameters, intermediates and the final letter.
func csiLength(s []rune) int {
	for i, r := range s {
		switch {
		case r >= 0x40 && r <= 0x7e:
			return i + 1
		case r < 0x20 || r > 0x3f:
			return i
		}
	}
	return len(s)
}

// stringLength counts up to the terminator. Without one, only the introducer
// goes: a stray byte must not swallow the rest of a name.
func stringLength(s []rune) int {
	for i, r := range s[:min(len(s), maxString)] {
		switch {
		case r == 0x07 || r == 0x9c:
			return i + 1
		case r == 0x1b && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		}
	}
	return 0
}
