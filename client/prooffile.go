package client

import (
	"context"
	"fmt"

	"carekey/consent"
)

// ProofFile reads a whole log and writes it into a file that anyone can check
// offline with [VerifyEvidence]: genesis, headers, registry, the head's proof,
// all entries with their signatures, and the private parts that are given.
func (l *Light) ProofFile(ctx context.Context, source Source, registry *Registry, log consent.LogID, details []NumberedDetail) ([]byte, Progress, error) {
	m, err := l.moment(ctx, source, log)
	if err != nil {
		return nil, Progress{}, err
	}
	switch {
	case m.head == nil:
		return nil, Progress{}, ErrNoLog
	case !registry.fits(m.registry):
		return nil, Progress{}, ErrRegistryChanged
	}
	r, pages, err := l.read(ctx, source, m, registry, log, consent.Remembered{})
	if err != nil {
		return nil, Progress{}, err
	}
	file := consent.Encode(evidenceFile{
		Format: proofFormat, Genesis: l.genesis.Bytes, Blocks: blocksOf(l.pathTo(m.header)), Registry: registry.leaves,
		Material: consent.Encode(logMaterial{Log: log, Proof: m.proof, Pages: pages, Details: details}),
	})
	if len(file) > MaxEvidenceBytes {
		return nil, Progress{}, fmt.Errorf("the file would have more than %d bytes", MaxEvidenceBytes)
	}
	return file, r.progress(m, consent.Frontier{}), nil
}

// proofFile verifies a log as it stood.
func (c *courtCase) proofFile() error {
	m, err := decodeMaterial[logMaterial](c.file)
	if err != nil {
		return err
	}
	state, err := c.prove(m.Log, m.Proof)
	if err != nil {
		return err
	}
	if state.head == nil || m.Start.Tree.Size != 0 {
		return fmt.Errorf("%w: it is not a whole log", ErrShowsNothing)
	}
	r, err := c.replay(m, *state.head)
	if err != nil {
		return err
	}
	for _, p := range openDetails(c.genesis.App.Network, r.news, m.Details) {
		if p.Kind == SwappedDetail {
			return p
		}
		c.finding.Withheld = append(c.finding.Withheld, p.Number)
	}
	c.finding.Entries, c.finding.Head = r.news, *state.head
	c.finding.Text = fmt.Sprintf("All %d entries are there, unaltered, in order, and signed by those who may write them.", len(r.news))
	if n := len(c.finding.Withheld); n > 0 {
		c.finding.Text += fmt.Sprintf(" The private parts of %d of them are not in the file, entry %d's being the first.", n, c.finding.Withheld[0])
	}
	return nil
}
