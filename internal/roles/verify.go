package roles

import (
	"context"
	"fmt"
	"os"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
)

// maxEvidenceFile limits the file that verify reads, in bytes.
const maxEvidenceFile = 256 << 20

// verify judges an evidence or proof file offline.
func verify(_ context.Context, o ui.VerifyOptions) (ui.VerifyReport, error) {
	info, err := os.Stat(o.File)
	if err != nil {
		return ui.VerifyReport{}, fmt.Errorf("%w: %w", ui.ErrNotFound, err)
	}
	if info.Size() > maxEvidenceFile {
		return ui.VerifyReport{}, fmt.Errorf("%s is longer than any such file", o.File)
	}
	b, err := os.ReadFile(o.File)
	if err != nil {
		return ui.VerifyReport{}, err
	}
	var anchor *consent.Anchor
	if o.Anchor != "" {
		a, err := consent.ParseAnchor(o.Anchor)
		if err != nil {
			return ui.VerifyReport{}, err
		}
		anchor = &a
	}
	f, err := client.VerifyEvidence(b, anchor)
	if err != nil {
		return ui.VerifyReport{}, fmt.Errorf("%w: %w", ui.ErrLie, err)
	}
	return reportOf(f), nil
}

func reportOf(f client.Finding) ui.VerifyReport {
	r := ui.VerifyReport{
		Kind: words.CompleteLog, Sentences: []string{f.Text}, Anchor: f.Anchor.String(), OwnAnchor: !f.Anchored,
		NewestTime: f.AsOf.Time.Time().Format(time.RFC3339),
		Checks: []string{
			"the genesis file is the one that the anchor names",
			"every header was signed by the network's validators",
			"every state proof fits its header",
		},
	}
	if f.Kind != 0 {
		r.Kind = f.Kind.String()
	} else {
		r.Sentences = append(r.Sentences, fmt.Sprintf("It is the history of the chart %s.", f.Log))
		r.Checks = append(r.Checks, fmt.Sprintf("all %d entries stand in the proven log, each signed by whom its class allows", len(f.Entries)))
	}
	if f.Kind != 0 && !f.Convicts {
		r.Sentences = append(r.Sentences, "The file shows that something is not true. It does not show who said it.")
	}
	return r
}
