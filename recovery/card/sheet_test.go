package card_test

import (
	"bytes"
	"errors"
	"image/png"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"carekey/recovery/card"
	"carekey/recovery/slip39"
)

// panels are where a page's cover and its words end, in points as pdftotext
// counts them.
var panels = map[card.Paper]struct{ width, edge, fold, height int }{
	card.A4:     {595, 244, 543, 842},
	card.Letter: {612, 229, 511, 792},
}

const dpi = 150

// sheetOf writes cards.
func sheetOf(t *testing.T, paper card.Paper, cards ...card.Card) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := card.WritePDF(&b, paper, cards...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// onPage is what pdftotext reads between two heights of a page.
func onPage(t *testing.T, pdf []byte, paper card.Paper, from, to int) string {
	t.Helper()
	out := string(tool(t, pdf, "pdftotext", "-layout", "-r", "72", "-x", "0", "-W", strconv.Itoa(panels[paper].width),
		"-y", strconv.Itoa(from), "-H", strconv.Itoa(to-from), "-", "-"))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) { // what it puts around Hebrew, also instead of a space
			return ' '
		}
		return r
	}, out)
}

// scanned is a page as a scanner sees it.
func scanned(t *testing.T, pdf []byte, options ...string) []byte {
	t.Helper()
	return tool(t, pdf, "pdftoppm", append(options, "-r", strconv.Itoa(dpi), "-gray", "-png", "-singlefile", "-")...)
}

func TestSheet(t *testing.T) {
	for _, paper := range []card.Paper{card.A4, card.Letter} {
		for name, c := range samples(t) {
			if most := name == "alone.txt"; most != (paper == card.Letter) {
				continue // pages take long to scan, and most words are tightest on the shorter paper
			}
			t.Run(paper.String()+"/"+strings.TrimSuffix(name, ".txt"), func(t *testing.T) {
				pdf := sheetOf(t, paper, c)
				if again := sheetOf(t, paper, c); !bytes.Equal(pdf, again) {
					t.Error("the same card gives other bytes")
				}
				outsideIsTheText(t, pdf, paper, c)
				wordsAreInside(t, pdf, paper, c)
				codeIsInside(t, pdf, paper, c)
			})
		}
	}
}

// outsideIsTheText holds the cover against the text above the words: there is
// nothing else on it, so nothing of the share.
func outsideIsTheText(t *testing.T, pdf []byte, paper card.Paper, c card.Card) {
	t.Helper()
	words := func(s string) []string { return slices.Sorted(strings.FieldsSeq(s)) }
	text, _, _ := strings.Cut(c.Text(), "\nThe words")
	text = strings.NewReplacer("王小明", "□□□").Replace(text) + " carekey"
	if strings.Contains(text, "□") {
		text += " □ stands for a letter that this sheet's fonts do not have. Write it by hand: ____________________"
	}
	if got := words(onPage(t, pdf, paper, 0, panels[paper].edge)); !slices.Equal(got, words(text)) {
		t.Errorf("the cover says\n%q, it should say\n%q", got, words(text))
	}
}

func wordsAreInside(t *testing.T, pdf []byte, paper card.Paper, c card.Card) {
	t.Helper()
	at := panels[paper]
	inside := onPage(t, pdf, paper, at.edge, at.fold-5)
	share, err := slip39.Parse(wordLines(regexp.MustCompile(`(?m)^ +`).ReplaceAllString(inside, "")))
	if err != nil || share.Sentence() != c.Share.Sentence() {
		t.Errorf("%v: between the cover and the fold is\n%s", err, inside)
	}
	if !strings.Contains(inside, "SLIP-0039") {
		t.Error("the standard is not named")
	}
}

// codeIsInside has one reader look at the page, and another at what is folded
// over.
func codeIsInside(t *testing.T, pdf []byte, paper card.Paper, c card.Card) {
	t.Helper()
	if got := zbarimgReads(t, scanned(t, pdf)); !bytes.Equal(got, c.Code()) {
		t.Errorf("zbarimg reads %x, it should be %x", got, c.Code())
	}
	fold := panels[paper].fold * dpi / 72
	flap, err := png.Decode(bytes.NewReader(scanned(t, pdf, "-y", strconv.Itoa(fold), "-W", "600", "-H", "500")))
	if err != nil {
		t.Fatal(err)
	}
	if got := gozxingReads(t, flap, false); !bytes.Equal(got, c.Code()) {
		t.Errorf("the decoder reads %x below the fold, it should be %x", got, c.Code())
	}
}

// TestSheetHasAPageForEachCard reads all samples from one sheet.
func TestSheetHasAPageForEachCard(t *testing.T) {
	var cards []card.Card
	for _, c := range samples(t) {
		cards = append(cards, c)
	}
	pages := strings.Split(strings.TrimSuffix(string(tool(t, sheetOf(t, card.A4, cards...), "pdftotext", "-layout", "-", "-")), "\f"), "\f")
	if len(pages) != len(cards) {
		t.Fatalf("%d pages for %d cards", len(pages), len(cards))
	}
	for i, c := range cards {
		for _, word := range c.Share.Words() {
			if !strings.Contains(pages[i], " "+word) {
				t.Errorf("page %d lacks %q", i+1, word)
			}
		}
	}
}

// TestSheetSaysNothingOfItself: programs that list files and those that search
// them read what stands outside the pages.
func TestSheetSaysNothingOfItself(t *testing.T) {
	for name, c := range samples(t) {
		pdf := sheetOf(t, card.A4, c)
		info := string(tool(t, pdf, "pdfinfo", "-"))
		if want := "Card of plan " + c.Plan.Short(); !strings.Contains(info, want) {
			t.Errorf("%s: %q is not in\n%s", name, want, info)
		}
		day := c.Made
		if day.IsZero() {
			day = day.AddDate(1969, 0, 0)
		}
		if want := day.Format("Jan _2 15:04:05 2006"); strings.Count(info, want) != 2 {
			t.Errorf("%s: %q is not in\n%s", name, want, info)
		}
		outside := regexp.MustCompile(`(?s)stream\n.*?endstream`).ReplaceAll(pdf, nil)
		outside = bytes.ReplaceAll(outside, []byte{0}, nil) // texts there are in UTF-16
		said := strings.FieldsFunc(info+string(outside), func(r rune) bool { return !unicode.IsLetter(r) })
		for _, word := range append(c.Share.Words(), strings.FieldsFunc(c.Of, func(r rune) bool { return !unicode.IsLetter(r) })...) {
			if slices.Contains(said, word) {
				t.Errorf("%s: %q is in\n%s%s", name, word, info, outside)
			}
		}
	}
}

// TestSheetIsBlackAndWhite: nothing depends on a colour or a grey.
func TestSheetIsBlackAndWhite(t *testing.T) {
	pdf := tool(t, sheetOf(t, card.A4, samples(t)["simple.txt"]), "pdftoppm", "-r", "60", "-aa", "no", "-aaVector", "no", "-png", "-singlefile", "-")
	picture, err := png.Decode(bytes.NewReader(pdf))
	if err != nil {
		t.Fatal(err)
	}
	black := 0
	for y := range picture.Bounds().Max.Y {
		for x := range picture.Bounds().Max.X {
			switch r, g, b, _ := picture.At(x, y).RGBA(); {
			case r == 0 && g == 0 && b == 0:
				black++
			case r != 0xffff || g != 0xffff || b != 0xffff:
				t.Fatalf("%d,%d is %v", x, y, picture.At(x, y))
			}
		}
	}
	if black == 0 {
		t.Error("nothing is black")
	}
}

func TestSheetWithoutCards(t *testing.T) {
	if err := card.WritePDF(&bytes.Buffer{}, card.A4); !errors.Is(err, card.ErrNoCards) {
		t.Errorf("got %v", err)
	}
}

// errFull is a full disk.
var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestSheetOnAFullDisk(t *testing.T) {
	if err := card.WritePDF(full{}, card.A4, samples(t)["simple.txt"]); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}
