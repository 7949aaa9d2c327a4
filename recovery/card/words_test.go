package card

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"carekey/recovery"
	"carekey/recovery/slip39"
)

// shareOf is a share, always the same for a number, with that many bytes of secret.
func shareOf(t testing.TB, number uint64, secret int) slip39.Share {
	t.Helper()
	random := rand.New(rand.NewPCG(number, 39))
	b := []byte{byte(number), 0x11, 0, 0, 0x12}
	for range secret {
		b = append(b, byte(random.Uint32()))
	}
	s, err := slip39.Unpack(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func planNumber(n byte) recovery.PlanID { return recovery.PlanID{n, 0xfa, 0xce, 15: n} }

// inColumns writes words with their numbers, so many columns, counted along the rows
// or down the columns.
func inColumns(words []string, columns int, down bool) string {
	rows := (len(words) + columns - 1) / columns
	var b strings.Builder
	for row := range rows {
		for column := range columns {
			i := row*columns + column
			if down {
				i = column*rows + row
			}
			if i < len(words) {
				fmt.Fprintf(&b, " %2d. %-9s", i+1, words[i])
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// onPaper is about what a card says.
func onPaper(s slip39.Share, plan recovery.PlanID) string {
	return "A share of the recovery plan of Ada Example\n\n" +
		"You hold one of 5 cards; 3 of them together open it. Keep this card secret.\n" +
		"Made on 29 November 2026, by the standard SLIP-0039.\n\n" +
		inColumns(s.Words(), 4, false) + "\nPlan " + plan.String() + " (" + plan.Short() + ")\n" +
		"What to do: call the hospital. Do not give it away; check identity first.\n"
}

func expectReadings(t *testing.T, got []Reading, err error, want ...Reading) {
	t.Helper()
	if err != nil || len(got) != len(want) {
		t.Fatalf("read %d shares, not %d; %v", len(got), len(want), err)
	}
	for i, w := range want {
		g := got[i]
		if g.Share.Sentence() != w.Share.Sentence() {
			t.Errorf("share %d is another", i+1)
		}
		if (g.Plan == nil) != (w.Plan == nil) || w.Plan != nil && *g.Plan != *w.Plan {
			t.Errorf("share %d is of plan %v, not %v", i+1, g.Plan, w.Plan)
		}
	}
}

func TestTextsOfPeople(t *testing.T) {
	short, long := shareOf(t, 1, 16), shareOf(t, 2, 32)
	plan, other := planNumber(1), planNumber(2)
	mail := "From: Ada <ada@example.org>\nSubject: the words\n\nDear aunt, these are the words that I had, keep them:\n\n"
	quoted := strings.ReplaceAll("\n"+inColumns(long.Words(), 3, false), "\n", "\n> ")
	grouped := plan.String()
	grouped = strings.Join([]string{grouped[:8], grouped[8:16], grouped[16:24], grouped[24:]}, " ")
	alone, withPlan := Reading{Share: short}, Reading{Share: short, Plan: &plan}
	tests := []struct {
		name, text string
		want       []Reading
	}{
		{"words", short.Sentence(), []Reading{alone}},
		{"33 words", long.Sentence(), []Reading{{Share: long}}},
		{"capitals", strings.ToUpper(short.Sentence()), []Reading{alone}},
		{"numbered", inColumns(short.Words(), 4, false), []Reading{alone}},
		{"numbered down the columns", inColumns(short.Words(), 4, true), []Reading{alone}},
		{"one in a line", strings.Join(short.Words(), "\r\n"), []Reading{alone}},
		{"a card", onPaper(short, plan), []Reading{withPlan}},
		{"a card in capitals", strings.ToUpper(onPaper(short, plan)), []Reading{withPlan}},
		{"an id in groups", short.Sentence() + "\nplan: " + grouped, []Reading{withPlan}},
		{"two", short.Sentence() + "\n\n" + long.Sentence(), []Reading{alone, {Share: long}}},
		{"two, and nothing between", short.Sentence() + " " + long.Sentence(), []Reading{alone, {Share: long}}},
		{"twice the same", onPaper(short, plan) + short.Sentence(), []Reading{withPlan}},
		{"two cards", onPaper(short, plan) + onPaper(long, other), []Reading{withPlan, {Share: long, Plan: &other}}},
		{"two plans and one share", plan.String() + " " + other.String() + " " + short.Sentence(), []Reading{alone}},
		{"a letter", mail + short.Sentence() + "\n\nYours, Ada\n" + quoted + "\n", []Reading{alone, {Share: long}}},
		{"one line of prose", "my words are " + short.Sentence() + " and no more", []Reading{alone}},
		{"control characters", "\x1b[31mAda\x07\u202e\n" + short.Sentence() + "\x00", []Reading{alone}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadText(tt.text)
			expectReadings(t, got, err, tt.want...)
		})
	}
}

// changed returns the words with one of them replaced.
func changed(s slip39.Share, place int, word string) []string {
	w := s.Words()
	w[place-1] = word
	return w
}

func swapped(s slip39.Share) []string {
	w := s.Words()
	w[4], w[5] = w[5], w[4]
	return w
}

func TestTextsThatAreNoShare(t *testing.T) {
	s, other := shareOf(t, 1, 16), shareOf(t, 2, 16)
	spanish := "abaco abdomen abeja abierto abogado abono aborto abrazo abrir abuelo abuso acabar academia acceso accion aceite acelga acento aceptar acido"
	paper := onPaper(s, planNumber(1))
	tests := []struct{ name, text, want string }{
		{"nothing", "", ErrEmpty.Error()},
		{"spaces", " \n\t\u00a0\x00 ", ErrEmpty.Error()},
		{"prose", "Dear aunt, I have lost the card that you gave me. Could you look for it?", ErrNoShare.Error()},
		{"another language", spanish, ErrNoShare.Error()},
		{"a wrong word", strings.Join(changed(s, 7, "xylophone"), " "), `word 7, "xylophone", is not in the list`},
		{"the first word wrong", strings.Join(changed(s, 1, "akademic"), "\n"), `word 1, "akademic", is not in the list; near it are academic`},
		{"the last word wrong, numbered", inColumns(changed(s, 20, "zzz"), 1, false), `word 20, "zzz", is not in the list`},
		{"three letters", strings.Join(changed(s, 3, "aca"), " "), `word 3, "aca", is not in the list; near it are academic, acid, acne`},
		{"a word missing", strings.Join(s.Words()[1:], " "), "no share has 19 words: most have 20 or 33"},
		{"swapped words", strings.Join(swapped(s), " "), slip39.ErrChecksum.Error()},
		{"a card with a wrong word", strings.Replace(paper, " 7. "+s.Words()[6], " 7. zzzz", 1), `word 7, "zzzz", is not in the list`},
		{"a card with a wrong first word", strings.Replace(paper, " 1. "+s.Words()[0], " 1. zzzz", 1), `word 1, "zzzz", is not in the list`},
		{"a card with swapped words", strings.Replace(paper, inColumns(s.Words(), 4, false), inColumns(swapped(s), 4, false), 1), slip39.ErrChecksum.Error()},
		{"a good one and a bad one", other.Sentence() + "\n\n" + strings.Join(changed(s, 7, "zzzz"), " "), `share 2 in this text: word 7, "zzzz", is not in the list`},
		{"two bad ones", strings.Join(swapped(other), " ") + "\n\n" + strings.Join(changed(s, 7, "zzzz"), " "), slip39.ErrChecksum.Error()},
		{"too long", strings.Repeat("academic ", maxTextBytes), ErrTooLarge.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadText(tt.text)
			if err == nil || got != nil || err.Error() != tt.want {
				t.Errorf("it says %v, %v; not %q", got, err, tt.want)
			}
		})
	}
	_, err := ReadText(other.Sentence() + "\n\n" + strings.Join(changed(s, 7, "zzzz"), " "))
	var word *slip39.WordError
	if !errors.As(err, &word) || word.Place != 7 {
		t.Errorf("what is wrong with the second share is told as %v", err)
	}
}

// TestNoWrongShare: whatever is changed in a share's words, no other share is read.
func TestNoWrongShare(t *testing.T) {
	s := shareOf(t, 3, 16)
	random := rand.New(rand.NewPCG(3, 3))
	list := shareOf(t, 4, 32).Words()
	for range 2000 {
		w := slices.Clone(s.Words())
		for range 1 + random.IntN(3) {
			w[random.IntN(len(w))] = list[random.IntN(len(list))]
		}
		got, err := ReadText(strings.Join(w, " "))
		if err == nil && got[0].Share.Sentence() != s.Sentence() {
			t.Fatalf("%q is read as a share", strings.Join(w, " "))
		}
	}
}

func FuzzReadText(f *testing.F) {
	s := shareOf(f, 1, 16)
	f.Add(onPaper(s, planNumber(1)))
	f.Add(s.Sentence() + "\n\n" + shareOf(f, 2, 32).Sentence())
	f.Add(inColumns(s.Words(), 4, true))
	f.Add(strings.Join(swapped(s), " "))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadText(text)
		if (err == nil) != (len(got) > 0) || err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("read %d shares, %v", len(got), err)
		}
		var all strings.Builder // what was read is there in the text, word by word
		for _, w := range wordsOf(text) {
			if full, ok := slip39.Word(w.text); ok {
				all.WriteString(full + " ")
			}
		}
		for _, r := range got {
			if again, err := slip39.Parse(r.Share.Sentence()); err != nil || again.Sentence() != r.Share.Sentence() {
				t.Fatalf("what was read is no share: %v", err)
			}
			for _, w := range r.Share.Words() {
				if !strings.Contains(all.String(), w) {
					t.Fatalf("%q is not in the text", w)
				}
			}
		}
	})
}
