package layers

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLayers(t *testing.T) {
	root := moduleRoot(t)
	exists := func(folder string) bool {
		_, err := os.Stat(filepath.Join(root, folder))
		return err == nil
	}
	r := rules{table: table, exists: exists}
	for _, v := range r.violations(load(t)) {
		t.Error(v)
	}
}

// TestClientImportsTheLightClientOnce keeps CometBFT at one door of client.
func TestClientImportsTheLightClientOnce(t *testing.T) {
	var doors []string
	for _, p := range load(t).ours() {
		if !under(p.folder(), "client") {
			continue
		}
		for _, file := range p.GoFiles {
			name := filepath.Join(p.Dir, file)
			if importsBelow(t, name, cometbft) {
				doors = append(doors, name)
			}
		}
	}
	if len(doors) > 1 {
		t.Errorf("client imports CometBFT in more than one file: %s", strings.Join(doors, ", "))
	}
}

func importsBelow(t *testing.T, file, prefix string) bool {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, imported := range tree.Imports {
		if under(strings.Trim(imported.Path.Value, `"`), prefix) {
			return true
		}
	}
	return false
}

// TestViolationsAreFound breaks each rule once in a made-up project.
func TestViolationsAreFound(t *testing.T) {
	ours := func(folder string, imports ...string) gopackage {
		return gopackage{ImportPath: filepath.ToSlash(filepath.Join(module, folder)), Imports: imports}
	}
	inTests := func(folder string, imports ...string) gopackage {
		return gopackage{ImportPath: module + "/" + folder, XTestImports: imports}
	}
	deep := gopackage{ImportPath: "example.org/deep", Imports: []string{node}}
	tests := []struct {
		name string
		p    gopackage
		want string // "" if it is fine
	}{
		{"main takes all", ours(".", "carekey/ui", "carekey/internal/world"), ""},
		{"ui to wallet", ours("ui", "carekey/wallet", "carekey/fhir"), ""},
		{"ui below", ours("ui/history", "carekey/ui/theme", "carekey/wallet/vault"), ""},
		{"ui to client", ours("ui", "carekey/client"), "ui must not import client"},
		{"ui to ledger", ours("ui", "carekey/ledger"), "ui must not import ledger"},
		{"a folder below ui to gateway", ours("ui/history", "carekey/gateway"), "ui/history must not import gateway"},
		{"wallet to client", ours("wallet/vault", "carekey/client"), "wallet/vault must not import client"},
		{"client to wallet", ours("client", "carekey/wallet"), "client must not import wallet"},
		{"fhir to consent", ours("fhir", "carekey/consent"), ""},
		{"consent to fhir", ours("consent", "carekey/fhir"), "consent must not import fhir"},
		{"names that only begin alike", ours("ui", "carekey/walletx"), "ui must not import walletx"},
		{"world to ui", ours("internal/world", "carekey/ui"), "internal/world must not import ui"},
		{"back to main", ours("ui", "carekey"), "ui must not import ."},
		{"a folder in no row", ours("utils"), "utils is in no row of the table"},
		{"an internal folder in no row", ours("internal/utils"), "internal/utils is in no row of the table"},
		{"ledger to node", ours("ledger", node), ""},
		{"gateway to node", ours("gateway", node), "gateway must not import " + node},
		{"client to node", ours("client", node), "client must not import " + node},
		{"client to light client", ours("client", cometbft+"/light"), ""},
		{"wallet to light client", ours("wallet", cometbft+"/light"), "wallet must not import " + cometbft + "/light"},
		{"client to node by others", ours("client", "example.org/deep"), "client must not reach the node: carekey/client → example.org/deep → " + node},
		{"client's tests to node", inTests("client", "example.org/deep"), "client must not reach the node: example.org/deep → " + node},
		{"client's tests straight to node", inTests("client", node), "client must not reach the node"},
		{"gateway's tests to node", inTests("gateway", node), ""},
		{"pure with files", ours("consent", "os"), "consent must not import os: it is pure"},
		{"pure with network", ours("fhir/narrow", "net/http"), "fhir/narrow must not import net/http: it is pure"},
		{"alone with another's", ours("recovery/slip39", "golang.org/x/text"), "recovery/slip39 must not import golang.org/x/text: it stands alone"},
		{"alone with ours", ours("recovery/slip39", "carekey/consent"), "recovery/slip39 must not import carekey/consent: it stands alone"},
		{"alone", ours("recovery/slip39", "crypto/rand"), ""},
		{"pure with addresses", ours("fhir", "net/url"), ""},
		{"old Bubble Tea", ours("ui", "github.com/charmbracelet/bubbletea"), "ui must not import github.com/charmbracelet/bubbletea:"},
		{"stale beta", ours("ui", "github.com/charmbracelet/bubbletea/v2"), "ui must not import github.com/charmbracelet/bubbletea/v2:"},
		{"old Lip Gloss in a test", inTests("ui", "github.com/charmbracelet/lipgloss"), "ui must not import github.com/charmbracelet/lipgloss:"},
		{"wallet with a screen", ours("wallet", "charm.land/bubbletea/v2"), "wallet must not import charm.land/bubbletea/v2"},
		{"a FHIR model", ours("gateway", "example.org/golang-FHIR-models/r4"), "FHIR travels as raw JSON"},
		{"log", ours("gateway", "log"), "gateway must not import log:"},
		{"log/slog", ours("gateway", "log/slog"), ""},
		{"a test library in the product", ours("ledger", "pgregory.net/rapid"), "ledger must not import pgregory.net/rapid"},
		{"a test library in a test", inTests("ledger", "pgregory.net/rapid"), ""},
	}
	r := rules{table: slices.Clone(table), exists: func(string) bool { return true }}
	for i := range r.table {
		r.table[i].later = false
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := graph{tt.p.ImportPath: tt.p, deep.ImportPath: deep}
			got := strings.Join(r.violations(g), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMissingFoldersAreFound(t *testing.T) {
	exists := func(folder string) bool { return folder == "here" }
	tests := []struct {
		name string
		row  row
		want string
	}{
		{"it is there", row{folder: "here"}, ""},
		{"it is not", row{folder: "gone"}, "the table names gone, which does not exist"},
		{"it is planned", row{folder: "gone", later: true}, ""},
		{"it is no longer planned", row{folder: "here", later: true}, "here exists: its row must no longer say later"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := rules{table: []row{tt.row}, exists: exists}
			if got := strings.Join(r.violations(graph{}), "; "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
