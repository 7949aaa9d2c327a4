package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// target is one fuzz function.
type target struct{ pkg, dir, name string }

func (t target) String() string { return t.pkg + " " + t.name }

// testPackage is the part of go list -json that says where tests are.
type testPackage struct {
	ImportPath   string
	Dir          string
	TestGoFiles  []string
	XTestGoFiles []string
}

// findTargets lists the fuzz functions of the packages. It reads the sources,
// as the go command itself does to write the test's main function: asking
// each test binary with -list would build them all once more.
func findTargets(ctx context.Context, packages []string) ([]target, error) {
	args := append([]string{"list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles"}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	listed, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var targets []target
	for d := json.NewDecoder(bytes.NewReader(listed)); ; {
		var p testPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return targets, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		found, err := p.targets()
		if err != nil {
			return nil, err
		}
		targets = append(targets, found...)
	}
}

func (p testPackage) targets() ([]target, error) {
	var targets []target
	for _, files := range [][]string{p.TestGoFiles, p.XTestGoFiles} {
		for _, file := range files {
			tree, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for _, name := range fuzzFunctions(tree) {
				targets = append(targets, target{p.ImportPath, p.Dir, name})
			}
		}
	}
	return targets, nil
}

// fuzzFunctions names the functions of a file that go test takes for fuzz
// targets. Their signature is not looked at: go test refuses a wrong one.
func fuzzFunctions(file *ast.File) []string {
	var names []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && isFuzzName(f.Name.Name) {
			names = append(names, f.Name.Name)
		}
	}
	return names
}

// isFuzzName follows go help testfunc: FuzzXxx where Xxx does not start with
// a lower case letter.
func isFuzzName(name string) bool {
	rest, ok := strings.CutPrefix(name, "Fuzz")
	first, _ := utf8.DecodeRuneInString(rest)
	return ok && !unicode.IsLower(first)
}
