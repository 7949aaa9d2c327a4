package command

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"
	"carekey/ui/words"
)

type splitFlags struct {
	shares, needed            int
	groups                    []string
	groupsNeeded, bits        int
	fresh, text, passphrase   bool
	exponent                  int
	notExtendable, bitsChosen bool
	cards                     cardFlags
}

func (a *app) sharesSplit() *cobra.Command {
	var f splitFlags
	cmd := a.command(words.CmdSharesSplit, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		f.bitsChosen = c.Flags().Changed("bits")
		return a.split(c.Context(), f)
	})
	fl := cmd.Flags()
	fl.IntVar(&f.shares, "shares", 0, words.FlagShares)
	fl.IntVar(&f.needed, "needed", 0, words.FlagNeeded)
	fl.StringArrayVar(&f.groups, "group", nil, words.FlagGroup)
	fl.IntVar(&f.groupsNeeded, "groups-needed", 0, words.FlagGroups)
	fl.BoolVar(&f.fresh, "new", false, words.FlagNewSecret)
	fl.IntVar(&f.bits, "bits", 128, words.FlagBits)
	fl.BoolVar(&f.text, "text", false, words.FlagSecretText)
	fl.BoolVar(&f.passphrase, "passphrase", false, words.FlagSharePhrase)
	fl.IntVar(&f.exponent, "exponent", 0, words.FlagExponent)
	fl.BoolVar(&f.notExtendable, "not-extendable", false, words.FlagNotExtend)
	f.cards.add(cmd)
	return cmd
}

// split makes shares, puts the secret together from them once, and only then
// hands out cards.
func (a *app) split(ctx context.Context, f splitFlags) error {
	scheme, err := f.scheme()
	if err != nil {
		return usageError{err}
	}
	if err := f.cards.check(); err != nil {
		return err
	}
	secret, err := a.secret(ctx, f)
	defer clear(secret)
	if err != nil {
		return err
	}
	if scheme.Passphrase, err = a.newSharePhrase(ctx, f); err != nil {
		return err
	}
	defer clear(scheme.Passphrase)
	if err := a.nothingMore(ctx, f); err != nil {
		return err
	}
	if err := scheme.Check(); err != nil { // the passphrase, now that there is one
		return usageError{words.ShareTrouble(err)}
	}
	groups, err := slowly(ctx, func() ([][]slip39.Share, error) { return splitAndTry(scheme, secret) })
	if err != nil {
		return err
	}
	cards, err := a.cardsOf(groups, f.cards)
	if err != nil {
		return err
	}
	defer wipeCards(cards)
	out, err := a.handOut(ctx, f.cards, cards)
	if err != nil {
		return err
	}
	return a.print(splitOf(scheme, cards, f.cards.onScreen(), out), func() {
		a.hint(words.SharesMade(scheme))
		if f.fresh {
			a.hint(words.SecretMade)
		}
		a.sayCards(f.cards, cards, out)
	})
}

// scheme is what the flags ask for.
func (f splitFlags) scheme() (slip39.Scheme, error) {
	s := slip39.Simple(f.needed, f.shares)
	s.Exponent, s.NotExtendable = f.exponent, f.notExtendable
	grouped, simple := len(f.groups) > 0, f.shares != 0 || f.needed != 0
	switch {
	case f.exponent < 0 || f.exponent > slip39.MaxExponent:
		return s, words.ErrSlower
	case f.bitsChosen && !f.fresh:
		return s, words.ErrBitsAlone
	case f.bits != 128 && f.bits != 256:
		return s, words.ErrBits
	case f.fresh && f.text:
		return s, words.ErrNewText
	case grouped && simple:
		return s, words.ErrSharesOrGroup
	case !grouped && f.groupsNeeded != 0:
		return s, words.ErrGroupsAlone
	case grouped && f.groupsNeeded == 0:
		return s, words.ErrGroupsNeeded
	case !grouped && (f.shares == 0 || f.needed == 0):
		return s, words.ErrHowMany
	}
	if grouped {
		s.GroupThreshold, s.Groups = f.groupsNeeded, nil
		for _, text := range f.groups {
			g, err := readGroup(text)
			if err != nil {
				return s, err
			}
			s.Groups = append(s.Groups, g)
		}
	}
	if err := s.Check(); err != nil {
		return s, words.ShareTrouble(err)
	}
	return s, nil
}

// readGroup reads "2of3".
func readGroup(text string) (slip39.Group, error) {
	var g slip39.Group
	joined := strings.ToLower(strings.Join(strings.Fields(text), ""))
	_, err := fmt.Sscanf(joined, "%dof%d", &g.Threshold, &g.Members)
	if err != nil || joined != fmt.Sprintf("%dof%d", g.Threshold, g.Members) {
		return g, words.NotAGroup(text)
	}
	return g, nil
}

// secret makes a secret, asks for it, or takes it from another program.
func (a *app) secret(ctx context.Context, f splitFlags) ([]byte, error) {
	if f.fresh {
		secret := make([]byte, f.bits/8)
		rand.Read(secret)
		return secret, nil
	}
	if isTerminal(a.streams.In) {
		return a.typedSecret(ctx, f.text)
	}
	line, err := a.asker.Secret(ctx, "")
	if err != nil {
		return nil, err
	}
	defer clear(line)
	secret, err := readSecret(line, f.text)
	if err != nil {
		return nil, usageError{err}
	}
	return secret, nil
}

// typedSecret asks until a secret can be one and was typed twice alike.
func (a *app) typedSecret(ctx context.Context, text bool) ([]byte, error) {
	prompt := words.SecretNumber
	if text {
		prompt = words.SecretText
	}
	for {
		typed, err := a.asker.Secret(ctx, prompt)
		if err != nil {
			return nil, err
		}
		secret, err := readSecret(typed, text)
		if err != nil {
			a.hint(words.Complaint(err))
			continue
		}
		again, err := a.asker.Secret(ctx, words.SecretAgain)
		if err != nil {
			return nil, err
		}
		same := bytes.Equal(typed, again)
		clear(typed)
		clear(again)
		if same {
			return secret, nil
		}
		clear(secret)
		a.hint(words.SecretDiffers)
	}
}

// readSecret reads what was typed: hexadecimal, with spaces wherever one likes
// them, or a text.
func readSecret(typed []byte, text bool) ([]byte, error) {
	if text {
		switch n := len(typed); {
		case !words.IsText(typed):
			return nil, words.ErrTextSigns
		case !canBeSplit(n):
			return nil, words.SecretTextLength(n)
		}
		return bytes.Clone(typed), nil
	}
	digits := bytes.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, typed)
	defer clear(digits)
	secret := make([]byte, len(digits)/2)
	_, err := hex.Decode(secret, digits[:len(digits)/2*2])
	switch {
	case err != nil:
		return nil, words.ErrNotHex
	case len(digits)%2 != 0 || !canBeSplit(len(secret)):
		return nil, words.SecretDigits(len(digits))
	}
	return secret, nil
}

// canBeSplit tells whether secrets can have so many bytes.
func canBeSplit(n int) bool {
	return n >= slip39.MinSecretBytes && n <= slip39.MaxSecretBytes && n%2 == 0
}

func (a *app) newSharePhrase(ctx context.Context, f splitFlags) ([]byte, error) {
	if !f.passphrase {
		return nil, nil
	}
	a.hint(words.SharePhraseAbout)
	return a.asker.NewSecret(ctx, words.SharePhraseNew)
}

// nothingMore refuses a secret that goes on after its line: half a secret would
// be split, and nobody would know.
func (a *app) nothingMore(ctx context.Context, f splitFlags) error {
	if f.fresh || isTerminal(a.streams.In) {
		return nil
	}
	ends, err := a.asker.Ends(ctx)
	if err == nil && !ends {
		return usageError{words.ErrOneLine}
	}
	return err
}

func splitAndTry(scheme slip39.Scheme, secret []byte) ([][]slip39.Share, error) {
	groups, err := scheme.Split(secret)
	if err != nil {
		return nil, err
	}
	return groups, recovery.Rehearse(groups, secret, scheme.Passphrase)
}

// cardsOf are the cards of a new splitting, which gets a number of its own.
func (a *app) cardsOf(groups [][]slip39.Share, f cardFlags) ([]card.Card, error) {
	plan, err := recovery.NewPlanID()
	if err != nil {
		return nil, err
	}
	var cards []card.Card
	for _, shares := range groups {
		for _, s := range shares {
			cards = append(cards, a.cardOf(plan, s, f))
		}
	}
	return cards, nil
}

func (a *app) cardOf(plan recovery.PlanID, s slip39.Share, f cardFlags) card.Card {
	return card.Card{Plan: plan, Share: s, Of: words.Clean(f.of), For: words.Clean(f.purpose), Made: a.streams.Now()}
}

func wipeCards(cards []card.Card) {
	for _, c := range cards {
		c.Share.Wipe()
	}
}
