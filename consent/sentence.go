package consent

import (
	"fmt"
	"slices"
	"time"
)

// Sentences are what a patient reads before saying yes; they are signed with
// the answer, so that nobody can later claim that something else was shown.

// AsMove are the sentences of a transfer's terms. Source and destination are
// the institutions' names; until is the transfer's end.
func (t Terms) AsMove(source, destination string, uses uint32, until Time) []string {
	s := []string{
		fmt.Sprintf("%s may receive a copy of your %s from %s, %s.",
			t.By.at(destination), Enumerate(t.Scope.Types), source, t.Purpose),
		datesSentence(t.Scope),
		sensitiveSentence(t.Scope),
		usesSentence("It may be sent", uses, until),
	}
	if left := leftOut(t.Scope); len(left) > 0 {
		s = append(s, fmt.Sprintf("They will not see: %s.", Enumerate(left)))
	}
	if t.KeptUntil != "" {
		s = append(s, fmt.Sprintf("%s promises to delete its copy after %s.", destination, t.KeptUntil))
	} else {
		s = append(s, fmt.Sprintf("%s keeps its copy as part of its own record.", destination))
	}
	return s
}

// AsLook are the sentences of a grant: the institution uses what it holds.
func (g Granted) AsLook(institution string, uses uint32, until Time) []string {
	s := []string{
		fmt.Sprintf("%s may use your %s that it holds, %s.",
			g.By.at(institution), Enumerate(g.Scope.Types), g.Purpose),
		datesSentence(g.Scope),
		sensitiveSentence(g.Scope),
		usesSentence("It may be used", uses, until),
	}
	if left := leftOut(g.Scope); len(left) > 0 {
		s = append(s, fmt.Sprintf("This does not cover: %s.", Enumerate(left)))
	}
	return s
}

func datesSentence(s Scope) string {
	switch {
	case s.From == "" && s.To == "":
		return "Records of any date are included."
	case s.From == "":
		return fmt.Sprintf("Only records up to %s are included.", s.To)
	case s.To == "":
		return fmt.Sprintf("Only records from %s on are included.", s.From)
	}
	return fmt.Sprintf("Only records from %s to %s are included.", s.From, s.To)
}

func sensitiveSentence(s Scope) string {
	if len(s.Sensitive) == 0 {
		return "Sensitive records (" + Enumerate(SensitiveClasses()) + ") are left out."
	}
	if len(s.Sensitive) == len(SensitiveClasses()) {
		return "Sensitive records (" + Enumerate(s.Sensitive) + ") are included."
	}
	return "Sensitive records about " + Enumerate(s.Sensitive) + " are included; other sensitive records are left out."
}

func usesSentence(verb string, uses uint32, until Time) string {
	end := until.Time().Format(time.DateOnly)
	switch uses {
	case 0:
		return fmt.Sprintf("%s as often as needed until %s.", verb, end)
	case 1:
		return fmt.Sprintf("%s once, until %s.", verb, end)
	}
	return fmt.Sprintf("%s %d times at most, until %s.", verb, uses, end)
}

func leftOut(s Scope) []RecordType {
	return slices.DeleteFunc(RecordTypes(), func(t RecordType) bool { return slices.Contains(s.Types, t) })
}
