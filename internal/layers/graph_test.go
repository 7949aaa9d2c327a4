package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "carekey"

// gopackage is what the tests need of go list -json.
type gopackage struct {
	ImportPath   string
	Dir          string
	Standard     bool
	Module       *gomodule
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// gomodule is a module that a package comes from.
type gomodule struct {
	Path    string
	Version string
	Dir     string
	Main    bool
}

// graph is packages by import path, with everything they import in turn.
type graph map[string]gopackage

// folder is where a package of ours is, from the module's root: "." for
// main, "consent", "internal/world/demo".
func (p gopackage) folder() string {
	if p.ImportPath == module {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module+"/")
}

func isOurs(path string) bool {
	return path == module || strings.HasPrefix(path, module+"/")
}

// ours lists our own packages in order.
func (g graph) ours() []gopackage {
	var found []gopackage
	for path, p := range g {
		if isOurs(path) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b gopackage) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return found
}

// reach is the chain of imports from one package to another or below it,
// shortest first, empty if there is none.
func (g graph) reach(from, to string) []string {
	before := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != from && under(at, to) {
			return chain(before, at)
		}
		for _, next := range g[at].Imports {
			if _, seen := before[next]; !seen {
				before[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func chain(before map[string]string, at string) []string {
	var path []string
	for ; at != ""; at = before[at] {
		path = append([]string{at}, path...)
	}
	return path
}

// under says whether path is prefix or lies below it.
func under(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// moduleRoot is the nearest folder above with a go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("there is no go.mod above this test")
		}
		dir = parent
	}
}

// load asks the go command for our packages and all they import.
func load(t *testing.T) graph {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps",
		"-json=ImportPath,Dir,Standard,Module,GoFiles,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = moduleRoot(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	listed, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	g, err := decodeGraph(listed)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.ours()) == 0 {
		t.Fatal("go list found no package of ours")
	}
	return g
}

func decodeGraph(listed []byte) (graph, error) {
	g := graph{}
	for d := json.NewDecoder(bytes.NewReader(listed)); ; {
		var p gopackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list wrote something else: %w", err)
		}
		g[p.ImportPath] = p
	}
}
