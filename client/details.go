package client

import (
	"bytes"
	"context"
	"slices"

	"carekey/consent"
)

// openDetails puts private parts to the entries that commit to them. For an
// entry that was written with one it reports a *Lie when it is not shown, or
// is another; such an entry stays without content.
func openDetails(network consent.NetworkID, entries []consent.Verified, details []NumberedDetail) []*Lie {
	shown := make(map[uint64]*consent.Detail, len(details))
	for i := range details {
		shown[details[i].Number] = &details[i].Detail
	}
	var problems []*Lie
	for i := range entries {
		v := &entries[i]
		if v.Item.Commitment == (consent.Hash{}) {
			continue
		}
		d := shown[v.Entry.Number]
		if d == nil {
			problems = append(problems, detailLie(WithheldDetail, v, nil))
			continue
		}
		content, err := d.Open(network, v.Item)
		if err != nil {
			problems = append(problems, detailLie(SwappedDetail, v, d))
			continue
		}
		v.Detail, v.Content = d, content
	}
	return problems
}

func detailLie(kind LieKind, v *consent.Verified, d *consent.Detail) *Lie {
	l := lieAbout(kind, v.Entry.Number, "")
	l.Log = v.Entry.Log
	l.material = detailMaterial{Leaf: v.Leaf, Detail: d}
	return l
}

// OpenDetails puts private parts to the new entries of a reading that commit to
// them. For an entry that was written with one it reports a *Lie when it is not
// shown, or is another; such an entry stays without content. The first lie of
// each kind carries evidence.
func (l *Light) OpenDetails(p Progress, details []NumberedDetail) []*Lie {
	problems := openDetails(l.genesis.App.Network, p.New, details)
	sealed := map[LieKind]bool{}
	for _, found := range problems {
		if !sealed[found.Kind] {
			sealed[found.Kind] = true
			found.material = p.standing(found.Number, found.material.(detailMaterial))
			_ = l.convict(found, p.header, nil) // it gives found its evidence
		}
	}
	return problems
}

// standing adds to a material what shows that its entry stands in the log.
func (p Progress) standing(number uint64, m detailMaterial) detailMaterial {
	m.Proof, m.Before = p.proof, p.before
	for _, v := range p.New {
		hash := leafHash(v.Leaf)
		if v.Entry.Number < number {
			m.Before.Append(hash)
			continue
		}
		m.After = append(m.After, hash[:]...)
	}
	return m
}

// stands tells whether a material's leaf is in a tree, as the next one after
// those before it.
func (m detailMaterial) stands(number uint64, tree consent.Frontier) bool {
	const size = len(consent.Hash{})
	hash := leafHash(m.Leaf)
	if m.Before.Check() != nil || m.Before.Size != number || len(m.After)%size != 0 || !bytes.HasPrefix(m.After, hash[:]) {
		return false
	}
	rest := make([]consent.Hash, 0, len(m.After)/size)
	for after := range slices.Chunk(m.After, size) {
		rest = append(rest, consent.Hash(after))
	}
	whole := m.Before
	whole.AppendAll(rest)
	return sameTree(whole, tree) == nil
}

// DetailSource gives private parts of a log by number, as many at once as it
// likes.
type DetailSource interface {
	Details(ctx context.Context, numbers []uint64) ([]NumberedDetail, error)
}

// FetchDetails asks for the private parts of entries until the source has
// given what it has. What it returns is not yet compared with commitments.
func FetchDetails(ctx context.Context, source DetailSource, entries []consent.Verified) ([]NumberedDetail, error) {
	var wanted []uint64
	for _, v := range entries {
		if v.Item.Commitment != (consent.Hash{}) {
			wanted = append(wanted, v.Entry.Number)
		}
	}
	var all []NumberedDetail
	for part := range slices.Chunk(wanted, MaxDetailNumbers) {
		for len(part) > 0 {
			got, err := source.Details(ctx, part)
			if err != nil {
				return all, err
			}
			rest := after(part, got)
			all = append(all, got...)
			part = rest
		}
	}
	return all, nil
}

// after returns the numbers that follow the last one answered: an answer is in
// the order asked, and leaves out what is not there. An empty one ends it.
func after(asked []uint64, got []NumberedDetail) []uint64 {
	if len(got) == 0 {
		return nil
	}
	last := slices.Index(asked, got[len(got)-1].Number)
	if last < 0 {
		return nil
	}
	return asked[last+1:]
}
