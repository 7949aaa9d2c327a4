package terminal

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestSharesOneAtATime is a person who splits a secret and puts it together from
// paper: the secret is typed without being seen, and seen only after a yes.
func TestSharesOneAtATime(t *testing.T) {
	const secret = "00112233445566778899aabbccddeeff"
	p, folder := newPerson(t), filepath.Join(t.TempDir(), "cards")
	w := p.open(100, 30, "shares", "split", "--shares", "3", "--needed", "2", "--out", folder)
	w.sees("The secret, in hexadecimal")
	w.write(secret)
	w.sees("The same again")
	w.write(secret)
	w.sees("any 2 give the secret", "share-03.txt")
	if screen := w.screen(); strings.Contains(screen, "0011") {
		t.Errorf("the secret is on the screen\n%s", screen)
	}
	if code := w.ends(); code != 0 {
		t.Fatalf("split ends with %d", code)
	}
	cards := wordsOn(p, folder)

	w = p.open(100, 30, "shares", "combine")
	w.sees("The first share")
	gives := func(words ...string) {
		t.Helper()
		for _, line := range words {
			w.write(line)
		}
		w.press("Enter")
	}
	gives(strings.Replace(cards[0], " academic ", " acadxmic ", 1))
	w.sees(`Word 3, "acadxmic"`, "is it academic?", "give it again")
	begins, ends, _ := strings.Cut(cards[0], " academic ") // the third word: of a single group
	gives(strings.ToUpper(begins), "acad 4.", ends)
	w.sees("Share 1 is good. 1 more share is needed.", "The next share")
	gives(cards[2])
	w.sees("Share 3 is good. That is enough.", "Show the secret on this screen now? [yes/NO]")
	if screen := w.screen(); strings.Contains(screen, secret) {
		t.Errorf("the secret was shown before a yes\n%s", screen)
	}
	w.write("yes")
	w.sees(secret, "Clear the screen")
	if code := w.ends(); code != 0 {
		t.Errorf("combine ends with %d", code)
	}

	w = p.open(100, 30, "shares", "combine")
	w.sees("The first share")
	gives(cards[1])
	w.sees("Share 2 is good.")
	w.press("C-d")
	w.sees("1 more share is needed")
	if code := w.ends(); code != 10 {
		t.Errorf("without enough shares it ends with %d", code)
	}
}

// wordsOn are the words of the cards in a folder, one line each.
func wordsOn(p person, folder string) []string {
	p.t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) != 3 {
		p.t.Fatalf("%d cards: %v", len(files), err)
	}
	var cards []string
	for _, file := range files {
		card := asks[struct{ Shares []struct{ Words []string } }](p, "shares", "print", file)
		cards = append(cards, strings.Join(card.Shares[0].Words, " "))
	}
	return cards
}
