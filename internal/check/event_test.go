package main

import (
	"encoding/json"
	"testing"
)

// Lines as go test -json writes them.
var realLines = []string{
	`{"Time":"2026-11-20T10:00:00Z","Action":"start","Package":"carekey/consent"}`,
	`{"Time":"2026-11-20T10:00:00Z","Action":"run","Package":"carekey/consent","Test":"TestScope"}`,
	`{"Time":"2026-11-20T10:00:00Z","Action":"output","Package":"carekey/consent","Test":"TestScope","Output":"    scope_test.go:9: \u003cnil\u003e\n"}`,
	`{"Time":"2026-11-20T10:00:01Z","Action":"fail","Package":"carekey/consent","Test":"TestScope","Elapsed":0.25}`,
	`{"ImportPath":"carekey/ui","Action":"build-output","Output":"ui/x.go:1:1: expected 'package'\n"}`,
	`{"ImportPath":"carekey/ui","Action":"build-fail"}`,
}

func FuzzDecodeEvent(f *testing.F) {
	for _, line := range realLines {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		first, err := decodeEvent(line)
		if err != nil {
			return
		}
		encoded, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := decodeEvent(encoded)
		if err != nil {
			t.Fatalf("%s: %v", encoded, err)
		}
		if first != second {
			t.Fatalf("%+v became %+v", first, second)
		}
	})
}

func TestDecodeEventRefuses(t *testing.T) {
	for _, line := range []string{``, `ok carekey 0.1s`, `{}`, `{"Action":""}`, `{"Action":7}`, `[]`} {
		if e, err := decodeEvent([]byte(line)); err == nil {
			t.Errorf("%q was read as %+v", line, e)
		}
	}
}
