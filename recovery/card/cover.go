package card

// Sizes of letters on the cover, in points, and how it shrinks if much is said.
const (
	coverTitle    = 15.0
	coverName     = 15.0
	coverText     = 10.5
	coverLabel    = 9.0
	labelWidth    = 27.0
	coverTop      = 12.0
	rowGap        = 1.6
	smallestCover = 0.5
	shrink        = 0.97
)

const byHand = string(absent) + " stands for a letter that this sheet's fonts do not have. Write it by hand: ____________________"

// placed is a block and its upper left corner.
type placed struct {
	x, y float64
	block
}

// cover is what stays outside: all but the share.
func (p *printer) cover(c Card) {
	blocks, _ := p.fitting(p.printable(c.rows()))
	for _, b := range blocks {
		p.put(b.x, b.y, b.block)
	}
	p.right(p.width-margin, coverTop, p.block("", coverLabel, p.width, "carekey"))
}

// fitting sets the cover as large as it can be.
func (p *printer) fitting(rows []row) (blocks []placed, end float64) {
	for scale := 1.0; scale > smallestCover; scale *= shrink {
		if blocks, end = p.setCover(rows, scale); end <= p.edge {
			break
		}
	}
	return blocks, end
}

// printable replaces what cannot be printed, and says so in a row of its own.
func (p *printer) printable(rows []row) []row {
	var shown []row
	whole := true
	for _, r := range rows {
		text, all := p.known.printable(r.says)
		shown = append(shown, row{r.label, text})
		whole = whole && all
	}
	if !whole {
		shown = append(shown, row{"", byHand})
	}
	return shown
}

// setCover sets the cover's blocks, one row below the other, and says where they
// end.
func (p *printer) setCover(rows []row, scale float64) (blocks []placed, end float64) {
	width := p.width - 2*margin
	title := p.block("B", coverTitle*scale, width, heading)
	blocks = append(blocks, placed{margin, coverTop, title})
	y := coverTop + title.height() + rowGap
	for _, r := range rows {
		style, size := "", coverText*scale
		if r.label == labelWhose {
			style, size = "B", coverName*scale
		}
		says := p.block(style, size, width-labelWidth, r.says)
		label := p.block("", coverLabel*scale, labelWidth, r.label)
		blocks = append(blocks, placed{margin, y + ascent*(says.lineHeight()-label.lineHeight()), label}, placed{margin + labelWidth, y, says})
		y += says.height() + rowGap*scale
	}
	return blocks, y
}
