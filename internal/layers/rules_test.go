package layers

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// rules are the tables, so that a test can try others.
type rules struct {
	table  []row
	exists func(folder string) bool
}

// violations says, one sentence each, where g breaks the rules.
func (r rules) violations(g graph) []string {
	var found []string
	found = append(found, r.missing()...)
	for _, p := range g.ours() {
		found = append(found, r.arrows(p)...)
		found = append(found, imports(p)...)
		found = append(found, nodeReached(g, p)...)
	}
	return found
}

// missing finds rows whose folder is not there, or is there too early.
func (r rules) missing() []string {
	var found []string
	for _, row := range r.table {
		switch exists := r.exists(row.folder); {
		case row.later && exists:
			found = append(found, fmt.Sprintf("%s exists: its row must no longer say later", row.folder))
		case !row.later && !exists:
			found = append(found, fmt.Sprintf("the table names %s, which does not exist", row.folder))
		}
	}
	return found
}

// arrows holds the product part of p against its row. Tests may look
// anywhere: they act like people.
func (r rules) arrows(p gopackage) []string {
	own, ok := r.rowOf(p.folder())
	if !ok {
		return []string{fmt.Sprintf("%s is in no row of the table", p.folder())}
	}
	var found []string
	for _, imported := range p.Imports {
		if !isOurs(imported) {
			continue
		}
		to := gopackage{ImportPath: imported}.folder()
		if !under(to, own.folder) && !allows(own.may, to) {
			found = append(found, fmt.Sprintf("%s must not import %s", p.folder(), to))
		}
	}
	return found
}

// rowOf finds the row of the folder itself or the nearest above it.
func (r rules) rowOf(folder string) (row, bool) {
	for at := folder; ; at = path.Dir(at) {
		i := slices.IndexFunc(r.table, func(r row) bool { return r.folder == at })
		if i >= 0 {
			return r.table[i], true
		}
		if !strings.Contains(at, "/") {
			return row{}, false
		}
	}
}

func allows(may []string, folder string) bool {
	return slices.ContainsFunc(may, func(m string) bool { return m == everything || under(folder, m) })
}

// imports finds what p must not import of others.
func imports(p gopackage) []string {
	var found []string
	for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
		if why, bad := isForbidden(imported); bad {
			found = append(found, fmt.Sprintf("%s must not import %s: %s", p.folder(), imported, why))
		}
	}
	for _, imported := range p.Imports {
		for _, r := range reserved {
			if under(imported, r.path) && !allows(r.may, p.folder()) {
				found = append(found, fmt.Sprintf("%s must not import %s", p.folder(), imported))
			}
		}
		if allows(pure, p.folder()) && isImpure(imported) {
			found = append(found, fmt.Sprintf("%s must not import %s: it is pure", p.folder(), imported))
		}
		if allows(alone, p.folder()) && !isStandard(imported) {
			found = append(found, fmt.Sprintf("%s must not import %s: it stands alone", p.folder(), imported))
		}
	}
	return found
}

// isStandard tells a package of the standard library: the first part of its path
// is no domain, and it is none of ours.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && !isOurs(imported)
}

func isImpure(imported string) bool {
	match := func(top string) bool { return under(imported, top) }
	return slices.ContainsFunc(impure, match) && !slices.ContainsFunc(harmless, match)
}

// isForbidden says why an import path or a module path must not be used.
// log alone is forbidden, not log/slog; any module that models FHIR in Go is:
// they lose data on a round trip.
func isForbidden(imported string) (why string, bad bool) {
	for _, f := range forbidden {
		if imported == f.path || f.path != "log" && under(imported, f.path) {
			return f.why, true
		}
	}
	if !isOurs(imported) && strings.Contains(strings.ToLower(imported), "fhir") {
		return "FHIR travels as raw JSON", true
	}
	return "", false
}

// nodeReached finds quick folders that import what a node is made of by any way,
// in their tests as well.
func nodeReached(g graph, p gopackage) []string {
	if !allows(quick, p.folder()) {
		return nil
	}
	var found []string
	for _, imported := range slices.Concat([]string{p.ImportPath}, p.TestImports, p.XTestImports) {
		if way := g.reach(imported, node); len(way) > 0 || under(imported, node) {
			found = append(found, fmt.Sprintf("%s must not reach the node: %s", p.folder(), strings.Join(way, " → ")))
		}
	}
	return found
}
