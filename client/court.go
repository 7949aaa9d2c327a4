package client

import (
	"errors"
	"fmt"

	"carekey/consent"
)

// The judgements on evidence files, by kind of lie.

func (c *courtCase) forgedHeader() error {
	m, err := decodeMaterial[blockMaterial](c.file)
	if err != nil {
		return err
	}
	h, err := decodeLightBlock(m.Block, c.genesis.App.Chain)
	if err != nil {
		return nil //nolint:nilerr // what cannot be read is the forgery itself
	}
	n := below(c.path, h.Height)
	if n == 0 {
		err = c.genesis.verifyFirst(h)
	} else {
		err = verifyNext(c.path[n-1], h, h.Time)
	}
	switch {
	case err == nil, errors.Is(err, errTrustEnded):
		return fmt.Errorf("%w: the header may be genuine", ErrShowsNothing)
	case errors.Is(err, errTooManyNew):
		c.finding.Text += " Too few of those who were trusted signed it, and nothing was shown that leads to it."
	}
	return nil
}

func (c *courtCase) fork() error {
	m, err := decodeMaterial[blockMaterial](c.file)
	if err != nil {
		return err
	}
	newest, err := c.newest()
	if err != nil {
		return err
	}
	other, err := decodeLightBlock(m.Block, c.genesis.App.Chain)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShowsNothing, err)
	}
	if !newest.contradicts(other) {
		return fmt.Errorf("%w: the headers do not contradict each other", ErrShowsNothing)
	}
	if _, err := c.genesis.verifyPath(append(c.file.Blocks[:len(c.path)-1:len(c.path)-1], m.Block)); err != nil {
		return fmt.Errorf("%w: only one of the headers is genuine: %w", ErrShowsNothing, err)
	}
	c.finding.Convicts = true
	return nil
}

func (c *courtCase) falseCosignature() error {
	m, err := decodeMaterial[cosignatureMaterial](c.file)
	if err != nil {
		return err
	}
	newest, err := c.newest()
	if err != nil {
		return err
	}
	s := m.Cosignature
	if s.Cosigned.Height != newest.Height || s.Cosigned.Hash == newest.Hash {
		return fmt.Errorf("%w: the institution's word does not contradict the header", ErrShowsNothing)
	}
	// No state is proven here, so only what the genesis says of keys counts.
	registry, err := c.genesis.genesisRegistry()
	if err != nil {
		return err
	}
	if err := verifyCosignature(c.genesis.App.Chain, registry.Registry, s); err != nil {
		return fmt.Errorf("%w: %w", ErrShowsNothing, err)
	}
	c.finding.Convicts = true
	return nil
}

func (c *courtCase) forgedProof() error {
	m, err := decodeMaterial[proofMaterial](c.file)
	if err != nil {
		return err
	}
	newest, err := c.newest()
	if err != nil {
		return err
	}
	if _, err := verifyProof(m.Proof, newest); err == nil {
		return fmt.Errorf("%w: the proof is genuine", ErrShowsNothing)
	}
	return nil
}

func (c *courtCase) staleView() error {
	m, err := decodeMaterial[staleMaterial](c.file)
	if err != nil {
		return err
	}
	newest, err := c.newest()
	if err != nil {
		return err
	}
	shown, err := decodeLightBlock(m.Shown, c.genesis.App.Chain)
	if err != nil || newest.Time.Sub(shown.Time) <= behindLimit {
		return fmt.Errorf("%w: the header that was shown is not old", ErrShowsNothing)
	}
	n := below(c.path, shown.Height)
	if _, err := c.genesis.verifyPath(append(c.file.Blocks[:n:n], m.Shown)); err != nil {
		return fmt.Errorf("%w: the header that was shown is not genuine: %w", ErrShowsNothing, err)
	}
	return nil
}

// prove verifies a proof of a log's head and of the registry's under a header,
// and that the file's registry is the one proven.
func (c *courtCase) prove(log consent.LogID, proof consent.StateProof) (moment, error) {
	newest, err := c.newest()
	if err != nil {
		return moment{}, err
	}
	proven, err := verifyProof(proof, newest)
	if err != nil {
		return moment{}, fmt.Errorf("%w: its proof does not hold: %w", ErrShowsNothing, err)
	}
	m, err := readMoment(c.genesis.App.Network, log, proven)
	if err != nil {
		return moment{}, fmt.Errorf("%w: %w", ErrShowsNothing, err)
	}
	if log != consent.RegistryLogID(c.genesis.App.Network) && !c.registry.fits(m.registry) {
		return moment{}, fmt.Errorf("%w: its registry is not the proven one", ErrShowsNothing)
	}
	m.header, m.proof = newest, proof
	c.finding.Log, c.finding.AsOf.Live = log, m.clock.Live
	return m, nil
}

// replay reads the entries that were shown, again.
func (c *courtCase) replay(m logMaterial, head consent.Head) (*run, error) {
	registry := c.registry.Registry
	if m.Log == consent.RegistryLogID(c.genesis.App.Network) {
		registry = nil
	}
	if m.Start.Tree.Check() != nil || m.Start.Tree.Size > head.Tree.Size {
		return nil, fmt.Errorf("%w: it begins after the log's end", ErrShowsNothing)
	}
	a, err := newAudit(c.genesis, registry, head.Kind, m.Log, m.Start)
	if err != nil {
		return nil, err
	}
	r := newRun(a, head, m.Start.Tree)
	defer func() { _ = r.sigs.Wait() }() // what it finds, finish says
	for _, page := range m.Pages {
		if err := r.page(page); err != nil {
			return r, err
		}
	}
	if r.missing() > 0 {
		return r, r.page(consent.Page{})
	}
	return r, r.finish()
}

// entries judges lies about a log's entries: reading them again must show the
// same lie.
func (c *courtCase) entries() error {
	m, err := decodeMaterial[logMaterial](c.file)
	if err != nil {
		return err
	}
	state, err := c.prove(m.Log, m.Proof)
	if err != nil {
		return err
	}
	if state.head == nil {
		return fmt.Errorf("%w: there is no such log", ErrShowsNothing)
	}
	_, err = c.replay(m, *state.head)
	var caught *Lie
	if !errors.As(err, &caught) || caught.Kind != c.file.Kind {
		return fmt.Errorf("%w: its entries are sound", ErrShowsNothing)
	}
	c.finding.Number, c.finding.HasEntry, c.finding.Text = caught.Number, caught.HasEntry, caught.Error()
	c.finding.Convicts = c.convictsLedger(m, *state.head, caught)
	return nil
}

// convictsLedger tells whether the entries, shown from the first on, are those
// of the proven log: then the ledger itself accepted what it must not.
func (c *courtCase) convictsLedger(m logMaterial, head consent.Head, caught *Lie) bool {
	return caught.accepted && m.Start.Tree.Size == 0 && sameTree(treeOf(m.Pages), head.Tree) == nil
}

func treeOf(pages []consent.Page) consent.Frontier {
	var tree consent.Frontier
	for _, p := range pages {
		for _, leaf := range p.Leaves {
			tree.Append(consent.LeafHash(leaf))
		}
	}
	return tree
}

func (c *courtCase) rolledBack() error {
	m, err := decodeMaterial[rollbackMaterial](c.file)
	if err != nil {
		return err
	}
	log, err := c.provenBefore(m.Before)
	if err != nil {
		return err
	}
	now, err := c.prove(log, m.Now)
	if err != nil {
		return err
	}
	size := m.Before.Tree.Size
	shorter := now.head == nil || now.head.Tree.Size < size
	if !shorter && now.head.Tree.Size == size {
		shorter = sameTree(m.Before.Tree, now.head.Tree) != nil
	}
	if !shorter && !rewritten(m, now.head.Tree) {
		return fmt.Errorf("%w: what was proven before still stands", ErrShowsNothing)
	}
	c.finding.Convicts = true
	return nil
}

// rewritten tells whether entries which lead to the tree proven now do not lead
// to the one proven before.
func rewritten(m rollbackMaterial, now consent.Frontier) bool {
	if sameTree(treeOf(m.Pages), now) != nil {
		return false
	}
	var tree consent.Frontier
	for _, p := range m.Pages {
		for _, leaf := range p.Leaves {
			if tree.Size == m.Before.Tree.Size {
				return sameTree(tree, m.Before.Tree) != nil
			}
			tree.Append(consent.LeafHash(leaf))
		}
	}
	return false
}

// provenBefore verifies the earlier proof, under its own header, and returns
// the log it is about.
func (c *courtCase) provenBefore(before consent.Remembered) (consent.LogID, error) {
	memo, err := decodeMemo(before.Audit)
	if err != nil {
		return consent.LogID{}, fmt.Errorf("%w: %w", ErrShowsNothing, err)
	}
	proof, err := consent.DecodeStateProof(memo.Proof)
	if err != nil {
		return consent.LogID{}, fmt.Errorf("%w: %w", ErrShowsNothing, err)
	}
	for _, h := range c.path {
		if h.Height != proof.Height+1 {
			continue
		}
		if _, err := verifyProof(proof, h); err != nil {
			return consent.LogID{}, fmt.Errorf("%w: the earlier proof does not hold: %w", ErrShowsNothing, err)
		}
		return headIn(proof, before.Tree)
	}
	return consent.LogID{}, fmt.Errorf("%w: the header of the earlier proof is missing", ErrShowsNothing)
}

// headIn finds the log whose head in a proof has this tree.
func headIn(proof consent.StateProof, tree consent.Frontier) (consent.LogID, error) {
	prefix := len(consent.HeadKey(consent.LogID{})) - len(consent.LogID{})
	for _, k := range proof.Keys {
		head, err := consent.DecodeHead(k.Value)
		if err != nil || sameTree(tree, head.Tree) != nil || len(k.Key) != prefix+len(consent.LogID{}) {
			continue
		}
		if log := consent.LogID(k.Key[prefix:]); string(consent.HeadKey(log)) == string(k.Key) {
			return log, nil
		}
	}
	return consent.LogID{}, fmt.Errorf("%w: the earlier proof is of something else", ErrShowsNothing)
}

// detail judges a private part of an entry that stands in the proven log. Who
// showed it, or did not, no file can show.
func (c *courtCase) detail() error {
	m, err := decodeMaterial[detailMaterial](c.file)
	if err != nil {
		return err
	}
	e, item, err := consent.DecodeEntry(m.Leaf)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShowsNothing, err)
	}
	state, err := c.prove(e.Log, m.Proof)
	if err != nil {
		return err
	}
	if state.head == nil || !m.stands(e.Number, state.head.Tree) {
		return fmt.Errorf("%w: its entry does not stand in the log", ErrShowsNothing)
	}
	if item.Commitment == (consent.Hash{}) {
		return fmt.Errorf("%w: its entry has no private part", ErrShowsNothing)
	}
	c.finding.Number, c.finding.HasEntry = e.Number, true
	if c.file.Kind == WithheldDetail {
		c.finding.Text += " No file can show what was not given: it only names the entry."
		return nil
	}
	if m.Detail == nil {
		return fmt.Errorf("%w: it has no private part", ErrShowsNothing)
	}
	if _, err := m.Detail.Open(c.genesis.App.Network, item); err == nil {
		return fmt.Errorf("%w: the private part is the right one", ErrShowsNothing)
	}
	return nil
}
