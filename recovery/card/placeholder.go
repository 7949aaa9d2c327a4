package card

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"carekey/recovery"
	"carekey/recovery/slip39"
)

// Text is the card as text.
func (c Card) Text() string { return c.Share.Sentence() + "\n" }

// Draw is the code for a terminal.
func (Card) Draw() string { return "" }

// Width is how many columns the drawing takes.
func (Card) Width() int { return 0 }

// Paper is a size of paper.
type Paper int

// The sizes.
const (
	A4 Paper = iota
	Letter
)

// WritePDF writes sheets.
func WritePDF(io.Writer, Paper, ...Card) error { return errors.New("not there yet") }

// Reading is what was read from a card.
type Reading struct {
	Share slip39.Share
	Plan  *recovery.PlanID // nil if only the words were there
}

// What can be wrong with a file or a text.
var (
	ErrNotAnImage = errors.New("this is no picture that can be read")
	ErrNotText    = errors.New("this is neither text nor a picture")
	ErrPDF        = errors.New("a PDF file cannot be read")
	ErrTooLarge   = errors.New("this is too large for a card")
	ErrNoQR       = errors.New("there is no code to scan in the picture")
	ErrEmpty      = errors.New("there is nothing in it to read")
	ErrNoShare    = errors.New("there is no share in this text")
)

// ShareError names the share of a text that cannot be read, where there are several.
type ShareError struct {
	Place int // from 1
	Err   error
}

func (e *ShareError) Error() string { return fmt.Sprintf("share %d: %v", e.Place, e.Err) }

// Unwrap returns what is wrong with it.
func (e *ShareError) Unwrap() error { return e.Err }

// Read reads text.
func Read(_ context.Context, r io.Reader) ([]Reading, error) {
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > most:
		return nil, ErrTooLarge
	case bytes.ContainsRune(text, 0):
		return nil, ErrNotText
	}
	return ReadText(string(text))
}

// ReadText reads shares with empty lines between.
func ReadText(text string) ([]Reading, error) {
	if strings.TrimSpace(text) == "" {
		return nil, ErrEmpty
	}
	var all []Reading
	for _, block := range regexp.MustCompile(`\n\s*\n`).Split(strings.TrimSpace(text), -1) {
		fields, known := slip39.Fields(block), 0
		for _, f := range fields {
			if _, ok := slip39.Word(f); ok {
				known++
			}
		}
		if 2*known < len(fields) {
			return nil, ErrNoShare
		}
		share, err := slip39.Parse(block)
		if err != nil {
			return nil, err
		}
		all = append(all, Reading{Share: share})
	}
	return all, nil
}
