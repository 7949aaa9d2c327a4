package card

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"rsc.io/qr"
)

// shot is a photograph of a page with codes, as it is made in tests: the page is
// painted as the camera would see it, then made worse.
type shot struct {
	width, height int
	module        float64 // of a code, in pixels
	turn          float64 // degrees
	tilt          float64 // how much smaller the far side is: 0.2 is a fifth
	blur          float64 // standard deviation in pixels
	shake         int     // pixels that the camera moved sideways
	noise         float64 // standard deviation in grey levels
	ink, paper    float64 // grey levels
	shade         float64 // how much darker the dark side is: 0.5 is half
	quality       int     // of JPEG; 0 is PNG
	inverted      bool
	seed          uint64
}

// usual is a shot without faults.
func usual() shot {
	return shot{width: 480, height: 360, module: 4, ink: 30, paper: 230, seed: 1}
}

// page is what is photographed. Its unit is a module, its middle is 0, 0.
type page struct {
	codes []*qr.Code
	at    [][2]float64 // the codes' upper left corners
}

// pageOf puts codes of these bytes in a row, with lines of writing below.
func pageOf(t testing.TB, level qr.Level, codes ...[]byte) page {
	t.Helper()
	var p page
	left := 0.0
	for _, b := range codes {
		code, err := qr.Encode(string(b), level)
		if err != nil {
			t.Fatal(err)
		}
		p.codes = append(p.codes, code)
		p.at = append(p.at, [2]float64{left, -float64(code.Size) / 2})
		left += float64(code.Size) + 10
	}
	for i := range p.at {
		p.at[i][0] -= (left - 10) / 2
	}
	return p
}

// dark says what is at a place of the page: ink, or the table around it.
func (p page) dark(x, y float64) (ink, table bool) {
	for i, code := range p.codes {
		cx, cy := int(math.Floor(x-p.at[i][0])), int(math.Floor(y-p.at[i][1]))
		if cx >= -4 && cy >= -4 && cx < code.Size+4 && cy < code.Size+4 {
			return code.Black(cx, cy), false
		}
	}
	if math.Abs(x) > 100 || math.Abs(y) > 70 {
		return false, true
	}
	row, column := int(math.Floor(y/2)), int(math.Floor(x))
	written := row%2 == 0 && math.Abs(x) < 80 && math.Abs(y) < 60 && (column*2654435761+row*40503)>>3%5 > 1
	return written, false
}

// take makes the picture.
func (s shot) take(p page) *image.Gray {
	random := rand.New(rand.NewPCG(s.seed, 7))
	light := make([]float64, s.width*s.height)
	sin, cos := math.Sincos(s.turn * math.Pi / 180)
	half := s.module * 20
	for y := range s.height {
		for x := range s.width {
			sum := 0.0
			for _, d := range [...]float64{0.25, 0.75} { // of a point
				dx, dy := float64(x)+d-float64(s.width)/2, float64(y)+d-float64(s.height)/2
				depth := 1 + s.tilt*dy/half/2 + s.tilt*dx/half/4
				if depth < 0.2 {
					depth = 0.2
				}
				dx, dy = dx/depth, dy/depth
				px, py := (dx*cos+dy*sin)/s.module, (dy*cos-dx*sin)/s.module
				ink, table := p.dark(px, py)
				switch {
				case table:
					sum += (s.ink + s.paper) / 2.5
				case ink != s.inverted:
					sum += s.ink
				default:
					sum += s.paper
				}
			}
			light[y*s.width+x] = sum / 2 * (1 - s.shade*float64(x)/float64(s.width))
		}
	}
	light = blurred(light, s.width, s.height, s.blur, s.shake)
	picture := image.NewGray(image.Rect(0, 0, s.width, s.height))
	for i, l := range light {
		picture.Pix[i] = uint8(min(max(l+s.noise*random.NormFloat64(), 0), 255))
	}
	return picture
}

// blurred blurs by a Gaussian, and by a move to the side.
func blurred(light []float64, width, height int, sigma float64, shake int) []float64 {
	if sigma > 0 {
		reach := int(math.Ceil(3 * sigma))
		kernel := make([]float64, 2*reach+1)
		for i := range kernel {
			kernel[i] = math.Exp(-float64((i-reach)*(i-reach)) / (2 * sigma * sigma))
		}
		light = folded(folded(light, width, height, 1, 0, kernel), width, height, 0, 1, kernel)
	}
	if shake > 1 {
		kernel := make([]float64, shake)
		for i := range kernel {
			kernel[i] = 1
		}
		light = folded(light, width, height, 1, 0, kernel)
	}
	return light
}

func folded(light []float64, width, height, dx, dy int, kernel []float64) []float64 {
	total := 0.0
	for _, k := range kernel {
		total += k
	}
	out := make([]float64, len(light))
	for y := range height {
		for x := range width {
			sum := 0.0
			for i, k := range kernel {
				at := i - len(kernel)/2
				sum += k * light[min(max(y+dy*at, 0), height-1)*width+min(max(x+dx*at, 0), width-1)]
			}
			out[y*width+x] = sum / total
		}
	}
	return out
}

// enlarged shows every point as a square of so many.
func enlarged(picture *image.Gray, by int) *image.Gray {
	width, height := picture.Rect.Dx()*by, picture.Rect.Dy()*by
	out := image.NewGray(image.Rect(0, 0, width, height))
	row := make([]byte, width)
	for y := range height {
		if y%by == 0 {
			for x := range width {
				row[x] = picture.Pix[y/by*picture.Stride+x/by]
			}
		}
		copy(out.Pix[y*width:], row)
	}
	return out
}

// file is the picture as it lies in a file.
func (s shot) file(t testing.TB, p page) []byte {
	t.Helper()
	return fileOf(t, s.take(p), s.quality)
}

func fileOf(t testing.TB, picture image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if quality > 0 {
		err = jpeg.Encode(&b, picture, &jpeg.Options{Quality: quality})
	} else {
		err = png.Encode(&b, picture)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plain is a code alone on white, at so many pixels a module.
func plain(t testing.TB, b []byte, level qr.Level, module int) image.Image {
	t.Helper()
	code, err := qr.Encode(string(b), level)
	if err != nil {
		t.Fatal(err)
	}
	side := (code.Size + 8) * module
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if !code.Black(x/module-4, y/module-4) {
				picture.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return picture
}
