package plain

import (
	"context"
	"strconv"
	"strings"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/narrow"
	"carekey/ui/words"
	"carekey/wallet"
)

// approve asks what goes through and how far, shows the sentences, and asks
// once more. An empty line and the end of the input mean no at every question.
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
	form := narrow.New(r, s.now())
	if err := s.tick(ctx, form); err != nil {
		return err
	}
	if err := s.limit(ctx, form); err != nil {
		return err
	}
	return s.sign(ctx, r, form.Choice())
}

// sign shows the very sentences that a yes would sign.
func (s *session) sign(ctx context.Context, r wallet.Request, choice wallet.Choice) error {
	sentences, err := s.wallet.Preview(r.ID, choice)
	if err != nil {
		return err
	}
	s.say(words.SignTitle)
	for _, sentence := range sentences {
		s.say("  " + sentence)
	}
	for _, w := range words.NotSeen(r.Scope, choice.Scope) {
		if w.Why != "" {
			s.say("  " + words.WithoutIt(w))
		}
	}
	return s.ifYes(ctx, words.PlainSign, func() error { return s.wallet.Approve(ctx, r.ID, choice) })
}

// tick asks for the numbers of what they may have. Nothing is chosen before;
// sensitive classes must be named.
func (s *session) tick(ctx context.Context, form *narrow.Form) error {
	asked := form.Request.Scope
	for i, l := range words.Ticks(asked) {
		s.say("  " + words.Numbered(i+1, l))
	}
	s.say(words.PlainWhichAll)
	answer, err := s.asker.Line(ctx, words.PlainWhich)
	if err != nil {
		return err
	}
	for _, word := range strings.Fields(strings.ReplaceAll(answer, ",", " ")) {
		n, err := strconv.Atoi(word)
		switch {
		case strings.EqualFold(word, words.PlainAll):
			form.All()
		case err != nil || n < 1 || n > len(asked.Types)+len(asked.Sensitive):
			return ui.ErrDeclined
		case n <= len(asked.Types):
			form.Types[asked.Types[n-1]] = true
		default:
			form.Sensitive[asked.Sensitive[n-1-len(asked.Types)]] = true
		}
	}
	if form.Empty() {
		return ui.ErrDeclined
	}
	return nil
}

// limit asks how far it goes: which dates, how often, how long. Only the word
// keep goes on.
func (s *session) limit(ctx context.Context, form *narrow.Form) error {
	for {
		limits := form.Limits(s.now())
		s.say(words.ChooseLimits + ":")
		for i, l := range limits {
			s.say("  " + words.Numbered(i+1, l.Label+": "+l.Value()))
		}
		s.say(words.PlainLimitsHow)
		answer, err := s.answer(ctx, words.PlainLimits)
		switch {
		case err != nil:
			return err
		case strings.EqualFold(answer, words.PlainKeep):
			err := narrow.Check(form.Request, form.Choice(), s.now())
			if err == nil {
				return nil
			}
			s.say(words.Complaint(err))
			continue
		}
		n, _ := strconv.Atoi(answer) // what is no number is 0, which no limit has
		l, err := at(limits, n-1)
		if err != nil {
			s.say(words.PlainLimitNone)
			continue
		}
		if err := s.choose(ctx, l); err != nil {
			return err
		}
	}
}

// choose narrows one limit.
func (s *session) choose(ctx context.Context, l narrow.Limit) error {
	for i, c := range l.Choices {
		s.say("  " + words.Numbered(i+1, c))
	}
	s.say(words.PlainChoose(l.Day != nil))
	for {
		answer, err := s.answer(ctx, l.Label+": ")
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(answer)
		day := consent.Date(answer)
		switch {
		case err == nil && n >= 1 && n <= len(l.Choices):
			l.Choose(n - 1)
			return nil
		case l.Day != nil && day.Valid() && l.Day(day):
			return nil
		}
		s.say(words.PlainChooseWrong)
	}
}

// answer is a line that is not empty: an empty one means no.
func (s *session) answer(ctx context.Context, prompt string) (string, error) {
	line, err := s.asker.Line(ctx, prompt)
	line = strings.TrimSpace(line)
	if err == nil && line == "" {
		err = ui.ErrDeclined
	}
	return line, err
}
