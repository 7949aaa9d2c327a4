package layers

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/ui"
	"carekey/ui/command"
)

// TestPapersNameWhatExists reads every document and looks for the tests, files,
// links, commands, flags, metrics and labels that it names.
func TestPapersNameWhatExists(t *testing.T) {
	root := moduleRoot(t)
	p := newPapers(t, root)
	read := 0
	for _, name := range filesIn(t, root, ".md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			t.Fatal(err)
		}
		read++
		for _, v := range p.violations(rel, string(text)) {
			t.Error(v)
		}
	}
	if read == 0 {
		t.Error("there is no document: this test would look at nothing")
	}
}

// TestEveryPromiseHasATest holds docs/threats.md to its word: each row of its
// promises names a test that tries to break it.
func TestEveryPromiseHasATest(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "docs", "threats.md"))
	if err != nil {
		t.Fatal(err)
	}
	promises := promisesOf(string(text))
	if len(promises) == 0 {
		t.Fatal("docs/threats.md promises nothing: this test would look at nothing")
	}
	for _, p := range promises {
		if !namedTest.MatchString(p) {
			t.Errorf("docs/threats.md promises without a test: %s", p)
		}
	}
}

// promisesOf are the rows of the tables below the heading "Promised".
func promisesOf(text string) []string {
	_, text, _ = strings.Cut(text, "\n## Promised\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var rows []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| who ") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	return rows
}

// papers knows what documents may name.
type papers struct {
	root  string
	tests map[string]bool // folder.Name
	code  string          // the product's files, for names that stand in texts
	make  string          // the Makefile
	help  func(path []string) string
}

func newPapers(t *testing.T, root string) papers {
	t.Helper()
	p := papers{root: root, tests: map[string]bool{}, help: commandHelp}
	var code strings.Builder
	for _, file := range goFiles(t, root) {
		if strings.HasSuffix(file, "_test.go") {
			p.addTests(file, parseFile(t, file))
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	p.code = code.String()
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	p.make = string(text)
	return p
}

// addTests takes in the test functions of a file.
func (p papers) addTests(name string, file *ast.File) {
	folder, err := filepath.Rel(p.root, filepath.Dir(name))
	if err != nil {
		return
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
			p.tests[filepath.ToSlash(folder)+"."+f.Name.Name] = true
		}
	}
}

// What documents name, between backquotes or in fenced lines.
var (
	namedTest = regexp.MustCompile("`([a-z][a-z0-9/]*)\\.((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`")
	quoted    = regexp.MustCompile("`([^`\n]+)`")
	fenced    = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")
	link      = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	pathLike  = regexp.MustCompile(`^\.?[\w-]+(/[\w.-]+)*/?$`)
	fileLike  = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)*\.(go|md|json|sh|mjs)$`)
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	target    = regexp.MustCompile(`^[a-z-]+$`)
	metric    = regexp.MustCompile(`^carekey_\w+$`)
	label     = regexp.MustCompile(`^carekey/[a-z/-]+/\d+$`)
	longFlag  = regexp.MustCompile(`^--[a-z][a-z-]*`)
)

// violations are the names in a document that lead nowhere, one sentence each.
func (p papers) violations(name, text string) []string {
	var found []string
	missing := func(what, which string) {
		found = append(found, fmt.Sprintf("%s names the %s %s, which does not exist", name, what, which))
	}
	for _, m := range namedTest.FindAllStringSubmatch(text, -1) {
		if !p.tests[m[1]+"."+m[2]] {
			missing("test", m[1]+"."+m[2])
		}
	}
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if !p.leads(filepath.Dir(name), name, m[1]) {
			missing("link", m[1])
		}
	}
	for _, words := range p.phrases(text) {
		if what, which := p.lost(words); what != "" {
			missing(what, which)
		}
	}
	return found
}

// phrases are what stands between backquotes, and the lines between fences.
func (p papers) phrases(text string) [][]string {
	var all [][]string
	for _, block := range fenced.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			line, _, _ = strings.Cut(line, " # ")
			all = append(all, strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "ExecStart=/usr/local/bin/")))
		}
	}
	for _, m := range quoted.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		all = append(all, strings.Fields(m[1]))
	}
	return slices.DeleteFunc(all, func(words []string) bool { return len(words) == 0 })
}

// lost says what the words name and which of it is not there; nothing if all
// is well, or if they name nothing of ours.
func (p papers) lost(words []string) (what, which string) {
	first := words[0]
	switch {
	case first == "carekey":
		return p.lostCommand(words[1:])
	case first == "go" && len(words) > 2 && words[1] == "run" && words[2] == ".":
		return p.lostCommand(words[3:])
	case first == "make" && len(words) > 1 && target.MatchString(words[1]):
		if !strings.Contains(p.make, "\n"+words[1]+":") {
			return "target of make", words[1]
		}
	case len(words) > 1, namedTest.MatchString("`" + first + "`"):
	case metric.MatchString(first), label.MatchString(first):
		if !strings.Contains(p.code, `"`+first+`"`) {
			return "name", first
		}
	case pathLike.MatchString(first), fileLike.MatchString(first):
		if p.ours(first) && !p.exists(first) {
			return "file", first
		}
	}
	return "", ""
}

// ours tells whether a path begins at the project's root, or is a file that
// must lie there.
func (p papers) ours(path string) bool {
	top, _, below := strings.Cut(path, "/")
	return below && p.exists(top)
}

func (p papers) exists(path string) bool {
	_, err := os.Stat(filepath.Join(p.root, filepath.FromSlash(path)))
	return err == nil
}

// leads tells whether a link leads to a file and a heading in it.
func (p papers) leads(folder, self, to string) bool {
	if strings.Contains(to, "://") {
		return true
	}
	path, anchor, _ := strings.Cut(to, "#")
	file := filepath.Join(folder, path)
	if path == "" {
		file = self
	}
	if anchor == "" {
		return p.exists(file)
	}
	text, err := os.ReadFile(filepath.Join(p.root, file))
	return err == nil && slices.ContainsFunc(heading.FindAllStringSubmatch(string(text), -1), func(m []string) bool {
		return anchorOf(m[1]) == anchor
	})
}

// anchorOf is a heading's anchor as forges make it.
func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r > 127:
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

// lostCommand asks the program itself for a command and its flags.
func (p papers) lostCommand(words []string) (what, which string) {
	var path, flags []string
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case longFlag.MatchString(w):
			flags = append(flags, longFlag.FindString(w))
			if len(path) == 0 && w == "--profile" {
				i++ // its value
			}
		case len(flags) == len(globals(flags)) && target.MatchString(w) && !slices.Contains(path, "help"):
			path = append(path, w)
		}
	}
	help := p.help(path)
	if len(path) > 0 && path[0] != "help" && path[0] != "completion" && !strings.Contains(help, "carekey "+strings.Join(path, " ")) {
		return "command", strings.Join(path, " ")
	}
	for _, f := range flags {
		if !regexp.MustCompile(regexp.QuoteMeta(f) + `\b[^-]`).MatchString(help) {
			return "flag", strings.Join(append(path, f), " ")
		}
	}
	return "", ""
}

// globals are those of the flags that may stand before a command.
func globals(flags []string) []string {
	return slices.DeleteFunc(slices.Clone(flags), func(f string) bool {
		return f != "--profile" && f != "--json" && f != "--plain"
	})
}

// commandHelp is what the program says of a command.
func commandHelp(path []string) string {
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	command.Main(ctx, ui.Roles{}, append(slices.Clone(path), "--help"), command.Streams{
		In: strings.NewReader(""), Out: &out, Err: &out, Env: []string{"NO_COLOR=1", "TERM=dumb"}, Now: time.Now,
	})
	return out.String()
}

// goFiles are all Go files of ours.
func goFiles(t *testing.T, root string) []string {
	t.Helper()
	return filesIn(t, root, ".go")
}

// filesIn are all files of ours whose names end so.
func filesIn(t *testing.T, root, end string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipForeign(root, path)
		case strings.HasSuffix(path, end):
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPaperViolationsAreFound(t *testing.T) {
	root := moduleRoot(t)
	p := newPapers(t, root)
	tests := []struct{ text, want string }{
		{"`internal/layers.TestPaperViolationsAreFound`", ""},
		{"`internal/layers.TestGone`", "the test internal/layers.TestGone"},
		{"`layers.TestWords`", "the test layers.TestWords"},
		{"`docs/threats.md` and `ui/`", ""},
		{"`docs/gone.md`", "the file docs/gone.md"},
		{"`consent/*.go`", ""},
		{"[here](threats.md#promised)", ""},
		{"[here](threats.md#gone)", "the link threats.md#gone"},
		{"[here](gone.md)", "the link gone.md"},
		{"[there](https://example.org/x)", ""},
		{"`make check`", ""},
		{"`make gone`", "the target of make gone"},
		{"`carekey_gateway_charts`", ""},
		{"`carekey_gateway_gone`", "the name carekey_gateway_gone"},
		{"`carekey/sig/1`", ""},
		{"`carekey/gone/1`", "the name carekey/gone/1"},
		{"`carekey gateway run --home DIR --fhir URL`", ""},
		{"`carekey gateway walk`", "the command gateway walk"},
		{"`carekey gone`", "the command gone"},
		{"`carekey gateway run --gone`", "the flag gateway run --gone"},
		{"`carekey --profile demo permissions --json`", ""},
		{"`carekey history --export proof`", ""},
		{"```\ncarekey history --exports # all\n```", "the flag history --exports"},
		{"```\ngo run . demo --clean # away\n```", ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got := strings.Join(p.violations("docs/x.md", tt.text), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
