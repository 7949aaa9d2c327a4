package screen

import (
	tea "charm.land/bubbletea/v2"

	"carekey/ui/words"
)

// proofScreen says what is proven, by what, and what is not. Here alone the
// words of the machinery may stand.
type proofScreen struct {
	pane    pane
	trouble func() string // of the last check
}

func (*proofScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *proofScreen) view(f frame) string {
	return join(s.pane.view(f, s.body(f), f.height))
}

func (s *proofScreen) keys(f frame) keymap {
	return keymap{bindings: s.pane.bindings(f.height)}
}

func (s *proofScreen) body(f frame) []string {
	lines := para(f.theme.Text, words.ProofExplained(f.level()), f.width)
	lines = append(lines, heading(f, words.ProofTitle)...)
	lines = append(lines, wordFacts(f, words.ProofFacts(f.snap.Proof))...)
	if t := s.trouble(); t != "" {
		lines = append(lines, heading(f, words.ProofTrouble)...)
		lines = append(lines, para(f.theme.Warn, t, f.width)...)
	}
	for _, i := range f.snap.Institutions {
		lines = append(lines, heading(f, i.Name)...)
		lines = append(lines, wordFacts(f, words.InstitutionFacts(i, f.now))...)
	}
	lines = append(lines, evidence(f)...)
	lines = append(lines, heading(f, words.NotProvenTitle)...)
	for _, l := range words.NotProven() {
		lines = append(lines, hang(words.Bullet+" ", f.theme.Text, l, f.width)...)
	}
	return lines
}

func evidence(f frame) []string {
	var lines []string
	for _, p := range f.snap.Problems {
		if p.Evidence == "" {
			continue
		}
		if lines == nil {
			lines = heading(f, words.EvidenceTitle)
		}
		lines = append(lines, hang(words.Bullet+" ", f.theme.Text, p.Evidence, f.width)...)
	}
	return lines
}

func wordFacts(f frame, list []words.Fact) []string {
	facts := make([]fact, 0, len(list))
	for _, x := range list {
		facts = append(facts, fact{x.Label, x.Text, f.theme.Text})
	}
	return factLines(f, facts)
}
