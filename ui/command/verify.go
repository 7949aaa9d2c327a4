package command

import (
	"errors"

	"github.com/spf13/cobra"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/safe"
	"carekey/ui/words"
)

type verifyJSON struct {
	Proven    bool     `json:"proven"`
	Kind      string   `json:"kind"`
	Against   string   `json:"against"`
	Sentences []string `json:"sentences"`
	Checks    []string `json:"checks"`
	Anchor    string   `json:"anchor"`
	OwnAnchor bool     `json:"ownAnchor"` // the anchor came from the file itself
	Newest    string   `json:"newest"`
}

func (a *app) verify() *cobra.Command {
	var anchor string
	cmd := a.command(words.CmdVerify, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		if _, err := consent.ParseAnchor(anchor); anchor != "" && err != nil {
			return usageError{err}
		}
		r, err := a.roles.Verify(c.Context(), ui.VerifyOptions{File: args[0], Anchor: anchor})
		if err != nil && !errors.Is(err, ui.ErrLie) {
			return err
		}
		r = safe.Copy(r)
		out := verifyJSON{
			Proven: err == nil, Kind: r.Kind, Against: r.Against, Sentences: list(r.Sentences, same), Checks: list(r.Checks, same),
			Anchor: r.Anchor, OwnAnchor: r.OwnAnchor, Newest: r.NewestTime,
		}
		return errors.Join(a.print(out, func() { a.sayEvidence(r, err == nil) }), err)
	})
	cmd.ValidArgsFunction = nil // files
	cmd.Flags().StringVar(&anchor, "anchor", "", words.FlagAnchor)
	return cmd
}

func (a *app) sayEvidence(r ui.VerifyReport, proven bool) {
	for _, s := range r.Checks {
		a.say(words.GoodMark + " " + s)
	}
	if proven {
		a.say(words.EvidenceGood(r.Against, r.Kind))
	} else {
		a.say(words.EvidenceBad)
	}
	a.say(r.Sentences...)
	if r.NewestTime != "" {
		a.say(words.EvidenceAsOf(r.NewestTime))
	}
	if r.Anchor != "" {
		a.say(words.EvidenceAnchor(r.Anchor, r.OwnAnchor))
	}
}
