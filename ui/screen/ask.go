package screen

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

// confirmScreen asks one question. Yes has a key of its own; Enter and
// everything else that is pressed by habit mean "not now".
type confirmScreen struct {
	title string
	lines []string
	yes   words.Key
	yesOn string // the key
	act   action
	more  []binding
	pane  pane
}

func (*confirmScreen) update(frame, tea.Msg) tea.Cmd { return nil }

func (s *confirmScreen) view(f frame) string {
	f = f.reading()
	var body []string
	for i, l := range s.lines {
		if i > 0 && f.height >= tall-6 {
			body = append(body, "")
		}
		body = append(body, para(f.theme.Text, l, f.width)...)
	}
	head := title(f, s.title)
	return join(append(head, s.pane.view(f, body, f.height-len(head))...))
}

func (s *confirmScreen) keys(f frame) keymap {
	f = f.reading()
	list := []binding{
		bind(s.yes, func() tea.Cmd { return decide(s.act) }, s.yesOn),
		bind(words.KeyNotNow, leave, "enter", "esc", "n"),
	}
	list = append(list, s.more...)
	return keymap{bindings: append(list, s.pane.bindings(f.height-len(title(f, s.title)))...)}
}

func denyQuestion(r wallet.Request) screen {
	return &confirmScreen{
		title: words.DenyTitle(r.Institution), lines: []string{words.Request(r), words.DenyEffect},
		yes: words.KeyYesDeny, yesOn: "y", act: denial{request: r},
		more: []binding{bind(words.KeySayWhy, func() tea.Cmd {
			return show(newText(words.DenyWhyTitle, words.DenyWhyHint(r.Institution), func(text string) screen {
				return &confirmScreen{
					title: words.DenyTitle(r.Institution), lines: []string{words.Request(r), words.YouSay(text)},
					yes: words.KeyYesDeny, yesOn: "y", act: denial{request: r, reason: text},
				}
			}))
		}, "w")},
	}
}

func blockQuestion(chart consent.LogID, institution string, on bool) screen {
	if !on {
		return &confirmScreen{
			title: words.UnblockTitle(institution), lines: words.UnblockEffect(institution),
			yes: words.KeyYesUnblock, yesOn: "y", act: refusal{chart: chart, institution: institution, lift: true},
		}
	}
	return &confirmScreen{
		title: words.BlockTitle(institution), lines: words.BlockEffect(institution),
		yes: words.KeyYesBlock, yesOn: "y", act: refusal{chart: chart, institution: institution},
	}
}

func revokeQuestion(p wallet.Permission) screen {
	question, lines := words.TakeBack(p)
	return &confirmScreen{
		title: question, lines: slices.Concat([]string{words.Permission(p)}, lines),
		yes: words.KeyYesRevoke, yesOn: "y", act: revocation{p},
	}
}

// seenQuestion asks before a failed proof is no alarm any more.
func seenQuestion(f frame, p wallet.Problem) screen {
	return &confirmScreen{
		title: words.SeenTitle, lines: words.SeenEffect(words.Explain(p, f.now)),
		yes: words.KeyYesSeen, yesOn: "y", act: sight{p},
	}
}

// unknownEntry asks an institution what an entry was.
func unknownEntry(row wallet.Row, sentence string) screen {
	s := newText(words.QueryTitle(row.Institution), sentence, func(text string) screen {
		return &confirmScreen{
			title: words.QueryTitle(row.Institution), lines: []string{sentence, words.YouSay(text), words.QueryEffect(row.Institution)},
			yes: words.KeyYesSend, yesOn: "y", act: question{row: row, text: text},
		}
	})
	s.input.SetValue(words.QueryDefault)
	return s
}
