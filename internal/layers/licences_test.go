package layers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

// licenceFile matches the names under which projects keep their licences.
var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|copyright)`)

// enough is how much of one licence file, in percent of its words, must be
// recognised for a module to count as licensed.
const enough = 75

// TestLicences reads the licences of every package of others that a product
// package of ours links.
func TestLicences(t *testing.T) {
	modules := linkedModules(load(t))
	if len(modules) == 0 {
		t.Fatal("no module is linked: this test would look at nothing")
	}
	for _, m := range modules {
		found, err := licenceViolations(m)
		if err != nil {
			t.Error(err)
		}
		for _, v := range found {
			t.Error(v)
		}
	}
}

// linked is a module with those of its folders that are linked.
type linked struct {
	gomodule
	folders []string
}

func linkedModules(g graph) map[string]*linked {
	modules := map[string]*linked{}
	for _, p := range g {
		if p.Module == nil || p.Module.Main {
			continue
		}
		m, ok := modules[p.Module.Path]
		if !ok {
			m = &linked{gomodule: *p.Module, folders: []string{p.Module.Dir}}
			modules[m.Path] = m
		}
		for dir := p.Dir; strings.HasPrefix(dir, m.Dir) && !slices.Contains(m.folders, dir); dir = filepath.Dir(dir) {
			m.folders = append(m.folders, dir)
		}
	}
	return modules
}

// licenceViolations says what is wrong with the licences of a module: one
// that is not allowed, or none that can be recognised.
func licenceViolations(m *linked) ([]string, error) {
	var found []string
	best := 0.0
	for _, dir := range m.folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.IsDir() || !licenceFile.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
				continue
			}
			coverage, err := scanLicence(filepath.Join(dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			best = max(best, coverage.Percent)
			for _, match := range coverage.Match {
				if !slices.Contains(allowedLicences, match.ID) {
					found = append(found, fmt.Sprintf("%s %s is under %s (%s)", m.Path, m.Version, match.ID, entry.Name()))
				}
			}
		}
	}
	if _, read := readLicences[m.Path]; best < enough && !read {
		found = append(found, fmt.Sprintf("%s %s has no licence that can be recognised", m.Path, m.Version))
	}
	return found, nil
}

func scanLicence(file string) (licensecheck.Coverage, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return licensecheck.Coverage{}, err
	}
	return licensecheck.Scan(text), nil
}

// TestOwnLicence keeps the project's own licence whole.
func TestOwnLicence(t *testing.T) {
	coverage, err := scanLicence(filepath.Join(moduleRoot(t), "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	if coverage.Percent < 99 || len(coverage.Match) != 1 || coverage.Match[0].ID != "Apache-2.0" {
		t.Errorf("LICENSE is not the Apache License 2.0 in full: %+v", coverage)
	}
}

func TestLicenceViolationsAreFound(t *testing.T) {
	apache, err := os.ReadFile(filepath.Join(moduleRoot(t), "LICENSE"))
	if err != nil {
		t.Fatal(err)
	}
	const gpl = "This program is free software: you can redistribute it and/or modify it under the terms of the " +
		"GNU General Public License as published by the Free Software Foundation, either version 3 of the License, " +
		"or (at your option) any later version.\n"
	tests := []struct {
		name, path, file, text, want string
	}{
		{"allowed", "example.org/a", "LICENSE", string(apache), ""},
		{"British", "example.org/a", "licence.md", string(apache), ""},
		{"copyleft", "example.org/a", "COPYING", gpl, "example.org/a v1.0.0 is under GPL-3.0"},
		{"none", "example.org/a", "README", string(apache), "example.org/a v1.0.0 has no licence"},
		{"unknown", "example.org/a", "LICENSE", "Do what the neighbours let you do.", "has no licence that can be recognised"},
		{"read by a person", "github.com/multiformats/go-base36", "LICENSE", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			m := &linked{gomodule{Path: tt.path, Version: "v1.0.0", Dir: dir}, []string{dir}}
			found, err := licenceViolations(m)
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

// TestFoldersBelowAreRead makes sure that a licence beside a linked package
// deep in a module is seen.
func TestFoldersBelowAreRead(t *testing.T) {
	m := &gomodule{Path: "example.org/a", Dir: "/m"}
	g := graph{"example.org/a/b/c": {ImportPath: "example.org/a/b/c", Dir: "/m/b/c", Module: m}}
	got := linkedModules(g)["example.org/a"].folders
	if want := []string{"/m", "/m/b/c", "/m/b"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
