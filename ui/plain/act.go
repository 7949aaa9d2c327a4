package plain

import (
	"context"
	"strings"
	"time"

	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

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

// deny says no; a reason is no duty.
func (s *session) deny(ctx context.Context, n int, reason string) error {
	r, err := at(s.requests, n)
	if err != nil {
		return err
	}
	s.say(words.Request(r))
	if reason = words.Clean(reason); reason != "" {
		s.say(words.YouSay(reason))
	}
	return s.ifYes(ctx, words.DenyTitle(r.Institution), func() error { return s.wallet.Deny(ctx, r.ID, reason) })
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

// seen ends the alarm of a failed proof; what is no failed proof stays until it
// is mended.
func (s *session) seen(ctx context.Context, n int) error {
	p, err := at(s.wrong, n)
	if err != nil {
		return err
	}
	if p.Code != wallet.ProblemLie {
		s.say(words.NotToBeSeen)
		return nil
	}
	s.say(words.SeenEffect(words.Explain(p, s.now()))...)
	yes, err := s.asker.Yes(ctx, words.SeenTitle)
	switch {
	case err != nil:
		return err
	case !yes:
		return ui.ErrDeclined
	}
	if err := s.wallet.Seen(p); err != nil {
		return err
	}
	s.say(words.Seen)
	return nil
}

// lift lets an institution ask again that was refused everything.
func (s *session) lift(ctx context.Context, name string) error {
	var found []wallet.Institution
	for _, i := range s.wallet.Snapshot().Institutions {
		if i.Blocked && strings.Contains(strings.ToLower(i.Name), strings.ToLower(name)) {
			found = append(found, i)
		}
	}
	if len(found) != 1 {
		s.say(words.PlainNoName)
		return nil
	}
	s.say(words.UnblockEffect(found[0].Name)...)
	return s.ifYes(ctx, words.UnblockTitle(found[0].Name), func() error { return s.wallet.Block(ctx, found[0].Chart, false) })
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
	if r.Queried && r.Answer == "" {
		s.say(words.Complaint(words.AskedAlready(r.Institution)))
		return nil
	}
	text, err := s.asker.Line(ctx, words.PlainQuery)
	if err != nil {
		return err
	}
	if text = words.Clean(text); text == "" {
		return ui.ErrDeclined
	}
	return s.ifYes(ctx, words.QueryTitle(r.Institution)+"?", func() error { return s.wallet.Query(ctx, r.Log, r.Number, text) })
}
