package card

import "strings"

// lastSaid ends what every card says, but for a plan's number.
const lastSaid = "even if carekey is gone."

// IsBrokenOff tells whether a text ends within a card as [Card.Text] writes it. Cards
// have empty lines in them; whoever pastes one has not ended with the first.
func IsBrokenOff(text string) bool {
	begin := -1
	at := 0
	for line := range strings.Lines(text) {
		if bare(line) == heading {
			begin = at
		}
		at += len(line)
	}
	return begin >= 0 && !strings.Contains(text[begin:], lastSaid)
}

// withoutRows empties the lines between a card's heading and its words: what a
// patient calls things may look like a share, or like the number of a plan.
func withoutRows(text string) string {
	lines := strings.SplitAfter(text, "\n")
	begin := -1
	for i, line := range lines {
		switch bare(line) {
		case heading:
			begin = i
		case wordsAre:
			for k := begin; begin >= 0 && k < i; k++ {
				lines[k] = "\n"
			}
			begin = -1
		}
	}
	return strings.Join(lines, "")
}

// bare is a line without its end, and without the mark that some programs write
// in front of a text.
func bare(line string) string { return strings.Trim(line, "\ufeff\r\n") }
