package card

import (
	"strings"
	"unicode/utf8"
)

// wrap breaks a text into lines that fit, at its spaces, and within a word that
// is too long for a line.
func wrap(text string, fits func(line string) bool) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if next := strings.TrimPrefix(line+" "+word, " "); fits(next) {
			line = next
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for !fits(word) {
			beginning := longest(word, fits)
			lines = append(lines, beginning)
			word = word[len(beginning):]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// longest is as much of a word as fits, at least one letter with its marks.
func longest(word string, fits func(string) bool) string {
	end := 0
	for i, r := range word {
		next := i + utf8.RuneLen(r)
		if end > 0 && !isCombining(r) && !fits(word[:next]) {
			break
		}
		end = next
	}
	return word[:end]
}
