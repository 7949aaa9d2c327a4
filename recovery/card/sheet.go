package card

import (
	"errors"
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
)

// Paper is what a sheet is printed on.
type Paper int

// The papers of the world, upright.
const (
	A4 Paper = iota
	Letter
)

// String is the paper's name.
func (p Paper) String() string { return [...]string{"A4", "Letter"}[p] }

// size in millimetres.
func (p Paper) size() (width, height float64) {
	if p == Letter {
		return 215.9, 279.4
	}
	return 210, 297
}

// ErrNoCards means that there is nothing to print.
var ErrNoCards = errors.New("there is no card to print")

// WritePDF writes a page for each card. The same cards always give the same bytes.
// Only the pages' contents hold the words; nothing is put on disk on the way.
func WritePDF(w io.Writer, paper Paper, cards ...Card) error {
	if len(cards) == 0 {
		return ErrNoCards
	}
	known, err := newLetters()
	if err != nil {
		return err
	}
	p := newPrinter(paper, known)
	p.describe(cards)
	for _, c := range cards {
		p.page(c)
	}
	if err := p.pdf.Output(w); err != nil {
		return fmt.Errorf("the sheet could not be written: %w", err)
	}
	return nil
}

// Millimetres, but for sizes of letters, which are in points.
const (
	margin     = 15.0
	coverShare = 0.29 // of the page's height
	pointSize  = 25.4 / 72
	leading    = 1.38 // from line to line, by the letters' size
	thinLine   = 0.2
	thickLine  = 0.6
	ascent     = 0.8 // of a line: where its letters stand
	family     = "dejavu"
)

// printer sets cards on pages. Each page has three panels: a cover, which stays
// outside, and two of the same height, one of which is folded over the other.
type printer struct {
	pdf           *fpdf.Fpdf
	known         letters
	width, height float64
	edge          float64 // where the cover ends
	fold          float64
}

func newPrinter(paper Paper, known letters) *printer {
	width, height := paper.size()
	pdf := fpdf.NewCustom(&fpdf.InitType{UnitStr: "mm", Size: fpdf.SizeType{Wd: width, Ht: height}})
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetCatalogSort(true)
	pdf.AddUTF8FontFromBytes(family, "", dejavusans.TTF)
	pdf.AddUTF8FontFromBytes(family, "B", dejavusansbold.TTF)
	edge := coverShare * height
	return &printer{pdf: pdf, known: known, width: width, height: height, edge: edge, fold: (edge + height) / 2}
}

// describe writes what the file says of itself: no names, and no more of a plan
// than its number.
func (p *printer) describe(cards []Card) {
	made := cards[0].Made.UTC()
	if made.IsZero() {
		made = time.Unix(0, 0).UTC() // else the library takes the present time
	}
	p.pdf.SetCreationDate(made)
	p.pdf.SetModificationDate(made)
	p.pdf.SetProducer("carekey", true)
	title := "Card"
	if plan := cards[0].plan(); plan != "" {
		title += " of plan " + plan
	}
	p.pdf.SetTitle(title, true)
	p.pdf.SetLang("en")
}

func (p *printer) page(c Card) {
	p.pdf.AddPage()
	p.cover(c)
	p.lines()
	p.words(c)
	p.code(c)
}

// block is a text in lines of a size.
type block struct {
	style string // "B" for bold
	size  float64
	lines []string // in visual order
}

// block breaks a text into lines.
func (p *printer) block(style string, size, width float64, text string) block {
	p.pdf.SetFont(family, style, size)
	b := block{style: style, size: size}
	for _, line := range wrap(text, func(s string) bool { return p.pdf.GetStringWidth(s) <= width }) {
		b.lines = append(b.lines, visual(line))
	}
	return b
}

// lineHeight is from one line to the next.
func (b block) lineHeight() float64 { return b.size * pointSize * leading }

func (b block) height() float64 { return float64(len(b.lines)) * b.lineHeight() }

// put prints a block whose upper left corner is given, and returns where it ends.
func (p *printer) put(x, y float64, b block) float64 {
	p.pdf.SetFont(family, b.style, b.size)
	for _, line := range b.lines {
		p.pdf.Text(x, y+ascent*b.lineHeight(), line)
		y += b.lineHeight()
	}
	return y
}

// right prints a line that ends at x, on the baseline of a line at y.
func (p *printer) right(x, y float64, b block) {
	p.pdf.SetFont(family, b.style, b.size)
	p.put(x-p.pdf.GetStringWidth(b.lines[0]), y, b)
}

// lines are the cover's end and the fold.
func (p *printer) lines() {
	p.pdf.SetLineWidth(thickLine)
	p.pdf.Line(margin, p.edge, p.width-margin, p.edge)
	p.pdf.SetLineWidth(thinLine)
	p.pdf.SetDashPattern([]float64{2, 1.5}, 0)
	p.pdf.Line(0, p.fold, p.width, p.fold)
	p.pdf.SetDashPattern(nil, 0)
	note := p.block("", 8, p.width, "fold here and bring the lower edge up to the thick line: the words are then inside")
	width := p.pdf.GetStringWidth(note.lines[0])
	p.pdf.SetFillColor(255, 255, 255)
	p.pdf.Rect((p.width-width)/2-2, p.fold-note.height()/2, width+4, note.height(), "F")
	p.put((p.width-width)/2, p.fold-note.height()/2, note)
}
