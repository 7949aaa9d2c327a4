package slip39

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// card is a share of 33 words, always the same.
func card(t testing.TB) Share {
	t.Helper()
	s := Share{ID: 12345, Extendable: true, GroupThreshold: 1, Groups: 1, Member: 3, Threshold: 2, value: make([]byte, 32)}
	for i := range s.value {
		s.value[i] = byte(37*i + 11)
	}
	return s
}

// TestPeopleWrite: how somebody writes the words down does not matter.
func TestPeopleWrite(t *testing.T) {
	s := card(t)
	words := s.Words()
	each := func(change func(i int, word string) string) string {
		changed := make([]string, len(words))
		for i, w := range words {
			changed[i] = change(i, w)
		}
		return strings.Join(changed, " ")
	}
	tests := map[string]string{
		"as they are":       s.Sentence(),
		"capitals":          strings.ToUpper(s.Sentence()),
		"first letters":     each(func(_ int, w string) string { return strings.ToUpper(w[:1]) + w[1:] }),
		"four letters":      each(func(_ int, w string) string { return w[:4] }),
		"five letters":      each(func(_ int, w string) string { return w[:min(5, len(w))] }),
		"numbered":          each(func(i int, w string) string { return fmt.Sprintf("%d. %s", i+1, w) }),
		"numbered tightly":  each(func(i int, w string) string { return fmt.Sprintf("%d)%s", i+1, w) }),
		"one in a line":     strings.Join(words, "\n"),
		"lines of Windows":  strings.Join(words, "\r\n"),
		"commas":            strings.Join(words, ", "),
		"tabs and spaces":   "\t " + strings.Join(words, " \t  ") + "  \n",
		"hard spaces":       strings.Join(words, "\u00a0"),
		"quoted":            "“" + s.Sentence() + "”",
		"a mark of Unicode": "\ufeff" + s.Sentence(),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(text)
			if err != nil || got.Sentence() != s.Sentence() {
				t.Errorf("%q is read as %v, %v", text, got, err)
			}
		})
	}
}

// TestWrongWords are named with their place and the words near them.
func TestWrongWords(t *testing.T) {
	words := card(t).Words()
	tests := []struct {
		wrong string
		near  []string
	}{
		{"acide", []string{"acid"}},
		{"acdi", []string{"acid", "acne"}},
		{"academia", []string{"academic"}},
		{"sattoshi", []string{"satoshi"}},
		{"aci", []string{"acid"}},
		{"schlüssel", nil},
		{"ключ", nil},
		{"鍵", nil},
		{"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", nil},
	}
	for _, tt := range tests {
		t.Run(tt.wrong, func(t *testing.T) {
			place := len(words) - 2
			text := slices.Clone(words)
			text[place-1] = tt.wrong
			_, err := Parse(strings.Join(text, " "))
			var wrong *WordError
			if !errors.As(err, &wrong) || wrong.Place != place || wrong.Word != tt.wrong {
				t.Fatalf("got %v", err)
			}
			if len(tt.near) == 0 && len(wrong.Near) > 0 || len(tt.near) > 0 && !slices.Contains(wrong.Near, tt.near[0]) {
				t.Errorf("near it are %v, want %v", wrong.Near, tt.near)
			}
			if strings.ContainsAny(wrong.Error(), "\n\r\x1b") || len([]rune(wrong.Error())) > 120 {
				t.Errorf("it says %q", wrong.Error())
			}
		})
	}
}

// TestNearest: one letter wrong, too many, missing or swapped leads back to the
// word, whichever it was.
func TestNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := wordAt(uint16(rapid.IntRange(0, wordCount-1).Draw(t, "word")))
		at := rapid.IntRange(0, len(word)-1).Draw(t, "place")
		letter := string(rune(rapid.IntRange('a', 'z').Draw(t, "letter")))
		wrong := rapid.SampledFrom([]string{
			word[:at] + letter + word[at+1:], word[:at] + letter + word[at:], word[:at] + word[at+1:],
		}).Draw(t, "mistake")
		if _, known := wordNumber(wrong); known {
			return
		}
		all := nearestOf(wrong, wordCount)
		if !slices.Contains(all, word) {
			t.Fatalf("near %q are %v, not %q", wrong, all, word)
		}
	})
}

// TestOneWrongWord: no single word of a card can be another one of the list
// unnoticed. All 33 × 1,023 are tried.
func TestOneWrongWord(t *testing.T) {
	symbols := card(t).symbols()
	for i, right := range symbols {
		for n := range uint16(wordCount) {
			if n == right {
				continue
			}
			symbols[i] = n
			if _, err := fromSymbols(symbols); !errors.Is(err, ErrChecksum) {
				t.Fatalf("word %d is %q instead of %q: got %v", i+1, wordAt(n), wordAt(right), err)
			}
		}
		symbols[i] = right
	}
	if _, err := fromSymbols(symbols); err != nil {
		t.Fatal(err)
	}
}

// TestUpToThreeWrongWords: nor can two or three of them, nor two that were
// swapped.
func TestUpToThreeWrongWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shared := rapid.SampledFrom([]bool{true, false}).Draw(t, "extendable")
		s := Share{Extendable: shared, GroupThreshold: 1, Groups: 1, Threshold: 2, value: anySecret(t)}
		symbols := s.symbols()
		wrong := slices.Clone(symbols)
		if rapid.Bool().Draw(t, "swap") {
			i := rapid.IntRange(0, len(wrong)-2).Draw(t, "place")
			j := rapid.IntRange(i+1, len(wrong)-1).Draw(t, "other place")
			wrong[i], wrong[j] = wrong[j], wrong[i]
		} else {
			for range rapid.IntRange(1, 3).Draw(t, "words") {
				wrong[rapid.IntRange(0, len(wrong)-1).Draw(t, "place")] = uint16(rapid.IntRange(0, wordCount-1).Draw(t, "word"))
			}
		}
		if slices.Equal(wrong, symbols) {
			return
		}
		if got, err := fromSymbols(wrong); !errors.Is(err, ErrChecksum) {
			t.Fatalf("got %v, %v", got, err)
		}
	})
}

// TestLengths: a share has as many words as the standard's table says, and no
// other number is taken.
func TestLengths(t *testing.T) {
	if wordsOf(16) != 20 || wordsOf(32) != 33 || wordsOf(64) != 59 {
		t.Errorf("%d, %d, %d words for 128, 256, 512 bits", wordsOf(16), wordsOf(32), wordsOf(64))
	}
	possible := map[int]bool{}
	for n := MinSecretBytes; n <= MaxSecretBytes; n += 2 {
		possible[wordsOf(n)] = true
	}
	for n := range 80 {
		symbols := make([]uint16, max(n, fixedWords))[:n]
		if n > checksumWords {
			sum := checksum(false, symbols[:n-checksumWords])
			copy(symbols[n-checksumWords:], sum[:])
		}
		_, err := fromSymbols(symbols)
		var length *LengthError
		if refused := errors.As(err, &length); refused == possible[n] {
			t.Errorf("%d words: got %v", n, err)
		}
	}
	var length *LengthError
	if _, err := Parse(strings.Repeat("academic ", 1<<20)); !errors.As(err, &length) || length.Words > maxText {
		t.Errorf("a book: got %v", err)
	}
	if _, err := Parse(card(t).Sentence() + strings.Repeat(" ", maxText)); err != nil {
		t.Errorf("with blanks after it: got %v", err)
	}
	if _, err := Parse(strings.Join(card(t).Words(), strings.Repeat(" ", maxText))); !errors.As(err, &length) || length.Words == 33 {
		t.Errorf("with too many blanks in it: got %v", err)
	}
	if _, err := Parse(""); !errors.As(err, &length) || length.Words != 0 {
		t.Errorf("nothing: got %v", err)
	}
}

// TestWordlist: the list is as the standard describes it.
func TestWordlist(t *testing.T) {
	seen := map[string]bool{}
	for n := range uint16(wordCount) {
		w := wordAt(n)
		if len(w) < 4 || len(w) > 8 || n > 0 && w <= wordAt(n-1) || seen[w[:4]] {
			t.Errorf("word %d is %q", n, w)
		}
		seen[w[:4]] = true
		if got, ok := Word(strings.ToUpper(w[:4])); !ok || got != w {
			t.Errorf("%s is read as %q", w[:4], got)
		}
	}
	if len(wordlist) != wordCount*wordColumn || wordAt(0) != "academic" || wordAt(wordCount-1) != "zero" {
		t.Error("the list is another one")
	}
}
