package main

import (
	"fmt"
	"io"
	"strings"
)

// testName identifies a test, or with an empty test the package itself.
type testName struct{ pkg, test string }

func (n testName) String() string {
	if n.test == "" {
		return n.pkg
	}
	return n.pkg + " " + n.test
}

type skip struct {
	name   testName
	reason string
}

// report gathers events: it prints a line per package and every failure in
// full as they happen, and keeps the skips for the end.
type report struct {
	out    io.Writer
	output map[testName]*strings.Builder // of what has not ended yet
	build  map[string]*strings.Builder   // compiler output by import path
	failed map[string]int                // failed tests by package
	count  struct{ passed, failed int }
	skips  []skip
}

func newReport(out io.Writer) *report {
	return &report{
		out:    out,
		output: map[testName]*strings.Builder{},
		build:  map[string]*strings.Builder{},
		failed: map[string]int{},
	}
}

func (r *report) add(e event) {
	name := testName{e.Package, e.Test}
	switch e.Action {
	case "output":
		appendTo(r.output, name, e.Output)
	case "build-output":
		appendTo(r.build, e.ImportPath, e.Output)
	case "build-fail":
		r.printBuild(e.ImportPath)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(name, e)
		} else {
			r.endTest(name, e.Action)
		}
	}
}

func (r *report) endTest(name testName, action string) {
	text := take(r.output, name)
	switch action {
	case "pass":
		r.count.passed++
	case "skip":
		r.skips = append(r.skips, skip{name, skipReason(text)})
	case "fail":
		r.count.failed++
		r.failed[name.pkg]++
		r.printf("--- FAILED: %s\n%s\n", name, text)
	}
}

func (r *report) endPackage(name testName, e event) {
	text := take(r.output, name)
	switch e.Action {
	case "pass":
		r.printf("ok      %-40s %6.1fs\n", name, e.Elapsed)
	case "fail":
		if r.failed[name.pkg] == 0 { // it did not build, panicked, or ran out of time
			r.count.failed++
			text += r.unfinished(name.pkg)
			r.printf("--- FAILED: %s\n%s\n", name, text)
		}
		r.printf("FAILED  %-40s %6.1fs\n", name, e.Elapsed)
	}
}

// unfinished is the output of the tests of a package that never ended.
func (r *report) unfinished(pkg string) string {
	var text strings.Builder
	for name := range r.output {
		if name.pkg == pkg {
			fmt.Fprintf(&text, "did not end: %s\n%s", name, take(r.output, name))
		}
	}
	return text.String()
}

func (r *report) printBuild(importPath string) {
	r.printf("--- DOES NOT BUILD: %s\n%s\n", importPath, take(r.build, importPath))
}

// finish prints the skips and the counts and says whether all is well.
func (r *report) finish(p policy) error {
	refused := 0
	for _, s := range r.skips {
		mark := "skipped"
		if !p.accepts(s.reason) {
			mark = "SKIPPED, and must not be here"
			refused++
		}
		r.printf("%s: %s: %s\n", mark, s.name, s.reason)
	}
	r.printf("%d passed, %d failed, %d skipped\n", r.count.passed, r.count.failed, len(r.skips))
	if r.count.passed == 0 {
		r.printf("no test has passed\n")
	}
	if r.count.failed > 0 || refused > 0 || r.count.passed == 0 {
		return errFailed
	}
	return nil
}

func (r *report) printf(format string, args ...any) {
	fmt.Fprintf(r.out, format, args...)
}

// skipReason takes the reason out of a skipped test's output: the lines that
// the testing package did not write itself.
func skipReason(text string) string {
	var reasons []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "===") || strings.HasPrefix(line, "---") {
			continue
		}
		reasons = append(reasons, line)
	}
	if len(reasons) == 0 {
		return "no reason given"
	}
	return strings.Join(reasons, " ")
}

func appendTo[K comparable](m map[K]*strings.Builder, key K, text string) {
	b, ok := m[key]
	if !ok {
		b = &strings.Builder{}
		m[key] = b
	}
	b.WriteString(text)
}

func take[K comparable](m map[K]*strings.Builder, key K) string {
	b, ok := m[key]
	if !ok {
		return ""
	}
	delete(m, key)
	return b.String()
}
