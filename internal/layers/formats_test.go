package layers

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFormatsAreTheCode holds docs/formats.md to the code: every structure that
// is written as a CBOR array stands there, with the same fields of the same
// types in the same order, and no other does.
func TestFormatsAreTheCode(t *testing.T) {
	root := moduleRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	written, err := structuresOf(string(text))
	if err != nil {
		t.Fatal(err)
	}
	code := codeStructures{}
	for _, file := range goFiles(t, root) {
		if !strings.HasSuffix(file, "_test.go") {
			code.add(parseFile(t, file))
		}
	}
	if len(code) == 0 {
		t.Fatal("the code writes no structure: this test would look at nothing")
	}
	for _, v := range code.differences(written) {
		t.Error(v)
	}
}

// field is one field of a structure, its type in the words of the document.
type field struct{ name, kind string }

// codeStructures are the structures of the code by package and name; a field's
// type is Go's.
type codeStructures map[string]codeStructure

type codeStructure struct {
	pkg    string
	fields []field
}

// add takes in the structures of a file that are written as arrays.
func (all codeStructures) add(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok && asArray(s) {
			c := codeStructure{pkg: file.Name.Name}
			for _, f := range s.Fields.List[1:] {
				for _, name := range f.Names {
					c.fields = append(c.fields, field{strings.ToLower(name.Name), types.ExprString(f.Type)})
				}
			}
			all[c.pkg+"."+spec.Name.Name] = c
		}
		return true
	})
}

func asArray(s *ast.StructType) bool {
	return len(s.Fields.List) > 0 && s.Fields.List[0].Tag != nil && strings.Contains(s.Fields.List[0].Tag.Value, "toarray")
}

// documentWords are Go's types as the document calls them.
var documentWords = map[string]string{
	"string": "tstr", "bool": "bool", "uint8": "uint", "uint16": "uint", "uint32": "uint", "uint64": "uint", "int64": "int",
	"[]byte": "bstr", "[32]byte": "b32", "[30]uint16": "[30*30 uint]", "RawMessage": "any",
	"LogID": "log-id", "InstitutionID": "institution-id", "NetworkID": "network-id", "Hash": "hash", "KeyID": "key-id", "PlanID": "plan-id", "Challenge": "challenge",
	"Nonce": "nonce", "PublicKey": "public-key", "Signature": "signature", "Time": "time", "Live": "live", "Date": "date",
	"fileID": "b16", "sealTag": "b8", "MasterID": "b8", "Seed": "b32", "ActKind": "tstr",
	"SignerKind": "uint", "Class": "uint", "LogKind": "uint", "Side": "uint", "RequestKind": "uint", "Purpose": "uint",
	"Basis": "uint", "Verdict": "uint", "TransferState": "uint", "Code": "uint", "InstitutionKind": "uint", "Settlement": "uint",
	"LicenceStatus": "uint", "contentKind": "uint", "FaultKind": "uint", "LieKind": "uint", "Reason": "uint", "RecordType": "uint",
	"[]RecordType": "bstr", "[]Sensitive": "bstr", "[]Doubt": "bstr", // one byte each: CBOR writes them as one string
}

// word is a type of the code in the document's words.
func (all codeStructures) word(pkg, kind string) string {
	if plain, ok := documentWords[qualifier.ReplaceAllString(kind, "")]; ok && strings.HasPrefix(kind, "[") {
		return plain
	}
	if inner, ok := strings.CutPrefix(kind, "*"); ok {
		return all.word(pkg, inner) + " / nil"
	}
	if inner, ok := strings.CutPrefix(kind, "[]"); ok {
		return "[* " + all.word(pkg, inner) + "]"
	}
	if from, name, ok := strings.Cut(kind, "."); ok {
		pkg, kind = from, name
	}
	if _, ok := all[pkg+"."+kind]; ok {
		return pkg + "." + kind
	}
	if plain, ok := documentWords[kind]; ok {
		return plain
	}
	return kind
}

// differences says where the document and the code are not the same.
func (all codeStructures) differences(written map[string][]field) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var want []field
		for _, f := range all[name].fields {
			want = append(want, field{f.name, all.word(all[name].pkg, f.kind)})
		}
		got, ok := written[name]
		if !ok {
			found = append(found, fmt.Sprintf("docs/formats.md does not describe %s", name))
		} else if !slices.Equal(got, want) {
			found = append(found, fmt.Sprintf("docs/formats.md describes %s as\n%v\nthe code says\n%v", name, got, want))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(written)) {
		if _, ok := all[name]; !ok {
			found = append(found, fmt.Sprintf("docs/formats.md describes %s, which the code does not have", name))
		}
	}
	return found
}

var (
	qualifier = regexp.MustCompile(`\b[a-z]+\.`)
	structure = regexp.MustCompile(`(?m)^([a-z]+\.\w+) = \[`)
	comment   = regexp.MustCompile(`;[^\n]*`)
	control   = regexp.MustCompile(` \.(cbor|size) .*$`)
)

// structuresOf reads the structures of a document: CDDL arrays with named
// members (RFC 8610). What a type is limited to is left out.
func structuresOf(text string) (map[string][]field, error) {
	text = comment.ReplaceAllString(text, "")
	all := map[string][]field{}
	for _, at := range structure.FindAllStringSubmatchIndex(text, -1) {
		name := text[at[2]:at[3]]
		if _, twice := all[name]; twice {
			return nil, fmt.Errorf("%s is described twice", name)
		}
		members, ok := members(text[at[1]:])
		if !ok {
			return nil, fmt.Errorf("the description of %s has no end", name)
		}
		all[name] = []field{}
		for _, m := range members {
			key, kind, ok := strings.Cut(m, ":")
			if !ok {
				return nil, fmt.Errorf("%s has a member without a name: %q", name, m)
			}
			key = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "-", "")
			all[name] = append(all[name], field{key, plainKind(strings.TrimSpace(kind))})
		}
	}
	return all, nil
}

// plainKind is a type without what limits it; a literal is what it is one of.
func plainKind(kind string) string {
	switch {
	case strings.HasPrefix(kind, `"`):
		return "tstr"
	case kind == "1":
		return "uint"
	}
	return control.ReplaceAllString(kind, "")
}

// members are the texts between the commas of an array whose bracket is open.
func members(text string) ([]string, bool) {
	var list []string
	depth, from := 0, 0
	take := func(to int) {
		if m := strings.TrimSpace(text[from:to]); m != "" {
			list = append(list, m)
		}
		from = to + 1
	}
	for i, r := range text {
		switch {
		case r == '[':
			depth++
		case r == ']' && depth == 0:
			take(i)
			return list, true
		case r == ']':
			depth--
		case r == ',' && depth == 0:
			take(i)
		}
	}
	return nil, false
}

func parseFile(t *testing.T, name string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFormatDifferencesAreFound(t *testing.T) {
	const code = "package p\ntype Entry struct {\n_ struct{} `cbor:\",toarray\"`\nVersion uint8\nLog, Other consent.LogID\n" +
		"Types []consent.RecordType\nPages [][]byte\nNext *Entry\nAll []Entry\n}\ntype other struct{ a int }"
	const right = "p.Entry = [\n version: 1, ; one\n log: log-id, other: log-id,\n types: bstr, pages: [* bstr], next: p.Entry / nil, all: [* p.Entry]\n]"
	file, err := parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := codeStructures{}
	all.add(file)
	tests := []struct{ name, doc, want string }{
		{"the same", right, ""},
		{"missing", "", "does not describe p.Entry"},
		{"another order", strings.Replace(right, "log: log-id, other: log-id", "other: log-id, log: log-id", 1), "describes p.Entry as"},
		{"another type", strings.Replace(right, "types: bstr", "types: [* uint]", 1), "describes p.Entry as"},
		{"a field too few", strings.Replace(right, ", all: [* p.Entry]", "", 1), "describes p.Entry as"},
		{"one too many", right + "\np.Gone = []", "describes p.Gone, which"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			written, err := structuresOf(tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(all.differences(written), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
