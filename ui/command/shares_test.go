package command

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"
)

func TestReadSecret(t *testing.T) {
	for _, c := range []struct {
		typed string
		text  bool
		bytes int // 0: refused
	}{
		{strings.Repeat("0f", 16), false, 16}, {strings.Repeat("0F ", 16), false, 16}, {strings.Repeat("0f", 64), false, 64},
		{strings.Repeat("0f", 15), false, 0}, {strings.Repeat("0f", 17), false, 0}, {strings.Repeat("0f", 66), false, 0},
		{strings.Repeat("0f", 16) + "0", false, 0}, {strings.Repeat("0g", 16), false, 0}, {"", false, 0}, {"0x" + strings.Repeat("0f", 16), false, 0},
		{strings.Repeat("a", 16), true, 16}, {strings.Repeat(" ü", 8), true, 24}, {strings.Repeat("a", 64), true, 64},
		{strings.Repeat("a", 15), true, 0}, {strings.Repeat("a", 17), true, 0}, {strings.Repeat("a", 66), true, 0},
		{strings.Repeat("a", 15) + "\a", true, 0}, {strings.Repeat("a", 15) + "\xff", true, 0}, {"", true, 0},
	} {
		typed := []byte(c.typed)
		got, err := readSecret(typed, c.text)
		if len(got) != c.bytes || (err == nil) != (c.bytes > 0) {
			t.Errorf("%q, %t: %d bytes, %v", c.typed, c.text, len(got), err)
		}
		clear(typed)
		if c.bytes > 0 && !bytes.ContainsFunc(got, func(r rune) bool { return r != 0 }) {
			t.Errorf("%q goes with what was typed", c.typed)
		}
	}
}

func TestReadGroup(t *testing.T) {
	for text, want := range map[string]slip39.Group{"2of3": {Threshold: 2, Members: 3}, "10 OF 16": {Threshold: 10, Members: 16}, " 1of1 ": {Threshold: 1, Members: 1}} {
		if got, err := readGroup(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2", "of", "2of", "of3", "2of3of4", "2of3x", "x2of3", "2/3", "02of3", "99999999999999999999of3", "two of three"} {
		if got, err := readGroup(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

// TestAFileIsWholeOrNotThere breaks a file off in the middle.
func TestAFileIsWholeOrNotThere(t *testing.T) {
	file, full := filepath.Join(t.TempDir(), "card"), errors.New("the disk is full")
	err := writeNew(file, func(w io.Writer) error {
		_, err := w.Write([]byte("duckling"))
		return errors.Join(err, full)
	})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a card was left: %v", err)
	}
}

func TestSlowWorkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	never := make(chan int)
	defer close(never)
	cancel()
	if _, err := slowly(ctx, func() (int, error) { return <-never, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n, err := slowly(context.Background(), func() (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}

// official is a share of the standard's vectors: one of one.
const official = "duckling enlarge academic " + "academic agency result length solution fridge kidney coal piece deal husband erode duke ajar critical decision keyboard"

// writeShares leaves shares and what people do to them, for scripts: ada-1.txt
// to ada-3.txt are any two of three, of the secret 0707…; ben-1.txt is of another
// secret; circle-1-1.txt is share 1 of group 1.
func writeShares(dir string) error {
	ada, err := slip39.Simple(2, 3).Split(bytes.Repeat([]byte{7}, 16))
	if err != nil {
		return err
	}
	ben, err := slip39.Simple(2, 3).Split(bytes.Repeat([]byte{8}, 16))
	if err != nil {
		return err
	}
	text, err := slip39.Simple(1, 1).Split([]byte("open the red box"))
	if err != nil {
		return err
	}
	circles, err := slip39.Scheme{GroupThreshold: 2, Groups: []slip39.Group{{Threshold: 2, Members: 3}, {Threshold: 2, Members: 2}, {Threshold: 1, Members: 1}}}.
		Split(bytes.Repeat([]byte{9}, 32))
	if err != nil {
		return err
	}
	one, two, three := ada[0][0], ada[0][1], ada[0][2]
	forged := ben[0][1]
	forged.ID = one.ID
	altered := two.Words()
	altered[4], altered[5] = altered[5], altered[4]
	files := map[string]string{
		"ada-1.txt": one.Sentence(), "ada-2.txt": two.Sentence(), "ada-3.txt": three.Sentence(), "ben-1.txt": ben[0][0].Sentence(),
		"forged-2.txt":    forged.Sentence(),
		"untidy-2.txt":    untidy(two),
		"text.txt":        text[0][0].Sentence(),
		"official.txt":    official,
		"misspelt.txt":    strings.Replace(official, "solution", "solutoin", 1),
		"swapped.txt":     strings.Join(altered, " "),
		"foreign.txt":     "Apfel Birne Kirsche",
		"hidden.txt":      "duckling \x1b]0;owned\x07 enlarge",
		"short.txt":       strings.Join(one.Words()[:19], " "),
		"empty.txt":       "",
		"binary.bin":      "\x7fELF\x00\x00\x00",
		"large.bin":       strings.Repeat("\x00", 100<<10),
		"pasted.txt":      "\n" + cardOf(one) + "\n" + cardOf(three) + "\n",
		"both.txt":        one.Sentence() + "\n\n" + two.Sentence() + "\n",
		"typed.txt":       typed("A card with words", "Apfel Birne Kirsche", strings.Join(one.Words()[:19], " "), one.Sentence(), ben[0][0].Sentence(), one.Sentence(), forged.Sentence(), untidy(two), three.Sentence()),
		"typed-few.txt":   typed(one.Sentence()),
		"typed-check.txt": typed(one.Sentence(), strings.Join(altered, " "), two.Sentence()) + "\n",
	}
	for g, shares := range circles {
		for _, s := range shares {
			files["circle-"+string(rune('1'+g))+"-"+string(rune('1'+s.Member))+".txt"] = s.Sentence()
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// cardOf is a whole card, whose purpose looks like a share and like a plan's number.
func cardOf(s slip39.Share) string {
	return card.Card{Plan: recovery.PlanID{1, 2, 3}, Share: s, Of: "Ada", For: official + " 00112233445566778899aabbccddeeff"}.Text()
}

// typed is what a person types who ends each share with an empty line.
func typed(shares ...string) string { return strings.Join(shares, "\n\n") + "\n\n" }

// untidy is how people copy: numbered, in capitals, cut to four letters, over
// several lines.
func untidy(s slip39.Share) string {
	var b strings.Builder
	for i, w := range s.Words() {
		b.WriteString(strings.ToUpper(w[:4]))
		if i%5 == 4 {
			b.WriteString(";\n  6. ")
		}
		b.WriteString("  ")
	}
	return strings.TrimSpace(b.String())
}
