package card_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"

	"pgregory.net/rapid"
	"rsc.io/qr/coding"
)

// beside is how many cells of a terminal are painted around what is drawn.
const beside = 3

// sharp is how many pixels wide a cell is painted. A module is half as high as a
// cell, and as wide.
const sharp = 4

// Colours of a terminal with a dark theme, for what sets none.
var (
	themeFore = color.RGBA{0xc0, 0xc8, 0xd0, 0xff}
	themeBack = color.RGBA{0x30, 0x24, 0x40, 0xff}
)

// painter paints lines with colours, as a terminal does: it knows what a drawing
// uses, and complains about all else.
type painter struct {
	fore, back    color.RGBA
	width, height int // of a cell
}

// paint paints the lines and a bit of the terminal around them.
func paint(lines []string, cell int) (*image.RGBA, error) {
	width := 0
	for _, line := range lines {
		width = max(width, strings.Count(line, " ")+strings.Count(line, "▄"))
	}
	p := painter{themeFore, themeBack, cell, 2 * cell}
	picture := image.NewRGBA(image.Rect(0, 0, (width+2*beside)*p.width, (len(lines)+2*beside)*p.height))
	fill(picture, picture.Rect, themeBack)
	for row, line := range lines {
		if err := p.line(picture, row+beside, line); err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", row+1, line, err)
		}
	}
	return picture, nil
}

func fill(picture *image.RGBA, where image.Rectangle, c color.RGBA) {
	for y := where.Min.Y; y < where.Max.Y; y++ {
		for x := where.Min.X; x < where.Max.X; x++ {
			picture.SetRGBA(x, y, c)
		}
	}
}

func (p *painter) line(picture *image.RGBA, row int, line string) error {
	column := beside
	for line != "" {
		if rest, ok := strings.CutPrefix(line, "\x1b["); ok {
			codes, after, ok := strings.Cut(rest, "m")
			if !ok {
				return fmt.Errorf("%q is no style", rest)
			}
			if err := p.style(strings.Split(codes, ";")); err != nil {
				return err
			}
			line = after
			continue
		}
		cell := image.Rect(column*p.width, row*p.height, (column+1)*p.width, (row+1)*p.height)
		fill(picture, cell, p.back)
		if rest, ok := strings.CutPrefix(line, "▄"); ok {
			cell.Min.Y += p.height / 2
			fill(picture, cell, p.fore)
			line = rest
		} else if line, ok = strings.CutPrefix(line, " "); !ok {
			return fmt.Errorf("%q is nothing that a drawing has", line)
		}
		column++
	}
	return nil
}

// style takes in the numbers of one SGR sequence.
func (p *painter) style(codes []string) error {
	for len(codes) > 0 {
		switch {
		case codes[0] == "" || codes[0] == "0":
			p.fore, p.back = themeFore, themeBack
			codes = codes[1:]
		case codes[0] == "39":
			p.fore, codes = themeFore, codes[1:]
		case codes[0] == "49":
			p.back, codes = themeBack, codes[1:]
		case len(codes) >= 3 && (codes[0] == "38" || codes[0] == "48") && codes[1] == "5":
			c, err := cube(codes[2])
			if err != nil {
				return err
			}
			if codes[0] == "38" {
				p.fore = c
			} else {
				p.back = c
			}
			codes = codes[3:]
		default:
			return fmt.Errorf("style %q", codes)
		}
	}
	return nil
}

// cube is a colour of the 256-colour cube.
func cube(number string) (color.RGBA, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 16 || n > 231 {
		return color.RGBA{}, fmt.Errorf("%q is no colour of the cube", number)
	}
	level := func(n int) uint8 { return [...]uint8{0, 95, 135, 175, 215, 255}[n%6] }
	n -= 16
	return color.RGBA{level(n / 36), level(n / 6), level(n), 0xff}, nil
}

// blocks shows a sharp painting in letters, two rows of modules in a line.
func blocks(picture *image.RGBA) string {
	sign := map[[2]color.RGBA]string{}
	black, white := color.RGBA{0, 0, 0, 0xff}, color.RGBA{0xff, 0xff, 0xff, 0xff}
	sign[[2]color.RGBA{black, black}], sign[[2]color.RGBA{white, white}] = "█", " "
	sign[[2]color.RGBA{black, white}], sign[[2]color.RGBA{white, black}] = "▀", "▄"
	sign[[2]color.RGBA{themeBack, themeBack}] = "·"
	var b strings.Builder
	for y := 0; y < picture.Rect.Max.Y; y += 2 * sharp {
		for x := 0; x < picture.Rect.Max.X; x += sharp {
			s, ok := sign[[2]color.RGBA{picture.RGBAAt(x, y), picture.RGBAAt(x, y+sharp)}]
			if !ok {
				s = "?"
			}
			b.WriteString(s)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestDraw(t *testing.T) {
	for name, c := range samples(t) {
		name = strings.TrimSuffix(name, ".txt") + ".drawing"
		t.Run(name, func(t *testing.T) {
			drawing := c.Draw()
			picture, err := paint(drawing.Lines, sharp)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, blocks(picture))
			if got := zbarimgReads(t, pngOf(t, picture)); !bytes.Equal(got, c.Code()) {
				t.Errorf("zbarimg reads %x, it should be %x", got, c.Code())
			}
		})
	}
}

// TestLinesStandAlone: whatever the terminal showed before and shows after, also
// where the lines are put into another text.
func TestLinesStandAlone(t *testing.T) {
	for _, line := range samples(t)["simple.txt"].Draw().Lines {
		if !strings.HasPrefix(line, "\x1b[0;") || !strings.HasSuffix(line, "\x1b[0m") {
			t.Errorf("%q does not begin and end with a reset", line)
		}
	}
}

// escapes are the styles of a drawing.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// decodes paints a card's drawing and has the Go decoder read it.
func decodes(t rapid.TB, c card.Card) {
	t.Helper()
	const cell = 2
	picture, err := paint(c.Draw().Lines, cell)
	if err != nil {
		t.Fatal(err)
	}
	frame := image.Pt(beside*cell, 2*beside*cell)
	code := image.Rectangle{Min: picture.Rect.Min.Add(frame), Max: picture.Rect.Max.Sub(frame)}
	if got := gozxingReads(t, picture.SubImage(code), true); !bytes.Equal(got, c.Code()) {
		t.Fatalf("the decoder reads %x, it should be %x", got, c.Code())
	}
}

// TestDrawingsAreReadBack holds for every card.
func TestDrawingsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard(t)
		drawing := c.Draw()
		decodes(t, c)
		if width := shownColumns(escapes.ReplaceAllString(drawing.Lines[0], "")); drawing.Height != len(drawing.Lines) || drawing.Width != width {
			t.Fatalf("a drawing of %d × %d says to be %d × %d", width, len(drawing.Lines), drawing.Width, drawing.Height)
		}
		if drawing.String() != strings.Join(drawing.Lines, "\n")+"\n" {
			t.Fatal("the drawing is not its lines")
		}
	})
}

// TestEveryByteIsReadBack: also where all bytes are digits, or letters of a code's
// own alphabet.
func TestEveryByteIsReadBack(t *testing.T) {
	const n = 32
	for first := 0; first < 256; first += n {
		all := make([]byte, n)
		for i := range all {
			all[i] = byte(first + i)
		}
		decodes(t, card.Card{Plan: recovery.PlanID(all), Share: shareOf(t, shareNumbers, all)})
	}
	digits := bytes.Repeat([]byte("42"), 16)
	decodes(t, card.Card{Plan: recovery.PlanID(digits), Share: shareOf(t, slip39.Share{ID: 6168, GroupThreshold: 4, Groups: 4, Member: 3, Threshold: 1}, digits)})
}

// TestCodesFit holds what docs/formats.md says about versions and sizes.
func TestCodesFit(t *testing.T) {
	tests := []struct {
		secret, bytes int
		atL, atM      coding.Version // the smallest
		width, height int
	}{
		{16, 37, 3, 3, 33, 17},
		{32, 53, 3, 4, 37, 19},
		{64, 85, 5, 6, 45, 23},
	}
	smallest := func(text coding.String, level coding.Level) coding.Version {
		v := coding.Version(coding.MinVersion)
		for text.Bits(v) > 8*v.DataBytes(level) {
			v++
		}
		return v
	}
	for _, tt := range tests {
		c := card.Card{Share: shareOf(t, shareNumbers, bytesFrom(7, tt.secret))}
		code := coding.String(c.Code())
		if len(code) != tt.bytes || len(code) > card.MaxCodeBytes {
			t.Errorf("%d bytes", len(code))
		}
		if l, m := smallest(code, coding.L), smallest(code, coding.M); l != tt.atL || m != tt.atM {
			t.Errorf("%d bytes take version %d at level L and %d at M", len(code), l, m)
		}
		if d := c.Draw(); d.Width != tt.width || d.Height != tt.height {
			t.Errorf("%d bytes are drawn in %d × %d", len(code), d.Width, d.Height)
		}
	}
}
