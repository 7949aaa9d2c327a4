package terminal

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// What the demo's plan gives everyone.
const (
	atHospital = "CH-204817" // the patient's record at the hospital
	atClinic   = "NH-3381"
)

// whole is the proof line of a wallet that is complete.
var whole = regexp.MustCompile(`complete: (\d+) of (\d+)`)

// complete waits for a proven wallet and returns how many entries it has.
func (w *window) complete() int {
	w.t.Helper()
	m := whole.FindStringSubmatch(w.until("complete", whole.MatchString))
	if m[1] != m[2] {
		w.t.Fatalf("complete, with %s of %s", m[1], m[2])
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// house is the home of one of the demo's institutions.
func house(demo, name string) string { return filepath.Join(demo, ".network", name) }

// ordinary is where the demo lies unless told otherwise.
func ordinary(p person) string { return filepath.Join(p.home(), ".local", "share", "carekey-demo") }

// clinicAsks lets the clinic ask for a copy, from another process.
func clinicAsks(p person, demo string) {
	p.t.Helper()
	p.runs("gateway", "request", "--home", house(demo, "heart-clinic"), "--record", atClinic, "--from", "City Hospital",
		"--name", "Dr. Amina Lee", "--role", "cardiology", "--types", "medicines,allergies", "--why", "Before your visit")
}

func TestDemoAYesComesThrough(t *testing.T) {
	for _, size := range []struct {
		name           string
		columns, lines int
	}{{"80x24", 80, 24}, {"40x12", 40, 12}} {
		t.Run(size.name, func(t *testing.T) {
			p, folder := newPerson(t), t.TempDir()
			w := p.open(size.columns, size.lines, "demo", "--quiet", "--folder", folder)
			w.complete()
			clinicAsks(p, filepath.Join(folder, "data"))
			approve(w)
			w.press("q")
			if code := w.ends(); code != 0 {
				t.Errorf("q ends with %d", code)
			}
			w.sees("carekey demo --clean --folder \"" + folder + "\"")
			wantRemoved(p, folder)
		})
	}
}

// approve says yes to the one request, for its first kind of records, and waits
// until the copy has been matched.
func approve(w *window) {
	w.t.Helper()
	w.press("2")
	w.sees("asks for")
	w.press("Enter")
	w.takesKeys("Who")
	w.press("a")
	w.takesKeys("[ ] Medicines")
	w.press("Space")
	w.sees("[x]")
	w.press("Enter")
	w.takesKeys("This is what you would sign")
	w.reads("yes, sign")
	w.press("y")
	w.sees("Nobody asks you")
	w.press("4")
	w.until("matched", func(screen string) bool {
		if strings.Contains(screen, "✓ matched") {
			return true
		}
		w.press("j")
		return false
	})
}

// takesKeys waits for a page that takes keys: at first it bears none, and its
// last line is empty.
func (w *window) takesKeys(text string) {
	w.t.Helper()
	w.until(text+" and keys", func(screen string) bool {
		lines := strings.Split(strings.TrimSuffix(screen, "\n"), "\n")
		return strings.Contains(screen, text) && strings.TrimSpace(lines[len(lines)-1]) != ""
	})
}

// reads goes on reading until the text is there.
func (w *window) reads(text string) {
	w.t.Helper()
	w.until(text, func(screen string) bool {
		if strings.Contains(screen, text) {
			return true
		}
		w.press("Space")
		return false
	})
}

// wantRemoved removes the demo, after which its folder holds nothing.
func wantRemoved(p person, folder string) {
	p.t.Helper()
	p.runs("demo", "--clean", "--folder", folder)
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		p.t.Errorf("demo --clean left %v, %v", left, err)
	}
}

// told is as much of the lists in JSON as these tests read.
type told struct {
	Requests    []struct{ ID, Institution, Why string }
	Permissions []struct{ ID, Institution string }
	Entries     []struct{ ID, Sentence string }
	Total       int
}

// ids are the history's entries, newest first.
func (x told) ids() []string {
	list := make([]string, len(x.Entries))
	for i, e := range x.Entries {
		list[i] = e.ID
	}
	return list
}

func TestDemoSurvivesKill(t *testing.T) {
	p := newPerson(t)
	demo := ordinary(p)
	w := p.open(80, 24, "demo", "--quiet")
	before := w.complete()
	old := asks[told](p, "--profile", "demo", "history", "--limit", "1000").ids()
	if len(old) != before {
		t.Fatalf("the screen counts %d entries, the history has %d", before, len(old))
	}
	if err := syscall.Kill(w.pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.ends()

	w = p.open(80, 24, "demo", "--quiet")
	w.complete()
	now := asks[told](p, "--profile", "demo", "history", "--limit", "1000").ids()
	if len(now) < len(old) || !slices.Equal(now[len(now)-len(old):], old) {
		t.Errorf("after the kill the history has %d entries that do not end with the %d from before", len(now), len(old))
	}
	clinicAsks(p, demo)
	w.sees("Northside Heart Clinic")
	w.press("C-c")
	w.ends()
	p.runs("demo", "--clean")
	if _, err := os.Stat(demo); !os.IsNotExist(err) {
		t.Errorf("demo --clean left %s: %v", demo, err)
	}
}

func TestAnotherTerminal(t *testing.T) {
	p := newPerson(t)
	demo := ordinary(p)
	w := p.open(80, 24, "demo", "--quiet")
	w.complete()
	clinicAsks(p, demo)

	var requests told
	within(t, "the request", func() bool {
		requests = asks[told](p, "--profile", "demo", "requests")
		return len(requests.Requests) == 1
	}, func() string { return "no request" })
	if r := requests.Requests[0]; r.Institution != "Northside Heart Clinic" || r.Why != "Before your visit" {
		t.Errorf("got %+v", r)
	}
	if x := asks[told](p, "--profile", "demo", "permissions"); len(x.Permissions) != 1 {
		t.Errorf("permissions: %+v", x.Permissions)
	}
	x := asks[told](p, "--profile", "demo", "history", "--limit", "3")
	if len(x.Entries) != 3 || x.Total < 100 || x.Entries[0].Sentence == "" {
		t.Errorf("history: %d of %d: %+v", len(x.Entries), x.Total, x.Entries)
	}
	if out := p.runs("--profile", "demo", "status"); !whole.MatchString(out) {
		t.Errorf("status says\n%s", out)
	}
	if r := p.types("", "demo", "--quiet", "--serve"); r.code != 9 {
		t.Errorf("a second demo ends with %d\n%s", r.code, r.hints)
	} else if !strings.Contains(r.out, "gateway request --home \""+house(demo, "heart-clinic")) {
		t.Errorf("a second demo does not say what one can do in the first:\n%s", r.out)
	}
	w.sees("Requests (1)")
	hospitalLooks(p, demo)
	patientAsks(p, demo)
}

// hospitalLooks lets the hospital look; it is told how many records it sees.
func hospitalLooks(p person, demo string) {
	p.t.Helper()
	look := asks[struct {
		Records int
		Bundle  struct {
			Entry []struct{ Resource struct{ ResourceType string } }
		}
	}](p, "gateway", "look", "--home", house(demo, "city-hospital"), "--record", atHospital,
		"--name", "Dr. Jonas Weber", "--role", "internal medicine", "--types", "medicines")
	medicines := 0
	for _, e := range look.Bundle.Entry {
		if strings.HasPrefix(e.Resource.ResourceType, "Medication") && e.Resource.ResourceType != "Medication" {
			medicines++
		}
	}
	if medicines == 0 || look.Records != medicines {
		p.t.Errorf("%d records are told, %d medicines shown", look.Records, medicines)
	}
}

// patientAsks lets the patient ask what a look was, and the hospital answer.
func patientAsks(p person, demo string) {
	p.t.Helper()
	id := asks[told](p, "--profile", "demo", "history", "--kind", "looks", "--institution", "City Hospital", "--limit", "1").ids()[0]
	p.runs("--profile", "demo", "query", id, "--text", "Who was this?")
	var open struct{ Queries []struct{ ID, Text string } }
	within(p.t, "the question", func() bool {
		open = asks[struct{ Queries []struct{ ID, Text string } }](p, "gateway", "status", "--home", house(demo, "city-hospital"))
		return len(open.Queries) == 1 && open.Queries[0].Text == "Who was this?"
	}, func() string { return fmt.Sprintf("%+v", open) })
	p.runs("gateway", "answer", open.Queries[0].ID, "--home", house(demo, "city-hospital"), "--text", "It was me.", "--name", "Dr. Jonas Weber")
	entry := ""
	within(p.t, "the answer", func() bool {
		entry = p.runs("--profile", "demo", "history", id)
		return strings.Contains(entry, "City Hospital answered: “It was me.”")
	}, func() string { return entry })
}

func TestAClosedTerminalEndsTheProgram(t *testing.T) {
	p, folder := newPerson(t), t.TempDir()
	w := p.open(80, 24, "demo", "--quiet", "--folder", folder)
	w.complete()
	pid := w.pid()
	w.tmux("kill-session")
	within(t, "the program ends", func() bool { return gone(pid) }, func() string { return "it runs on" })
	wantRemoved(p, folder) // nothing holds its lock any more
}
