package card

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"carekey/recovery"
	"carekey/recovery/slip39"
)

// Reading is what was read of a card.
type Reading struct {
	Share slip39.Share
	Plan  *recovery.PlanID // nil if it was not there, as beside words alone
}

var (
	// ErrEmpty means that there is nothing to read.
	ErrEmpty = errors.New("there is nothing in it to read")
	// ErrPDF means that a file is a document and no picture.
	ErrPDF = errors.New("a PDF file cannot be read: give a photograph of the printed card or a picture of the page (PNG), or type the words")
	// ErrNotText means that a file is neither a picture nor text.
	ErrNotText = errors.New("this is neither text nor a picture that can be read: a picture must be a JPEG or PNG file")
)

// Read reads the cards in a text or in a picture, whichever it is. The errors are
// those of [ReadImage] and [ReadText], [ErrPDF] and [ErrNotText].
func Read(ctx context.Context, r io.Reader) ([]Reading, error) {
	file, err := readFile(r)
	if err != nil {
		return nil, err
	}
	defer clear(file)
	switch {
	case isPNG(file) || isJPEG(file):
		return readImage(ctx, file)
	case bytes.HasPrefix(file, []byte("%PDF-")):
		return nil, ErrPDF
	case !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0:
		return nil, ErrNotText
	case len(file) > maxTextBytes:
		return nil, ErrTooLarge
	}
	return ReadText(string(file))
}

// ShareError names the share of a text that cannot be read, where there are several.
type ShareError struct {
	Place int // from 1
	Err   error
}

func (e *ShareError) Error() string { return fmt.Sprintf("share %d in this text: %v", e.Place, e.Err) }

// Unwrap returns what is wrong with it.
func (e *ShareError) Unwrap() error { return e.Err }
