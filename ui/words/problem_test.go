package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"carekey/wallet"
)

// codes reads the problem codes out of the wallet's source, so that a new one
// without words fails here.
func codes(t *testing.T) []wallet.ProblemCode {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../wallet/snapshot.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []wallet.ProblemCode
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Problem") || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, wallet.ProblemCode(text))
		}
		return true
	})
	if len(found) < 10 {
		t.Fatalf("only %d codes found", len(found))
	}
	return found
}

func TestEveryProblemHasWords(t *testing.T) {
	for _, code := range codes(t) {
		if _, ok := catalogue[code]; !ok {
			t.Errorf("%s is not in the catalogue", code)
		}
		p := Explain(wallet.Problem{Code: code, Institution: "City Hospital"}, noon)
		for name, text := range map[string]string{"title": p.Title, "happened": p.Happened, "safe": p.Safe, "do": p.Do} {
			if text == "" || strings.Contains(text, "{") {
				t.Errorf("%s: its %s is %q", code, name, text)
			}
		}
		if p.Severity < Note || p.Severity > Alarm {
			t.Errorf("%s has no severity", code)
		}
	}
}

func TestUnknownProblemIsNotHidden(t *testing.T) {
	p := Explain(wallet.Problem{Code: "new", Detail: "d"}, noon)
	if p.Severity < Warning || !strings.Contains(strings.Join(p.Details, "\n"), "code: new") {
		t.Errorf("got %+v", p)
	}
}

// TestNothingWaitsIsSaidAsFarAsItIsProven: nobody is said to ask for nothing
// while that was not checked.
func TestNothingWaitsIsSaidAsFarAsItIsProven(t *testing.T) {
	now := NothingWaits(wallet.Proof{Level: wallet.ProofGreen})
	for _, level := range []wallet.ProofLevel{wallet.ProofNone, wallet.ProofAmber, wallet.ProofRed} {
		if got := NothingWaits(wallet.Proof{Level: level}); got == now || !strings.Contains(got, "last checked") {
			t.Errorf("at level %d it says %q", level, got)
		}
	}
}
