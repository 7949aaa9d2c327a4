package card

import "strings"

// drawQuiet is how many white modules lie around the code on a terminal. The
// standard wants four; two are read by every reader that was tried, and leave the
// drawing small enough for 24 lines.
const drawQuiet = 2

// The two colours are of the 256-colour cube: unlike the first sixteen, themes do
// not repaint them, and unlike 24-bit colours every terminal has had them for a
// long time. The zero ends what might be on before: bold, faint, reverse.
const (
	sgr      = "\x1b[0;"
	sgrReset = "\x1b[0m"
	sgrWhite = "231"
	sgrBlack = "16"
)

// Drawing is a card's code for a terminal, black on white whatever the terminal's
// own colours are. It is only of use whole.
type Drawing struct {
	Lines  []string
	Width  int // columns
	Height int // lines
}

// Draw draws the card's code: two modules in each cell, one above the other. Where
// they are the same, the cell is a space on that colour, since a letter would leave
// gaps in most fonts; else it is a lower half block.
func (c Card) Draw() Drawing {
	s := c.symbol()
	d := Drawing{Width: s.size() + 2*drawQuiet, Height: (s.size() + 2*drawQuiet + 1) / 2}
	for row := range d.Height {
		d.Lines = append(d.Lines, s.line(2*row-drawQuiet, d.Width))
	}
	return d
}

// String is the drawing with a line feed after each line.
func (d Drawing) String() string { return strings.Join(d.Lines, "\n") + "\n" }

// line draws two rows of modules.
func (s symbol) line(y, width int) string {
	var b strings.Builder
	now := ""
	for x := -drawQuiet; x < width-drawQuiet; x++ {
		style, sign := cell(s.black(x, y), s.black(x, y+1))
		if style != now {
			b.WriteString(style)
			now = style
		}
		b.WriteString(sign)
	}
	return b.String() + sgrReset
}

// cell is the style and the sign of two modules.
func cell(upper, lower bool) (style, sign string) {
	sign = " "
	if upper != lower {
		sign = "▄"
	}
	return sgr + "38;5;" + colour(lower) + ";48;5;" + colour(upper) + "m", sign
}

func colour(black bool) string {
	if black {
		return sgrBlack
	}
	return sgrWhite
}
