package narrow

import (
	"time"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

// Check tells whether a choice stays within what was asked for; the error says
// in what it does not.
func Check(r wallet.Request, c wallet.Choice, now time.Time) error {
	switch {
	case !c.Scope.Within(r.Scope):
		return words.Wider(r.Scope)
	case c.Scope.From != "" && c.Scope.To != "" && c.Scope.From > c.Scope.To:
		return words.ErrCrossed
	case r.Uses > 0 && (c.Uses == 0 || c.Uses > r.Uses):
		return words.WiderUses(r.Uses)
	case c.Until.After(r.Until):
		return words.WiderUntil(r.Until)
	case !c.Until.After(now):
		return words.ErrOver
	case r.Kind == consent.Move && r.KeptUntil != "" && (c.KeptUntil == "" || c.KeptUntil > r.KeptUntil):
		return words.WiderKept(r.KeptUntil)
	}
	return nil
}
