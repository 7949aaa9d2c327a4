package fhir

import (
	"bytes"
	"errors"
	"io"
)

// The ways a whole input is refused.
var (
	// ErrTooLarge means that the input, or one record in it, is over its limit.
	ErrTooLarge = errors.New("the records are larger than the limit")
	// ErrTruncated means that the input ends in the middle.
	ErrTruncated = errors.New("the records end in the middle")
	// ErrNotRecords means that the input is no FHIR JSON that holds records.
	ErrNotRecords = errors.New("this is not a FHIR R4 bundle, resource or list of resources")
)

const firstWindow = 256 << 10 // bytes; most records fit many times

// window is the part of the input that is in memory. It cuts the input into
// whole JSON values by their brackets and quotes alone; what is inside them is
// judged later, one by one, so that one bad record does not hide the next.
type window struct {
	r    io.Reader
	buf  []byte
	gone int64 // bytes of the input before buf
	pos  int   // next byte to look at
	keep int   // first byte still wanted, at most pos
	left int64 // bytes that may still be read
	most int   // bytes that one value may have
	end  bool  // the reader has no more
}

func newWindow(r io.Reader, total int64, value int) *window {
	return &window{r: r, buf: make([]byte, 0, firstWindow), left: total, most: value}
}

// more reads more of the input behind what is there, dropping what comes before
// keep. At the end of the input it returns io.EOF.
func (w *window) more() error {
	if w.end {
		return io.EOF
	}
	w.makeRoom()
	free := w.buf[len(w.buf):cap(w.buf)]
	if int64(len(free)) > w.left+1 {
		free = free[:w.left+1]
	}
	n, err := io.ReadAtLeast(w.r, free, 1)
	w.buf = w.buf[:len(w.buf)+n]
	w.left -= int64(n)
	if w.left < 0 {
		return ErrTooLarge
	}
	if err == io.EOF { // a reader says its end with io.EOF itself
		w.end = true
		return io.EOF
	}
	if errors.Is(err, io.EOF) { // some other reader's end, met too early
		return ErrTruncated
	}
	return err
}

// fill reads until the first window is full or the input ends.
func (w *window) fill() error {
	for len(w.buf) < cap(w.buf) {
		if err := w.more(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (w *window) makeRoom() {
	if w.keep > 0 {
		n := copy(w.buf, w.buf[w.keep:])
		w.buf = w.buf[:n]
		w.gone += int64(w.keep)
		w.pos -= w.keep
		w.keep = 0
	}
	if len(w.buf) < cap(w.buf) {
		return
	}
	bigger := make([]byte, len(w.buf), 2*cap(w.buf))
	copy(bigger, w.buf)
	w.buf = bigger
}

// peek skips white space and returns the next byte, or io.EOF.
func (w *window) peek() (byte, error) {
	for {
		for w.pos < len(w.buf) {
			switch c := w.buf[w.pos]; c {
			case ' ', '\n', '\r', '\t':
				w.pos++
			default:
				return c, nil
			}
		}
		if err := w.more(); err != nil {
			return 0, err
		}
	}
}

// expect passes one byte of punctuation.
func (w *window) expect(want byte) error {
	c, err := w.peek()
	if err != nil {
		return truncated(err)
	}
	if c != want {
		return ErrNotRecords
	}
	w.pos++
	return nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return ErrTruncated
	}
	return err
}

// release lets go of everything before the next byte.
func (w *window) release() { w.keep = w.pos }

// value passes the next JSON value and returns its bytes, which stay only until
// the next step. What was kept before it stays kept.
func (w *window) value() ([]byte, error) {
	if _, err := w.peek(); err != nil {
		return nil, truncated(err)
	}
	start := w.pos - w.keep
	s := splitter{}
	for {
		n, done := s.split(w.buf[w.pos:])
		w.pos += n
		if w.pos-w.keep-start > w.most {
			return nil, ErrTooLarge
		}
		if done {
			return w.buf[w.keep+start : w.pos], nil
		}
		if err := w.more(); err != nil {
			return nil, truncated(err)
		}
	}
}

// line passes one line and returns it without its end; io.EOF after the last.
func (w *window) line() ([]byte, error) {
	w.release()
	for seen := 0; ; {
		if n := bytes.IndexByte(w.buf[w.pos+seen:], '\n'); n >= 0 {
			line := w.buf[w.pos : w.pos+seen+n]
			w.pos += seen + n + 1
			return line, nil
		}
		seen = len(w.buf) - w.pos
		if seen > w.most {
			return nil, ErrTooLarge
		}
		err := w.more()
		if errors.Is(err, io.EOF) && seen > 0 {
			line := w.buf[w.pos:]
			w.pos = len(w.buf)
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// place is where in the input a part of the window stands. The part's capacity
// ends where the window's does.
func (w *window) place(part []byte) int64 { return w.gone + int64(cap(w.buf)-cap(part)) }

// own returns value, which the last step returned, as bytes that stay. A value
// that fills most of the window takes the window with it, so that a large record
// is not twice in memory.
func (w *window) own(value []byte) []byte {
	if len(value) < firstWindow || len(value) < cap(w.buf)/2 {
		return bytes.Clone(value)
	}
	rest := w.buf[w.pos:]
	w.gone += int64(w.pos)
	w.buf = append(make([]byte, 0, max(firstWindow, 2*len(rest))), rest...)
	w.pos, w.keep = 0, 0
	return value[:len(value):len(value)]
}

// splitter finds the end of a JSON value, piece by piece.
type splitter struct {
	depth  int
	quoted bool
	escape bool // the piece before ended in a backslash
	bare   bool // inside a number or a word
}

// mark holds the bytes that mean something outside a string.
var mark = func() (t [256]bool) {
	for _, c := range []byte(`"{}[],: `) {
		t[c] = true
	}
	t['\n'], t['\r'], t['\t'] = true, true, true
	return t
}()

// bracket holds the bytes that mean something inside brackets.
var bracket = func() (t [256]bool) {
	for _, c := range []byte(`"{}[]`) {
		t[c] = true
	}
	return t
}()

// split looks at the next piece b and returns how much of it belongs to the
// value, and whether the value ends there.
func (s *splitter) split(b []byte) (n int, done bool) {
	for i := 0; i < len(b); {
		if s.quoted {
			i += s.quote(b[i:])
			if !s.quoted && s.depth == 0 {
				return i, true
			}
			continue
		}
		if s.depth > 0 {
			for i < len(b) && !bracket[b[i]] {
				i++
			}
			if i == len(b) {
				break
			}
		}
		switch c := b[i]; {
		case c == '"' && !s.bare:
			s.quoted = true
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			if s.depth--; s.depth <= 0 {
				return closing(i, s.depth)
			}
		case s.bare && mark[c]:
			return i, true
		default:
			s.bare = s.depth == 0
		}
		i++
	}
	return len(b), false
}

// closing ends a value at its bracket, or a bare one before its parent's.
func closing(i, depth int) (int, bool) {
	if depth < 0 {
		return i, true
	}
	return i + 1, true
}

// quote passes the rest of a string, as far as b has it.
func (s *splitter) quote(b []byte) int {
	i := 0
	if s.escape && len(b) > 0 {
		s.escape = false
		i++
	}
	for i < len(b) {
		for i < len(b) && b[i] != '"' && b[i] != '\\' {
			i++
		}
		if i == len(b) {
			break
		}
		if b[i] == '"' {
			s.quoted = false
			return i + 1
		}
		if i += 2; i > len(b) {
			s.escape = true
			return len(b)
		}
	}
	return len(b)
}
