package main

import (
	"errors"
	"strings"
	"testing"
)

const (
	passing = `{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
`
	failing = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:3: got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p","Elapsed":1.5}
`
	panicking = `{"Action":"run","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Test":"TestC","Output":"panic: out of range\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`
	notBuilding = `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p/x.go:4:2: undefined: y\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}
`
	skippingShared = `{"Action":"output","Package":"p","Test":"TestD","Output":"=== RUN   TestD\n"}
{"Action":"output","Package":"p","Test":"TestD","Output":"    d_test.go:5: skipped: ../shared is absent\n"}
{"Action":"output","Package":"p","Test":"TestD","Output":"--- SKIP: TestD (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestD"}
`
	skippingTmux = `{"Action":"output","Package":"p","Test":"TestE","Output":"    e_test.go:5: tmux is not here\n"}
{"Action":"skip","Package":"p","Test":"TestE"}
`
)

func TestReport(t *testing.T) {
	anywhere, debian, withShared := policy{}, policy{strict: true}, policy{strict: true, hasShared: true}
	tests := []struct {
		name   string
		policy policy
		events string
		fails  bool
		says   []string
		hides  string
	}{
		{"a pass", debian, passing, false, []string{"1 passed, 0 failed, 0 skipped"}, "quiet"},
		{"a failure in full", anywhere, passing + failing, true, []string{"p TestB", "got 1, want 2", "1 passed, 1 failed, 0 skipped"}, "quiet"},
		{"a panic", anywhere, passing + panicking, true, []string{"did not end: p TestC", "panic: out of range", "1 passed, 1 failed"}, ""},
		{"a package that does not build", anywhere, passing + notBuilding, true, []string{"undefined: y", "1 passed, 1 failed"}, ""},
		{"no ../shared", debian, passing + skippingShared, false, []string{"skipped: p TestD: d_test.go:5: skipped: ../shared is absent", "0 failed, 1 skipped"}, "must not"},
		{"a test that misses a ../shared that is there", withShared, passing + skippingShared, true, []string{"must not be here: p TestD"}, ""},
		{"no tmux somewhere", anywhere, passing + skippingTmux, false, []string{"skipped: p TestE: e_test.go:5: tmux is not here", "1 passed, 0 failed, 1 skipped"}, "must not"},
		{"no tmux on Debian as root", debian, passing + skippingTmux, true, []string{"must not be here: p TestE", "1 skipped"}, ""},
		{"nothing at all", anywhere, "", true, []string{"no test has passed"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			if err := readEvents(strings.NewReader(tt.events), r); err != nil {
				t.Fatal(err)
			}
			err := r.finish(tt.policy)
			if (err != nil) != tt.fails {
				t.Errorf("error %v, want one: %v", err, tt.fails)
			}
			for _, want := range tt.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the report does not say %q:\n%s", want, out.String())
				}
			}
			if tt.hides != "" && strings.Contains(out.String(), tt.hides) {
				t.Errorf("the report says %q:\n%s", tt.hides, out.String())
			}
		})
	}
}

func TestReadEventsReadsOnAfterABadLine(t *testing.T) {
	var out strings.Builder
	r := newReport(&out)
	if err := readEvents(strings.NewReader("not JSON\n"+passing), r); err == nil {
		t.Error("a bad line went unnoticed")
	}
	if r.count.passed != 1 {
		t.Errorf("%d passed, want 1", r.count.passed)
	}
}

func TestReadEventsRefusesAnEndlessLine(t *testing.T) {
	r := newReport(&strings.Builder{})
	in := strings.NewReader(strings.Repeat("x", maxLine+2) + "\n" + passing)
	if err := readEvents(in, r); err == nil {
		t.Error("an endless line went unnoticed")
	}
	if in.Len() != 0 {
		t.Errorf("%d bytes were left, which blocks the writer", in.Len())
	}
}

// TestRunTests runs go test on packages that pass, fail, and do not exist.
func TestRunTests(t *testing.T) {
	tests := []struct {
		folder string
		want   error
		says   string
	}{
		{"./testdata/passes", nil, "1 passed, 0 failed, 0 skipped"},
		{"./testdata/fails", errFailed, "one is not two"},
		{"./testdata/absent", errFailed, "no test has passed"},
	}
	for _, tt := range tests {
		t.Run(tt.folder, func(t *testing.T) {
			var out strings.Builder
			err := runTests(t.Context(), []string{tt.folder}, policy{}, &out)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if !strings.Contains(out.String(), tt.says) {
				t.Errorf("the report does not say %q:\n%s", tt.says, out.String())
			}
		})
	}
}
