package card

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"time"
)

// What a picture may be and take.
const (
	maxFileBytes = 32 << 20
	maxPoints    = 60 << 20        // phones have up to 50 million
	maxMemory    = 256 << 20       // that decoding may take
	patience     = 8 * time.Second // with one picture
	mostSide     = 2400            // points of the longest side that are looked at
)

var (
	// ErrNotAnImage means that there is no picture in a file.
	ErrNotAnImage = errors.New("this is no picture that can be read: it must be a JPEG or PNG file, and whole")
	// ErrTooLarge means that a file or a picture is refused unread.
	ErrTooLarge = errors.New("this is too large to be read: a picture may have 32 MB and 60 million points, a text 32 KB")
	// ErrNoQR means that there is no code in a picture, or that it cannot be read.
	ErrNoQR = errors.New("no code to scan could be read in this picture: take it from straight above, sharp, in even light and near enough, or type the words")
)

// ReadImage reads the cards whose codes are in a picture, JPEG or PNG: each once,
// however often it is there. [ErrEmpty], [ErrNotAnImage], [ErrTooLarge], [ErrNoQR];
// [ErrNoCode] if all codes in it are others'.
func ReadImage(ctx context.Context, r io.Reader) ([]Reading, error) {
	file, err := readFile(r)
	if err != nil {
		return nil, err
	}
	defer clear(file)
	return readImage(ctx, file)
}

// readFile reads what is not too large.
func readFile(r io.Reader) ([]byte, error) {
	file, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("the file could not be read: %w", err)
	case len(file) == 0:
		return nil, ErrEmpty
	case len(file) > maxFileBytes:
		return nil, ErrTooLarge
	}
	return file, nil
}

func readImage(ctx context.Context, file []byte) ([]Reading, error) {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	picture, err := decodeImage(limited, file)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	}
	defer clear(picture.Pix)
	found := scan(limited, picture, func(f finds) bool { return !f.open && len(readings(f)) > 0 })
	if all := readings(found); len(all) > 0 {
		return all, nil
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(found.codes) > 0:
		return nil, ErrNoCode
	}
	return nil, ErrNoQR
}

// readings are the cards among what was found.
func readings(f finds) []Reading {
	var all []Reading
	for _, code := range f.codes {
		plan, share, err := ReadCode(code)
		if err != nil {
			continue
		}
		r := Reading{Share: share}
		if !plan.IsZero() {
			r.Plan = &plan
		}
		all = append(all, r)
	}
	return all
}

// decodeImage decodes a picture that is not too large.
func decodeImage(ctx context.Context, file []byte) (*image.Gray, error) {
	config, decode := png.DecodeConfig, png.Decode
	switch {
	case isJPEG(file):
		config, decode = jpeg.DecodeConfig, jpeg.Decode
	case !isPNG(file):
		return nil, ErrNotAnImage
	}
	about, err := config(bytes.NewReader(file))
	if err != nil {
		return nil, ErrNotAnImage // what exactly is wrong in it helps nobody
	}
	if points := int64(about.Width) * int64(about.Height); points > maxPoints || points*memoryOfPoint(about.ColorModel, file) > maxMemory {
		return nil, ErrTooLarge
	}
	picture, err := decode(&patientReader{ctx, bytes.NewReader(file)})
	switch {
	case ctx.Err() != nil:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrNotAnImage
	case picture.Bounds().Empty():
		return nil, ErrNotAnImage
	}
	return reduced(picture, mostSide), nil
}

func isPNG(file []byte) bool  { return bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")) }
func isJPEG(file []byte) bool { return bytes.HasPrefix(file, []byte{0xff, 0xd8, 0xff}) }

// memoryOfPoint is how many bytes decoding takes for a point, at most.
func memoryOfPoint(model color.Model, file []byte) int64 {
	const perCoefficient = 4
	var n int64
	switch model {
	case color.GrayModel:
		n = 1
	case color.Gray16Model:
		n = 2
	case color.YCbCrModel:
		n = 3
	case color.RGBAModel, color.NRGBAModel, color.CMYKModel:
		n = 4
	case color.RGBA64Model, color.NRGBA64Model:
		n = 8
	default: // a palette
		n = 1
	}
	const interlaced = 28 // where a PNG file tells
	switch {
	case isPNG(file) && len(file) > interlaced && file[interlaced] != 0:
		n *= 2
	case isJPEG(file) && isProgressive(file):
		n += n * perCoefficient
	}
	return n
}

// isProgressive says whether a JPEG file comes in scans, all of which are held.
func isProgressive(file []byte) bool {
	const progressive, scan = 0xc2, 0xda
	for at := 2; at+4 <= len(file); {
		if file[at] != 0xff || file[at+1] == 0xff || file[at+1] == 0 {
			at++
			continue
		}
		switch marker := file[at+1]; {
		case marker == progressive:
			return true
		case marker == scan:
			return false
		case marker >= 0xd0 && marker <= 0xd8 || marker == 1: // without a length
			at += 2
		default:
			at += 2 + int(file[at+2])<<8 + int(file[at+3])
		}
	}
	return false
}

// patientReader ends when there is no more time, since a small file can make a
// decoder work for long.
type patientReader struct {
	ctx context.Context //nolint:containedctx // a reader has no other way to be told
	r   io.Reader
}

func (p *patientReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	const little = 1 << 10
	return p.r.Read(b[:min(len(b), little)])
}

// reduced is how light a picture is, with no side longer than most.
func reduced(picture image.Image, most int) *image.Gray {
	bounds := picture.Bounds()
	light := lightness(picture)
	width, height := bounds.Dx(), bounds.Dy()
	w, h := fitting(width, height, most)
	out := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		top, bottom := y*height/h, (y+1)*height/h
		for x := range w {
			left, right := x*width/w, (x+1)*width/w
			sum := 0
			for py := top; py < bottom; py++ {
				for px := left; px < right; px++ {
					sum += int(light(bounds.Min.X+px, bounds.Min.Y+py))
				}
			}
			out.Pix[y*w+x] = uint8(sum / ((bottom - top) * (right - left)))
		}
	}
	return out
}

// smaller is a picture with no side longer than most.
func smaller(picture *image.Gray, most int) *image.Gray {
	if max(picture.Rect.Dx(), picture.Rect.Dy()) <= most {
		return picture
	}
	return reduced(picture, most)
}

// fitting are the sides of a picture whose longer side is most, or as it is if that
// is less.
func fitting(width, height, most int) (w, h int) {
	longest := max(width, height)
	if longest <= most {
		return width, height
	}
	return max(width*most/longest, 1), max(height*most/longest, 1)
}

// lightness tells how light the points of a picture are, on white paper where it is
// transparent.
func lightness(picture image.Image) func(x, y int) uint8 {
	switch p := picture.(type) {
	case *image.Gray:
		return func(x, y int) uint8 { return p.Pix[p.PixOffset(x, y)] }
	case *image.YCbCr:
		return func(x, y int) uint8 { return p.Y[p.YOffset(x, y)] }
	case *image.RGBA:
		return func(x, y int) uint8 {
			c := p.Pix[p.PixOffset(x, y):]
			return onWhite(uint32(c[0]), uint32(c[1]), uint32(c[2]), uint32(c[3]))
		}
	}
	return func(x, y int) uint8 {
		r, g, b, a := picture.At(x, y).RGBA()
		return onWhite(r>>8, g>>8, b>>8, a>>8)
	}
}

// onWhite is the lightness of a colour, multiplied by how opaque it is.
func onWhite(r, g, b, a uint32) uint8 {
	return uint8(min((r+2*g+b)/4+255-min(a, 255), 255))
}
