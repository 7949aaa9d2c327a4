package slip39

import (
	"strings"
	"unicode"
)

// maxText is how much text is looked at, in bytes: some times what the longest
// share takes.
const maxText = 8 << 10

// Parse reads one share as somebody wrote it down: words in any case, cut to
// four letters or more, with numbers, points and line breaks between them.
// [*WordError] names the first word that is not in the list; then [*LengthError],
// [ErrChecksum], [ErrPadding], [*ShapeError].
func Parse(text string) (Share, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxText {
		return Share{}, &LengthError{Words: max(len(Fields(text[:maxText])), wordsOf(MaxSecretBytes)+1)}
	}
	fields := Fields(text)
	symbols := make([]uint16, len(fields))
	defer clear(symbols)
	for i, word := range fields {
		n, known := wordNumber(word)
		if !known {
			return Share{}, &WordError{Place: i + 1, Word: word, Near: nearest(word)}
		}
		symbols[i] = n
	}
	return fromSymbols(symbols)
}

// Fields returns the words of a text, in small letters: all that stands between
// what is no letter.
func Fields(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
}

// Word returns the word of the list that begins so, at least with four letters.
func Word(beginning string) (string, bool) {
	n, ok := wordNumber(strings.ToLower(beginning))
	if !ok {
		return "", false
	}
	return wordAt(n), true
}

func fromSymbols(symbols []uint16) (Share, error) {
	bits := wordBits * (len(symbols) - fixedWords)
	padding := bits % 16
	n := (bits - padding) / 8
	switch {
	case n < MinSecretBytes || n > MaxSecretBytes || wordsOf(n) != len(symbols): // too much padding, too
		return Share{}, &LengthError{Words: len(symbols)}
	case !valid(symbols):
		return Share{}, ErrChecksum
	}
	var h uint64
	for _, symbol := range symbols[:headerWords] {
		h = h<<wordBits | uint64(symbol)
	}
	s := header(h)
	if symbols[headerWords]>>(wordBits-padding) != 0 {
		return Share{}, ErrPadding
	}
	if err := s.check(); err != nil {
		return Share{}, err
	}
	s.value = make([]byte, 0, n)
	held, left := -padding, uint32(0)
	for _, symbol := range symbols[headerWords : len(symbols)-checksumWords] {
		left, held = left<<wordBits|uint32(symbol), held+wordBits
		for held >= 8 {
			held -= 8
			s.value = append(s.value, byte(left>>held))
		}
	}
	return s, nil
}

// valid checks the checksum; the extendable flag is part of it.
func valid(symbols []uint16) bool {
	return polymod(symbols[1]>>4&1 == 1, symbols) == 1
}
