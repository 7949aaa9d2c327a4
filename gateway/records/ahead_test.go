package records

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

type closing struct {
	io.Reader
	err    error
	closed bool
}

func (c *closing) Close() error { c.closed = true; return c.err }

// TestAhead: what is read ahead is what there is, with its end, and closing
// closes.
func TestAhead(t *testing.T) {
	text := strings.Repeat("0123456789", pieceBytes/4)
	odd := errors.New("odd")
	for name, tt := range map[string]struct {
		in   io.Reader
		want string
		err  error
	}{
		"all":      {strings.NewReader(text), text, nil},
		"pieces":   {iotest.HalfReader(strings.NewReader(text)), text, nil},
		"nothing":  {strings.NewReader(""), "", nil},
		"an error": {io.MultiReader(strings.NewReader(text), iotest.ErrReader(odd)), text, odd},
	} {
		t.Run(name, func(t *testing.T) {
			c := &closing{Reader: tt.in, err: odd}
			a := Ahead(c)
			got, err := io.ReadAll(a)
			if string(got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
			if err := a.Close(); !errors.Is(err, odd) || !c.closed {
				t.Errorf("closed: %v, %v", c.closed, err)
			}
		})
	}
	c := &closing{Reader: strings.NewReader(text)}
	a := Ahead(c)
	if _, err := io.ReadFull(a, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil || !c.closed {
		t.Errorf("closed early: %v, %v", c.closed, err)
	}
}
