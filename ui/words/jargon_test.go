package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// jargon must not stand on a patient's screen; files named proof* are the
// Proof page, command*.go are read by operators too.
var jargon = regexp.MustCompile(`(?i)\b(blockchain|blocks?|nodes?|seeds?|hash(es)?|ledger|merkle|cbor|signatures?)\b`)

// innards are words of how sharing works inside, which nobody needs who has a
// card in hand.
var innards = regexp.MustCompile(`(?i)\b(thresholds?|exponents?|iterations?|digests?|checksums?|padding|polynomials?|extendable|mnemonics?)\b`)

var flagName = regexp.MustCompile(`--[a-z-]+`)

func TestNoJargon(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "proof") || strings.HasPrefix(name, "command") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if ok && lit.Kind == token.STRING && (jargon.MatchString(lit.Value) || strings.HasPrefix(name, "shares") && innards.MatchString(flagName.ReplaceAllString(lit.Value, ""))) {
				t.Errorf("%s says %s", name, lit.Value)
			}
			return true
		})
	}
}
