package words

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func TestClean(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "Northside Heart Clinic", "Northside Heart Clinic"},
		{"other scripts", "Ελένη Жанна 東京 שלום", "Ελένη Жанна 東京 שלום"},
		{"accents", "Zoë née Ångström", "Zoë née Ångström"},
		{"combining accent", "Zoe\u0308", "Zoe\u0308"},
		{"white space", " a\tb\n\nc\u2028d\u00a0e ", "a b c d e"},
		{"colour", "\x1b[31mred\x1b[0m", "red"},
		{"clear screen", "a\x1b[2J\x1b[Hb", "ab"},
		{"eight-bit control", "a\u009b31mb", "ab"},
		{"window title", "\x1b]0;owned\x07name", "name"},
		{"link", "\x1b]8;;http://x\x1b\\click\x1b]8;;\x1b\\", "click"},
		{"unended string", "\x1b]0;name", "0;name"},
		{"unended sequence", "name\x1b[31", "name"},
		{"escape at the end", "name\x1b", "name"},
		{"right to left override", "Dr. \u202eeeL\u202c", "Dr. eeL"},
		{"isolates", "\u2066a\u2069\u200f", "a"},
		{"zero width", "Cli\u200bnic\ufeff\u00ad", "Clinic"},
		{"tags", "a\U000e0041b", "ab"},
		{"stacked marks", "a" + strings.Repeat("\u0301", 50), "a" + strings.Repeat("\u0301", maxMarks)},
		{"mark without letter", "\u0301a", "a"},
		{"our own signs", "✓ complete ▌ ✗", "complete"},
		{"pictures", "Happy \U0001f600 Teeth™ & Co® 20°", "Happy Teeth™ & Co® 20°"},
		{"flag", "\U0001f1e8\U0001f1edx", "x"},
		{"backspace", "no\b\b\byes", "noyes"},
		{"carriage return", "good\rbad", "good bad"},
		{"not UTF-8", "a\xffb", "a\ufffdb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clean(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		"City Hospital", "\x1b[31mred", "\u202egnp.exe", "a\u0301\u0301", "\x1b]0;t\x07", "\u009d0;x\u009c", "\x1bP q\x1b\\", "e\xcc",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) {
			t.Fatalf("%q is not UTF-8", got)
		}
		for _, r := range got {
			if r != ' ' && (!unicode.IsPrint(r) || unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zl, unicode.Zp)) {
				t.Fatalf("%q became %q, with %U", s, got, r)
			}
		}
		if again := Clean(got); again != got {
			t.Fatalf("%q became %q, then %q", s, got, again)
		}
		if ansi.Strip(got) != got {
			t.Fatalf("%q became %q, which a terminal reads as a sequence", s, got)
		}
		if strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
			t.Fatalf("%q has loose white space", got)
		}
	})
}
