package layers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// decoder matches the names of functions that read what others wrote.
var decoder = regexp.MustCompile(`^([dD]ecode|[pP]arse)($|[^a-z])`)

// TestEveryDecoderIsFuzzed looks for decoders that no fuzz target of their
// folder reaches. It goes by names, so it may take a decoder for fuzzed that
// is not, but never the other way round.
func TestEveryDecoderIsFuzzed(t *testing.T) {
	decoders := 0
	for _, p := range load(t).ours() {
		functions := parseFolder(t, p.Dir)
		decoders += len(functions.decoders())
		for _, name := range functions.unfuzzed() {
			t.Errorf("%s: no fuzz target reaches %s", p.folder(), name)
		}
	}
	if decoders == 0 {
		t.Error("there is no decoder: this test would look at nothing")
	}
}

// functions are a folder's functions and methods, tests included, by name.
type functions map[string]*function

type function struct {
	product bool            // not in a test file
	method  bool            // some function of that name is a method
	uses    map[string]bool // the identifiers in its body
}

func parseFolder(t *testing.T, dir string) functions {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := functions{}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all.add(file, strings.HasSuffix(name, "_test.go"))
	}
	return all
}

// add takes in a file's declarations; a variable that holds functions, as a
// table of decoders does, counts as a function of its name.
func (all functions) add(file *ast.File, test bool) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			f := all.at(d.Name.Name)
			f.product = f.product || !test
			f.method = f.method || d.Recv != nil
			f.collect(d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range v.Names {
						all.at(name.Name).collect(v)
					}
				}
			}
		}
	}
}

func (all functions) at(name string) *function {
	f, ok := all[name]
	if !ok {
		f = &function{uses: map[string]bool{}}
		all[name] = f
	}
	return f
}

func (f *function) collect(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			f.uses[id.Name] = true
		}
		return true
	})
}

// decoders are the product's functions, not methods, with a decoder's name.
func (all functions) decoders() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if f := all[name]; f.product && !f.method && decoder.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

// unfuzzed are the decoders that no fuzz target uses, by however many steps.
func (all functions) unfuzzed() []string {
	var queue []string
	for name := range all {
		if strings.HasPrefix(name, "Fuzz") && !all[name].product {
			queue = append(queue, name)
		}
	}
	reached := map[string]bool{}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		f, ours := all[name]
		if !ours || reached[name] {
			continue
		}
		reached[name] = true
		queue = append(queue, slices.Collect(maps.Keys(f.uses))...)
	}
	return slices.DeleteFunc(all.decoders(), func(name string) bool { return reached[name] })
}

func TestUnfuzzedDecodersAreFound(t *testing.T) {
	const product = `package p
		func DecodeEntry(b []byte) { decodeItem(b) }
		func decodeItem(b []byte) {}
		func ParseAnchor(s string) {}
		func parseLeaf(b []byte) {}
		func Parsed() {}
		func (x) decodeMethod() {}`
	const tests = `package p
		var table = []func(){ParseAnchor}
		func FuzzEntry(f *testing.F) { try(p.DecodeEntry); use(table) }
		func TestLeaf(t *testing.T) { parseLeaf(nil) }`
	all := functions{}
	for i, text := range []string{product, tests} {
		file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all.add(file, i == 1)
	}
	if got := strings.Join(all.decoders(), " "); got != "DecodeEntry ParseAnchor decodeItem parseLeaf" {
		t.Errorf("decoders: %s", got)
	}
	if got := strings.Join(all.unfuzzed(), " "); got != "parseLeaf" {
		t.Errorf("unfuzzed: %s", got)
	}
}
