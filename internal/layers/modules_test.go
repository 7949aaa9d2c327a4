package layers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

func TestModules(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(moduleRoot(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := moduleViolations(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// TestLinkedPackages looks at what our packages really pull in, by however
// many steps.
func TestLinkedPackages(t *testing.T) {
	for path, p := range load(t) {
		if p.Standard || isOurs(path) {
			continue
		}
		if why, bad := isForbidden(path); bad {
			t.Errorf("%s is linked and must not be: %s", path, why)
		}
	}
}

// documented matches a row of a table about modules.
var documented = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// TestDependenciesAreExplained holds the list of what we require, and why,
// against go.mod.
func TestDependenciesAreExplained(t *testing.T) {
	root := moduleRoot(t)
	text, err := os.ReadFile(filepath.Join(root, "docs", "decisions", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	var explained []string
	for _, row := range documented.FindAllSubmatch(text, -1) {
		explained = append(explained, string(row[1]))
	}
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", gomod, nil)
	if err != nil {
		t.Fatal(err)
	}
	var required []string
	for _, r := range file.Require {
		if !r.Indirect {
			required = append(required, r.Mod.Path)
		}
	}
	slices.Sort(explained)
	slices.Sort(required)
	if !slices.Equal(explained, required) {
		t.Errorf("docs/decisions/dependencies.md explains\n%s\ngo.mod requires\n%s",
			strings.Join(explained, "\n"), strings.Join(required, "\n"))
	}
}

func moduleViolations(gomod []byte) ([]string, error) {
	file, err := modfile.Parse("go.mod", gomod, nil)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, r := range file.Require {
		if why, bad := isForbidden(r.Mod.Path); bad {
			found = append(found, fmt.Sprintf("go.mod requires %s: %s", r.Mod.Path, why))
		}
	}
	for _, r := range file.Replace {
		if r.New.Path != r.Old.Path { // but for another version of the same
			found = append(found, fmt.Sprintf("go.mod replaces %s: what is built must be what is published", r.Old.Path))
		}
	}
	return found, nil
}

func TestModuleViolationsAreFound(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"fine", "require charm.land/bubbletea/v2 v2.0.9", ""},
		{"old Bubble Tea", "require github.com/charmbracelet/bubbletea v1.3.10", "go.mod requires github.com/charmbracelet/bubbletea:"},
		{"stale beta", "require github.com/charmbracelet/lipgloss/v2 v2.0.0-beta.3", "go.mod requires github.com/charmbracelet/lipgloss/v2:"},
		{"by others", "require github.com/charmbracelet/huh v0.7.0 // indirect", "go.mod requires github.com/charmbracelet/huh:"},
		{"a FHIR model", "require example.org/fhir-models v1.0.0", "FHIR travels as raw JSON"},
		{"a replacement", "replace example.org/a => ../a", "go.mod replaces example.org/a"},
		{"a fork", "replace example.org/a => example.org/b v1.0.0", "go.mod replaces example.org/a"},
		{"another version", "replace example.org/a => example.org/a v1.0.0", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, err := moduleViolations([]byte("module m\n\ngo 1.26\n\n" + tt.line + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(found, "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
