package card

import (
	"bytes"
	"context"
	"image"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// attempt is one way to look for codes: at a size, with marks looked for in a
// sharper picture or not.
type attempt struct {
	most     int // the longest side, in points
	reach    int // of a point's surroundings: this part of the longest side
	darker   int // than the surroundings is dark, in 256ths
	sharpen  int // how much; 0 is not
	blur     int // reach of the blur that is undone
	inverted bool
}

// attempts are the ways that find codes which the others do not, the likeliest
// first: docs/decisions/reading-photographs.md.
var attempts = []attempt{
	{most: 800, reach: 25, darker: 50},
	{most: 1000, reach: 25, darker: 50},
	{most: 400, reach: 10, darker: 60, sharpen: 2, blur: 1},
	{most: 500, reach: 15, darker: 60, sharpen: 3, blur: 2},
	{most: 600, reach: 25, darker: 25},
	{most: 350, reach: 15, darker: 25},
	{most: 500, reach: 25, darker: 40},
	{most: 900, reach: 15, darker: 40, sharpen: 2, blur: 3},
	{most: 1600, reach: 25, darker: 50},
	{most: mostSide, reach: 25, darker: 50},
	{most: 800, reach: 25, darker: 50, inverted: true},
	{most: 1600, reach: 25, darker: 50, inverted: true},
}

// finds are what was found in a picture.
type finds struct {
	codes [][]byte // what codes hold, each once; empty if it is no bytes
	open  bool     // something looked like a code and could not be read
}

// add takes in what a code holds, unless it is there.
func (f *finds) add(code []byte) {
	for _, c := range f.codes {
		if bytes.Equal(c, code) {
			return
		}
	}
	f.codes = append(f.codes, code)
}

// scan looks for codes in a picture until enough says that it may stop.
func scan(ctx context.Context, picture *image.Gray, enough func(finds) bool) finds {
	var f finds
	tried := map[attempt]bool{}
	for _, a := range attempts {
		a.most = min(a.most, max(picture.Rect.Dx(), picture.Rect.Dy()))
		if tried[a] {
			continue
		}
		tried[a] = true
		f.open = false
		a.scan(ctx, picture, &f)
		if ctx.Err() != nil || enough(f) {
			break
		}
	}
	return f
}

func (a attempt) scan(ctx context.Context, picture *image.Gray, f *finds) {
	picture = smaller(picture, a.most)
	if a.inverted {
		picture = inverted(picture)
	}
	sharp := picture
	if a.sharpen > 0 {
		sharp = sharpened(picture, a.blur, a.sharpen)
	}
	reach := max(a.most/a.reach, 1)
	used := map[mark]bool{}
	for _, c := range corners(drawn(sharp, reach, a.darker).marks(ctx)) {
		if ctx.Err() != nil {
			return
		}
		if used[c.topLeft] || used[c.topRight] || used[c.bottomLeft] {
			continue
		}
		code, likely := c.read(picture)
		f.open = f.open || likely && code == nil
		if code != nil {
			f.add(code)
			used[c.topLeft], used[c.topRight], used[c.bottomLeft] = true, true, true
		}
	}
}

// read returns what the code between three marks holds; nil if there is none that
// can be read, and then whether there is likely one.
func (c corner) read(picture *image.Gray) (code []byte, likely bool) {
	for _, f := range c.fits(picture) {
		likely = likely || f.score > 0.5*c.contrast(picture)
		g := f.grid(picture)
		for _, by := range []float64{0, 1, 2} {
			if code = content(g.sharper(by).bits()); code != nil {
				return code, true
			}
		}
	}
	return nil, likely
}

// content returns what the modules of a code hold: empty, but not nil, if that is
// another thing than bytes.
func content(modules *gozxing.BitMatrix) (b []byte) {
	defer func() {
		if recover() != nil {
			b = nil // the decoder trusts a code more than one can; a code that upsets it is none
		}
	}()
	read, err := decoder.NewDecoder().Decode(modules, nil)
	if err != nil {
		return nil
	}
	return segment(read.GetRawBytes(), modules.GetWidth())
}

// segment returns the bytes of a code that holds nothing else, and is filled up as
// the standard says: a share has no checksum in a code, so that what was corrected to
// a wrong code should be noticed by whatever there is. Empty for other codes.
func segment(raw []byte, modules int) []byte {
	const bytesFollow, largestShort = 4, 53 // modules of version 9, the last with one byte for the length
	const largestCode = 1 << 8
	at := 0 // in nibbles
	next := func() int {
		if at/2 >= len(raw) {
			return -1
		}
		n := int(raw[at/2]) >> (4 * (1 - at%2)) & 15
		at++
		return n
	}
	if modules > largestShort || next() != bytesFollow {
		return []byte{}
	}
	n := next()<<4 | next()
	b := make([]byte, 0, largestCode)
	for range n {
		b = append(b, byte(next()<<4|next()))
	}
	if next() != 0 {
		return []byte{}
	}
	for i, fill := range raw[at/2:] {
		if fill != [...]byte{0xec, 0x11}[i%2] {
			return []byte{}
		}
	}
	return b
}
