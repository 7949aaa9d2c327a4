package card_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"

	"golang.org/x/text/width"
	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	for name, c := range samples(t) {
		t.Run(name, func(t *testing.T) { golden(t, name, c.Text()) })
	}
}

// wordLines are the lines of a card's text that its words stand in.
func wordLines(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if regexp.MustCompile(`^ ?[0-9]`).MatchString(line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// TestTextsAreReadBack holds for every card, whatever its names are.
func TestTextsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard(t)
		text := c.Text()
		share, err := slip39.Parse(wordLines(text))
		if err != nil || share.Sentence() != c.Share.Sentence() {
			t.Fatalf("%v: the words of\n%s\nare not its share", err, text)
		}
		for line := range strings.Lines(text) {
			if n := shownColumns(strings.TrimSuffix(line, "\n")); n > card.Columns {
				t.Fatalf("%q takes %d columns", line, n)
			}
		}
		for _, r := range text {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("%U is in\n%s", r, text)
			}
		}
	})
}

// TestACardIsReadFromItsText: whatever the patient calls things, with the line ends
// of any computer, and among other cards.
func TestACardIsReadFromItsText(t *testing.T) {
	hostile := samples(t)["hostile.txt"]
	looksLikeAnother := hostile
	looksLikeAnother.For = samples(t)["simple.txt"].Share.Sentence()
	number := hostile
	number.For = "The disk 00112233445566778899aabbccddeeff"
	for _, c := range []card.Card{hostile, looksLikeAnother, number} {
		for _, text := range []string{c.Text(), strings.ReplaceAll(c.Text(), "\n", "\r\n"), "\ufeff" + c.Text()} {
			got, err := card.ReadText(text)
			if err != nil || len(got) != 1 || got[0].Share.Sentence() != c.Share.Sentence() || got[0].Plan == nil || *got[0].Plan != c.Plan {
				t.Errorf("%v: got %v from\n%s", err, got, text)
			}
		}
	}
	if got, err := card.ReadText(hostile.Text() + "\n" + number.Text() + samples(t)["groups.txt"].Text()); err != nil || len(got) != 2 {
		t.Errorf("%v: got %d shares of 2", err, len(got))
	}
}

func TestIsBrokenOff(t *testing.T) {
	whole := samples(t)["hostile.txt"].Text()
	for text, want := range map[string]bool{
		"": false, "climate dramatic academic": false, whole: false, "Dear Ben,\n\n" + whole: false,
		whole[:40]: true, "\n" + whole[:40]: true, whole + "\n" + whole[:40]: true, whole[:len(whole)-200]: true,
		"It says: A card with a share of a secret\n": false,
	} {
		if card.IsBrokenOff(text) != want {
			t.Errorf("%t is wrong for\n%s", !want, text)
		}
	}
}

// shownColumns counts as terminals do.
func shownColumns(line string) int {
	n := 0
	for _, r := range line {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// TestCardWithoutAPlan: a card made of words alone names no plan.
func TestCardWithoutAPlan(t *testing.T) {
	c := card.Card{Share: shareOf(t, slip39.Share{GroupThreshold: 1, Groups: 1, Threshold: 2}, bytesFrom(9, 16))}
	text := strings.Join(strings.Fields(c.Text()), " ")
	if strings.Contains(text, "0000") || strings.Contains(text, "Plan") || !strings.Contains(text, "1 other card of the same set.") {
		t.Errorf("the card says\n%s", c.Text())
	}
}

// TestTextSaysWhatIsNeeded reads sentences for each kind of set.
func TestTextSaysWhatIsNeeded(t *testing.T) {
	tests := []struct {
		name  string
		share slip39.Share
		want  []string
	}{
		{"alone", slip39.Share{GroupThreshold: 1, Groups: 1, Threshold: 1},
			[]string{"share 1, which is enough by itself", "It is enough by itself: whoever has this card has the secret."}},
		{"two", slip39.Share{GroupThreshold: 1, Groups: 1, Threshold: 2},
			[]string{"share 1 of a set of which 2 are needed", "only together with 1 other card of plan"}},
		{"five", slip39.Share{GroupThreshold: 1, Groups: 1, Member: 6, Threshold: 5},
			[]string{"share 7 of a set of which 5 are needed", "only together with 4 other cards of plan"}},
		{"groups", slip39.Share{GroupThreshold: 3, Groups: 4, Group: 1, Member: 1, Threshold: 2},
			[]string{"share 2 of group 2 (2 needed); 3 of 4 groups needed", "1 other card of its group 2 and the cards of 2 other groups of plan"}},
		{"a group of one", slip39.Share{GroupThreshold: 2, Groups: 2, Threshold: 1},
			[]string{"share 1 of group 1 (1 needed); 2 of 2 groups needed", "together with the cards of 1 other group of plan"}},
		{"one group of two", slip39.Share{GroupThreshold: 1, Groups: 2, Threshold: 2},
			[]string{"share 1 of group 1 (2 needed); 1 of 2 groups needed", "with 1 other card of its group 1 of plan"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := card.Card{Plan: recovery.PlanID{0xab}, Share: shareOf(t, tt.share, bytesFrom(9, 16))}
			text := strings.Join(strings.Fields(c.Text()), " ")
			for _, want := range append(tt.want, "SLIP-0039", c.Plan.Short(), c.Plan.String()) {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in\n%s", want, c.Text())
				}
			}
		})
	}
}
