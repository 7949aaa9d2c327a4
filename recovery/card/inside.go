package card

import (
	"fmt"
)

// Sizes of what is folded in, in millimetres or points.
const (
	insideTop   = 7.0
	titleSize   = 12.0
	noteSize    = 9.5
	noteRoom    = 16.0 // below the words
	tallestRow  = 11.0
	wordSize    = 14.0
	numberSize  = 9.0
	numberWidth = 7.5
	numberGap   = 2.0
	sheetQuiet  = 4   // white modules around the code
	moduleSide  = 1.6 // of the code; smaller if the panel is
	codeGap     = 9.0
	faint       = 0.1
)

// words is the panel that the other one covers.
func (p *printer) words(c Card) {
	all := c.Share.Words()
	width := p.width - 2*margin
	top := p.edge + insideTop
	title := p.block("B", titleSize, width, wordsAre)
	if plan := c.plan(); plan != "" {
		note := p.block("", noteSize, width, "Plan "+plan)
		p.right(p.width-margin, top+ascent*(title.lineHeight()-note.lineHeight()), note)
	}
	top = p.put(margin, top, title) + 2
	rows := (len(all) + wordsPerLine - 1) / wordsPerLine
	height := min(tallestRow, (p.fold-noteRoom-top)/float64(rows))
	for i, word := range all {
		x := margin + float64(i%wordsPerLine)*width/wordsPerLine
		p.word(x, top+float64(i/wordsPerLine)*height, height, i+1, word)
	}
	p.pdf.SetLineWidth(faint)
	for i := range rows {
		y := top + float64(i+1)*height
		p.pdf.Line(margin, y, p.width-margin, y)
	}
	p.put(margin, top+float64(rows)*height+2, p.block("", noteSize, width, readable))
}

// word prints a word after its number, on the ground of a cell.
func (p *printer) word(x, y, height float64, number int, word string) {
	b := p.block("B", min(wordSize, 0.72*height/pointSize), p.width, word)
	n := p.block("", numberSize, p.width, fmt.Sprint(number))
	p.right(x+numberWidth, y+0.72*height-ascent*n.lineHeight(), n)
	p.put(x+numberWidth+numberGap, y+0.72*height-ascent*b.lineHeight(), b)
}

// code is the panel that is folded over the words.
func (p *printer) code(c Card) {
	s := c.symbol()
	top := p.fold + insideTop
	across := float64(s.size() + 2*sheetQuiet)
	side := min(moduleSide, (p.height-margin-top)/across)
	p.symbol(s, margin-sheetQuiet*side, top, side) // the margin is white, too
	x := margin + float64(s.size())*side + codeGap
	width := p.width - margin - x
	y := p.put(x, top+sheetQuiet*side, p.block("B", titleSize, width, "The same for a camera")) + 2
	for _, text := range []string{
		"carekey reads this picture. It holds the share, as the words do, and the plan's number: keep it as secret as them.",
		"Photograph it only with the device on which the secret is to be put together, when the time has come.",
		"Put the folded sheet into an envelope: held against the light, the words could be read through the paper.",
	} {
		y = p.put(x, y, p.block("", noteSize, width, text)) + 2.5
	}
	if c.Plan.IsZero() {
		return
	}
	y = p.put(x, y, p.block("", noteSize, width, inFull))
	p.put(x, y, p.block("", noteSize, width, spaced(c.Plan.String()))) // in one line, whatever the code leaves
}

// symbol draws a code as rectangles, one for each row's black modules that stand
// side by side: between single squares some printers leave a white line.
func (p *printer) symbol(s symbol, x, y, side float64) {
	p.pdf.SetFillColor(0, 0, 0)
	for row := range s.size() {
		for from := 0; from < s.size(); from++ {
			to := from
			for s.black(to, row) {
				to++
			}
			if to > from {
				p.pdf.Rect(x+float64(from+sheetQuiet)*side, y+float64(row+sheetQuiet)*side, float64(to-from)*side, side, "F")
				from = to
			}
		}
	}
}

// spaced sets digits in groups of four, which a person can compare.
func spaced(digits string) string {
	var groups []byte
	for i := range len(digits) {
		if i > 0 && i%4 == 0 {
			groups = append(groups, ' ')
		}
		groups = append(groups, digits[i])
	}
	return string(groups)
}
