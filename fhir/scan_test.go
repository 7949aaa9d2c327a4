package fhir

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var texts = []string{
	`{}`, `[]`, `""`, `0`, `-0.5e+10`, `true`, `false`, `null`, ` { "a" : [ 1 , "b" , { } ] } `,
	`{"a":1,}`, `[1,]`, `{"a"}`, `{a:1}`, `[1 2]`, `01`, `1.`, `.5`, `1e`, `+1`, `tru`, `nul`, `"\x"`, `"\u12g4"`, `"\u12"`, "\"\n\"",
	`"`, `"\`, `{"a":"\"}`, `{"a":"\\"}`, `{"\u0061":1}`, `{} {}`, `{}]`, `[}`, ``, ` `, `{"a":{"b":[[[[1]]]]}}`, "\"\x7f\xff\"", "\x00",
	`{"resourceType":"Patient","id":"a"}`, `"é"`, `1 `, `-`, `{"a":1 "b":2}`, `{,}`, `[,]`,
}

// strict is what the scanner accepts, said otherwise.
func strict(b []byte, depth int) bool {
	if !json.Valid(b) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(b))
	return noEscapedNames(d, b, depth)
}

// noEscapedNames walks tokens and looks at the bytes of every member name.
func noEscapedNames(d *json.Decoder, b []byte, depth int) bool {
	type level struct {
		object bool
		name   bool // a name comes next
	}
	var open []level
	for {
		before := d.InputOffset()
		token, err := d.Token()
		if err != nil {
			return true
		}
		top := len(open) - 1
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				open = append(open, level{object: v == '{', name: v == '{'})
				if len(open) > depth {
					return false
				}
				continue
			}
			open = open[:top]
			top--
		case string:
			if top >= 0 && open[top].name {
				if bytes.ContainsRune(b[before:d.InputOffset()], '\\') {
					return false
				}
				open[top].name = false
				continue
			}
		}
		if top >= 0 && open[top].object {
			open[top].name = true
		}
	}
}

func scans(b []byte, depth int) (bool, error) {
	s := scanner{b: b, max: depth}
	s.skip()
	return s.end(), s.err
}

func FuzzScanner(f *testing.F) {
	for _, t := range texts {
		f.Add([]byte(t))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const depth = 5
		got, _ := scans(b, depth)
		if want := strict(b, depth); got != want {
			t.Errorf("%q: accepted %v, should be %v", b, got, want)
		}
	})
}

func TestScannerTellsDepthFromSyntax(t *testing.T) {
	if _, err := scans([]byte(strings.Repeat("[", 9)+strings.Repeat("]", 9)), 8); !errors.Is(err, errDeep) {
		t.Errorf("got %v", err)
	}
	if _, err := scans([]byte(`[`), 8); !errors.Is(err, errSyntax) {
		t.Errorf("got %v", err)
	}
}

// A value is cut off at the same place however the input comes in pieces.
func FuzzSplitter(f *testing.F) {
	for _, t := range texts {
		f.Add([]byte(t), 3)
	}
	f.Add([]byte(`{"a\\":"}\"{"},`), 1)
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		var whole splitter
		want, wantDone := whole.split(b)
		piece = max(1, piece%16)
		var cut splitter
		got, done := 0, false
		for rest := b; len(rest) > 0 && !done; {
			n := min(piece, len(rest))
			var used int
			used, done = cut.split(rest[:n])
			if used < n && !done {
				t.Fatalf("stopped inside %q without an end", rest[:n])
			}
			got += used
			rest = rest[used:]
			if used == 0 && done {
				break
			}
		}
		if len(b) > 0 && (got != want || done != wantDone) {
			t.Errorf("%q: in pieces of %d it ends at %d (%v), whole at %d (%v)", b, piece, got, done, want, wantDone)
		}
		if v := bytes.TrimSpace(b); json.Valid(v) && len(v) > 0 && (v[0] == '{' || v[0] == '[' || v[0] == '"') {
			var s splitter
			if n, done := s.split(v); n != len(v) || !done {
				t.Errorf("%q: cut off after %d", v, n)
			}
		}
	})
}
