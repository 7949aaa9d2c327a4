package words

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"carekey/recovery/slip39"
)

// Words of secrets in shares.
const (
	SecretNumber  = "The secret, in hexadecimal (it is not shown): "
	SecretText    = "The secret, as a text (it is not shown): "
	SecretAgain   = "The same again: "
	SecretDiffers = "The two are not the same. Please try again."
	SecretMade    = "A new secret is in the shares. Nobody has seen it; carekey shares combine shows it."

	SharePhraseNew   = "Choose a passphrase for the shares: "
	SharePhrase      = "Passphrase of the shares: "
	SharePhraseAbout = "Nobody can tell a wrong passphrase from the right one: a wrong one gives another secret, without an error."

	ShareFirst     = "The first share: "
	ShareNext      = "The next share: "
	ShareMore      = "  … "
	ShareAgain     = "It was left out; what was good before is kept. Please give it again, or another."
	NoShareWords   = "There is no share in this, so it was left out. One has 20 or 33 words, which are English and from a list of their own."
	ShareReplaced  = "Nobody can tell which one. The later one is kept; give the earlier again if that was right."
	SharesEnd      = "Ctrl+C ends it, and nothing is kept."
	SharesStand    = "They give what was split."
	SharesFit      = "They belong together."
	ShareOnceAgain = "This one was there already; it does no harm."
	SharesSlow     = "These shares were made so that this takes long: some minutes, perhaps."

	ShowShares = "Show the cards on this screen now?"
	ShowSecret = "Show the secret on this screen now?"
	AfterShown = "Clear the screen when you are done, and what can be scrolled back to."
	CodeNoRoom = "The code to scan is drawn only on a screen."
)

// SharesWarning stands before cards are shown.
func SharesWarning(n int) []string {
	return []string{
		Count(n, "card is", "cards are") + " about to be shown. Whoever sees enough of them has the secret: look who can see this screen, and whether it is recorded.",
		"With --out or --pdf nothing is shown.",
	}
}

// SecretWarning stands before a secret is shown.
var SecretWarning = []string{
	"The secret is complete. Whoever sees it has it: look who can see this screen, and whether it is recorded.",
	"With --out it goes into a file, and nothing is shown.",
}

// SharesHow explains how shares are typed.
func SharesHow(endless bool) []string {
	lines := []string{"Type or paste one share after another, as it stands on the card. Four letters of each word are enough. An empty line ends a share."}
	if endless {
		lines = append(lines, "When you have no more, press Enter on an empty line.")
	}
	return append(lines, SharesEnd)
}

// ShareName is which one a share is, by the numbers on its card.
func ShareName(s slip39.Share) string {
	if s.Groups == 1 {
		return fmt.Sprintf("share %d", s.Member+1)
	}
	return fmt.Sprintf("share %d of group %d", s.Member+1, s.Group+1)
}

// ShareTaken says that a share was good, and what is missing now.
func ShareTaken(s slip39.Share, p slip39.Progress) string {
	return capital(ShareName(s)) + " is good. " + SharesMissing(p)
}

// ShareAbout tells what a share says of itself.
func ShareAbout(s slip39.Share) string {
	about := fmt.Sprintf("%s of set %d, for a secret of %d bits; it takes %s", ShareName(s), s.ID, 8*s.SecretBytes(), Count(s.Threshold, "share", "shares"))
	if s.Groups > 1 {
		about += fmt.Sprintf(" of this group, and %d of %d groups", s.GroupThreshold, s.Groups)
	}
	return about + "."
}

// SharesMissing says in one sentence what is still missing.
func SharesMissing(p slip39.Progress) string {
	switch {
	case p.GroupThreshold == 0:
		return "There is no share yet."
	case p.Done():
		return "That is enough."
	case p.Groups == 1:
		g := p.Begun[0]
		return Count(g.Need-g.Have, "more share is needed.", "more shares are needed.")
	}
	var begun []string
	done := 0
	for _, g := range p.Begun {
		if g.Done() {
			done++
			continue
		}
		begun = append(begun, fmt.Sprintf("group %d lacks %s", g.Group+1, Count(g.Need-g.Have, "share", "shares")))
	}
	parts := append([]string{groupsComplete(done, p.GroupThreshold)}, begun...)
	if others := p.GroupThreshold - done - len(begun); others > 0 {
		parts = append(parts, fmt.Sprintf("of %s there is no share yet", Count(others, "more group", "more groups")))
	}
	return capital(strings.Join(parts, "; ")) + "."
}

func groupsComplete(done, needed int) string {
	switch {
	case needed == 1:
		return "1 complete group is needed"
	case done == 0:
		return fmt.Sprintf("%d complete groups are needed", needed)
	case done == 1:
		return fmt.Sprintf("of %d groups that are needed, 1 is complete", needed)
	}
	return fmt.Sprintf("of %d groups that are needed, %d are complete", needed, done)
}

// SharesWritten says where the cards are.
func SharesWritten(files []string, pdf string) []string {
	var lines []string
	for _, f := range files {
		lines = append(lines, "Written: "+Clean(f))
	}
	if pdf != "" {
		lines = append(lines, "To be printed: "+Clean(pdf))
	}
	return append(lines, "Delete these files once the cards are where they belong.")
}

// SharesMade says what a splitting is.
func SharesMade(s slip39.Scheme) string {
	if len(s.Groups) == 1 {
		return fmt.Sprintf("Split into %s; any %d give the secret. It was tried.", Count(s.Groups[0].Members, "share", "shares"), s.Groups[0].Threshold)
	}
	each := make([]string, len(s.Groups))
	for i, g := range s.Groups {
		each[i] = fmt.Sprintf("%d of %d in group %d", g.Threshold, g.Members, i+1)
	}
	return fmt.Sprintf("Split among %d groups, of which %d give the secret: %s. It was tried.", len(s.Groups), s.GroupThreshold, strings.Join(each, ", "))
}

// ShareFile is the name of a card's file.
func ShareFile(s slip39.Share) string {
	if s.Groups == 1 {
		return fmt.Sprintf("set-%05d-share-%02d.txt", s.ID, s.Member+1)
	}
	return fmt.Sprintf("set-%05d-group-%02d-share-%02d.txt", s.ID, s.Group+1, s.Member+1)
}

// SecretWritten says where the secret is.
func SecretWritten(file string) string { return "The secret is in " + Clean(file) + "." }

// MaybeText says that a secret can be read as a text.
const MaybeText = "This is in hexadecimal. It may be a text as well: --text"

// CodeTooWide says that a code does not fit.
func CodeTooWide(width, columns int) string {
	return fmt.Sprintf("The code to scan takes %d columns and the screen has %d: make the window wider, or take --pdf.", width, columns)
}

// SharesLong tells whether it is worth saying that combining takes long; it
// doubles with each step.
func SharesLong(s slip39.Share) bool { return s.Exponent >= 9 }

// IsText tells whether bytes are a text that can be shown on one line.
func IsText(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if !unicode.IsPrint(r) {
			return false
		}
		i += n
	}
	return true
}
