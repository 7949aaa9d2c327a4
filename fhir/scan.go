package fhir

import "errors"

// Why a text is refused; [Omit] turns these into reasons.
var (
	errSyntax = errors.New("the text is not JSON")
	errDeep   = errors.New("the JSON is nested too deeply")
)

// span is a part of a resource's bytes, from start to before end.
type span struct{ start, end uint32 }

func (s span) of(b []byte) []byte { return b[s.start:s.end] }

// scanner walks strictly over one JSON text (RFC 8259). After the first error
// every step returns false and err stays. Member names with escapes are refused:
// no FHIR name needs one, and a second spelling of a name is a way past a check.
type scanner struct {
	b     []byte
	i     int
	depth int // open objects and arrays
	max   int // most that may be open
	err   error
}

// plain marks the bytes that stand for themselves inside a string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 256; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

func (s *scanner) fail(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return false
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\n', '\r', '\t':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// open enters an object or an array.
func (s *scanner) open(bracket byte) {
	if s.err != nil || s.peek() != bracket {
		s.fail(errSyntax)
		return
	}
	s.i++
	s.depth++
	if s.depth > s.max {
		s.fail(errDeep)
	}
}

// next steps to the next item before the closing bracket; false at the end.
func (s *scanner) next(first bool, bracket byte) bool {
	if s.err != nil {
		return false
	}
	c := s.peek()
	if c == bracket {
		s.i++
		s.depth--
		return false
	}
	if first {
		return true
	}
	if c != ',' {
		return s.fail(errSyntax)
	}
	s.i++
	return true
}

// member steps to the next member of an object and returns its name; the
// scanner then stands at its value.
func (s *scanner) member(first bool) ([]byte, bool) {
	if !s.next(first, '}') {
		return nil, false
	}
	name, escaped := s.text()
	if escaped || s.err != nil || s.peek() != ':' {
		return nil, s.fail(errSyntax)
	}
	s.i++
	s.peek()
	return name.of(s.b), true
}

// element steps to the next element of an array.
func (s *scanner) element(first bool) bool { return s.next(first, ']') }

// text passes a string and returns what stands between its quotes, and whether
// that has escapes.
func (s *scanner) text() (content span, escaped bool) {
	if s.err != nil || s.peek() != '"' {
		return span{}, s.fail(errSyntax)
	}
	b, i := s.b, s.i+1
	start := i
	for {
		for i < len(b) && plain[b[i]] {
			i++
		}
		if i >= len(b) {
			return span{}, s.fail(errSyntax)
		}
		switch b[i] {
		case '"':
			s.i = i + 1
			return span{uint32(start), uint32(i)}, escaped
		case '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return span{}, s.fail(errSyntax)
			}
			escaped = true
			i += n
		default:
			return span{}, s.fail(errSyntax)
		}
	}
}

// escapeLen returns the length of the escape at the start of b, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if !isHex(c) {
				return 0
			}
		}
		return 6
	}
	return 0
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// scalar passes a number, true, false or null.
func (s *scanner) scalar() {
	if s.err != nil {
		return
	}
	switch s.peek() {
	case 't':
		s.word("true")
	case 'f':
		s.word("false")
	case 'n':
		s.word("null")
	default:
		s.number()
	}
}

func (s *scanner) word(w string) {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		s.fail(errSyntax)
		return
	}
	s.i += len(w)
}

func (s *scanner) number() {
	if s.at('-') {
		s.i++
	}
	if s.at('0') {
		s.i++
	} else {
		s.digits()
	}
	if s.at('.') {
		s.i++
		s.digits()
	}
	if s.at('e') || s.at('E') {
		s.i++
		if s.at('+') || s.at('-') {
			s.i++
		}
		s.digits()
	}
}

func (s *scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

// digits passes one digit or more.
func (s *scanner) digits() {
	start := s.i
	for s.i < len(s.b) && isDigit(s.b[s.i]) {
		s.i++
	}
	if s.i == start {
		s.fail(errSyntax)
	}
}

// skip passes any value.
func (s *scanner) skip() {
	switch s.peek() {
	case '{':
		s.open('{')
		for first := true; ; first = false {
			if _, more := s.member(first); !more {
				return
			}
			s.skip()
		}
	case '[':
		s.open('[')
		for first := true; s.element(first); first = false {
			s.skip()
		}
	case '"':
		s.text()
	default:
		s.scalar()
	}
}

// end tells whether nothing but white space is left.
func (s *scanner) end() bool {
	if s.err == nil && s.peek() == 0 && s.i == len(s.b) {
		return true
	}
	return s.fail(errSyntax)
}
