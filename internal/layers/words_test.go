package layers

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ban is a pattern that must not occur in some of our files.
type ban struct {
	pattern *regexp.Regexp
	why     string
}

// inProduct are words of unfinished or pretended work.
var inProduct = []ban{
	{regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`), "what is missing is an issue, not a comment"},
	{regexp.MustCompile(`(?i)\b(not (yet )?implemented|unimplemented|for now|simulat(e|ed|es|ing)|dummy|canned)\b`), "the product is real"},
	{regexp.MustCompile(`\bplaceholders?\b`), "the product is real"}, // a field called Placeholder is fine
	{regexp.MustCompile(`\btime\.Sleep\(`), "wait for the event, with a deadline and a context"},
	machinePath,
}

// machinePath is a folder of one machine's, which another does not have.
var machinePath = ban{regexp.MustCompile(`(^|[\s"'=(])/(work|root)/`), "other machines have no such folder"}

// inTests are calls that make tests slow or fickle.
var inTests = []ban{
	machinePath,
	{regexp.MustCompile(`\btime\.Sleep\(`), "wait for the event, with a deadline"},
}

// onScreen are words that a patient should not have to know.
var onScreen = []ban{
	{regexp.MustCompile(`"[^"]*((?i)blockchain|merkle|app ?hash|block height)[^"]*"`), "a patient reads this"},
}

func TestWords(t *testing.T) {
	root := moduleRoot(t)
	product, tests := 0, 0
	walk := func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipForeign(root, path)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		bans := bansFor(filepath.ToSlash(name))
		if bans == nil {
			return nil
		}
		if strings.HasSuffix(name, "_test.go") {
			tests++
		} else {
			product++
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, v := range wordViolations(name, string(text), bans) {
			t.Error(v)
		}
		return nil
	}
	if err := filepath.WalkDir(root, walk); err != nil {
		t.Fatal(err)
	}
	if product == 0 || tests == 0 {
		t.Errorf("%d product files and %d tests: this test would look at nothing", product, tests)
	}
}

// skipForeign leaves out folders whose files others wrote.
func skipForeign(root, path string) error {
	switch name := filepath.Base(path); {
	case path == root:
		return nil
	case strings.HasPrefix(name, "."), name == "node_modules", name == "bin":
		return filepath.SkipDir
	default:
		return nil
	}
}

func bansFor(name string) []ban {
	switch {
	case strings.HasPrefix(name, "internal/layers/"): // it has to spell the words
		return nil
	case strings.HasSuffix(name, "_test.go"):
		return inTests
	case strings.HasSuffix(name, ".go") && strings.HasPrefix(name, "ui/"):
		return append(inProduct[:len(inProduct):len(inProduct)], onScreen...)
	case strings.HasSuffix(name, ".go"), strings.HasSuffix(name, ".mjs"), strings.HasSuffix(name, ".sh"):
		return inProduct
	case strings.HasSuffix(name, ".md"):
		return []ban{machinePath}
	default:
		return nil
	}
}

func wordViolations(name, text string, bans []ban) []string {
	var found []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, b := range bans {
			if word := b.pattern.FindString(line); word != "" {
				found = append(found, fmt.Sprintf("%s:%d says %q: %s", name, number, word, b.why))
			}
		}
	}
	return found
}

func TestWordViolationsAreFound(t *testing.T) {
	tests := []struct{ file, line, want string }{
		{"wallet/act.go", "// TODO later", `wallet/act.go:1 says "TODO"`},
		{"wallet/act.go", "// good enough for now", `says "for now"`},
		{"wallet/act.go", `errors.New("Not implemented")`, `says "Not implemented"`},
		{"wallet/act.go", "// a simulated node", `says "simulated"`},
		{"wallet/act.go", "// a placeholder", `says "placeholder"`},
		{"ui/join.go", `input.Placeholder = "your name"`, ""},
		{"wallet/act.go", "time.Sleep(time.Second)", `says "time.Sleep("`},
		{"wallet/act_test.go", "time.Sleep(time.Second)", `says "time.Sleep("`},
		{"wallet/act_test.go", "// a dummy key", ""},
		{"ui/history.go", `"the Merkle tree"`, "a patient reads this"},
		{"ui/history.go", "// the Merkle tree", ""},
		{"ledger/tree.go", `"the Merkle tree"`, ""},
		{"scripts/x.sh", "# FIXME", `says "FIXME"`},
		{"docs/x.md", "TODO", ""},
		{"docs/x.md", "cd /work/carekey", `says " /work/"`},
		{"ledger/x_test.go", `const home = "/root/x"`, `says "\"/root/"`},
		{"ledger/x.go", `url = base + "/home"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.file+" "+tt.line, func(t *testing.T) {
			got := strings.Join(wordViolations(tt.file, tt.line, bansFor(tt.file)), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
