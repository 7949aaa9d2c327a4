package card

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestVisual(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"left to right", "María Núñez (1948)", "María Núñez (1948)"},
		{"right to left", "שרה כהן", "ןהכ הרש"},
		{"between others", "Sarah שרה כהן Cohen", "Sarah ןהכ הרש Cohen"},
		{"in brackets", "Sarah (שרה)", "Sarah (הרש)"},
		{"a year", "שרה 1948", "1948 הרש"},
		{"a date in brackets", "שרה (12.3.1948) Cohen", "(12.3.1948) הרש Cohen"},
		{"points", "\u05e9\u05b8\u05c2\u05e8", "\u05e8\u05c2\u05b8\u05e9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := visual(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestVisualLosesNothing: the same letters, but for brackets, which turn.
func TestVisualLosesNothing(t *testing.T) {
	turn := strings.NewReplacer("(", ")", "[", "]")
	letters := func(s string) []rune { return slices.Sorted(slices.Values([]rune(turn.Replace(s)))) }
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringOf(rapid.RuneFrom([]rune("ab שרה19.(]-\u05b8"))).Draw(t, "line")
		if got := visual(line); !slices.Equal(letters(got), letters(line)) {
			t.Fatalf("%q became %q", line, got)
		}
	})
}

func TestPrintable(t *testing.T) {
	known, err := newLetters()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, in, want string
		all            bool
	}{
		{"accents", "María Ødegård Đỗ Łoś", "María Ødegård Đỗ Łoś", true},
		{"Greek, Cyrillic, Hebrew", "Παναγιώτης Юлия שרה", "Παναγιώτης Юлия שרה", true},
		{"Armenian and Georgian", "Անահիտ თამარ", "Անահիտ თამარ", true},
		{"Chinese", "王小明 Wang", "□□□ Wang", false},
		{"letters that would have to be joined", "ليلى", "□□□□", false},
		{"marks go with their letters", "कि x", "□□ x", false},
		{"beyond 16 bits", "𝒳x", "□x", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, all := known.printable(tt.in); got != tt.want || all != tt.all {
				t.Errorf("got %q, %t", got, all)
			}
		})
	}
}

// TestTheCoverHoldsWhateverIsSaid sets covers with as much as a card can say, in
// the widest letter that there is.
func TestTheCoverHoldsWhateverIsSaid(t *testing.T) {
	known, err := newLetters()
	if err != nil {
		t.Fatal(err)
	}
	for _, paper := range []Paper{A4, Letter} {
		p := newPrinter(paper, known)
		p.pdf.AddPage()
		wide := p.widest()
		for _, text := range []string{strings.Repeat(wide, maxDo), strings.Repeat(wide+wide+" ", maxDo), strings.Repeat("王", maxDo)} {
			c := Card{Of: text, For: text, Do: text}
			_, end := p.fitting(p.printable(c.rows()))
			if end > p.edge {
				t.Errorf("%v: the cover ends at %.0f mm, and has until %.0f", paper, end, p.edge)
			}
		}
	}
}

// widest is the letter that takes most room.
func (p *printer) widest() string {
	p.pdf.SetFont(family, "B", 10)
	widest := "W"
	for r := rune(' '); r < 0xffff; r++ {
		if p.known.have(r) && !isHidden(r) && unicode.IsPrint(r) && p.pdf.GetStringWidth(string(r)) > p.pdf.GetStringWidth(widest) {
			widest = string(r)
		}
	}
	return widest
}
