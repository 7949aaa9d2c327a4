package card

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"carekey/recovery/slip39"
)

// cardOf is a card of a plan with the same number.
func cardOf(t testing.TB, number uint64, secret int) Card {
	t.Helper()
	return Card{Plan: planNumber(byte(number)), Share: shareOf(t, number, secret)}
}

func readingOf(c Card) Reading { return Reading{Share: c.Share, Plan: &c.Plan} }

// TestPhotographs: what people do to pictures, and what must be read of it yet.
func TestPhotographs(t *testing.T) {
	tests := map[string]func(s *shot){
		"as it is":           func(*shot) {},
		"small":              func(s *shot) { s.module = 2.2 },
		"large":              func(s *shot) { s.module = 8 },
		"turned by 5":        func(s *shot) { s.turn = 5 },
		"turned by 45":       func(s *shot) { s.turn = 45 },
		"turned by 90":       func(s *shot) { s.turn = 90 },
		"turned by 200":      func(s *shot) { s.turn = 200 },
		"tilted":             func(s *shot) { s.tilt, s.turn = 0.25, 20 },
		"blurred":            func(s *shot) { s.blur = 0.55 * s.module },
		"shaken":             func(s *shot) { s.shake = 4 },
		"noise":              func(s *shot) { s.noise = 40 },
		"pale":               func(s *shot) { s.ink, s.paper = 150, 190 },
		"dark":               func(s *shot) { s.ink, s.paper = 10, 50 },
		"a shadow":           func(s *shot) { s.shade = 0.75 },
		"JPEG of quality 20": func(s *shot) { s.quality = 20 },
		"inverted":           func(s *shot) { s.inverted = true },
		"an uneven width":    func(s *shot) { s.width, s.height, s.quality = 501, 363, 60 },
		"everything a bit": func(s *shot) {
			*s = shot{width: 600, height: 450, module: 5, turn: 33, tilt: 0.15, blur: 1.2, noise: 15, ink: 60, paper: 200, shade: 0.4, quality: 40, seed: 3}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cardOf(t, 1, 32)
			s := usual()
			change(&s)
			got, err := ReadImage(t.Context(), bytes.NewReader(s.file(t, pageOf(t, qr.M, c.Code()))))
			expectReadings(t, got, err, readingOf(c))
		})
	}
}

// phone is a picture as phones make them, in which the card is small.
func phone(t testing.TB, by int, c Card) []byte {
	t.Helper()
	s := shot{width: 600, height: 300, module: 2.4, turn: 12, tilt: 0.03, ink: 50, paper: 200, shade: 0.3}
	return fileOf(t, enlarged(s.take(pageOf(t, qr.M, c.Code())), by), 70)
}

func TestPhone(t *testing.T) {
	c := cardOf(t, 1, 16)
	got, err := ReadImage(t.Context(), bytes.NewReader(phone(t, 5, c)))
	expectReadings(t, got, err, readingOf(c))
}

// BenchmarkReadImage is what a person waits for: a large picture
// with a card, and one without.
func BenchmarkReadImage(b *testing.B) {
	none := shot{width: 800, height: 600, module: 2.4, turn: 12, ink: 50, paper: 200, shade: 0.3, noise: 10}
	files := map[string][]byte{
		"card":    phone(b, 8, cardOf(b, 1, 16)),
		"no card": fileOf(b, enlarged(none.take(pageOf(b, qr.M)), 5), 70),
	}
	for name, file := range files {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ReadImage(b.Context(), bytes.NewReader(file)); err != nil && !errors.Is(err, ErrNoQR) {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestSeveralCodes(t *testing.T) {
	a, b, c := cardOf(t, 1, 16), cardOf(t, 2, 32), cardOf(t, 3, 16)
	others := []byte("https://example.org/a-menu")
	s := shot{width: 640, height: 300, module: 4, turn: 7, ink: 30, paper: 230, quality: 80, noise: 10}
	tests := []struct {
		name  string
		codes [][]byte
		want  []Reading
	}{
		{"two", [][]byte{a.Code(), b.Code()}, []Reading{readingOf(a), readingOf(b)}},
		{"three", [][]byte{a.Code(), b.Code(), c.Code()}, []Reading{readingOf(a), readingOf(b), readingOf(c)}},
		{"one twice", [][]byte{a.Code(), a.Code()}, []Reading{readingOf(a)}},
		{"another's beside", [][]byte{others, a.Code()}, []Reading{readingOf(a)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ReadImage(t.Context(), bytes.NewReader(s.file(t, pageOf(t, qr.M, tt.codes...))))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want { // in any order
				for i, r := range got {
					if r.Share.ID == want.Share.ID {
						expectReadings(t, got[i:i+1], nil, want)
					}
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("%d cards are read, not %d", len(got), len(tt.want))
			}
		})
	}
}

// TestKinds: pictures of every kind that the formats have.
func TestKinds(t *testing.T) {
	c := cardOf(t, 1, 16)
	grey := plain(t, c.Code(), qr.L, 3)
	bare := image.NewNRGBA(grey.Bounds()) // ink on nothing, as a drawing program saves it
	for y := range bare.Rect.Dy() {
		for x := range bare.Rect.Dx() {
			if grey.At(x, y).(color.Gray).Y == 0 {
				bare.SetNRGBA(x, y, color.NRGBA{A: 255})
			}
		}
	}
	kinds := map[string]draw.Image{
		"grey 16":   image.NewGray16(grey.Bounds()),
		"colour":    image.NewRGBA(grey.Bounds()),
		"deep":      image.NewNRGBA64(grey.Bounds()),
		"a palette": image.NewPaletted(grey.Bounds(), color.Palette{color.Black, color.White}),
	}
	for name, kind := range kinds {
		draw.Draw(kind, kind.Bounds(), grey, image.Point{}, draw.Src)
		got, err := ReadImage(t.Context(), bytes.NewReader(fileOf(t, kind, 0)))
		t.Run(name, func(t *testing.T) { expectReadings(t, got, err, readingOf(c)) })
	}
	got, err := ReadImage(t.Context(), bytes.NewReader(fileOf(t, bare, 0)))
	expectReadings(t, got, err, readingOf(c))
	colour := kinds["colour"]
	got, err = ReadImage(t.Context(), bytes.NewReader(fileOf(t, colour, 90)))
	expectReadings(t, got, err, readingOf(c))
}

func TestPicturesWithoutACard(t *testing.T) {
	menu := plain(t, []byte("https://example.org/a-menu"), qr.M, 4)
	binary := plain(t, bytes.Repeat([]byte{0xff}, 20), qr.M, 4)
	number := plain(t, []byte("12345678901234567890"), qr.M, 4)
	large := plain(t, bytes.Repeat([]byte("many bytes "), 60), qr.L, 4)
	card := fileOf(t, plain(t, cardOf(t, 1, 16).Code(), qr.M, 4), 0)
	empty := usual()
	tests := []struct {
		name string
		file []byte
		want error
	}{
		{"nothing", nil, ErrEmpty},
		{"text", []byte("academic acid"), ErrNotAnImage},
		{"GIF", []byte("GIF89a\x01\x00\x01\x00"), ErrNotAnImage},
		{"half a picture", card[:len(card)/2], ErrNotAnImage},
		{"the head of a JPEG", []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00"), ErrNotAnImage},
		{"a JPEG as large as they may be", claimingJPEG(0xc0, 6000), ErrNotAnImage},
		{"a PNG as large as they may be", claiming(7000, 7000, true), ErrNotAnImage},
		{"a page without a code", empty.file(t, pageOf(t, qr.M)), ErrNoQR},
		{"one point", fileOf(t, image.NewGray(image.Rect(0, 0, 1, 1)), 0), ErrNoQR},
		{"one line", fileOf(t, image.NewGray(image.Rect(0, 0, 9000, 1)), 0), ErrNoQR},
		{"a menu", fileOf(t, menu, 0), ErrNoCode},
		{"other bytes", fileOf(t, binary, 0), ErrNoCode},
		{"a number", fileOf(t, number, 0), ErrNoCode},
		{"a large code", fileOf(t, large, 0), ErrNoCode},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadImage(t.Context(), bytes.NewReader(tt.file))
			if err == nil || err.Error() != tt.want.Error() || got != nil {
				t.Errorf("it says %v, %v", got, err)
			}
		})
	}
}

// claimingJPEG is the beginning of a JPEG file with so many points, all at once or in
// scans.
func claimingJPEG(kind byte, side uint16) []byte {
	file := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	file = append(file, 0xff, kind, 0, 17, 8)
	file = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(file, side), side)
	return append(file, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
}

// claiming is a PNG file of a few bytes that says to have so many points.
func claiming(width, height uint32, colour bool) []byte {
	kind := byte(0)
	if colour {
		kind = 2
	}
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = append(binary.BigEndian.AppendUint32(head, height), 8, kind, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(head))
}

// endless is as long as somebody reads, and counts that.
type endless struct {
	begin []byte
	read  int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.begin)
	e.begin = e.begin[n:]
	e.read += len(b)
	return len(b), nil
}

// TestBombs: what would take much memory or time is refused before it does.
func TestBombs(t *testing.T) {
	bomb := &endless{begin: []byte("\x89PNG\r\n\x1a\n")}
	tests := []struct {
		name string
		file io.Reader
	}{
		{"a file without an end", bomb},
		{"100 MB", io.LimitReader(&endless{begin: []byte("\xff\xd8\xff")}, 100<<20)},
		{"a small file of 50000 by 50000", bytes.NewReader(claiming(50000, 50000, true))},
		{"a small file in scans", bytes.NewReader(claimingJPEG(0xc2, 6000))},
		{"grey, 10000 by 10000", bytes.NewReader(claiming(10000, 10000, false))},
		{"a line of 2 billion", bytes.NewReader(claiming(1<<31-1, 1, true))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			got, err := ReadImage(t.Context(), tt.file)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrTooLarge) || got != nil {
				t.Errorf("it says %v, %v", got, err)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 6*maxFileBytes {
				t.Errorf("it took %d MB", took>>20)
			}
		})
	}
	if bomb.read > maxFileBytes+1<<20 {
		t.Errorf("%d bytes were read", bomb.read)
	}
}

// TestManyMarks: in a picture full of what looks like corners of codes the clock is
// looked at.
func TestManyMarks(t *testing.T) {
	const side, cell = 800, 16
	picture := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			ring := max(x%cell-7, 7-x%cell, y%cell-7, 7-y%cell)
			if ring == 4 || ring > 6 || ring == 5 {
				picture.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	if found := drawn(picture, 32, 50).marks(t.Context()); len(found) != bestMarks {
		t.Fatalf("%d marks are kept: this test would look at nothing", len(found))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	start := time.Now()
	got, err := ReadImage(ctx, bytes.NewReader(fileOf(t, picture, 0)))
	if !errors.Is(err, ErrNoQR) && !errors.Is(err, context.DeadlineExceeded) || got != nil {
		t.Errorf("it says %v, %v", got, err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestNobodyWaits: whoever gives up is heeded.
func TestNobodyWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := usual()
	if _, err := ReadImage(ctx, bytes.NewReader(s.file(t, pageOf(t, qr.M)))); !errors.Is(err, context.Canceled) {
		t.Errorf("it says %v", err)
	}
}

func TestReadTellsTextFromPictures(t *testing.T) {
	c := cardOf(t, 1, 16)
	picture := fileOf(t, plain(t, c.Code(), qr.M, 4), 0)
	got, err := Read(t.Context(), bytes.NewReader(picture))
	expectReadings(t, got, err, readingOf(c))
	got, err = Read(t.Context(), strings.NewReader("\ufeff"+onPaper(c.Share, c.Plan)))
	expectReadings(t, got, err, readingOf(c))
	for text, want := range map[string]error{
		"":                             ErrEmpty,
		"%PDF-1.7\n%\xe2\xe3":          ErrPDF,
		"\x00\x00\x00\x18ftypheic":     ErrNotText,
		"caf\xe9":                      ErrNotText,
		"hello":                        ErrNoShare,
		strings.Repeat("word ", 20000): ErrTooLarge,
	} {
		if got, err := Read(t.Context(), strings.NewReader(text)); !errors.Is(err, want) || got != nil {
			t.Errorf("%.10q gives %v, %v", text, got, err)
		}
	}
	broken := errors.New("the disk is broken")
	if _, err := Read(t.Context(), io.MultiReader(strings.NewReader("a"), failing{broken})); !errors.Is(err, broken) {
		t.Errorf("it says %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestCodesOfOthers: a code that is filled up in another way than the standard's,
// as one is that was corrected to something wrong, is none of a card's.
func TestCodesOfOthers(t *testing.T) {
	const first = 5 // byte that fills up
	raw := []byte{0x40, 0x37, 0x12, 0x5a, 0xb0, 0xec, 0x11, 0xec}
	if b := segment(raw, 29); !bytes.Equal(b, []byte{0x71, 0x25, 0xab}) {
		t.Errorf("read %x", b)
	}
	for i := first; i < len(raw); i++ {
		other := bytes.Clone(raw)
		other[i] ^= 1
		if b := segment(other, 29); len(b) != 0 {
			t.Errorf("filled up with %x it is read as %x", other[first:], b)
		}
	}
	for n := range first {
		if b := segment(raw[:n], 29); len(b) != 0 {
			t.Errorf("%x is read as %x", raw[:n], b)
		}
	}
}

// FuzzReadImage: whatever the file, there are cards or one sentence, and no share
// that is none.
func FuzzReadImage(f *testing.F) {
	c := cardOf(f, 1, 16)
	code := plain(f, c.Code(), qr.M, 2)
	f.Add(fileOf(f, code, 0))
	f.Add(fileOf(f, code, 60))
	f.Add(fileOf(f, plain(f, []byte("12345678901234567890"), qr.L, 2), 0))
	f.Add(claiming(100, 100, false))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := ReadImage(t.Context(), bytes.NewReader(file))
		if (err == nil) != (len(got) > 0) {
			t.Fatalf("%d cards, %v", len(got), err)
		}
		for _, r := range got {
			if again, err := slip39.Parse(r.Share.Sentence()); r.Plan == nil || err != nil || !bytes.Equal(again.Pack(), r.Share.Pack()) {
				t.Fatalf("what was read is no share: %v", err)
			}
		}
	})
}

// FuzzContent: whatever the modules of a code are, the decoder ends.
func FuzzContent(f *testing.F) {
	code, err := qr.Encode(string(cardOf(f, 1, 16).Code()), qr.M)
	if err != nil {
		f.Fatal(err)
	}
	modules := make([]byte, code.Size*code.Size)
	for i := range modules {
		if code.Black(i%code.Size, i/code.Size) {
			modules[i] = 1
		}
	}
	f.Add(modules)
	f.Fuzz(func(t *testing.T, modules []byte) {
		n := 21
		for (n+4)*(n+4) <= len(modules) && n < 177 {
			n += 4
		}
		g := grid{n: n, light: make([]float64, n*n)}
		for i, m := range modules[:min(len(modules), n*n)] {
			g.light[i] = float64(1 - m&1)
		}
		if b := content(g.bits()); len(b) > 255 {
			t.Fatalf("read %d bytes", len(b))
		}
	})
}
