package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"carekey/ui"
	"carekey/ui/ask"
	"carekey/ui/words"
	"carekey/wallet"
)

// checkFor bounds one check with the institutions.
const checkFor = 20 * time.Second

// Session is one person at the prompt.
type session struct {
	wallet ui.Wallet
	asker  *ask.Asker
	out    io.Writer
	now    func() time.Time
	// what the last list showed, so that a number means what was read
	requests    []wallet.Request
	permissions []wallet.Permission
	rows        []wallet.Row
	wrong       []wallet.Problem
	filter      wallet.Filter
}

// Run reads commands until quit, the end of the input, or the end of ctx. The
// wallet's text must be clean.
func Run(ctx context.Context, w ui.Wallet, asker *ask.Asker, out io.Writer, now func() time.Time) error {
	s := &session{wallet: w, asker: asker, out: out, now: now}
	if err := s.check(ctx); err != nil {
		return err
	}
	s.home()
	for {
		line, err := asker.Line(ctx, words.PlainPrompt)
		if errors.Is(err, ui.ErrDeclined) {
			s.say(words.PlainBye)
			w.Looked()
			return nil
		}
		if err != nil {
			return err
		}
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "quit" || name == "q" {
			s.say(words.PlainBye)
			w.Looked()
			return nil
		}
		if err := s.command(ctx, name, strings.TrimSpace(rest)); err != nil {
			return err
		}
	}
}

func (s *session) say(lines ...string) {
	for _, l := range lines {
		fmt.Fprintln(s.out, l)
	}
}

func (s *session) facts(list []words.Fact) {
	for _, f := range list {
		if f.Text != "" {
			s.say("  " + f.Line())
		}
	}
}

// command does what a line says. Only the end of the context is an error:
// whatever goes wrong is said, and the person goes on.
func (s *session) command(ctx context.Context, name, rest string) error {
	switch name {
	case "":
	case "help", "?":
		s.say(words.PlainHelp()...)
	case "home":
		s.home()
	case "requests":
		s.above()
		s.listRequests()
	case "permissions":
		s.above()
		s.listPermissions()
	case "history":
		s.above()
		s.rows, s.filter = nil, wallet.Filter{Text: words.Clean(rest)}
		s.more()
	case "more":
		s.more()
	case "problems":
		s.problems()
	case "proof":
		s.proof()
	case "lift":
		return s.tell(ctx, s.lift(ctx, rest))
	case "check":
		if err := s.check(ctx); err != nil {
			return err
		}
		s.above()
	default:
		return s.numbered(ctx, name, rest)
	}
	return nil
}

// numbered does what concerns one item of the last list. Only a no may have
// words besides.
func (s *session) numbered(ctx context.Context, name, rest string) error {
	number, besides, _ := strings.Cut(rest, " ")
	acts := map[string]func(context.Context, int) error{
		"show": s.show, "approve": s.approve, "later": s.later, "refuse": s.refuse, "revoke": s.revoke, "ask": s.query, "seen": s.seen,
		"deny": func(ctx context.Context, n int) error { return s.deny(ctx, n, besides) },
	}
	act, ok := acts[name]
	if !ok {
		s.say(words.PlainUnknown)
		return nil
	}
	n, _ := strconv.Atoi(number) // what is no number is 0, which no item has
	if besides != "" && name != "deny" {
		n = 0
	}
	return s.tell(ctx, act(ctx, n-1))
}

// errNoSuch means that the last list has no such number.
var errNoSuch = errors.New("the last list has no such number")

// tell says what went wrong, if anything did.
func (s *session) tell(ctx context.Context, err error) error {
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errNoSuch):
		s.say(words.PlainNoNumber)
	case errors.Is(err, ui.ErrDeclined):
		s.say(words.PlainNotSaid)
	default:
		s.say(words.NotDone(err, words.NotSure)...)
	}
	return nil
}

func (s *session) check(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, checkFor)
	defer cancel()
	if err := s.wallet.Refresh(limited); err != nil && ctx.Err() == nil {
		s.say(words.PlainCheckFail)
	}
	return ctx.Err()
}

func at[T any](list []T, i int) (T, error) {
	if i < 0 || i >= len(list) {
		var none T
		return none, errNoSuch
	}
	return list[i], nil
}
