package command

import (
	"encoding/hex"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"
	"carekey/ui/safe"
	"carekey/ui/words"
)

// shareJSON is a share; groups and shares are numbered from 1, as on cards.
type shareJSON struct {
	Set          int      `json:"set"`
	Group        int      `json:"group"`
	Groups       int      `json:"groups"`
	GroupsNeeded int      `json:"groupsNeeded"`
	Share        int      `json:"share"`
	Needed       int      `json:"needed"` // shares of its group
	Bits         int      `json:"bits"`   // of the secret
	Plan         string   `json:"plan,omitempty"`
	From         string   `json:"from,omitempty"`  // the file that it was read from
	Words        []string `json:"words,omitempty"` // only where cards are shown
}

func shareOf(s slip39.Share) shareJSON {
	return shareJSON{
		Set: int(s.ID), Group: s.Group + 1, Groups: s.Groups, GroupsNeeded: s.GroupThreshold, Share: s.Member + 1, Needed: s.Threshold,
		Bits: 8 * s.SecretBytes(),
	}
}

// cardsJSON are cards that were handed out.
type cardsJSON struct {
	Shares []shareJSON `json:"shares"`
	Files  []string    `json:"files,omitempty"`
	PDF    string      `json:"pdf,omitempty"`
}

func printOf(cards []card.Card, shown bool, w written) cardsJSON {
	return safe.Copy(cardsJSON{Shares: list(cards, cardJSON(shown)), Files: w.files, PDF: w.pdf})
}

func cardJSON(shown bool) func(card.Card) shareJSON {
	return func(c card.Card) shareJSON {
		j := shareOf(c.Share)
		if c.Plan != (recovery.PlanID{}) {
			j.Plan = c.Plan.String()
		}
		if shown {
			j.Words = c.Share.Words()
		}
		return j
	}
}

type splitJSON struct {
	Set          int `json:"set"`
	GroupsNeeded int `json:"groupsNeeded"`
	Groups       int `json:"groups"`
	cardsJSON
}

func splitOf(scheme slip39.Scheme, cards []card.Card, shown bool, w written) splitJSON {
	return splitJSON{int(cards[0].Share.ID), scheme.GroupThreshold, len(scheme.Groups), printOf(cards, shown, w)}
}

type secretJSON struct {
	Bits   int       `json:"bits"`
	Secret string    `json:"secret,omitempty"` // hexadecimal
	Text   string    `json:"text,omitempty"`   // with --text
	File   string    `json:"file,omitempty"`   // with --out, and nothing of the secret here
	Bad    []badJSON `json:"bad,omitempty"`    // files that hold no share
}

func secretOf(secret []byte, text bool, bad []error) secretJSON {
	j := secretJSON{Bits: 8 * len(secret), Secret: hex.EncodeToString(secret), Bad: list(bad, badOf)}
	if text {
		j.Text = string(secret)
	}
	return j
}

type checkJSON struct {
	Shares   []shareJSON    `json:"shares"`
	Bad      []badJSON      `json:"bad"`      // files that hold no share
	Together bool           `json:"together"` // the shares are of one set
	Enough   bool           `json:"enough"`   // and give what was split
	Begun    []progressJSON `json:"begun"`
	Sentence string         `json:"sentence"`
}

type badJSON struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func badOf(err error) badJSON { return badJSON{Code(err), safe.Error(err).Error()} }

type progressJSON struct {
	Group  int `json:"group"`
	Have   int `json:"have"`
	Needed int `json:"needed"`
}

func checkOf(h hand, bad []error, p slip39.Progress, wrong error) checkJSON {
	j := checkJSON{
		Shares: list(h, givenJSON), Together: !isIncomplete(wrong) && len(h) > 0, Enough: wrong == nil && p.Done(),
		Bad:   list(bad, badOf),
		Begun: list(p.Begun, func(g slip39.GroupProgress) progressJSON { return progressJSON{g.Group + 1, g.Have, g.Need} }),
	}
	j.Sentence = words.SharesMissing(p)
	if wrong != nil {
		j.Sentence = words.Complaint(safe.Error(wrong))
	}
	return j
}

func givenJSON(g given) shareJSON {
	j := shareOf(g.share)
	j.From = words.Clean(g.from)
	if g.plan != nil {
		j.Plan = g.plan.String()
	}
	return j
}
