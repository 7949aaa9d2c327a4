package card

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"as it is", "María Núñez", "María Núñez"},
		{"other scripts", "שרה Юлия 王小明", "שרה Юлия 王小明"},
		{"composed", "Marı\u0301a e\u0301", "Marı\u0301a é"},
		{"white space", "\t María\n\n 1 academic\r\n", "María 1 academic"},
		{"controls", "Ma\x1b[31mr\x00i\u009ba\x07", "Ma[31mria"},
		{"turned around", "Dr. \u202eeeL\u202c\u2067x\u2069\u200f", "Dr. eeLx"},
		{"hidden", "a\u200bb\u200dc\ufeffd\u3164e\ufe0ff\u00adg", "abcdefg"},
		{"a pile of marks", "o" + strings.Repeat("\u0323", 9), "ọ" + strings.Repeat("\u0323", maxMarks)},
		{"a mark on nothing", "\u0301x \u0301y", "x y"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
		{"too long", "María de los Ángeles Núñez", "María de los Ángele…"},
		{"as long as may be", strings.Repeat("x", 20), strings.Repeat("x", 20)},
		{"wide", strings.Repeat("王", 11), strings.Repeat("王", 9) + "…"},
		{"far too long and hidden", strings.Repeat("\u200b", 1000) + "x", "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := clean(tt.in, 20); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCleanTextsAreClean holds for whatever comes.
func TestCleanTextsAreClean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 80).Draw(t, "most")
		in := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("aé e\u0301\u202e\x1b\x07\n\u0323王\u2028\u3164ש"))),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "in")
		got := clean(in, most)
		if !utf8.ValidString(got) || columns(got) > most {
			t.Fatalf("%q is not UTF-8 or %d columns wide", got, columns(got))
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) && r != ' ' {
				t.Fatalf("%q holds %U", got, r)
			}
		}
		if again := clean(got, most); again != got {
			t.Fatalf("%q, cleaned again, is %q", got, again)
		}
	})
}

func TestWrap(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"short", "a b", "a b"},
		{"at spaces", "one two three", "one|two|three"},
		{"a long word", "a abcdefghijk b", "a|abcde|fghij|k b"},
		{"marks stay with their letters", "abcde\u0301fg", "abcde\u0301|fg"},
		{"wide", "王小明", "王小|明"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(wrap(tt.in, fitsIn(5)), "|"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
