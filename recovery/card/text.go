package card

import (
	"fmt"
	"strings"
)

// Columns is how wide a card's text is at most.
const Columns = 72

const (
	labelColumns = 12
	wordsPerLine = 4
	wordColumns  = 8 // letters of the longest word
	wordGap      = 4
)

const (
	standard = "SLIP-0039"
	heading  = "A card with a share of a secret"
	wordsAre = "The words, in their order:"
	readable = "The words are written as the open standard " + standard + " says. Any program that knows " +
		standard + " can read them, " + lastSaid
)

// Text is the whole card in plain text. The lines of its words hold nothing but
// words and their numbers: they are the only ones whose first sign, but for one
// space, is a digit.
func (c Card) Text() string {
	var b strings.Builder
	b.WriteString(heading + "\n\n")
	for _, r := range c.rows() {
		b.WriteString(r.text())
	}
	b.WriteString("\n" + wordsAre + "\n\n")
	b.WriteString(numbered(c.Share.Words()))
	b.WriteByte('\n')
	notes := []string{readable}
	if !c.Plan.IsZero() {
		notes = append(notes, inFull+" "+c.Plan.String())
	}
	for _, s := range notes {
		b.WriteString(strings.Join(wrap(s, fitsIn(Columns)), "\n") + "\n")
	}
	return b.String()
}

// labelWhose is the row that matters most: it tells cards of two people apart.
const labelWhose = "Whose"

// row is something that a card says, and what about.
type row struct{ label, says string }

// rows are what stands around the words; what is not known is left out.
func (c Card) rows() []row {
	all := []row{
		{labelWhose, clean(c.Of, maxOf)},
		{"What for", clean(c.For, maxFor)},
		{"What to do", c.do()},
		{"This card", c.place()},
		{"Plan", c.plan()},
	}
	if !c.Made.IsZero() {
		all = append(all, row{"Made on", c.day()})
	}
	known := all[:0]
	for _, r := range all {
		if r.says != "" {
			known = append(known, r)
		}
	}
	return known
}

// plan is the plan's short number, if it is known.
func (c Card) plan() string {
	if c.Plan.IsZero() {
		return ""
	}
	return c.Plan.Short()
}

// day has the month in letters: on paper, 3/4 is read in two ways.
func (c Card) day() string { return c.Made.Format("2 January 2006") }

func (r row) text() string {
	var b strings.Builder
	label := r.label
	for _, line := range wrap(r.says, fitsIn(Columns-labelColumns)) {
		fmt.Fprintf(&b, "%-*s%s\n", labelColumns, label, line)
		label = ""
	}
	return b.String()
}

func fitsIn(most int) func(string) bool {
	return func(line string) bool { return columns(line) <= most }
}

// numbered sets words in lines, each after its number.
func numbered(words []string) string {
	var b strings.Builder
	for i, word := range words {
		last := i+1 == len(words) || (i+1)%wordsPerLine == 0
		switch {
		case last:
			fmt.Fprintf(&b, "%2d %s\n", i+1, word)
		default:
			fmt.Fprintf(&b, "%2d %-*s", i+1, wordColumns+wordGap, word)
		}
	}
	return b.String()
}

const inFull = "The plan's number in full:"

// do is what to do with the card.
func (c Card) do() string {
	if own := clean(c.Do, maxDo); own != "" {
		return own
	}
	asked := "Bring it when you are asked for it and are sure who asks."
	if of := clean(c.Of, maxOf); of != "" {
		asked = "Bring it when " + of + " or the family asks for it and you are sure that it is them."
	}
	return "Keep this card secret, in a safe place where you will find it in ten years. Do not photograph it, and do not " +
		"type its words into a web site. " + asked + " " + c.others()
}

// others says what the card needs beside it.
func (c Card) others() string {
	s := c.Share
	members, groups := s.Threshold-1, s.GroupThreshold-1
	var needed []string
	if members > 0 {
		of := ""
		if s.Groups > 1 {
			of = fmt.Sprintf(" of its group %d", s.Group+1)
		}
		needed = append(needed, count(members, "other card", "other cards")+of)
	}
	if groups > 0 {
		needed = append(needed, "the cards of "+count(groups, "other group", "other groups"))
	}
	if len(needed) == 0 {
		return "It is enough by itself: whoever has this card has the secret."
	}
	which := "the same set"
	if plan := c.plan(); plan != "" {
		which = "plan " + plan
	}
	return "It is of use only together with " + strings.Join(needed, " and ") + " of " + which + "."
}

// place is which of the shares it is.
func (c Card) place() string {
	s := c.Share
	switch {
	case s.Groups > 1:
		return fmt.Sprintf("share %d of group %d (%d needed); %d of %d groups needed", s.Member+1, s.Group+1, s.Threshold, s.GroupThreshold, s.Groups)
	case s.Threshold > 1:
		return fmt.Sprintf("share %d of a set of which %d are needed", s.Member+1, s.Threshold)
	}
	return fmt.Sprintf("share %d, which is enough by itself", s.Member+1)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
