package wallet

import (
	"errors"
	"slices"

	"carekey/wallet/vault"
)

// ErrNoEvidence means that no evidence of a problem is kept, or not any more.
var ErrNoEvidence = errors.New("no evidence of this is kept here")

// Seen notes that the patient has seen that somebody was caught lying. The
// evidence is kept and stays in sight, and does not alarm; the same lie told
// again does.
func (w *Wallet) Seen(p Problem) error {
	return w.update(func(b *book) (vault.Batch, error) {
		i := slices.IndexFunc(b.Evidence, func(e evidence) bool {
			return e.Log == p.Chart && e.What == p.Detail && e.Time.Time().Equal(p.Since)
		})
		switch {
		case i < 0:
			return vault.Batch{}, ErrNoEvidence
		case b.Evidence[i].Seen != 0:
			return vault.Batch{}, errSame
		}
		b.Evidence[i].Seen = local(w.Now())
		return vault.Batch{}, nil
	})
}

func (w *Wallet) lieProblem(e evidence) Problem {
	p := Problem{
		Code: ProblemLie, Institution: w.nameLocked(e.Institution), Chart: e.Log,
		Since: e.Time.Time(), Evidence: e.File, Detail: e.What,
	}
	if e.Seen != 0 {
		p.Code = ProblemSeenLie
	}
	return p
}
