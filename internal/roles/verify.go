package roles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
)

// verify judges an evidence or proof file offline. What is none, or belongs to
// another network, proves as little as one that was tampered with.
func verify(_ context.Context, o ui.VerifyOptions) (ui.VerifyReport, error) {
	var anchor *consent.Anchor
	if o.Anchor != "" {
		a, err := consent.ParseAnchor(o.Anchor)
		if err != nil {
			return ui.VerifyReport{}, err
		}
		anchor = &a
	}
	b, err := readEvidence(o.File)
	if err != nil {
		return ui.VerifyReport{}, err
	}
	f, err := client.VerifyEvidence(b, anchor)
	if err != nil {
		return ui.VerifyReport{}, fmt.Errorf("%w: %w", ui.ErrLie, err)
	}
	return reportOf(f), nil
}

// readEvidence reads an ordinary file that is not too long to be evidence.
// Devices and pipes are not opened: they may have no end.
func readEvidence(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", ui.ErrNotFound, err)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%q is not an ordinary file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, min(info.Size(), client.MaxEvidenceBytes)+1))
	if err == nil && len(b) > client.MaxEvidenceBytes {
		err = fmt.Errorf("%w: %q is longer than %d MiB, as no such file is", ui.ErrLie, path, client.MaxEvidenceBytes>>20)
	}
	return b, err
}

func reportOf(f client.Finding) ui.VerifyReport {
	r := ui.VerifyReport{
		Kind: words.CompleteLog, Sentences: []string{f.Text}, Anchor: f.Anchor.String(), OwnAnchor: !f.Anchored,
		NewestTime: f.AsOf.Time.Time().Format(time.RFC3339),
		Checks: []string{
			"the genesis file is the one that the anchor names",
			"every header was signed by the network's validators",
		},
	}
	if f.Kind != 0 {
		r.Kind = f.Kind.String()
	} else {
		r.Sentences = append(r.Sentences, fmt.Sprintf("It is the history of the chart %s.", f.Log))
		r.Checks = append(r.Checks, "the log's state is the one that the newest header proves",
			fmt.Sprintf("all %d entries stand in the proven log, each signed by whom its class allows", len(f.Entries)))
	}
	if f.Kind != 0 && !f.Convicts {
		r.Sentences = append(r.Sentences, "The file shows that something is not true. It does not show who said it.")
	}
	return r
}
