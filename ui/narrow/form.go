// Package narrow is how far a yes to a request goes while a person makes up
// their mind. It begins with nothing, and never lets through more than was asked
// for. Screens, plain mode and commands share it, so that each can narrow alike.
package narrow

import (
	"time"

	"carekey/consent"
	"carekey/wallet"
)

// Form is what a person lets through of a request so far.
type Form struct {
	Request   wallet.Request
	Types     map[consent.RecordType]bool
	Sensitive map[consent.Sensitive]bool
	from      Options[consent.Date]
	to        Options[consent.Date]
	uses      Options[uint32]
	until     Options[time.Time]
	kept      Options[consent.Date]
}

// New makes a form in which nothing is ticked. Its limits are those that were
// asked for.
func New(r wallet.Request, now time.Time) *Form {
	return &Form{
		Request: r,
		Types:   map[consent.RecordType]bool{}, Sensitive: map[consent.Sensitive]bool{},
		from: fromOptions(r, now), to: toOptions(r, now),
		uses: usesOptions(r.Uses), until: untilOptions(r.Until, now), kept: keptOptions(r, now),
	}
}

// Choice is what would be signed.
func (f *Form) Choice() wallet.Choice {
	return wallet.Choice{Scope: f.Scope(), Uses: f.uses.Value(), Until: f.until.Value(), KeptUntil: f.kept.Value()}
}

// Scope is which records would be let through.
func (f *Form) Scope() consent.Scope {
	s := consent.Scope{From: f.from.Value(), To: f.to.Value()}
	for _, t := range f.Request.Scope.Types {
		if f.Types[t] {
			s.Types = append(s.Types, t)
		}
	}
	for _, c := range f.Request.Scope.Sensitive {
		if f.Sensitive[c] {
			s.Sensitive = append(s.Sensitive, c)
		}
	}
	return s
}

// Empty tells that nothing is let through.
func (f *Form) Empty() bool { return len(f.Scope().Types) == 0 }

// All ticks every type that was asked for; sensitive classes stay as they are.
func (f *Form) All() {
	for _, t := range f.Request.Scope.Types {
		f.Types[t] = true
	}
}

// None unticks everything.
func (f *Form) None() {
	clear(f.Types)
	clear(f.Sensitive)
}
