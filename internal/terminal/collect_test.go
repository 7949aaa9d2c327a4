package terminal

import (
	"fmt"
	"strings"
	"testing"
)

// copies is as much of a gateway's status as this test reads.
type copies struct {
	Copies []struct {
		ID, Record, From string
		Uses, Used       int
		Again, Running   bool
	}
}

// shared is as much of the patient's permissions as this test reads.
type shared struct {
	Permissions []struct {
		ID   string
		Used int
	}
}

// TestASecondCopy: the clinic asks for two copies, the
// patient agrees, and it gets two and no third. The patient sees both.
func TestASecondCopy(t *testing.T) {
	p := newPerson(t)
	demo := ordinary(p)
	w := p.open(80, 24, "demo", "--quiet")
	w.complete()
	clinic := house(demo, "heart-clinic")
	p.runs("gateway", "request", "--home", clinic, "--record", atClinic, "--from", "City Hospital", "--uses", "2",
		"--name", "Dr. Amina Lee", "--role", "cardiology", "--types", "medicines,allergies", "--why", "Now and after the operation")
	approveAll(p)

	status := func() copies { return asks[copies](p, "gateway", "status", "--home", clinic) }
	usedOnce := func() bool {
		s := status()
		return len(s.Copies) == 1 && s.Copies[0].Used == 1 && s.Copies[0].Again
	}
	within(t, "the first copy", usedOnce, func() string { return fmt.Sprintf("%+v", status()) })
	first := status().Copies[0]
	if first.Record != atClinic || first.From != "City Hospital" || first.Uses != 2 {
		t.Errorf("after the first copy: %+v", first)
	}
	if line := p.runs("gateway", "status", "--home", clinic); !strings.Contains(line, first.ID+"  "+atClinic+": a copy from City Hospital may be received again (used 1 of 2, until ") {
		t.Errorf("status says\n%s", line)
	}
	if out := p.runs("__complete", "gateway", "collect", "--home", clinic, ""); !strings.HasPrefix(out, first.ID+"\t") {
		t.Errorf("a shell completes\n%s", out)
	}
	patient := func() shared { return asks[shared](p, "--profile", "demo", "permissions") }
	within(t, "the patient sees one of two", func() bool { return used(patient(), first.ID) == 1 },
		func() string { return fmt.Sprintf("%+v", patient()) })

	if out := p.runs("gateway", "collect", first.ID, "--home", clinic); !strings.Contains(out, "allows it 1 more time") {
		t.Errorf("collect says\n%s", out)
	}
	within(t, "the second copy", func() bool {
		s := status()
		return len(s.Copies) == 1 && s.Copies[0].Used == 2 && !s.Copies[0].Running
	}, func() string { return fmt.Sprintf("%+v", status()) })
	for id, want := range map[string]int{first.ID: 8, "00000000": 3} {
		r := p.types("", "gateway", "collect", id, "--home", clinic)
		if r.code != want {
			t.Errorf("collect %s once more ends with %d\n%s", id, r.code, r.hints)
		}
		if want == 8 && !strings.Contains(r.hints, "used as often as the patient allowed, 2 of 2") {
			t.Errorf("the refusal says\n%s", r.hints)
		}
	}
	bothSeen(p, w)
}

func used(s shared, id string) int {
	for _, p := range s.Permissions {
		if p.ID == id {
			return p.Used
		}
	}
	return -1
}

// approveAll says yes to the one request, as often as it asks.
func approveAll(p person) {
	p.t.Helper()
	var open told
	within(p.t, "the request", func() bool {
		open = asks[told](p, "--profile", "demo", "requests")
		return len(open.Requests) == 1
	}, func() string { return "no request" })
	p.runs("--profile", "demo", "approve", open.Requests[0].ID, "--all", "--yes")
}

// bothSeen looks at the patient's screen, and at the history: two copies left
// the hospital, and two arrived at the clinic.
func bothSeen(p person, w *window) {
	p.t.Helper()
	both := func(institution string) int {
		h := asks[told](p, "--profile", "demo", "history", "--basis", "transfer", "--since", "1d", "--institution", institution)
		return len(h.Entries)
	}
	within(p.t, "two rows at each end", func() bool { return both("City Hospital") == 2 && both("Northside") == 2 },
		func() string { return fmt.Sprint(both("City Hospital"), both("Northside")) })
	w.press("4")
	w.until("both uses", func(screen string) bool {
		if strings.Contains(screen, "That was 2 of the 2 times") {
			return true
		}
		w.press("j")
		return false
	})
}
