package main

import (
	"encoding/json"
	"fmt"
)

// event is one line of go test -json (cmd/internal/test2json, and go help
// buildjson for the lines about building).
type event struct {
	Action     string
	Package    string  `json:",omitempty"`
	ImportPath string  `json:",omitempty"` // of a package that is being built
	Test       string  `json:",omitempty"`
	Elapsed    float64 `json:",omitempty"` // seconds
	Output     string  `json:",omitempty"`
}

func decodeEvent(line []byte) (event, error) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return event{}, fmt.Errorf("a line of go test -json cannot be read: %w", err)
	}
	if e.Action == "" {
		return event{}, fmt.Errorf("a line of go test -json has no action: %.80q", line)
	}
	return e, nil
}
