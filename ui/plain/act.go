package plain

import (
	"context"
	"strconv"
	"strings"
	"time"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// approve asks what goes through, shows the sentences, and asks once more.
func (s *session) approve(ctx context.Context, n int) error {
	r, err := at(s.requests, n)
	if err != nil {
		return err
	}
	if w := words.WaitsFor(r); w != "" {
		s.say(w)
		return nil
	}
	s.say(words.Request(r))
	s.facts(words.RequestFacts(r, s.now()))
	scope, err := s.tick(ctx, r.Scope)
	if err != nil {
		return err
	}
	choice := wallet.Choice{Scope: scope, Uses: r.Uses, Until: r.Until, KeptUntil: r.KeptUntil}
	sentences, err := s.wallet.Preview(r.ID, choice)
	if err != nil {
		return err
	}
	s.say(words.SignTitle)
	for _, sentence := range sentences {
		s.say("  " + sentence)
	}
	for _, w := range words.NotSeen(r.Scope, scope) {
		if w.Why != "" {
			s.say("  " + words.WithoutIt(w))
		}
	}
	return s.ifYes(ctx, words.PlainSign, func() error { return s.wallet.Approve(ctx, r.ID, choice) })
}

// tick asks for the numbers of what they may have. Nothing is chosen before;
// sensitive classes must be named.
func (s *session) tick(ctx context.Context, asked consent.Scope) (consent.Scope, error) {
	for i, l := range words.Ticks(asked) {
		s.say("  " + words.Numbered(i+1, l))
	}
	s.say(words.PlainWhichAll)
	answer, err := s.asker.Line(ctx, words.PlainWhich)
	if err != nil {
		return consent.Scope{}, err
	}
	given := consent.Scope{From: asked.From, To: asked.To}
	chosen := map[int]bool{}
	for _, word := range strings.Fields(answer) {
		if strings.EqualFold(word, "all") {
			given.Types = asked.Types
			continue
		}
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 || n > len(asked.Types)+len(asked.Sensitive) {
			return consent.Scope{}, ui.ErrDeclined
		}
		chosen[n-1] = true
	}
	if len(given.Types) == 0 {
		given.Types = pick(asked.Types, chosen, 0)
	}
	given.Sensitive = pick(asked.Sensitive, chosen, len(asked.Types))
	if len(given.Types) == 0 {
		return consent.Scope{}, ui.ErrDeclined
	}
	return given, nil
}

func pick[T any](list []T, chosen map[int]bool, from int) []T {
	var picked []T
	for i, v := range list {
		if chosen[from+i] {
			picked = append(picked, v)
		}
	}
	return picked
}

// ifYes acts only on a yes.
func (s *session) ifYes(ctx context.Context, question string, act func() error) error {
	yes, err := s.asker.Yes(ctx, question)
	if err != nil {
		return err
	}
	if !yes {
		return ui.ErrDeclined
	}
	if err := act(); err != nil {
		return err
	}
	s.say(words.PlainDone)
	return nil
}

func (s *session) deny(ctx context.Context, n int) error {
	r, err := at(s.requests, n)
	if err != nil {
		return err
	}
	s.say(words.Request(r))
	return s.ifYes(ctx, words.DenyTitle(r.Institution), func() error { return s.wallet.Deny(ctx, r.ID, "") })
}

func (s *session) later(_ context.Context, n int) error {
	r, err := at(s.requests, n)
	if err != nil {
		return err
	}
	y, m, d := s.now().Date()
	until := time.Date(y, m, d+1, 9, 0, 0, 0, s.now().Location())
	if err := s.wallet.PutOff(r.ID, until); err != nil {
		return err
	}
	s.say(words.PutOffDone(until))
	return nil
}

func (s *session) refuse(ctx context.Context, n int) error {
	r, err := at(s.requests, n)
	if err != nil {
		return err
	}
	s.say(words.BlockEffect(r.Institution)...)
	return s.ifYes(ctx, words.BlockTitle(r.Institution), func() error { return s.wallet.Block(ctx, r.ID.Chart, true) })
}

func (s *session) revoke(ctx context.Context, n int) error {
	p, err := at(s.permissions, n)
	if err != nil {
		return err
	}
	question, lines := words.TakeBack(p)
	s.say(words.Permission(p))
	s.say(lines...)
	return s.ifYes(ctx, question, func() error { return s.wallet.Revoke(ctx, p) })
}

func (s *session) query(ctx context.Context, n int) error {
	r, err := at(s.rows, n)
	if err != nil {
		return err
	}
	s.say(words.Row(r, words.NamesOf(s.wallet.Snapshot())))
	text, err := s.asker.Line(ctx, words.PlainQuery)
	if err != nil {
		return err
	}
	if text = words.Clean(text); text == "" {
		return ui.ErrDeclined
	}
	return s.ifYes(ctx, words.QueryTitle(r.Institution)+"?", func() error { return s.wallet.Query(ctx, r.Log, r.Number, text) })
}
